// Control groups of version 2, as a way to end all that a program has started: no process leaves
// one by setsid() or by forking, and the kernel kills them all at once (cgroup.kill, Linux 5.14).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/fd.hpp"
#include "base/result.hpp"

namespace health {

// Where the cgroup of a process is found, from its mountinfo and cgroup files (proc(5)); none where
// the tree of version 2 is not mounted, or not the part of it that we are in.
std::optional<std::string> cgroup_path(std::string_view mountinfo, std::string_view cgroup);

// A cgroup that we have made. It is removed with the object, when nothing is left in it.
class Cgroup {
public:
    // That of this process.
    static base::Result<std::string> own_path();
    // Makes one in one that exists. What is left of an earlier one of this name, after its maker
    // was killed, is taken over.
    static base::Result<Cgroup> make(std::string path);
    Cgroup(Cgroup&&) = default;
    Cgroup& operator=(Cgroup&&) = delete;
    ~Cgroup();

    // SIGKILL to everything in it and below it.
    void kill() const;
    // Removes the empty ones below it.
    void clear() const;
    // Nothing lives in it or below it.
    [[nodiscard]] bool is_empty() const;
    [[nodiscard]] const std::string& path() const { return path_; }
    // For clone3().
    [[nodiscard]] int descriptor() const { return directory_.number(); }

private:
    Cgroup(std::string path, base::Fd directory)
        : path_{std::move(path)}, directory_{std::move(directory)} {}
    std::string path_;
    base::Fd directory_;
};

}  // namespace health
