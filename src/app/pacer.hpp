// How many frames may leave on one interface now: so many a second, and at once no more than a
// small burst. Thousands of addresses are announced without filling the queues of the switches, in
// which adverts would be lost.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <limits>

#include "base/time.hpp"

namespace app {

class Pacer {
public:
    // Frames a second, 0 for as many as go. Taken up at once.
    void set_rate(int rate) { rate_ = rate; }

    // What may leave now.
    [[nodiscard]] std::size_t allowance(base::Instant now) const {
        if (now < closed_until_) return 0;
        if (rate_ == 0) return std::numeric_limits<std::size_t>::max();
        // What is sent at once moves the instant at which all would have left evenly; that may be a
        // burst ahead.
        const base::Duration ahead = std::max(even_at_, now) - now;
        return static_cast<std::size_t>(
            std::max<base::Duration::rep>((burst * spacing() - ahead) / spacing(), 0));
    }
    void take(std::size_t frames, base::Instant now) {
        if (rate_ != 0)
            even_at_ =
                std::max(even_at_, now) + static_cast<base::Duration::rep>(frames) * spacing();
    }

    // When something may leave again. A few frames at a time: a turn for each would be a lot of
    // turns.
    [[nodiscard]] base::Instant ready_at(base::Instant now) const {
        if (now < closed_until_) return closed_until_;
        if (allowance(now) > 0) return now;
        const base::Duration some = std::max(spacing(), std::min(nap, burst / 2 * spacing()));
        return even_at_ + some - burst * spacing();
    }

    // The kernel took all of them.
    void open() { wait_ = {}; }
    // The kernel refused one: nothing is tried for a while, longer each time.
    void close(base::Instant now) {
        wait_ = std::clamp(2 * wait_, shortest_wait, longest_wait);
        closed_until_ = now + wait_;
    }

    static constexpr int burst = 64;

private:
    static constexpr base::Duration nap = std::chrono::milliseconds{10};
    static constexpr base::Duration shortest_wait = std::chrono::milliseconds{10};
    static constexpr base::Duration longest_wait = std::chrono::seconds{1};
    [[nodiscard]] base::Duration spacing() const {
        return base::Duration{std::chrono::seconds{1}} / std::max(rate_, 1);
    }

    int rate_ = 0;
    base::Instant even_at_{};
    base::Instant closed_until_{};
    base::Duration wait_{};
};

}  // namespace app
