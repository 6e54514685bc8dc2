// What the kernel has: all of its links, addresses, and routes and rules of ours, or an error.
//
// A dump that is not of one piece is begun again: an object that it lacks would look removed.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <expected>
#include <functional>
#include <span>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "kernel/view.hpp"

namespace kernel {

// Reads from a netlink socket as recv(2) does, errno included.
using Receive = std::function<ssize_t(int socket, std::span<std::uint8_t> buffer)>;

// Notifications that arrive meanwhile stay queued in the monitor and are applied on top, which is
// harmless as long as none is lost: the last one about an object states all of it.
base::Result<View> dump();
base::Result<View> dump(const Receive& receive);

// --- for dump(), and for tests ---

enum class Progress : std::uint8_t { unfinished, done };
// How a dump stands after these messages of it; an errno when it is of no use. EINTR: what it is
// about has changed meanwhile.
std::expected<Progress, int> progress_of(base::ByteView messages);

}  // namespace kernel
