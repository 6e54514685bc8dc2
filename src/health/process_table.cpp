#include "health/process_table.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/syscall.h>

#include <array>
#include <charconv>
#include <chrono>
#include <memory>
#include <utility>

namespace health {

namespace {

constexpr base::Duration good_for = std::chrono::milliseconds{50};

struct CloseDirectory {
    void operator()(DIR* directory) const { ::closedir(directory); }
};

std::string start_of(const std::string& path) {
    const base::Fd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    std::array<char, 4096> text{};
    const ssize_t size = file.is_open() ? ::read(file.number(), text.data(), text.size()) : 0;
    return {text.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))};
}

std::string last_part(std::string_view path) {
    return std::string{path.substr(path.rfind('/') + 1)};
}

}  // namespace

// "7 (comm) S 1 ...": the name may hold blanks and parentheses, so its end is the last one.
std::optional<ProcessNames> names_of(pid_t process) {
    const std::string status = start_of(fmt::format("/proc/{}/stat", process));
    const auto begin = status.find('(');
    const auto end = status.rfind(')');
    if (begin == std::string::npos || end == std::string::npos || end + 2 >= status.size())
        return std::nullopt;
    if (status[end + 2] == 'Z' || status[end + 2] == 'X') return std::nullopt;
    const std::string arguments = start_of(fmt::format("/proc/{}/cmdline", process));
    // A process may have overwritten its arguments with a title, "nginx: master process".
    const std::string first = arguments.substr(0, arguments.find('\0'));
    return ProcessNames{status.substr(begin + 1, end - begin - 1), last_part(first)};
}

std::optional<ProcessTable::Found> ProcessTable::find(const std::string& name, base::Instant now) {
    if (!read_at_ || now - *read_at_ >= good_for) read(now);
    const auto [begin, end] = processes_.equal_range(name);
    for (auto entry = begin; entry != end; ++entry) {
        const pid_t process = entry->second;
        base::Fd descriptor{static_cast<int>(::syscall(SYS_pidfd_open, process, 0))};
        if (!descriptor.is_open()) continue;
        // The number may be another process by now; that of an open descriptor stays the same.
        const auto names = names_of(process);
        if (names && names->has(name)) return Found{process, std::move(descriptor)};
    }
    return std::nullopt;
}

void ProcessTable::read(base::Instant now) {
    processes_.clear();
    read_at_ = now;
    const std::unique_ptr<DIR, CloseDirectory> directory{::opendir("/proc")};
    if (!directory) return;
    while (const dirent* entry = ::readdir(directory.get())) {
        const std::string_view text{entry->d_name};
        pid_t process = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), process);
        if (error != std::errc{} || end != text.data() + text.size()) continue;
        auto names = names_of(process);
        if (!names) continue;
        if (names->program != names->comm) processes_.emplace(std::move(names->program), process);
        processes_.emplace(std::move(names->comm), process);
    }
}

}  // namespace health
