#include "health/save.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "base/fd.hpp"

namespace health {

namespace {

base::Result<void> write_all(const base::Fd& file, std::string_view text,
                             const std::string& attempt) {
    while (!text.empty()) {
        const ssize_t written = ::write(file.number(), text.data(), text.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return base::os_failure(attempt, errno);
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
}

// Made when it is missing.
base::Result<base::Fd> open_folder_of(const std::string& path) {
    const std::string folder = path.substr(0, path.rfind('/'));
    if (::mkdir(folder.c_str(), 0750) < 0 && errno != EEXIST)
        return base::os_failure("make the directory " + folder, errno);
    base::Fd directory{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (!directory.is_open()) return base::os_failure("open the directory " + folder, errno);
    return directory;
}

base::Result<base::Fd> open_to_append(const std::string& path) {
    base::Fd file{::open(path.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640)};
    if (!file.is_open()) return base::os_failure("write " + path, errno);
    return file;
}

std::uint64_t size_of(const base::Fd& file) {
    struct stat status{};
    return ::fstat(file.number(), &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
}

bool ends_within_a_line(const base::Fd& file) {
    char last = '\n';
    const std::uint64_t size = size_of(file);
    if (size > 0 && ::pread(file.number(), &last, 1, static_cast<off_t>(size - 1)) < 0)
        return false;
    return last != '\n';
}

}  // namespace

base::Result<void> save_file(const std::string& path, std::string_view text) {
    const std::string attempt = "write " + path;
    TRY(const base::Fd directory, open_folder_of(path));
    const std::string draft = path + ".new";
    const base::Fd file{
        ::open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0640)};
    if (!file.is_open()) return base::os_failure(attempt, errno);
    TRY_DO(write_all(file, text, attempt));
    // The text first, then its name: the other way round, a loss of power may leave an empty file.
    if (::fsync(file.number()) < 0) return base::os_failure(attempt, errno);
    if (std::rename(draft.c_str(), path.c_str()) < 0) return base::os_failure(attempt, errno);
    if (::fsync(directory.number()) < 0) return base::os_failure(attempt, errno);
    return {};
}

base::Result<void> append_to_file(const std::string& path, std::string_view text,
                                  std::uint64_t room) {
    const std::string attempt = "write " + path;
    TRY(const base::Fd directory, open_folder_of(path));
    TRY(base::Fd file, open_to_append(path));
    if (const std::uint64_t size = size_of(file); size > 0 && size + text.size() > room) {
        if (std::rename(path.c_str(), (path + ".1").c_str()) < 0)
            return base::os_failure("rename " + path, errno);
        TRY(file, open_to_append(path));
    }
    if (ends_within_a_line(file)) TRY_DO(write_all(file, "\n", attempt));
    TRY_DO(write_all(file, text, attempt));
    if (::fsync(file.number()) < 0) return base::os_failure(attempt, errno);
    if (::fsync(directory.number()) < 0) return base::os_failure(attempt, errno);
    return {};
}

}  // namespace health
