// Another configuration for an engine that runs: what is the same in both goes on as if nothing had
// happened, and only the difference is carried out.
//
// A session is the same one while its interface, family and VRID are; a unit while its name is.
// What the new configuration does not have any more leaves like the whole node at a stop: it hands
// over, and is forgotten when nothing of it is left.
#include <algorithm>
#include <string>
#include <tuple>
#include <utility>

#include "app/engine.hpp"

namespace app {

namespace {

// What names a session to the others.
using WireName = std::tuple<std::string, base::Family, std::uint8_t>;

WireName wire_name_of(const config::Router& router, base::Family family) {
    return {router.interface, family, router.vrid.wire()};
}

// Whatever decides about sessions, units and addresses; the rest are names.
bool is_same_work(const config::Config& one, const config::Config& other) {
    return one.node == other.node && one.routers == other.routers && one.checks == other.checks &&
           one.groups == other.groups && one.priorities == other.priorities;
}

bool is_same_subject(const HookQueue::Subject& one, const HookQueue::Subject& other) {
    return one.kind == other.kind && one.name == other.name;
}

// What a unit remembers besides its sessions and what the configuration says.
void carry_over(Unit& unit, Unit& before) {
    const auto damping = unit.damper.settings();
    unit.damper = std::move(before.damper);
    unit.damper.set(damping);
    unit.was_active = before.was_active;
    unit.is_damped = before.is_damped;
    unit.points_off = before.points_off;
    unit.relief_at = before.relief_at;
    unit.time_between_offers = before.time_between_offers;
    unit.told = before.told;
    unit.preparing_until = before.preparing_until;
    unit.draining_until = before.draining_until;
}

void carry_over_hooks(std::vector<Unit>& units, std::vector<Unit>& before) {
    for (Unit& unit : units)
        for (HookQueue& queue : unit.hooks)
            for (Unit& old : before) {
                const auto known = std::ranges::find_if(old.hooks, [&](const HookQueue& other) {
                    return is_same_subject(queue.subject(), other.subject());
                });
                if (known == old.hooks.end()) continue;
                HookQueue::Subject subject = queue.subject();
                queue = std::move(*known);
                queue.set(std::move(subject));
                old.hooks.erase(known);
            }
}

bool is_taking_part(const Session* session) {
    return !std::holds_alternative<vrrp::state::Initialize>(session->state());
}

}  // namespace

// What reload() has not found a place for yet, and where the others are now.
struct Engine::Relocation {
    std::deque<Session> sessions;
    std::vector<Unit> units;
    std::map<WireName, Session*> known;
    std::map<std::size_t, std::size_t> numbers;
    std::set<const Session*> carried;  // in the new place
};

void Engine::reload(config::Config next, base::Instant now) {
    const config::Config before = std::exchange(config_, std::move(next));
    if (is_same_work(before, config_)) return;
    Relocation from{std::exchange(sessions_, {}), std::exchange(units_, {}), {}, {}, {}};
    for (Session& session : from.sessions)
        if (!session.is_stopped())
            from.known.emplace(wire_name_of(session.router(), session.family()), &session);

    units_ = units_of(config_, [&](const config::Router& router, base::Family family) -> Session& {
        const auto known = from.known.extract(wire_name_of(router, family));
        if (known.empty()) return sessions_.emplace_back(router, family, now);
        Session& session = relocate(*known.mapped(), from);
        session.reconfigure(router, now);
        return session;
    });
    for (Unit& unit : units_) join_members(unit, from);
    carry_over_hooks(units_, from.units);
    follow_targets(from.units);
    for (Unit& unit : from.units) dismiss(unit, from, now);
    renumber(from.numbers);
    checks_.reconfigure(config_.checks, now);
    // Nothing that is not known yet speaks against who takes part already.
    for (const Unit& unit : units_)
        if (std::ranges::all_of(unit.sessions, is_taking_part)) checks_.trust(unit.checks, now);
    for (const health::ToRunner& order : checks_.take_plan()) ports_.tell_runner(order);
}

Session& Engine::relocate(Session& session, Relocation& from) {
    from.numbers.emplace(session.number, sessions_.size());
    Session& place = sessions_.emplace_back(std::move(session));
    from.carried.insert(&place);
    return place;
}

// The unit of before with this name; and newcomers go where the others are.
void Engine::join_members(Unit& unit, Relocation& from) {
    const auto before = std::ranges::find_if(from.units, [&](const Unit& other) {
        return other.name == unit.name && other.is_group == unit.is_group &&
               other.presence == Unit::Presence::here;
    });
    std::vector<Session*> newcomers;
    std::vector<Session*> others;
    for (Session* session : unit.sessions)
        (from.carried.contains(session) ? others : newcomers).push_back(session);
    if (before != from.units.end()) carry_over(unit, *before);
    if (others.empty()) return;
    const bool is_active = std::ranges::all_of(others, &Session::wants_addresses);
    unit.was_active = is_active;
    if (is_active)
        for (Session* session : newcomers) session->join_active();
}

// Targets of systemd are levels, too.
void Engine::follow_targets(const std::vector<Unit>& before) {
    using Want = health::TargetMessage::Want;
    std::set<std::string> had;
    for (const Unit& unit : before) had.insert(unit.targets.begin(), unit.targets.end());
    for (Unit& unit : units_) {
        const bool has_new = std::ranges::any_of(
            unit.targets, [&](const std::string& target) { return !had.contains(target); });
        for (const std::string& target : unit.targets) had.erase(target);
        if (has_new && unit.told) tell_targets(unit);
    }
    for (const std::string& target : had)
        ports_.tell_runner(health::TargetMessage{target, Want::stopped});
}

// What is left of a unit of before leaves; what has left already, and has nothing to do any more,
// is forgotten.
void Engine::dismiss(Unit& before, Relocation& from, base::Instant now) {
    std::vector<Session*> left;
    for (Session* session : before.sessions) {
        const auto name = wire_name_of(session->router(), session->family());
        const auto known = from.known.find(name);
        const bool is_left = known != from.known.end() && known->second == session;
        if (is_left || (session->is_stopped() && !is_over(before))) left.push_back(session);
    }
    if (left.empty()) return;
    Unit& unit = units_.emplace_back(std::move(before));
    unit.sessions.clear();
    for (Session* session : left) unit.sessions.push_back(&relocate(*session, from));
    unit.checks.clear();
    unit.targets.clear();
    unit.why_departing = "removed from the configuration";
    if (unit.presence == Unit::Presence::here) depart(unit, now);
}

// It has left, and neither its hooks nor the kernel have anything of it.
bool Engine::is_over(const Unit& unit) const {
    if (unit.presence != Unit::Presence::gone) return false;
    const bool has_hooks =
        std::ranges::any_of(unit.hooks, [](const HookQueue& queue) { return !queue.is_idle(); });
    return !has_hooks && unit.told == Phase::stop &&
           std::ranges::none_of(unit.sessions,
                                [&](const Session* session) { return owned_[session->number]; });
}

// Of those whom a reload has removed. At a stop all units leave, and status tells of them.
void Engine::forget_departed() {
    const auto is_forgotten = [&](const Unit& unit) { return is_over(unit); };
    if (is_departing_ || std::ranges::none_of(units_, is_forgotten)) return;
    Relocation from{std::exchange(sessions_, {}), std::exchange(units_, {}), {}, {}, {}};
    for (Unit& unit : from.units) {
        if (is_forgotten(unit)) {
            for (Session* session : unit.sessions)
                for (auto& record : session->take_records()) records_.push_back(std::move(record));
            continue;
        }
        for (Session*& session : unit.sessions) session = &relocate(*session, from);
        units_.push_back(std::move(unit));
    }
    renumber(from.numbers);
}

void Engine::renumber(const std::map<std::size_t, std::size_t>& numbers) {
    std::vector<bool> owned(sessions_.size());
    for (const auto& [before, after] : numbers) owned[after] = owned_[before];
    owned_ = std::move(owned);
    for (auto& [number, memory] : std::exchange(recalled_, {}))
        if (const auto found = numbers.find(number); found != numbers.end())
            recalled_.emplace(found->second, std::move(memory));
    recorder_.renumber(numbers);
    reconciler_.renumber(numbers);
    index_sessions();
    must_weigh_ = must_watch_ = must_wish_ = must_filter_ = must_follow_ = must_want_ = true;
}

}  // namespace app
