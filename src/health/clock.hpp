// The only place where the runner and the keeper read a clock.
#pragma once

#include <chrono>
#include <ctime>

#include "base/time.hpp"

namespace health {

inline base::Instant read_clock() {
    timespec boot{};
    ::clock_gettime(CLOCK_BOOTTIME, &boot);
    return base::Instant{std::chrono::seconds{boot.tv_sec} +
                         std::chrono::nanoseconds{boot.tv_nsec}};
}

}  // namespace health
