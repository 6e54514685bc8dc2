// What operators ask for: units that are drained, and hand-overs to another router.
//
// Both make before break. A drain that nobody answers is refused, because the addresses would be
// nowhere; the operator may insist. What is asked while it is under way joins it.
#include <fmt/format.h>

#include <algorithm>

#include "app/drain_file.hpp"
#include "app/engine.hpp"

namespace app {

using base::log::Level;
using State = Operation::State;
using Verb = Instruction::Verb;

namespace {

// Whoever is Active elsewhere, as far as it is heard: "192.0.2.3 (priority 100)".
std::string active_elsewhere(const Unit& unit) {
    for (const Session* session : unit.sessions)
        if (const Peer* peer = session->peer())
            return fmt::format("{} (priority {})", peer->address.text(), peer->priority.wire());
    return {};
}

// Whoever has just taken over from it. A session that is displaced has heard nobody itself.
std::string successor_of(const Unit& unit) {
    const std::string_view displaced = vrrp::name_of(vrrp::Cause::displaced);
    for (const Session* session : unit.sessions)
        if (const Peer* peer = session->peer();
            peer != nullptr && std::holds_alternative<vrrp::state::Backup>(session->state()) &&
            session->last_transition().reason != displaced)
            return fmt::format("{} (priority {})", peer->address.text(), peer->priority.wire());
    return {};
}

std::string state_of(const Unit& unit) {
    return std::string{name_of(unit.sessions.front()->shown_state())};
}

bool has_router(const Unit& unit, std::string_view name) {
    return std::ranges::any_of(
        unit.sessions, [&](const Session* session) { return session->router().name == name; });
}

bool is_owner(const Unit& unit) {
    return std::ranges::any_of(unit.sessions, [](const Session* session) {
        return session->router().priority == vrrp::Priority::owner();
    });
}

}  // namespace

// --- between turns ---

// The members of a group are elected as one: none of them can be drained alone.
std::expected<std::vector<Unit*>, std::string> Engine::units_called(std::string_view name) {
    std::vector<Unit*> found;
    for (Unit& unit : units_) {
        if (unit.presence != Unit::Presence::here) continue;
        if (name.empty() || unit.name == name || (!unit.is_group && has_router(unit, name)))
            found.push_back(&unit);
        else if (unit.is_group && has_router(unit, name))
            return std::unexpected(
                fmt::format("{0} is a member of the group {1}, whose routers are Active together "
                            "or not at all; name {1} instead",
                            name, unit.name));
    }
    if (!found.empty()) return found;
    return std::unexpected(name.empty() ? "no router is configured" : unknown_name(name));
}

std::expected<std::uint64_t, std::string> Engine::instruct(const Instruction& instruction,
                                                           Time time) {
    if (is_departing_) return std::unexpected("tandemd is being stopped");
    auto units = units_called(instruction.name);
    if (!units) return std::unexpected(units.error());
    if (instruction.verb == Verb::handover && instruction.name.empty()) {
        std::erase_if(*units, [](const Unit* unit) { return !unit->owns_addresses(); });
        if (units->empty()) return std::unexpected("nothing is Active here");
    }
    const std::uint64_t id = maintenance_.open(instruction.verb);
    for (Unit* unit : *units) {
        switch (instruction.verb) {
            case Verb::drain: order_drain(*unit, instruction, id, time); break;
            case Verb::undrain: undrain(*unit, id); break;
            case Verb::handover: order_handover(*unit, instruction, id, time); break;
        }
    }
    must_weigh_ = true;  // in a turn of its own
    return id;
}

void Engine::order_drain(const Unit& unit, const Instruction& instruction, std::uint64_t id,
                         Time time) {
    const Drain* standing = maintenance_.drain_of(unit.name);
    if (standing == nullptr) return maintenance_.begin(unit.name, instruction, id, time.now);
    Drain changed = drain_by(instruction, time.wall, time.now);
    changed.since = standing->since;
    if (changed.reason.empty()) changed.reason = standing->reason;
    const std::string text = text_of(changed, unit.name);
    maintenance_.drain(unit.name, std::move(changed));
    keep_drains();
    must_follow_ = true;
    // One that is about to release addresses is waited for.
    if (maintenance_.errand_of(unit.name) != nullptr)
        return maintenance_.begin(unit.name, instruction, id, time.now);
    maintenance_.answer(id, {unit.name, State::done, "was drained already, and is: " + text});
}

void Engine::order_handover(const Unit& unit, const Instruction& instruction, std::uint64_t id,
                            Time time) {
    const Errand* errand = maintenance_.errand_of(unit.name);
    const auto refuse = [&](std::string why) {
        maintenance_.answer(id, {unit.name, State::refused, std::move(why)});
    };
    if (errand != nullptr && errand->instruction.verb == Verb::drain)
        return refuse("it is being drained, and hands over for that");
    if (is_owner(unit))
        return refuse(
            "it owns its addresses (priority 255) and would take them back at once; "
            "drain it instead");
    maintenance_.begin(unit.name, instruction, id, time.now);
}

// What has been said with priority 0 cannot be taken back: a hand-over that runs goes on, and then
// the unit is Backup as any other.
void Engine::undrain(const Unit& unit, std::uint64_t id) {
    std::string text;
    if (maintenance_.end_drain(unit.name)) {
        tell_end_of_drain(unit.name, "an operator has ended it");
        text = "takes part in the election again";
    } else if (maintenance_.errand_of(unit.name) != nullptr) {
        text = "will not be drained; a hand-over that has begun goes on";
    } else if (maintenance_.end_hold(unit.name)) {
        text = "may preempt again, after a hand-over";
    } else {
        text = fmt::format("is not drained ({})", state_of(unit));
    }
    maintenance_.finish(unit.name, State::refused, "undrain has come in between");
    maintenance_.answer(id, {unit.name, State::done, std::move(text)});
}

void Engine::restore(const KeptDrains& kept, Time time) {
    ledger_.open(kept.path);
    for (const base::log::Record& record : kept.records) records_.push_back(record);
    bool is_other = false;
    for (const KeptDrain& drain : kept.drains) {
        const bool is_known = std::ranges::find(units_, drain.unit, &Unit::name) != units_.end();
        const bool is_over = drain.until && *drain.until <= time.wall;
        if (!is_known || is_over) {
            is_other = true;
            records_.push_back({Level::notice,
                                fmt::format("{} was drained and is no longer", drain.unit),
                                {{"unit", drain.unit},
                                 {"why", is_over ? "its time is over" : "it is not configured"}},
                                base::EventKind::drain_over});
            continue;
        }
        Drain restored{.reason = drain.reason, .since = drain.since, .until = drain.until};
        if (drain.until)
            restored.ends_at =
                time.now + std::chrono::duration_cast<base::Duration>(*drain.until - time.wall);
        maintenance_.drain(drain.unit, std::move(restored));
    }
    if (is_other) keep_drains();
}

void Engine::keep_drains() {
    std::vector<KeptDrain> all;
    for (const auto& [unit, drain] : maintenance_.drains())
        all.push_back({unit, drain.reason, drain.since, drain.until});
    ledger_.write(text_of(all));
}

Drain Engine::drain_by(const Instruction& instruction, WallClock wall, base::Instant now) {
    Drain drain{.reason = instruction.reason, .since = wall};
    if (!instruction.span) return drain;
    drain.until = wall + std::chrono::duration_cast<WallClock::duration>(*instruction.span);
    drain.ends_at = now + *instruction.span;
    return drain;
}

void Engine::tell_end_of_drain(const std::string& unit, const std::string& why) {
    records_.push_back({Level::notice,
                        fmt::format("{} is no longer drained", unit),
                        {{"unit", unit}, {"why", why}},
                        base::EventKind::drain_over});
    keep_drains();
    must_follow_ = true;
}

// --- 1 ---

void Engine::follow_instructions(const Inputs& inputs, base::Instant now) {
    wall_ = inputs.wall;
    ledger_.note(inputs.care);
    for (const health::FromRunner& message : inputs.runner) ledger_.take(message, now);
    for (const std::string& unit : maintenance_.expired(now)) {
        maintenance_.end_drain(unit);
        tell_end_of_drain(unit, "its time is over");
    }
    for (const std::string& name : maintenance_.errands()) {
        const auto unit = std::ranges::find(units_, name, &Unit::name);
        if (unit == units_.end())
            maintenance_.finish(name, State::refused, "it is not configured any more");
        else if (maintenance_.errand_of(name)->stage == Errand::Stage::asked)
            begin_errand(*unit, now);
    }
    hold_back();
}

void Engine::begin_errand(Unit& unit, base::Instant now) {
    Errand& errand = *maintenance_.errand_of(unit.name);
    const std::string elsewhere = active_elsewhere(unit);
    if (unit.owns_addresses()) {
        errand.stage = Errand::Stage::offering;
        // One that resigns already is joined.
        if (!unit.is_active() || unit.presence != Unit::Presence::here) return;
        begin_drain(unit, now);
        if (!unit.draining_until) hand_over(unit, handing_over_by_order, now);
        return;
    }
    if (errand.instruction.verb == Verb::handover)
        return maintenance_.finish(
            unit.name, State::refused,
            fmt::format("is not Active here ({}){}", state_of(unit),
                        elsewhere.empty() ? "" : "; last heard: " + elsewhere));
    conclude_drain(unit,
                   fmt::format("is drained; it was {}{}", state_of(unit),
                               elsewhere.empty() ? "" : ", and " + elsewhere + " was heard"),
                   now);
}

// Whoever has handed over waits until nobody else is there, whatever the file says.
void Engine::hold_back() {
    for (const Unit& unit : units_) {
        const bool is_held = maintenance_.hold_of(unit.name) != nullptr;
        for (Session* session : unit.sessions)
            session->set_preemption(is_held ? Session::Preemption::held_back
                                            : Session::Preemption::as_configured);
    }
}

// --- 5 ---

void Engine::follow_errands(base::Instant now) {
    for (Unit& unit : units_) {
        // Active again: whoever had taken over has gone.
        if (unit.owns_addresses()) maintenance_.end_hold(unit.name);
        const Errand* errand = maintenance_.errand_of(unit.name);
        if (errand == nullptr) continue;
        if (errand->stage == Errand::Stage::offering) follow_offer(unit, now);
        errand = maintenance_.errand_of(unit.name);
        if (errand != nullptr && errand->stage == Errand::Stage::releasing)
            follow_release(unit, now);
    }
    hold_back();
    if (const auto order = ledger_.take_order(now)) ports_.tell_runner(*order);
}

void Engine::follow_offer(Unit& unit, base::Instant now) {
    Errand& errand = *maintenance_.errand_of(unit.name);
    if (unit.presence != Unit::Presence::here)
        return maintenance_.finish(unit.name, State::refused,
                                   "tandemd is being stopped; it is not drained after a start");
    if (!unit.owns_addresses()) return conclude(unit, now);
    const bool is_offered = unit.is_active() && !unit.draining_until;
    if (!is_offered) return;  // hooks run, or a successor is waited for
    const std::string nobody = fmt::format("nobody has taken over within {} ms",
                                           base::whole_milliseconds(now - errand.begun));
    const bool is_drain = errand.instruction.verb == Verb::drain;
    if (is_drain && errand.instruction.force == Instruction::Force::yes)
        return conclude_drain(unit, "is drained, and nobody has its addresses: " + nobody, now);
    maintenance_.finish(
        unit.name, State::refused,
        fmt::format("stays Active here{}: {}; look whether another router is there and hears this "
                    "one{}",
                    is_drain ? " and is not drained" : "", nobody,
                    is_drain ? ", or add --force, and nobody has its addresses" : ""));
}

// It is not Active any more: because of a successor, or because something broke meanwhile.
void Engine::conclude(Unit& unit, base::Instant now) {
    Errand& errand = *maintenance_.errand_of(unit.name);
    errand.successor = successor_of(unit);
    errand.took = now - errand.begun;
    const bool is_drain = errand.instruction.verb == Verb::drain;
    const std::string why = unit.sessions.front()->last_transition().text;
    const std::string how = errand.successor.empty()
                                ? "it has given its addresses up meanwhile: " + why
                                : fmt::format("{} has taken over after {} ms", errand.successor,
                                              base::whole_milliseconds(*errand.took));
    if (is_drain) return conclude_drain(unit, "is drained; " + how, now);
    if (errand.successor.empty())
        return maintenance_.finish(unit.name, State::refused, "was not handed over; " + how);
    maintenance_.hold(unit.name, {wall_, errand.successor});
    begin_release(errand, "is handed over; " + how + " and keeps the addresses until it goes", now);
}

void Engine::begin_release(Errand& errand, std::string outcome, base::Instant now) {
    errand.stage = Errand::Stage::releasing;
    errand.released_at = now;
    errand.outcome = std::move(outcome);
}

// From now on, in this turn: it must not take over in the next one.
void Engine::conclude_drain(Unit& unit, std::string outcome, base::Instant now) {
    Errand& errand = *maintenance_.errand_of(unit.name);
    maintenance_.drain(unit.name, drain_by(errand.instruction, wall_, now));
    keep_drains();
    records_.push_back({Level::notice,
                        fmt::format("{} {}", unit.name, outcome),
                        {{"unit", unit.name}, {"why", errand.instruction.reason}},
                        base::EventKind::drained});
    begin_release(errand, std::move(outcome), now);
    follow_readiness(now);
    must_follow_ = must_watch_ = must_wish_ = true;
    reconciler_.look_again();
}

// Done when the kernel has none of its addresses any more.
void Engine::follow_release(const Unit& unit, base::Instant now) {
    const Errand& errand = *maintenance_.errand_of(unit.name);
    const auto is_held = [&](const kernel::AddressWish& wish) {
        const kernel::AddressFacts* facts = view_.present(wish.key);
        return facts != nullptr && facts->is_ours();
    };
    const bool is_released = std::ranges::none_of(unit.sessions, [&](const Session* session) {
        return std::ranges::any_of(session->wishes(), is_held);
    });
    if (!is_released && now < errand.released_at + Maintenance::patience) return;
    maintenance_.finish(unit.name, State::done,
                        errand.outcome + (is_released ? ""
                                                      : "; the kernel has not released all of its "
                                                        "addresses yet"));
}

}  // namespace app
