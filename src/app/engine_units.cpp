// What speaks against the units: results of checks, and a node that changes too often; and what
// follows from it for their priorities.
#include <fmt/format.h>

#include <algorithm>

#include "app/engine.hpp"

namespace app {

namespace {

// A better router that does not preempt is asked again whether it is there: at first so soon, and
// each time after twice as long.
constexpr base::Duration first_time_between_offers = std::chrono::seconds{30};
constexpr base::Duration longest_time_between_offers = std::chrono::minutes{10};

// For so long a peer's own words count for more than what the files say of it.
constexpr base::Duration memory_of_words = std::chrono::minutes{10};

}  // namespace

// --- 1 ---

void Engine::follow_runner(const Inputs& inputs, base::Instant now) {
    bool is_other = false;
    for (const health::FromRunner& message : inputs.runner) {
        is_other = checks_.take(message, now) || is_other;
        // First of all: a new runner heeds nothing before.
        for (const health::ToRunner& order : checks_.take_plan()) ports_.tell_runner(order);
        take_hook_news(message, now);
    }
    checks_.note(inputs.care);
    is_other = checks_.expire(now) || is_other;
    if (!is_other) return;
    must_follow_ = true;
    must_weigh_ = true;
    weigh_units(now);
}

// --- 5 ---

void Engine::weigh_units(base::Instant now) {
    note_activity(now);
    for (Unit& unit : units_) {
        const bool is_damper_done = unit.is_damped && !unit.damper.holds_back(now);
        if (must_weigh_ || is_damper_done) weigh(unit, now);
        if (unit.relief_at && *unit.relief_at <= now) offer_again(unit, now);
    }
    must_weigh_ = false;
}

// Who has become Active, and who is no longer: the damper counts the one and speaks only against
// the other.
void Engine::note_activity(base::Instant now) {
    for (Unit& unit : units_) {
        const bool is_active = unit.owns_addresses();
        if (is_active == unit.was_active) continue;
        unit.was_active = is_active;
        unit.relief_at.reset();
        unit.time_between_offers = first_time_between_offers;
        must_weigh_ = true;
        unit.draining_until.reset();
        end_preparation(unit);
        // Resumed: nothing is new to anybody.
        if (is_active && unit.told == Phase::active) continue;
        if (is_active) begin_preparation(unit, now);
        if (!is_active || !unit.damper.note_active(now)) continue;
        const Session& first = *unit.sessions.front();
        records_.push_back(
            {base::log::Level::warning,
             fmt::format("{} becomes Active too often; it will hold back", unit.name),
             {{"router", first.router().name},
              {"held_back_ms", fmt::to_string(base::milliseconds(*unit.damper.until(now) - now))}},
             base::EventKind::flapping});
    }
}

void Engine::weigh(Unit& unit, base::Instant now) {
    auto consequences = checks_.of(unit.checks);
    unit.warnings = std::move(consequences.warnings);
    unit.terms = std::move(consequences.terms);
    // Whoever is Active is needed; holding back is for the others.
    unit.is_damped = unit.damper.holds_back(now) && !unit.owns_addresses();
    if (unit.is_damped)
        unit.terms.push_back(
            {fmt::format("became Active more than {} times within {} s", unit.damper.transitions(),
                         base::milliseconds(unit.damper.within()) / 1000),
             255});
    int points = 0;
    for (const Term& term : unit.terms) points += term.points;
    const bool is_weaker = points > unit.points_off;
    unit.points_off = points;
    if (is_weaker && wants_relief(unit)) begin_drain(unit, now);
    // A Backup that preempts would not wait for the drain: it hears of this afterwards.
    if (!unit.draining_until) weaken(unit, now);
    if (is_weaker) relieve(unit, now);
    // It may have been sick before it became Active: nobody else was there.
    if (!unit.relief_at && !unit.draining_until) await_relief(unit, now);
    if (points == 0) unit.relief_at.reset();
}

void Engine::weaken(Unit& unit, base::Instant now) {
    for (Session* session : unit.sessions) session->weaken(unit.points_off, now);
}

// Whether another node would have the higher priority, by the files or by its own words.
bool Engine::is_better_elsewhere(const Unit& unit) const {
    const Session& first = *unit.sessions.front();
    const vrrp::Priority ours = vrrp::weakened(first.router().priority, unit.points_off);
    const auto is_better = [&](vrrp::Priority theirs) { return theirs > ours; };
    bool has_spoken = false;
    for (const Peer& peer : first.peers().all()) {
        if (!peer.last_claim || now_ - peer.seen > memory_of_words) continue;
        has_spoken = true;
        if (is_better(*peer.last_claim)) return true;
    }
    const auto known = config_.priorities.find(first.router().name);
    if (known == config_.priorities.end()) return false;
    // Of a pair, who has spoken is the other one.
    if (has_spoken && known->second.size() == 2) return false;
    return std::ranges::any_of(known->second, [&](const auto& entry) {
        return entry.first != config_.node && is_better(entry.second);
    });
}

bool Engine::wants_relief(const Unit& unit) const {
    return unit.presence == Unit::Presence::here && unit.is_active() && unit.points_off != 0 &&
           is_better_elsewhere(unit);
}

// An Active router that has become the weaker one does not wait until it is preempted. A Backup
// takes over from one that resigns whether it preempts or not; nobody there, and we go on.
void Engine::relieve(Unit& unit, base::Instant now) {
    unit.relief_at.reset();
    if (!wants_relief(unit)) return;
    begin_drain(unit, now);
    if (!unit.draining_until) hand_over(unit, weaker_now, now);
    await_relief(unit, now);
}

// A better router that comes later and preempts needs no offer. To one that does not preempt it is
// made again, less and less often, and without the hooks that have been run for the first.
void Engine::await_relief(Unit& unit, base::Instant now) {
    const bool is_needed = unit.owns_addresses() && unit.points_off != 0 &&
                           unit.presence == Unit::Presence::here &&
                           !unit.sessions.front()->router().preempt.enabled;
    if (!is_needed) return;
    unit.relief_at = now + unit.time_between_offers;
    unit.time_between_offers =
        std::min<base::Duration>(2 * unit.time_between_offers, longest_time_between_offers);
}

void Engine::offer_again(Unit& unit, base::Instant now) {
    unit.relief_at.reset();
    if (!unit.draining_until && wants_relief(unit)) hand_over(unit, weaker_now, now);
    await_relief(unit, now);
}

}  // namespace app
