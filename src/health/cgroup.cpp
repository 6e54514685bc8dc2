#include "health/cgroup.hpp"

#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <fstream>
#include <sstream>
#include <vector>

namespace health {

namespace {

std::string contents_of(const char* path) {
    std::ostringstream out;
    out << std::ifstream{path}.rdbuf();
    return std::move(out).str();
}

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> out;
    while (!text.empty()) {
        const auto end = std::min(text.find(separator), text.size());
        out.push_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return out;
}

// A process may have made cgroups below its own.
int remove_directory(const char* path, const struct stat*, int kind, struct FTW* place) {
    if (kind == FTW_DP && place->level > 0) ::rmdir(path);
    return 0;
}

}  // namespace

std::optional<std::string> cgroup_path(std::string_view mountinfo, std::string_view cgroup) {
    std::optional<std::string_view> ours;
    for (const auto line : split(cgroup, '\n'))
        if (line.starts_with("0::/")) ours = line.substr(3);
    if (!ours) return std::nullopt;
    for (const auto line : split(mountinfo, '\n')) {
        if (line.find(" - cgroup2 ") == std::string_view::npos) continue;
        const auto fields = split(line, ' ');
        const std::string_view root = fields[3];
        const std::string_view point = fields[4];
        // What is mounted may be a part of the tree, as in a container.
        std::string_view rest = *ours;
        if (root != "/") {
            if (!rest.starts_with(root)) continue;
            rest.remove_prefix(root.size());
            if (!rest.empty() && rest.front() != '/') continue;
        }
        return std::string{point} + (rest == "/" ? "" : std::string{rest});
    }
    return std::nullopt;
}

base::Result<std::string> Cgroup::own_path() {
    auto path = cgroup_path(contents_of("/proc/self/mountinfo"), contents_of("/proc/self/cgroup"));
    if (!path) return base::failure("find our cgroup", "version 2 is not mounted");
    return std::move(*path);
}

base::Result<Cgroup> Cgroup::make(std::string path) {
    if (::mkdir(path.c_str(), 0755) < 0 && errno != EEXIST)
        return base::os_failure("make the cgroup " + path, errno);
    base::Fd directory{::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (!directory.is_open()) return base::os_failure("open the cgroup " + path, errno);
    return Cgroup{std::move(path), std::move(directory)};
}

Cgroup::~Cgroup() {
    if (!directory_.is_open() || ::rmdir(path_.c_str()) == 0) return;
    clear();
    ::rmdir(path_.c_str());
}

void Cgroup::clear() const {
    constexpr int descriptors = 8;
    (void)::nftw(path_.c_str(), remove_directory, descriptors, FTW_DEPTH | FTW_PHYS);
}

void Cgroup::kill() const {
    const base::Fd file{::openat(descriptor(), "cgroup.kill", O_WRONLY | O_CLOEXEC)};
    if (file.is_open()) [[maybe_unused]]
        const ssize_t written = ::write(file.number(), "1", 1);
}

bool Cgroup::is_empty() const {
    const base::Fd file{::openat(descriptor(), "cgroup.events", O_RDONLY | O_CLOEXEC)};
    if (!file.is_open()) return true;  // somebody has removed it: it was empty
    std::array<char, 256> text{};
    const ssize_t size = ::read(file.number(), text.data(), text.size());
    return size > 0 &&
           std::string_view{text.data(), static_cast<std::size_t>(size)}.contains("populated 0");
}

}  // namespace health
