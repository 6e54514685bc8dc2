// The two formulas of RFC 9568 section 6.1 and RFC 3768 section 6.1, exact to the nanosecond.
#pragma once

#include "vrrp/types.hpp"

namespace vrrp {

// Skew_Time. Version 3 scales it with the interval of the Active router; version 2 does not. Kept
// in nanoseconds and divided last: in whole centiseconds it is 0 for every priority at the fastest
// interval, and all Backups would take over together.
constexpr Duration skew_time(Version version, Priority priority, AdvertInterval interval) {
    const Duration scale =
        version == Version::v3 ? Duration{interval.value()} : Duration{std::chrono::seconds{1}};
    return scale * (256 - priority.wire()) / 256;
}

// Active_Down_Interval (Master_Down_Interval in version 2).
constexpr Duration active_down_interval(Version version, Priority priority,
                                        AdvertInterval interval) {
    return 3 * Duration{interval.value()} + skew_time(version, priority, interval);
}

namespace timing_examples {
using namespace std::chrono_literals;
constexpr auto second = AdvertInterval::one_second();
constexpr auto fastest = *AdvertInterval::from(Centiseconds{1});
constexpr auto p100 = *Priority::from(100);
constexpr auto p254 = *Priority::from(254);
static_assert(active_down_interval(Version::v3, p100, second) == 3609375us);
static_assert(active_down_interval(Version::v3, p254, second) == 3007812500ns);
static_assert(skew_time(Version::v3, p254, fastest) == 78125ns);
static_assert(skew_time(Version::v2, p100, *AdvertInterval::from_seconds(3)) == 609375us);
static_assert(active_down_interval(Version::v2, p100, *AdvertInterval::from_seconds(3)) ==
              9609375us);
}  // namespace timing_examples

}  // namespace vrrp
