#include "health/probe_route.hpp"

#include <fmt/format.h>

namespace health {

RouteProbe::RouteProbe(kind::Route route, Waker& waker, Routes& routes)
    : waker_{waker}, routes_{routes}, watch_{.route = std::move(route)} {
    routes_.join(*this);
}

RouteProbe::~RouteProbe() { routes_.leave(*this); }

std::optional<Outcome> RouteProbe::start(base::Instant now) {
    if (const auto begun = routes_.refresh(now); !begun)
        return Outcome{.is_well = false, .text = begun.error().text()};
    told_ = watch_.is_there;
    is_looking_ = !told_ && watch_.problem.empty();
    return outcome();
}

std::optional<Outcome> RouteProbe::on_ready(int /*descriptor*/, base::Instant /*now*/) {
    return std::nullopt;  // all routes come through one descriptor
}

Outcome RouteProbe::give_up(base::Instant /*now*/) {
    is_looking_ = false;
    return {.is_well = false, .text = "the table could not be read in time"};
}

void RouteProbe::on_known() {
    const auto found = outcome();
    if (!found) return;
    if (is_looking_) {
        is_looking_ = false;
        told_ = watch_.is_there;
        waker_.finish(*this, *found);
        return;
    }
    if (watch_.is_there != told_) waker_.look_now(*this);
}

std::optional<Outcome> RouteProbe::outcome() const {
    if (!watch_.problem.empty()) return Outcome{.is_well = false, .text = watch_.problem};
    if (!watch_.is_there) return std::nullopt;
    if (*watch_.is_there) return Outcome{.is_well = true, .text = "in the table"};
    return Outcome{
        .is_well = false,
        .text = fmt::format("{} is not in table {}", watch_.route.to.text(), watch_.route.table)};
}

}  // namespace health
