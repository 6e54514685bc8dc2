// A session in the place of one that another process has left, and what it leaves to the next.
#include "app/session.hpp"

namespace app {

void Session::resume(const Memory& before, base::Instant now) {
    is_undecided_ = false;
    healthy_since_ = now;
    advertised_at_ = before.last_advert;
    handle(vrrp::event::Resume{before.last_advert}, shown_state(), now);
    last_transition_.at = before.since;
}

void Session::start_anew(Farewell farewell) {
    is_undecided_ = false;
    owes_farewell_ = farewell == Farewell::said;
}

Session::Standing Session::standing() const {
    return {.state = state_,
            .blockers = readiness_.blockers,
            .points_off = points_off_,
            .healthy_since = healthy_since_,
            .heard_until = heard_until_,
            .advertised_at = advertised_at_,
            .last_source = last_source_,
            .transition = last_transition_,
            .counters = counters_,
            .peers = peers_.all(),
            .announced = announcer.announced()};
}

void Session::restore(const Standing& standing) {
    state_ = standing.state;
    readiness_.blockers = standing.blockers;
    points_off_ = standing.points_off;
    healthy_since_ = standing.healthy_since;
    heard_until_ = standing.heard_until;
    advertised_at_ = standing.advertised_at;
    last_source_ = standing.last_source;
    last_transition_ = standing.transition;
    counters_ = standing.counters;
    peers_ = Peers{standing.peers};
    announced_before_ = {standing.announced.begin(), standing.announced.end()};
}

void Session::advertise_now() {
    if (std::holds_alternative<vrrp::state::Active>(state_)) due_ = effective_priority();
}

Memory Session::memory() const {
    const bool is_active = std::holds_alternative<vrrp::state::Active>(state_);
    return {.router = router_.name,
            .interface = router_.interface,
            .family = family_,
            .vrid = router_.vrid.wire(),
            .settings = settings_,
            .role = is_active && advertised_at_ ? Memory::Role::active : Memory::Role::other,
            .since = last_transition_.at,
            .last_advert = advertised_at_.value_or(base::Instant{})};
}

}  // namespace app
