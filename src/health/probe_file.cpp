#include "health/probe_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <system_error>

namespace health {

namespace {

constexpr int most_points = 254;  // no priority has more to lose
constexpr std::size_t longest_number = 32;
constexpr std::string_view blanks = " \t\r\n";

std::string_view trimmed(std::string_view text) {
    const auto begin = text.find_first_not_of(blanks);
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

std::string reason(const std::string& path, int error) {
    return fmt::format("{}: {}", path, std::generic_category().message(error));
}

}  // namespace

std::optional<Outcome> penalty_in(std::string_view contents) {
    const std::string_view text = trimmed(contents);
    if (text.empty()) return std::nullopt;
    unsigned long points = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), points);
    const bool is_number = error == std::errc{} && end == text.data() + text.size();
    if (!is_number)
        return Outcome{.is_well = false, .text = "the file does not hold a number from 0 to 254"};
    if (points == 0) return Outcome{.is_well = true, .text = "the file holds 0"};
    return Outcome{.is_well = false,
                   .text = fmt::format("the file holds {}", points),
                   .penalty = static_cast<int>(std::min<unsigned long>(points, most_points))};
}

FileProbe::FileProbe(kind::File wanted, Waker& waker, FileWatch& files)
    : wanted_{std::move(wanted)}, waker_{waker}, files_{files} {}

FileProbe::~FileProbe() { files_.leave(*this); }

// Joined before it looks: what happens in between is not lost.
std::optional<Outcome> FileProbe::start(base::Instant) {
    if (!is_joined_) is_joined_ = files_.join(wanted_.path, *this);
    if (wanted_.want == kind::File::Want::penalty) return last_ = penalty();
    return presence();
}

std::optional<Outcome> FileProbe::on_ready(int, base::Instant) { return std::nullopt; }

Outcome FileProbe::give_up(base::Instant) { return last_; }

void FileProbe::on_lost() {
    is_joined_ = false;
    waker_.look_now(*this);
}

// What cannot be looked at is neither there nor known to be away.
Outcome FileProbe::presence() const {
    struct stat status{};
    const bool is_there = ::stat(wanted_.path.c_str(), &status) == 0;
    if (!is_there && errno != ENOENT && errno != ENOTDIR)
        return {.is_well = false, .text = reason(wanted_.path, errno)};
    const bool is_wanted = wanted_.want == kind::File::Want::present;
    return {.is_well = is_there == is_wanted,
            .text = is_there ? "the file is there" : "there is no such file"};
}

// It does not wait for the writer of a pipe.
Outcome FileProbe::penalty() {
    const base::Fd file{::open(wanted_.path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)};
    if (!file.is_open() && (errno == ENOENT || errno == ENOTDIR))
        return {.is_well = true, .text = "there is no such file"};
    if (!file.is_open()) return {.is_well = false, .text = reason(wanted_.path, errno)};
    std::array<char, longest_number> contents{};
    const ssize_t size = ::read(file.number(), contents.data(), contents.size());
    if (size < 0) return {.is_well = false, .text = reason(wanted_.path, errno)};
    return penalty_in({contents.data(), static_cast<std::size_t>(size)}).value_or(last_);
}

}  // namespace health
