// How regularly the adverts of one peer come, by the kernel's time stamps, and how near the longest
// gap between two of them has come to a failover.
//
// A Backup takes over after a silence of Active_Down_Interval. How much of that is usually left is
// what says whether a shorter interval could be afforded, and whether this one can.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/time.hpp"
#include "vrrp/types.hpp"

namespace app {

class Arrivals {
public:
    // The upper bounds of the histogram, in milliseconds; what is longer comes last. They part the
    // gaps of 10 ms, 100 ms and 1 s intervals by the number of adverts that are missing.
    static constexpr std::array<std::int32_t, 15> bounds_ms{
        15, 30, 60, 120, 250, 500, 800, 1050, 1250, 1600, 2100, 2600, 3100, 4100, 10000};

    // Of all since the peer was first heard.
    struct Histogram {
        std::array<std::uint64_t, bounds_ms.size() + 1> counts{};
        std::uint64_t gaps = 0;
        base::Duration sum{};
        bool operator==(const Histogram&) const = default;
    };
    // The worst of some stretch of time.
    struct Worst {
        base::Duration gap{};       // the one that left the least of its limit
        base::Duration limit{};     // Active_Down_Interval of that moment
        base::Duration lateness{};  // of an advert that came, beyond its turn
        std::uint64_t missing = 0;  // adverts in a row that did not come
        bool operator==(const Worst&) const = default;
    };

    // Two adverts of the peer came `gap` apart, and nothing but a third one was due in between.
    // True when it came near to a failover: two adverts in a row were missing, or as late. Copies
    // of one advert in other forms are none of its own.
    bool note(base::Duration gap, vrrp::AdvertInterval interval, base::Duration limit,
              base::Instant now);

    [[nodiscard]] const Histogram& histogram() const { return histogram_; }
    // Of the last five to ten minutes; none without a gap in them.
    [[nodiscard]] std::optional<Worst> worst(base::Instant now) const;

    // The smallest Advertisement_Interval, in whole centiseconds, at which gaps as late and losses
    // as long as those of `worst` leave a Backup its patience: `patience` is its
    // Active_Down_Interval in intervals. None: adverts are lost so often that no interval does.
    [[nodiscard]] static std::optional<vrrp::AdvertInterval> least_interval(const Worst& worst,
                                                                            double patience);

    // For the program after this one; what is recent begins anew there.
    [[nodiscard]] static Arrivals resumed(const Histogram& histogram);

    // So much of Active_Down_Interval is no cause for worry. One missing advert takes 2/3 of it at
    // most (priority 254), two take 3/4 at least (priority 1): RFC 9568 section 6.1.
    static constexpr double safe_share = 0.7;

private:
    struct Window {
        base::Instant began;
        Worst worst;
    };
    static constexpr base::Duration window = std::chrono::minutes{5};
    Histogram histogram_;
    std::optional<Window> recent_;
    std::optional<Window> before_;
};

}  // namespace app
