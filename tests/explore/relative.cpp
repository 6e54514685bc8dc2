#include "relative.hpp"

#include <algorithm>
#include <type_traits>

namespace explore {

namespace state = vrrp::state;

Instant earlier(Instant instant, Duration span) { return std::max(instant - span, now); }

namespace {

// A timer of one member waits for the others. A change of the priority moves it by less than an
// interval: what expired earlier than that stays expired, however long ago it was.
Instant longest_past(const state::Backup& backup) {
    return now - Duration{backup.active_interval.value()};
}

}  // namespace

vrrp::State sooner(const vrrp::State& state, Duration span) {
    return std::visit(
        [span](auto next) -> vrrp::State {
            using Kind = decltype(next);
            if constexpr (std::is_same_v<Kind, state::Backup>)
                next.active_down_at = std::max(next.active_down_at - span, longest_past(next));
            else if constexpr (std::is_same_v<Kind, state::Active>) {
                next.next_advert_at -= span;
                next.may_contradict_at = earlier(next.may_contradict_at, span);
            } else if constexpr (std::is_same_v<Kind, state::Resigning>) {
                next.ends_at -= span;
                next.next_advert_at -= span;
            } else
                static_assert(std::is_same_v<Kind, state::Initialize>);
            return next;
        },
        state);
}

void Hash::add(const vrrp::State& state) {
    add(state.index());
    std::visit([this](const auto& kind) { add_fields(kind); }, state);
}

void Hash::add_fields(const state::Backup& backup) {
    add(backup.active_down_at);
    add(static_cast<std::uint64_t>(backup.active_interval.value().count()));
    add(static_cast<std::uint64_t>(backup.awaiting));
}

void Hash::add_fields(const state::Active& active) {
    add(active.next_advert_at);
    add(active.may_contradict_at);
}

void Hash::add_fields(const state::Resigning& resigning) {
    add(resigning.ends_at);
    add(resigning.next_advert_at);
    add(static_cast<std::uint64_t>(resigning.overlap.count()));
    add(static_cast<std::uint64_t>(resigning.successor ? resigning.successor->value().count() : 0));
}

}  // namespace explore
