// Whether a link counts as up, when it must have been up, or down, for a while before it does.
// Pure: it is told what was seen, and when.
#pragma once

#include <cstdint>
#include <optional>

#include "base/time.hpp"

namespace health {

enum class Carrier : std::uint8_t { down, up };

class Debounce {
public:
    Debounce(base::Duration up_for, base::Duration down_for)
        : up_for_{up_for}, down_for_{down_for} {}

    // What a link is now. What it is at first has been so for longer than anybody asks.
    void observe(Carrier carrier, base::Instant now) {
        if (!is_) is_ = counts_as_ = carrier;
        if (*is_ == carrier) return;
        settle(now);  // it may have been so for long enough, and nobody has asked
        is_ = carrier;
        since_ = now;
    }

    // What it counts as. Something must have been observed.
    Carrier at(base::Instant now) {
        settle(now);
        return *counts_as_;
    }

    [[nodiscard]] Carrier is() const { return *is_; }

private:
    void settle(base::Instant now) {
        if (is_ != counts_as_ && now - since_ >= (*is_ == Carrier::up ? up_for_ : down_for_))
            counts_as_ = is_;
    }

    base::Duration up_for_;
    base::Duration down_for_;
    std::optional<Carrier> is_;
    std::optional<Carrier> counts_as_;
    base::Instant since_{};
};

}  // namespace health
