// Netlink in: messages about routes and rules, as events.
#pragma once

#include <vector>

#include "kernel/own_routes.hpp"

struct nlmsghdr;

namespace kernel {

// RTM_NEWROUTE and RTM_DELROUTE: what they say of ours, and that somebody else's route has taken
// the place of another one. What carries our protocol and has a shape that none of ours has is
// not ours.
std::vector<RouteEvent> parse_route(const nlmsghdr* header);

// RTM_NEWRULE and RTM_DELRULE: those of ours.
std::vector<RouteEvent> parse_rule(const nlmsghdr* header);

}  // namespace kernel
