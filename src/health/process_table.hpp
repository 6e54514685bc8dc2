// Which processes run under which names, read from /proc when somebody asks.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/fd.hpp"
#include "base/time.hpp"

namespace health {

// The names of a process: what the kernel calls it (comm, at most 15 octets), and the last part of
// the path that it was started by.
struct ProcessNames {
    std::string comm;
    std::string program;
    [[nodiscard]] bool has(std::string_view name) const { return comm == name || program == name; }
};

// None when it has gone, or is a zombie.
std::optional<ProcessNames> names_of(pid_t process);

class ProcessTable {
public:
    // A descriptor of a process of this name (pidfd_open(2)), which is ready when it ends.
    struct Found {
        pid_t process;
        base::Fd descriptor;
    };
    std::optional<Found> find(const std::string& name, base::Instant now);

private:
    void read(base::Instant now);

    // Many checks that ask at one time share a reading.
    std::unordered_multimap<std::string, pid_t> processes_;
    std::optional<base::Instant> read_at_;
};

}  // namespace health
