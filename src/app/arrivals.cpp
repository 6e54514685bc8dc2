#include "app/arrivals.hpp"

#include <algorithm>
#include <cmath>

namespace app {

namespace {

double share(base::Duration part, base::Duration whole) {
    return whole.count() == 0
               ? 0
               : static_cast<double>(part.count()) / static_cast<double>(whole.count());
}

Arrivals::Worst worse(const Arrivals::Worst& one, const Arrivals::Worst& other) {
    Arrivals::Worst both = share(other.gap, other.limit) > share(one.gap, one.limit) ? other : one;
    both.lateness = std::max(one.lateness, other.lateness);
    both.missing = std::max(one.missing, other.missing);
    return both;
}

// A little early is in time: the sender's clock is not ours.
std::uint64_t missing_in(base::Duration gap, base::Duration interval) {
    const auto turns = (gap + interval / 4) / interval;
    return turns > 1 ? static_cast<std::uint64_t>(turns - 1) : 0;
}

}  // namespace

bool Arrivals::note(base::Duration gap, vrrp::AdvertInterval interval, base::Duration limit,
                    base::Instant now) {
    const base::Duration turn{interval.value()};
    if (gap < turn / 4) return false;
    const auto bound = std::ranges::lower_bound(bounds_ms, gap, {}, [](std::int32_t bound_ms) {
        return base::Duration{std::chrono::milliseconds{bound_ms}};
    });
    ++histogram_.counts[static_cast<std::size_t>(bound - bounds_ms.begin())];
    ++histogram_.gaps;
    histogram_.sum += gap;

    const std::uint64_t missing = missing_in(gap, turn);
    const base::Duration due = static_cast<std::int64_t>(missing + 1) * turn;
    const Worst worst{gap, limit, std::max(gap - due, base::Duration{}), missing};
    if (!recent_ || now - recent_->began >= window) {
        before_ = recent_;
        recent_ = Window{now, worst};
    } else {
        recent_->worst = worse(recent_->worst, worst);
    }
    return share(gap, limit) > safe_share;
}

std::optional<Arrivals::Worst> Arrivals::worst(base::Instant now) const {
    if (!recent_ || now - recent_->began >= 2 * window) return std::nullopt;
    const bool is_adjacent =
        before_ && recent_->began - before_->began < 2 * window && now - recent_->began < window;
    return is_adjacent ? worse(recent_->worst, before_->worst) : recent_->worst;
}

std::optional<vrrp::AdvertInterval> Arrivals::least_interval(const Worst& worst, double patience) {
    // missing * i + i + lateness <= safe_share * patience * i
    const double spare = safe_share * patience - static_cast<double>(worst.missing + 1);
    if (spare <= 0) return std::nullopt;
    constexpr double nanoseconds_a_centisecond = 1e7;
    const double centiseconds =
        static_cast<double>(worst.lateness.count()) / spare / nanoseconds_a_centisecond;
    constexpr double longest = 4095;
    if (centiseconds > longest) return std::nullopt;
    return vrrp::AdvertInterval::from(
        base::Centiseconds{std::max(1, static_cast<int>(std::ceil(centiseconds)))});
}

Arrivals Arrivals::resumed(const Histogram& histogram) {
    Arrivals arrivals;
    arrivals.histogram_ = histogram;
    return arrivals;
}

}  // namespace app
