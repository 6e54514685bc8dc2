// Planned ends: who is Active makes sure that somebody else is, before it gives up the addresses.
#include <algorithm>

#include "app/engine.hpp"

namespace app {

// --- 1 ---

// The first request hands over what is Active here; the second one does not wait for that.
void Engine::stop_if_asked(const Inputs& inputs, base::Instant now) {
    if (inputs.stop == Stop::no) return;
    is_departing_ = true;
    for (Unit& unit : units_) {
        if (unit.presence == Unit::Presence::here) depart(unit, now);
        if (inputs.stop == Stop::at_once) leave(unit, now);
    }
}

// A unit that is not Active has nothing to hand over; in particular it must not take over now.
void Engine::depart(Unit& unit, base::Instant now) {
    unit.presence = Unit::Presence::departing;
    if (!unit.owns_addresses()) return leave(unit, now);
    if (!unit.is_active()) {  // somebody is asked already
        if (std::ranges::none_of(unit.sessions, &Session::has_successor))
            hand_over(unit, unit.why_departing, now);
        return;
    }
    begin_drain(unit, now);
    if (!unit.draining_until) hand_over(unit, unit.why_departing, now);
}

void Engine::leave(Unit& unit, base::Instant now) {
    if (unit.presence == Unit::Presence::gone) return;
    unit.presence = Unit::Presence::gone;
    unit.draining_until.reset();
    for (Session* session : unit.sessions) session->stop(now);
}

// --- 4 ---

// Before its deadlines: one that has been relieved does not take over again, and one whom nobody
// has relieved in time does not go on.
void Engine::leave_when_over(base::Instant now) {
    const auto is_alone = [&](const Session* session) {
        const auto* resigning = std::get_if<vrrp::state::Resigning>(&session->state());
        return resigning != nullptr && !resigning->successor && now >= resigning->ends_at;
    };
    for (Unit& unit : units_) {
        if (unit.presence != Unit::Presence::departing) continue;
        if (!unit.owns_addresses() || std::ranges::any_of(unit.sessions, is_alone))
            leave(unit, now);
    }
}

// --- 5 ---

// What the hooks of the last one to leave have to do is waited for.
void Engine::follow_departures(base::Instant now) {
    if (!is_departing_ || stopping_since_) return;
    leave_when_over(now);
    const bool are_gone = std::ranges::all_of(
        units_, [](const Unit& unit) { return unit.presence == Unit::Presence::gone; });
    if (!are_gone) return;
    stopping_since_ = now;
    hooks_end_ = now + patience_with_hooks(now);
}

}  // namespace app
