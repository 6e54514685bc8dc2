// How late the turns of the loop begin, against the deadline that it slept for: a machine that is
// too busy, or a process that was stopped, shows here first.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include "base/time.hpp"

namespace app {

struct Punctuality {
    std::uint64_t turns = 0;
    std::uint64_t late_turns = 0;  // by more than `tolerated`
    base::Duration worst{};
    base::Duration latest{};  // of the turn that runs now; 0 when it is in time

    // Much less than an interval of 100 ms leaves (RFC 9568 section 6.1), much more than a machine
    // at ease needs.
    static constexpr base::Duration tolerated = std::chrono::milliseconds{10};

    void note(std::optional<base::Instant> due, base::Instant now) {
        ++turns;
        latest = due && *due < now ? now - *due : base::Duration{};
        worst = std::max(worst, latest);
        if (latest > tolerated) ++late_turns;
    }
};

}  // namespace app
