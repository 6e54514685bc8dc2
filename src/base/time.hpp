// The daemon's time line, and nothing that can read a clock.
//
// Code that needs the time is told it. Only app/clock.hpp (real) and tests/sim (virtual) make an
// Instant, so a test can never depend on how fast the machine is.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <ratio>

namespace base {

// Nanoseconds of CLOCK_BOOTTIME: monotonic, and it counts the time that a suspended host slept.
struct Timeline {
    using duration = std::chrono::nanoseconds;
    using rep = duration::rep;
    using period = duration::period;
    using time_point = std::chrono::time_point<Timeline>;
    static constexpr bool is_steady = true;
};

using Duration = Timeline::duration;
using Instant = Timeline::time_point;
using Centiseconds = std::chrono::duration<std::int32_t, std::centi>;

// Whole and fractional milliseconds, for people and for JSON.
constexpr double milliseconds(Duration duration) {
    return std::chrono::duration<double, std::milli>{duration}.count();
}

constexpr std::int64_t whole_milliseconds(Duration duration) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
}

// Of two instants that may never come.
constexpr std::optional<Instant> earlier(std::optional<Instant> a, std::optional<Instant> b) {
    if (!a || !b) return a ? a : b;
    return *a < *b ? a : b;
}

}  // namespace base
