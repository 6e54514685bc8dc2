// The effective priority: what a router advertises and compares, after all that speaks against it.
#pragma once

#include <algorithm>

#include "vrrp/types.hpp"

namespace vrrp {

// The least priority that a router which takes part can have, RFC 9568 section 5.2.4.
inline constexpr int least_priority = 1;

// Points off a priority; what is left is one of 1..254. Nothing off leaves an owner its 255.
constexpr Priority weakened(Priority base, int points) {
    if (points <= 0) return base;
    const int left = std::clamp(base.wire() - points, least_priority, 254);
    return Priority::from_wire(static_cast<std::uint8_t>(left));
}
static_assert(weakened(Priority::usual(), 30).wire() == 70);
static_assert(weakened(Priority::usual(), 200).wire() == 1);
static_assert(weakened(Priority::owner(), 1).wire() == 254);
static_assert(weakened(Priority::owner(), 0) == Priority::owner());

}  // namespace vrrp
