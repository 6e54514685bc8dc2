// Requests about routes and rules as netlink messages, built by libnl.
#pragma once

#include "kernel/messages.hpp"
#include "kernel/route.hpp"

namespace kernel {

// With our protocol. In front of somebody else's IPv4 route of the same place, which stays; where
// IPv6 would share the traffic between both, an error.
Message add_message(const Route& route);
// Exactly this one, and of ours only.
Message remove_message(const Route& route);

Message add_message(const Rule& rule);
Message remove_message(const Rule& rule);

}  // namespace kernel
