#include "health/probe_unit.hpp"

#include <fmt/format.h>

namespace health {

UnitProbe::UnitProbe(kind::Unit wanted, Waker& waker, Bus& bus)
    : wanted_{std::move(wanted)}, waker_{waker}, question_{bus, wanted_.unit, *this} {}

std::optional<Outcome> UnitProbe::start(base::Instant /*now*/) {
    if (const auto asked = question_.ask(); !asked)
        return Outcome{.is_well = false, .text = asked.error().text()};
    return std::nullopt;
}

std::optional<Outcome> UnitProbe::on_ready(int /*descriptor*/, base::Instant /*now*/) {
    return std::nullopt;  // all answers come through one connection
}

Outcome UnitProbe::give_up(base::Instant /*now*/) {
    question_.cancel();
    return {.is_well = false, .text = "systemd does not answer"};
}

void UnitProbe::on_state(const base::Result<std::string>& state) {
    if (!state) return waker_.finish(*this, {.is_well = false, .text = state.error().text()});
    waker_.finish(*this, judge(*state));
}

void UnitProbe::on_change() { waker_.look_now(*this); }

// A unit that reloads does its work meanwhile.
Outcome UnitProbe::judge(const std::string& state) const {
    if (state == "not-found")
        return {.is_well = false, .text = fmt::format("no unit is called {}", wanted_.unit)};
    return {.is_well = state == "active" || state == "reloading" || state == "refreshing",
            .text = state};
}

}  // namespace health
