// The only place where the daemon's time line meets a clock.
#pragma once

#include <algorithm>
#include <ctime>
#include <optional>
#include <string>

#include "base/time.hpp"
#include "kernel/advert_socket.hpp"

namespace app {

using kernel::WallClock;

// One reading of both clocks. CLOCK_BOOTTIME decides; the wall clock is for people, and for turning
// the kernel's arrival stamps into instants.
struct Time {
    base::Instant now;
    WallClock wall;
};

inline Time read_clock() {
    timespec boot{};
    ::clock_gettime(CLOCK_BOOTTIME, &boot);
    return {
        base::Instant{std::chrono::seconds{boot.tv_sec} + std::chrono::nanoseconds{boot.tv_nsec}},
        std::chrono::system_clock::now()};
}

// When a packet really came. The stamp is of the wall clock, which may have been set meanwhile; a
// packet cannot have come before the socket was last found empty, nor after now.
constexpr base::Instant arrival_instant(std::optional<WallClock> stamp, Time time,
                                        base::Instant last_empty) {
    if (!stamp) return time.now;
    const base::Instant arrived =
        time.now - std::chrono::duration_cast<base::Duration>(time.wall - *stamp);
    return std::clamp(arrived, std::min(last_empty, time.now), time.now);
}

// "2026-03-05T11:40:02.118042Z"
std::string iso8601(WallClock instant);
// The same for an instant of our time line, by the present distance of the two clocks.
std::string wall_text(base::Instant instant, Time time);

}  // namespace app
