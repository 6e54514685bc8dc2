// One question to the daemon over its control socket, and one answer, within bounds.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include "base/fd.hpp"
#include "ctl/outcome.hpp"

namespace ctl {

struct Limits {
    std::size_t size = std::size_t{64} << 20;                  // octets of an answer
    std::chrono::milliseconds time = std::chrono::seconds{5};  // from the first step to the last
};

// The line that the daemon answers, without its newline. Fails with
//   unreachable    nobody listens there, or who listens does not answer (in time, or at all);
//   not_permitted  this user may not use the socket;
//   failed         the answer is too large.
Expected<std::string> ask(const std::string& socket_path, std::string_view request,
                          const Limits& limits);

// The same on a socket that is connected and does not block.
Expected<std::string> exchange(const base::Fd& connection, std::string_view request,
                               const Limits& limits);

}  // namespace ctl
