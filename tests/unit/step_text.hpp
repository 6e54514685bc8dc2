// A step of the state machine as one line of text: two steps are equal when their texts are, and a
// test that fails shows both.
#pragma once

#include <array>
#include <string>
#include <variant>

#include <fmt/format.h>

#include "vrrp/machine.hpp"

namespace step_text {

inline std::string text_of(const vrrp::state::Initialize&) { return "initialize"; }

inline std::string text_of(const vrrp::state::Backup& state) {
    constexpr std::array<const char*, 3> evidence{"any_advert", "release", "preemption"};
    return fmt::format("backup down_at={} interval={} awaiting={}",
                       state.active_down_at.time_since_epoch().count(),
                       state.active_interval.value().count(),
                       evidence.at(static_cast<std::size_t>(state.awaiting)));
}

inline std::string text_of(const vrrp::state::Active& state) {
    return fmt::format("active next_at={} contradict_at={}",
                       state.next_advert_at.time_since_epoch().count(),
                       state.may_contradict_at.time_since_epoch().count());
}

inline std::string text_of(const vrrp::state::Resigning& state) {
    return fmt::format("resigning ends_at={} next_at={} overlap={} successor={}",
                       state.ends_at.time_since_epoch().count(),
                       state.next_advert_at.time_since_epoch().count(), state.overlap.count(),
                       state.successor ? state.successor->value().count() : 0);
}

inline std::string text_of(const vrrp::Step& step) {
    std::string text = std::visit([](const auto& state) { return text_of(state); }, step.next);
    if (step.advert) text += fmt::format(" advert={}", step.advert->wire());
    if (step.announce) text += " announce";
    if (step.cause) text += fmt::format(" cause={}", vrrp::name_of(*step.cause));
    return text;
}

}  // namespace step_text
