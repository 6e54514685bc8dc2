#include "app/chronicle_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "app/chronicle_text.hpp"
#include "base/fd.hpp"

namespace app {

namespace {

// The runner lets it grow to half of that.
constexpr std::size_t largest_file = 1UL << 20;

base::Result<std::string> contents_of(const std::string& path) {
    const base::Fd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)};
    if (!file.is_open() && errno == ENOENT) return std::string{};
    if (!file.is_open()) return base::os_failure("open " + path, errno);
    std::string text;
    std::array<char, 65536> buffer{};
    while (text.size() < largest_file) {
        const ssize_t size = ::read(file.number(), buffer.data(), buffer.size());
        if (size < 0 && errno == EINTR) continue;
        if (size < 0) return base::os_failure("read " + path, errno);
        if (size == 0) break;
        text.append(buffer.data(), static_cast<std::size_t>(size));
    }
    return text;
}

base::log::Record trouble(const std::string& path, std::string error) {
    return {base::log::Level::warning,
            "events of before are lost: the file of them is damaged",
            {{"file", path}, {"error", std::move(error)}},
            base::EventKind::file_damaged};
}

}  // namespace

KeptEvents events_file(const std::string& state_directory) {
    return {.path = state_directory + "/events.jsonl"};
}

KeptEvents read_events(const std::string& state_directory) {
    KeptEvents kept = events_file(state_directory);
    std::string text;
    for (const std::string& path : {kept.path + ".1", kept.path}) {
        auto contents = contents_of(path);
        if (contents)
            text += *contents + "\n";
        else
            kept.records.push_back(trouble(path, contents.error().text()));
    }
    ReadEvents read = events_in(text);
    kept.events = std::move(read.events);
    if (read.damaged > 0)
        kept.records.push_back(
            trouble(kept.path, fmt::format("{} lines make no sense", read.damaged)));
    return kept;
}

}  // namespace app
