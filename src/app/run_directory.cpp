#include "app/run_directory.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace app {

namespace {

// The kernel's name of a process, "?" when it has gone meanwhile.
std::string program_of(pid_t pid) {
    const base::Fd file{::open(fmt::format("/proc/{}/comm", pid).c_str(), O_RDONLY | O_CLOEXEC)};
    std::array<char, 64> name{};
    const ssize_t size = file.is_open() ? ::read(file.number(), name.data(), name.size()) : 0;
    if (size <= 1) return "?";
    return {name.data(), static_cast<std::size_t>(size - 1)};  // without the line break
}

struct flock whole_file() {
    struct flock range{};
    range.l_type = F_WRLCK;
    range.l_whence = SEEK_SET;
    return range;
}

}  // namespace

base::Result<RunDirectory> RunDirectory::claim(const std::string& path) {
    if (::mkdir(path.c_str(), 0755) < 0 && errno != EEXIST)
        return base::os_failure("make the run directory " + path, errno);
    const std::string lock_path = path + "/lock";
    base::Fd lock{::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)};
    if (!lock.is_open()) return base::os_failure("open " + lock_path, errno);

    struct flock range = whole_file();
    if (::fcntl(lock.number(), F_SETLK, &range) == 0) return RunDirectory{path, std::move(lock)};
    if (errno != EAGAIN && errno != EACCES) return base::os_failure("lock " + lock_path, errno);
    range = whole_file();
    if (::fcntl(lock.number(), F_GETLK, &range) < 0 || range.l_type == F_UNLCK)
        return base::failure("claim the run directory " + path, "another process holds it");
    return base::failure(
        "claim the run directory " + path,
        fmt::format("{} (pid {}) is running there; stop it, or choose another with --run-dir",
                    program_of(range.l_pid), range.l_pid));
}

base::Result<std::string> RunDirectory::write(const std::string& name,
                                              std::string_view text) const {
    const std::string path = file(name);
    const base::Fd made{
        ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644)};
    if (!made.is_open()) return base::os_failure("write " + path, errno);
    const ssize_t written = ::write(made.number(), text.data(), text.size());
    if (written < 0) return base::os_failure("write " + path, errno);
    if (static_cast<std::size_t>(written) != text.size())
        return base::failure("write " + path, "there is no room for all of it");
    return path;
}

}  // namespace app
