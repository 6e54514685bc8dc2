// Hooks: what each unit tells, when, and what waits for them.
#include <algorithm>
#include <utility>
#include <variant>

#include "app/engine.hpp"

namespace app {

namespace {

bool is_done(const Unit& unit, Phase phase) {
    return std::ranges::all_of(unit.hooks,
                               [&](const HookQueue& queue) { return queue.is_done_with(phase); });
}

// How long that phase may take; none when nothing is run in it.
std::optional<base::Duration> limit_of(const Unit& unit, Phase phase) {
    std::optional<base::Duration> longest;
    for (const HookQueue& queue : unit.hooks)
        if (queue.has_work_in(phase))
            longest = std::max(longest.value_or(base::Duration{}), queue.limit_of(phase));
    return longest;
}

}  // namespace

// --- 1 ---

void Engine::take_hook_news(const health::FromRunner& message, base::Instant now) {
    const bool is_new_runner = std::holds_alternative<health::Hello>(message);
    const auto* ended = std::get_if<health::HookEnded>(&message);
    const auto* started = std::get_if<health::HookStarted>(&message);
    if (const auto* target = std::get_if<health::TargetEnded>(&message);
        target != nullptr && !target->error.empty())
        records_.push_back({base::log::Level::warning,
                            "a target of systemd does not follow its router",
                            {{"target", target->unit}, {"error", target->error}},
                            base::EventKind::hook_failed});
    for (Unit& unit : units_) {
        if (is_new_runner && unit.told) tell_targets(unit);
        for (HookQueue& queue : unit.hooks) {
            if (is_new_runner) queue.abandon(now);
            if (started != nullptr) queue.note_started(started->id);
            if (ended != nullptr && queue.take(*ended, now)) return;
        }
    }
}

// --- 5 ---

// What waited for a hook goes on when that has ended, or has had its time: a router without the
// state of its connections is better than none.
void Engine::follow_hooks(base::Instant now) {
    for (Unit& unit : units_) {
        for (HookQueue& queue : unit.hooks)
            if (queue.deadline() && *queue.deadline() <= now) queue.abandon(now);
        if (unit.preparing_until) {
            const bool is_prepared = unit.told == Phase::prepare && is_done(unit, Phase::prepare);
            if (is_prepared || *unit.preparing_until <= now) end_preparation(unit);
        }
        if (!unit.draining_until) continue;
        const bool is_over = unit.told == Phase::drain && is_done(unit, Phase::drain);
        if (!is_over && now < *unit.draining_until && unit.is_active()) continue;
        unit.draining_until.reset();
        weaken(unit, now);
        // Who is well again meanwhile stays.
        if (unit.presence == Unit::Presence::departing)
            hand_over(unit, unit.why_departing, now);
        else if (maintenance_.errand_of(unit.name) != nullptr && unit.is_active())
            hand_over(unit, handing_over_by_order, now);
        else if (wants_relief(unit))
            hand_over(unit, weaker_now, now);
    }
}

void Engine::begin_preparation(Unit& unit, base::Instant now) {
    const auto limit = limit_of(unit, Phase::prepare);
    if (!limit) return;
    unit.preparing_until = now + *limit;
    for (Session* session : unit.sessions) session->announcer.hold(Announcer::Silence::preparing);
}

void Engine::end_preparation(Unit& unit) {
    if (!std::exchange(unit.preparing_until, std::nullopt)) return;
    for (Session* session : unit.sessions)
        session->announcer.release(Announcer::Silence::preparing);
}

void Engine::begin_drain(Unit& unit, base::Instant now) {
    const auto limit = limit_of(unit, Phase::drain);
    if (limit && !unit.draining_until) unit.draining_until = now + *limit;
}

void Engine::hand_over(Unit& unit, const std::string& why, base::Instant now) {
    // One end for all: a member that gave up waiting before the others would split the unit.
    vrrp::event::HandOver request{.overlap = Session::time_to_announce};
    for (const Session* session : unit.sessions) {
        request.patience = std::max(request.patience, session->down_interval());
        request.overlap += Session::time_to_announce_one * session->wishes().size();
    }
    // A virtual MAC goes as soon as the successor has it: whatever the kernel here answered from it
    // would lead the switch back to us.
    if (std::ranges::any_of(unit.sessions, [](const Session* session) {
            return session->router().virtual_mac.has_value();
        }))
        request.overlap = {};
    for (Session* session : unit.sessions) session->hand_over(why, request, now);
}

// --- 9 ---

// None: nothing to tell, or not yet.
std::optional<Phase> Engine::phase_of(const Unit& unit) const {
    if (unit.presence == Unit::Presence::gone) return Phase::stop;
    if (unit.is_active()) {
        if (unit.draining_until) return Phase::drain;
        if (!unit.preparing_until) return Phase::active;
        // Addresses first.
        const bool is_working = reconciler_.deadline(now_) == now_;
        return is_working ? std::nullopt : std::optional{Phase::prepare};
    }
    if (std::ranges::any_of(unit.sessions, &Session::holds_addresses)) return std::nullopt;
    switch (unit.sessions.front()->shown_state()) {
        case ShownState::backup: return Phase::backup;
        case ShownState::fault: return Phase::fault;
        case ShownState::drained: return Phase::drained;
        // At the start everybody waits for something.
        case ShownState::waiting: return unit.told ? std::optional{Phase::fault} : std::nullopt;
        case ShownState::init:
        case ShownState::active:
        case ShownState::resigning: return std::nullopt;
    }
    return std::nullopt;
}

// A new runner knows of no target, and systemd of what it was told.
void Engine::tell_targets(const Unit& unit) {
    using Want = health::TargetMessage::Want;
    const bool is_active = unit.told == Phase::active || unit.told == Phase::drain;
    if (unit.told == Phase::prepare) return;
    for (const std::string& target : unit.targets)
        ports_.tell_runner(
            health::TargetMessage{target, is_active ? Want::started : Want::stopped});
}

void Engine::tell_hooks(base::Instant now) {
    const bool is_unattended = checks_.care() == Care::none;
    for (Unit& unit : units_) {
        if (const auto phase = phase_of(unit); phase && phase != unit.told) {
            unit.told = phase;
            tell_targets(unit);
            const Session& first = *unit.sessions.front();
            for (HookQueue& queue : unit.hooks)
                queue.follow(*phase, {phase == Phase::drain ? "handing-over"
                                                            : first.last_transition().reason,
                                      first.effective_priority().wire()});
        }
        // Whoever ends the daemon ends what its runner has started.
        const bool is_over = stopping_since_ && now >= hooks_end_;
        for (HookQueue& queue : unit.hooks) {
            // What waits for it goes on in a turn of its own.
            if (is_unattended && queue.refuse(now)) must_weigh_ = true;
            if (is_over) queue.cut_off(now);
            while (const auto order = queue.take_next(next_hook_, now)) {
                ++next_hook_;
                ports_.tell_runner(*order);
            }
            for (auto& record : queue.take_records()) records_.push_back(std::move(record));
        }
    }
}

std::size_t Engine::rerun_hooks(std::string_view name) {
    std::size_t count = 0;
    for (Unit& unit : units_)
        for (HookQueue& queue : unit.hooks) {
            const bool is_meant = name.empty() || name == unit.name || name == queue.subject().name;
            if (is_meant && queue.rerun(unit.sessions.front()->effective_priority().wire()))
                ++count;
        }
    // In a turn of its own.
    must_weigh_ = must_weigh_ || count > 0;
    return count;
}

bool Engine::has_running_hooks() const {
    return std::ranges::any_of(units_, [](const Unit& unit) {
        return std::ranges::any_of(unit.hooks,
                                   [](const HookQueue& queue) { return !queue.is_idle(); });
    });
}

// Hooks of a stop get their time, after what runs when it comes; none when nobody runs them.
base::Duration Engine::patience_with_hooks(base::Instant now) const {
    base::Duration longest{};
    if (checks_.care() == Care::none) return longest;
    for (const Unit& unit : units_)
        for (const HookQueue& queue : unit.hooks)
            longest =
                std::max(longest, std::max(queue.deadline().value_or(now) - now, base::Duration{}) +
                                      queue.limit_of(Phase::stop));
    return longest;
}

}  // namespace app
