// Which notifications about routes the kernel queues for us: those about certain prefixes.
#pragma once

#include <linux/filter.h>

#include <vector>

#include "base/address.hpp"

namespace health {

// For a socket that hears of routes and next hops. Of a prefix the first 32 bits are compared: what
// gets through is a hint, and is looked at whole. With more prefixes than a filter can hold all
// routes get through. Next hops that go take their routes with them, without another word.
std::vector<sock_filter> route_filter(std::vector<base::InterfaceAddress> prefixes);

}  // namespace health
