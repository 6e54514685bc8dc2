// An engine in the place of another one, in a process that goes on where that one was: nobody
// notices. What it has to know is snapshot.hpp.
#include <algorithm>
#include <map>
#include <utility>

#include "app/engine.hpp"
#include "app/record.hpp"
#include "app/record_reader.hpp"
#include "app/snapshot.hpp"

namespace app {

// --- before ---

std::string Engine::reason_against_pause() const {
    if (is_departing_) return "tandemd is being stopped";
    if (is_undecided_) return "it has just started";
    for (const Unit& unit : units_) {
        if (unit.presence != Unit::Presence::here) return unit.name + " is being removed";
        for (const Session* session : unit.sessions)
            if (std::holds_alternative<vrrp::state::Resigning>(session->state()))
                return unit.name + " is handing over";
        if (unit.preparing_until || unit.draining_until) return unit.name + " waits for a hook";
    }
    if (has_running_hooks()) return "hooks are running";
    if (!maintenance_.errands().empty()) return "a drain or a hand-over is under way";
    if (!ledger_.is_settled()) return "the drains are being written to the disk";
    return {};
}

// Earlier than is due, so that the time in which there is no process is nobody's silence.
void Engine::advertise_now(base::Instant now) {
    for (Session& session : sessions_) session.advertise_now();
    transmit(now);
}

Snapshot Engine::snapshot(Time time) const {
    Snapshot snapshot;
    for (const Session& session : sessions_)
        snapshot.sessions.push_back({.interface = session.router().interface,
                                     .family = session.family(),
                                     .vrid = session.router().vrid.wire(),
                                     .standing = session.standing()});
    for (const Unit& unit : units_) {
        UnitSnapshot& one = snapshot.units.emplace_back();
        one.name = unit.name;
        one.is_group = unit.is_group;
        one.was_active = unit.was_active;
        one.told = unit.told;
        one.damper = unit.damper.history();
        for (const HookQueue& queue : unit.hooks)
            one.hooks.push_back({queue.subject().kind, queue.subject().name, queue.phase()});
    }
    for (const auto& [name, fact] : checks_.facts())
        snapshot.checks.push_back({.name = name,
                                   .verdict = fact.verdict,
                                   .text = fact.text,
                                   .penalty = fact.penalty,
                                   .since = fact.since,
                                   .runs = fact.runs,
                                   .failures = fact.failures,
                                   .duration = fact.duration});
    snapshot.plan = checks_.plan();
    snapshot.drains.path = ledger_.path();
    for (const auto& [unit, drain] : maintenance_.drains())
        snapshot.drains.drains.push_back({unit, drain.reason, drain.since, drain.until});
    for (const auto& [unit, hold] : maintenance_.holds()) snapshot.holds.push_back({unit, hold});
    snapshot.last_operation = maintenance_.last_operation();
    for (const kernel::LinkIndex link : reconciler_.protected_links())
        snapshot.protected_links.push_back(link.value);
    for (const auto& [link, at] : heard_on_) snapshot.heard_on.emplace(link.value, at);
    snapshot.next_hook = next_hook_;
    snapshot.record = record_json(*this, time);
    return snapshot;
}

// --- after ---

void Engine::restore(const Snapshot& snapshot, Time time) {
    const std::map<std::size_t, std::size_t> numbers = restore_sessions(snapshot);
    restore_units(snapshot);
    std::vector<Checks::Finding> findings;
    for (const CheckSnapshot& check : snapshot.checks)
        findings.push_back({.name = check.name,
                            .verdict = check.verdict,
                            .text = check.text,
                            .penalty = check.penalty,
                            .since = check.since,
                            .runs = check.runs,
                            .failures = check.failures,
                            .duration = check.duration});
    checks_.restore(findings, snapshot.plan);
    for (const Unit& unit : units_) checks_.trust(unit.checks, time.now);
    for (const health::ToRunner& order : checks_.take_plan()) ports_.tell_runner(order);
    restore(snapshot.drains, time);
    for (const HoldSnapshot& one : snapshot.holds) maintenance_.hold(one.unit, one.hold);
    maintenance_.go_on_after(snapshot.last_operation);
    for (const auto& [link, at] : snapshot.heard_on) heard_on_.emplace(kernel::LinkIndex{link}, at);
    for (const int link : snapshot.protected_links) reconciler_.protect(kernel::LinkIndex{link});
    next_hook_ = snapshot.next_hook;
    restore_record(snapshot.record, numbers);
}

// Where the session of each number of before is now.
std::map<std::size_t, std::size_t> Engine::restore_sessions(const Snapshot& snapshot) {
    std::map<std::size_t, std::size_t> numbers;
    for (std::size_t before = 0; before < snapshot.sessions.size(); ++before) {
        const SessionSnapshot& known = snapshot.sessions[before];
        const auto session = std::ranges::find_if(sessions_, [&](const Session& one) {
            return one.router().interface == known.interface && one.family() == known.family &&
                   one.router().vrid.wire() == known.vrid;
        });
        if (session == sessions_.end()) continue;
        session->restore(known.standing);
        if (session->wants_addresses()) reconciler_.inherit(session->number, session->lease());
        numbers.emplace(before, session->number);
    }
    return numbers;
}

void Engine::restore_units(const Snapshot& snapshot) {
    for (Unit& unit : units_) {
        const auto known = std::ranges::find_if(snapshot.units, [&](const UnitSnapshot& one) {
            return one.name == unit.name && one.is_group == unit.is_group;
        });
        if (known == snapshot.units.end()) continue;
        unit.was_active = known->was_active;
        unit.told = known->told;
        unit.damper.restore(known->damper);
        for (HookQueue& queue : unit.hooks)
            for (const UnitSnapshot::Hooks& hooks : known->hooks)
                if (hooks.kind == queue.subject().kind && hooks.name == queue.subject().name &&
                    hooks.phase)
                    queue.assume(*hooks.phase);
        for (const Session* session : unit.sessions)
            unit.points_off = std::max(unit.points_off, session->points_off());
    }
}

// Without it everything goes on; only what has been is not known any more.
void Engine::restore_record(const std::string& text,
                            const std::map<std::size_t, std::size_t>& numbers) {
    try {
        Record record = read_record(text);
        recorder_.restore(std::move(record.sessions), std::move(record.occurrences));
        recorder_.renumber(numbers);
    } catch (const std::exception& error) {
        records_.push_back({base::log::Level::warning,
                            "the flight record of the program before is lost",
                            {{"error", error.what()}}});
    }
}

}  // namespace app
