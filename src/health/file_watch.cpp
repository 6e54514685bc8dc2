#include "health/file_watch.hpp"

#include <sys/epoll.h>
#include <sys/inotify.h>

#include <array>
#include <cstring>
#include <filesystem>

namespace health {

namespace {

// Not IN_MODIFY: a file that is being written holds half of what it will hold.
constexpr std::uint32_t events_of_files =
    IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_CLOSE_WRITE | IN_ATTRIB;
constexpr std::uint32_t events_of_directory = IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;

}  // namespace

FileWatch::~FileWatch() {
    if (inotify_.is_open()) waker_.unwatch(inotify_.number());
}

bool FileWatch::join(const std::string& path, FileListener& listener) {
    if (!inotify_.is_open()) {
        inotify_ = base::Fd{::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)};
        if (!inotify_.is_open()) return false;
        waker_.watch(inotify_.number(), EPOLLIN, *this);
    }
    const std::filesystem::path file{path};
    const int watch = ::inotify_add_watch(inotify_.number(), file.parent_path().c_str(),
                                          events_of_files | events_of_directory);
    if (watch < 0) return false;
    wanted_[watch].push_back({file.filename(), &listener});
    return true;
}

void FileWatch::leave(FileListener& listener) {
    for (auto entry = wanted_.begin(); entry != wanted_.end();) {
        const auto current = entry++;
        std::erase_if(current->second,
                      [&](const Wanted& wanted) { return wanted.listener == &listener; });
        if (!current->second.empty()) continue;
        ::inotify_rm_watch(inotify_.number(), current->first);
        wanted_.erase(current);
    }
}

void FileWatch::on_ready(int, base::Instant) {
    alignas(inotify_event) std::array<char, 16384> buffer{};
    const ssize_t size = ::read(inotify_.number(), buffer.data(), buffer.size());
    for (ssize_t at = 0; at < size;) {
        inotify_event event{};
        std::memcpy(&event, buffer.data() + at, sizeof(event));
        const char* name = buffer.data() + at + sizeof(event);
        take(event.wd, event.mask, event.len > 0 ? std::string_view{name} : std::string_view{});
        at += static_cast<ssize_t>(sizeof(event) + event.len);
    }
}

void FileWatch::take(int watch, std::uint32_t events, std::string_view name) {
    const auto found = wanted_.find(watch);
    // After an overrun nobody knows what has happened; the next look will.
    if (found == wanted_.end()) return;
    if ((events & (IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED)) == 0) {
        for (const Wanted& wanted : found->second)
            if (wanted.name == name) wanted.listener->on_change();
        return;
    }
    const auto lost = std::move(found->second);
    wanted_.erase(found);
    ::inotify_rm_watch(inotify_.number(), watch);
    for (const Wanted& wanted : lost) wanted.listener->on_lost();
}

}  // namespace health
