#include "config/outcome_rules.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "config/effective.hpp"

namespace config {
namespace {

using Effect = Unit::Effect;

// A unit with what it was made of; all count from 0.
struct Seats {
    std::optional<std::size_t> group;
    std::vector<std::size_t> routers;
    std::vector<std::size_t> checks;  // those of Unit::checks, in the draft
    Unit unit;
};

// ---- from the draft --------------------------------------------------------------------------

template <typename Drafts>
std::optional<std::size_t> index_of(const Drafts& drafts, std::string_view name) {
    for (std::size_t i = 0; i < drafts.size(); ++i)
        if (drafts[i].name == name) return i;
    return std::nullopt;
}

// The names of the checks that count for a unit on a node; nothing when some are not known.
std::optional<std::set<std::string_view>> names_on(const Draft& draft, const Seats& seats,
                                                   std::size_t node) {
    std::set<std::string_view> names;
    const auto take = [&](const Maybe<StatedNames>& stated) {
        if (!stated) return;
        for (const auto& name : stated->value) names.insert(name.value);
    };
    for (const std::size_t router : seats.routers) {
        const RouterSettings& settings = draft.routers[node][router].settings;
        for (const std::string_view name : {"checks", "priority", "owner"})
            if (!settings.is_known(name)) return std::nullopt;
        take(settings.checks);
    }
    if (!seats.group) return names;
    const GroupDraft& group = draft.groups[node][*seats.group];
    if (!group.is_known("checks")) return std::nullopt;
    take(group.checks);
    return names;
}

Effect effect_of(const Check& check) {
    const auto* file = std::get_if<probe::File>(&check.probe);
    const auto* penalty = std::get_if<on_fail::Penalty>(&check.on_fail);
    if (std::holds_alternative<on_fail::Fault>(check.on_fail)) return {Effect::Kind::fault, 0};
    if (penalty == nullptr) return {};
    const bool is_of_file = file != nullptr && file->want == probe::File::Want::penalty;
    return {is_of_file ? Effect::Kind::up_to : Effect::Kind::penalty, penalty->points};
}

// Adds what the checks do; false when something of it is not known.
bool add_checks(const Draft& draft, Seats& seats) {
    std::vector<std::set<std::string_view>> names;
    for (std::size_t node = 0; node < draft.nodes.size(); ++node) {
        auto named = names_on(draft, seats, node);
        if (!named) return false;
        for (const std::string_view name : *named)
            if (!index_of(draft.checks[node], name)) return false;
        names.push_back(*std::move(named));
    }
    for (std::size_t i = 0; i < draft.checks.front().size(); ++i) {
        Unit::Check check{draft.checks.front()[i].name, {}};
        for (std::size_t node = 0; node < draft.nodes.size(); ++node) {
            const CheckDraft& stated = draft.checks[node][i];
            const bool is_named = names[node].contains(stated.name);
            if (is_named && !stated.value) return false;
            check.effects.push_back(is_named ? effect_of(*stated.value) : Effect{});
        }
        if (std::ranges::all_of(check.effects, [](const Effect& e) { return e == Effect{}; }))
            continue;
        seats.unit.checks.push_back(std::move(check));
        seats.checks.push_back(i);
    }
    return true;
}

void add_priorities(const Draft& draft, Seats& seats) {
    for (const NodeDraft& node : draft.nodes) seats.unit.nodes.push_back(node.name);
    for (const std::size_t router : seats.routers) {
        seats.unit.members.push_back(draft.routers.front()[router].name);
        auto& priorities = seats.unit.priorities.emplace_back();
        for (const auto& routers : draft.routers)
            priorities.push_back(priority_of(routers[router].settings).wire());
    }
}

// The members of all groups as indices; none of a group where some are not known.
std::vector<std::optional<std::vector<std::size_t>>> members_of(const Draft& draft) {
    std::vector<std::optional<std::vector<std::size_t>>> all;
    for (const GroupDraft& group : draft.groups.front()) {
        auto& members = all.emplace_back();
        if (!group.members || !group.is_known("members")) continue;
        members.emplace();
        for (const auto& member : group.members->value) {
            const auto router = index_of(draft.routers.front(), member.value);
            if (router) members->push_back(*router);
        }
        if (members->size() != group.members->value.size()) members.reset();
    }
    return all;
}

// Empty when it is not even known who takes part.
std::vector<Seats> seats_of(const Draft& draft) {
    const bool is_whole = !draft.lost_nodes && !draft.lost_groups && !draft.nodes.empty();
    if (!is_whole || std::ranges::any_of(draft.nodes, &NodeDraft::is_doubtful)) return {};
    const auto groups = members_of(draft);
    if (!std::ranges::all_of(groups, [](const auto& members) { return members.has_value(); }))
        return {};
    std::vector<Seats> all;
    std::set<std::size_t> grouped;
    for (std::size_t i = 0; i < groups.size(); ++i) {
        grouped.insert(groups[i]->begin(), groups[i]->end());
        if (groups[i]->empty()) continue;
        all.push_back({.group = i, .routers = *groups[i], .checks = {}, .unit = {}});
        all.back().unit.name = fmt::format("group '{}'", draft.groups.front()[i].name);
    }
    for (std::size_t i = 0; i < draft.routers.front().size(); ++i) {
        if (grouped.contains(i)) continue;
        all.push_back({.group = {}, .routers = {i}, .checks = {}, .unit = {}});
        all.back().unit.name = fmt::format("router '{}'", draft.routers.front()[i].name);
    }
    std::erase_if(all, [&](Seats& seats) { return !add_checks(draft, seats); });
    for (Seats& seats : all) add_priorities(draft, seats);
    return all;
}

// ---- rules -----------------------------------------------------------------------------------

const Place& place_of(const CheckDraft& check) {
    return check.on_fail_at == Place{} ? check.name_at : check.on_fail_at;
}

// The best node where the check takes something off.
std::size_t best_with(const Unit& unit, std::size_t check) {
    std::optional<std::size_t> best;
    for (std::size_t node = 0; node < unit.nodes.size(); ++node) {
        if (unit.checks[check].effects[node].points == 0) continue;
        const auto& priorities = unit.priorities.front();
        if (!best || priorities[node] > priorities[*best]) best = node;
    }
    return *best;
}

// The node that comes next behind this one.
std::optional<std::size_t> next_behind(const Unit& unit, std::size_t node) {
    const auto& priorities = unit.priorities.front();
    std::optional<std::size_t> next;
    for (std::size_t other = 0; other < unit.nodes.size(); ++other) {
        if (priorities[other] >= priorities[node]) continue;
        if (!next || priorities[other] > priorities[*next]) next = other;
    }
    return next;
}

void report_idle(const CheckDraft& check, const Unit& unit, std::size_t index, Problems& problems) {
    const std::size_t node = best_with(unit, index);
    const int points = unit.checks[index].effects[node].points;
    const auto next = next_behind(unit, node);
    if (!next)
        return problems.error(
            place_of(check),
            fmt::format("check '{}' can change nothing in {}: node '{}' is the last one anyway",
                        check.name, unit.name, unit.nodes[node]),
            R"(name it on the other nodes too, or write on_fail = "warn";)");
    const int own = unit.priorities.front()[node];
    const int gap = own - unit.priorities.front()[*next];
    const std::string enough =
        gap + 1 < own ? fmt::format("write penalty = {}; or more, or ", gap + 1) : "write ";
    problems.error(
        place_of(check),
        fmt::format("check '{}' can change nothing in {}: it takes {} off, and node '{}' is {} "
                    "ahead of node '{}'",
                    check.name, unit.name, points, unit.nodes[node], gap, unit.nodes[*next]),
        enough + R"(on_fail = "fault";)");
}

void check_idle(const Draft& draft, const Seats& seats, Problems& problems) {
    for (std::size_t i = 0; i < seats.checks.size(); ++i) {
        if (can_change_something(seats.unit, i)) continue;
        const std::size_t node = best_with(seats.unit, i);
        report_idle(draft.checks[node][seats.checks[i]], seats.unit, i, problems);
    }
}

// An owner's priority is 255, and a lower one would be another router's.
void check_owners(const Draft& draft, const Seats& seats, Problems& problems) {
    for (std::size_t i = 0; i < seats.checks.size(); ++i)
        for (std::size_t node = 0; node < draft.nodes.size(); ++node) {
            if (seats.unit.checks[i].effects[node].points == 0) continue;
            for (const std::size_t router : seats.routers) {
                const RouterDraft& stated = draft.routers[node][router];
                if (!is_owner(stated.settings)) continue;
                const CheckDraft& check = draft.checks[node][seats.checks[i]];
                problems.error(
                    place_of(check),
                    fmt::format("check '{}' cannot take anything off 255, the priority of node "
                                "'{}', which owns the addresses of router '{}'",
                                check.name, draft.nodes[node].name, stated.name),
                    R"(write on_fail = "fault";)");
            }
        }
}

// A router that does not preempt stays with whatever is Active, so a peer's penalties say nothing
// to it: only a fault makes the peer give up by itself.
void check_preempt(const Draft& draft, const Seats& seats, Problems& problems) {
    for (std::size_t node = 0; node < draft.nodes.size(); ++node) {
        std::vector<std::string_view> penalties;
        bool has_fault = false;
        for (const Unit::Check& check : seats.unit.checks) {
            has_fault = has_fault || check.effects[node].kind == Effect::Kind::fault;
            if (check.effects[node].points > 0) penalties.emplace_back(check.name);
        }
        if (has_fault || penalties.empty()) continue;
        for (const std::size_t router : seats.routers) {
            const auto& preempt = draft.routers[node][router].settings.preempt;
            if (!preempt || preempt->value.enabled) continue;
            problems.error(preempt->at,
                           fmt::format("{} does not preempt, and its checks take points off only: "
                                       "no failure is sure to end its turn ({})",
                                       seats.unit.name, fmt::join(penalties, ", ")),
                           R"(write on_fail = "fault"; in one of them, or remove 'preempt')");
        }
    }
}

std::string text_of(const Unit& unit, const std::vector<Failure>& failures) {
    std::vector<std::string> parts;
    for (const Failure& failure : failures)
        parts.push_back(
            fmt::format("{} on {}", unit.checks[failure.check].name, unit.nodes[failure.node]));
    return fmt::format("{}", fmt::join(parts, " and "));
}

// Members whose nodes are not equally far apart: a penalty may be enough for one and not for the
// other.
void check_split(const Draft& draft, const Seats& seats, Problems& problems) {
    const auto& priorities = seats.unit.priorities;
    if (std::ranges::all_of(priorities, [&](const auto& p) { return p == priorities.front(); }))
        return;
    const auto outlook = outlook_of(seats.unit);
    if (!outlook || outlook->at_rest.kind == Verdict::Kind::split) return;
    for (const auto* lines : {&outlook->single, &outlook->pairs})
        for (const Outlook::Line& line : *lines) {
            if (line.verdict.kind != Verdict::Kind::split) continue;
            return problems.error(
                draft.groups.front()[*seats.group].name_at,
                fmt::format("{} would split when these fail: {}", seats.unit.name,
                            text_of(seats.unit, line.failures)),
                "give its members the same priorities, best those of their nodes");
        }
}

}  // namespace

std::vector<Unit> units_of(const Draft& draft) {
    std::vector<Unit> units;
    for (Seats& seats : seats_of(draft)) units.push_back(std::move(seats.unit));
    return units;
}

void check_outcomes(const Draft& draft, Problems& problems) {
    if (draft.nodes.size() < 2) return;
    for (const Seats& seats : seats_of(draft)) {
        check_owners(draft, seats, problems);
        check_preempt(draft, seats, problems);
        check_split(draft, seats, problems);
        const bool is_owned =
            std::ranges::any_of(seats.unit.priorities, [](const std::vector<int>& priorities) {
                return std::ranges::find(priorities, 255) != priorities.end();
            });
        if (!is_owned) check_idle(draft, seats, problems);
    }
}

}  // namespace config
