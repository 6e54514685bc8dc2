#include "config/files.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>

#include "base/fd.hpp"
#include "base/result.hpp"

namespace config {
namespace {

// A configuration of a thousand routers has a tenth of this.
constexpr std::size_t largest_file = std::size_t{1024} * 1024;

struct CloseDirectory {
    void operator()(DIR* directory) const { closedir(directory); }
};
using Directory = std::unique_ptr<DIR, CloseDirectory>;

base::Result<void> refuse_all_but_files(const struct stat& status) {
    if (S_ISREG(status.st_mode)) return {};
    if (S_ISDIR(status.st_mode))
        return base::failure("this is a directory", "a configuration is a regular file");
    return base::failure("this is not a regular file",
                         "a device, a pipe or a socket cannot hold a configuration");
}

std::unexpected<base::Error> cannot_be_read(int os_error) {
    return base::os_failure("cannot be read", os_error);
}

base::Result<std::string> text_of_file(const std::string& path) {
    // Asked first, because to open a device can have an effect; and again when it is open, because
    // the name may mean another file by then.
    struct stat status{};
    if (stat(path.c_str(), &status) != 0) return cannot_be_read(errno);
    TRY_DO(refuse_all_but_files(status));
    const base::Fd file{open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)};
    if (!file.is_open()) return cannot_be_read(errno);
    if (fstat(file.number(), &status) != 0) return cannot_be_read(errno);
    TRY_DO(refuse_all_but_files(status));

    std::string text;
    std::array<char, 65536> buffer{};
    while (true) {
        const ssize_t size = read(file.number(), buffer.data(), buffer.size());
        if (size < 0 && errno == EINTR) continue;
        if (size < 0) return cannot_be_read(errno);
        if (size == 0) return text;
        text.append(buffer.data(), static_cast<std::size_t>(size));
        if (text.size() > largest_file)
            return base::failure("this file is larger than 1 MiB",
                                 "split it into files in conf.d, if it is a configuration");
    }
}

// What a shell would expand conf.d/*.conf to, in the order of versions: 9-lan before 10-dmz.
base::Result<std::vector<std::string>> drop_in_names(const std::string& path) {
    std::vector<std::string> names;
    const Directory directory{opendir(path.c_str())};
    if (!directory && errno == ENOENT) return names;
    if (!directory) return cannot_be_read(errno);
    errno = 0;
    while (const dirent* entry = readdir(directory.get())) {
        const std::string_view name{entry->d_name};
        if (name.ends_with(".conf") && !name.starts_with('.')) names.emplace_back(name);
        errno = 0;
    }
    if (errno != 0) return cannot_be_read(errno);
    std::ranges::sort(names, [](const std::string& a, const std::string& b) {
        const int order = strverscmp(a.c_str(), b.c_str());
        return order == 0 ? a < b : order < 0;
    });
    return names;
}

}  // namespace

std::vector<Source> read_files(const std::string& main_file) {
    std::vector<Source> sources{{main_file, text_of_file(main_file)}};
    base::Result<std::string>& text = sources.front().text;
    if (!text && text.error().os_error == ENOENT)
        text =
            base::failure("this file does not exist", "create it, or name another with --config");
    const auto slash = main_file.rfind('/');
    const std::string folder = slash == std::string::npos ? "" : main_file.substr(0, slash + 1);
    const auto names = drop_in_names(folder + "conf.d");
    if (!names) {
        sources.push_back({folder + "conf.d", std::unexpected(names.error())});
        return sources;
    }
    for (const std::string& name : *names) {
        const std::string path = fmt::format("{}conf.d/{}", folder, name);
        sources.push_back({path, text_of_file(path)});
    }
    return sources;
}

}  // namespace config
