#include "config/outcomes.hpp"

#include <algorithm>
#include <array>

namespace config {
namespace {

using Effect = Unit::Effect;

constexpr int owner = 255;
constexpr int least = 1;
constexpr int most = 254;

// Penalties never leave the range of a router that takes part, RFC 9568 section 5.2.4.
int weakened(int priority, int points) {
    if (priority == owner) return owner;
    return std::clamp(priority - points, least, most);
}

// ---- one election ----------------------------------------------------------------------------

std::optional<int> strength(const Unit& unit, std::size_t member, std::size_t node,
                            const std::vector<Failure>& failures) {
    int points = 0;
    for (const Failure& failure : failures) {
        if (failure.node != node) continue;
        const Effect& effect = unit.checks[failure.check].effects[node];
        if (effect.kind == Effect::Kind::fault) return std::nullopt;
        points += effect.points;
    }
    return weakened(unit.priorities[member][node], points);
}

// The nodes with the highest of these; none are out.
std::vector<std::size_t> best(const std::vector<std::optional<int>>& strengths) {
    std::vector<std::size_t> nodes;
    for (std::size_t node = 0; node < strengths.size(); ++node) {
        if (!strengths[node]) continue;
        if (!nodes.empty() && *strengths[node] < *strengths[nodes.front()]) continue;
        if (!nodes.empty() && *strengths[node] > *strengths[nodes.front()]) nodes.clear();
        nodes.push_back(node);
    }
    return nodes;
}

std::vector<std::size_t> best_of_member(const Unit& unit, std::size_t member,
                                        const std::vector<Failure>& failures) {
    std::vector<std::optional<int>> strengths;
    for (std::size_t node = 0; node < unit.nodes.size(); ++node)
        strengths.push_back(strength(unit, member, node, failures));
    return best(strengths);
}

Verdict verdict_of_member(const Unit& unit, std::size_t member,
                          const std::vector<Failure>& failures) {
    const auto nodes = best_of_member(unit, member, failures);
    if (nodes.empty()) return {Verdict::Kind::nobody};
    if (nodes.size() == 1) return {Verdict::Kind::one, nodes.front()};
    // Nobody takes over from an equal.
    const auto at_rest = best_of_member(unit, member, {});
    const bool stays =
        at_rest.size() == 1 && std::ranges::find(nodes, at_rest.front()) != nodes.end();
    if (stays) return {Verdict::Kind::one, at_rest.front()};
    return {Verdict::Kind::tie};
}

// ---- whether a check matters -----------------------------------------------------------------

// The points that can be off a node's priority, without those of one check; all above 254 are the
// same.
using Sums = std::array<bool, owner>;

Sums sums_of(const Unit& unit, std::size_t node, std::optional<std::size_t> but_for) {
    Sums sums{true};
    for (std::size_t check = 0; check < unit.checks.size(); ++check) {
        const Effect& effect = unit.checks[check].effects[node];
        if (check == but_for || effect.points == 0) continue;
        const int smallest = effect.kind == Effect::Kind::up_to ? 1 : effect.points;
        const Sums before = sums;
        for (std::size_t sum = 0; sum < before.size(); ++sum)
            for (int points = smallest; before[sum] && points <= effect.points; ++points)
                sums[std::min(sum + static_cast<std::size_t>(points), before.size() - 1)] = true;
    }
    return sums;
}

// How many priorities up to each one some nodes can come to.
class Reach {
public:
    void add(const Sums& sums, int priority) {
        for (std::size_t sum = 0; sum < sums.size(); ++sum)
            if (sums[sum])
                is_there_[static_cast<std::size_t>(weakened(priority, static_cast<int>(sum)))] =
                    true;
    }
    void count() {
        for (std::size_t i = 1; i < count_.size(); ++i) count_[i] = count_[i - 1] + is_there_[i];
    }
    // Both belong to it.
    [[nodiscard]] bool has_between(int first, int last) const {
        if (first > last) return false;
        return count_[static_cast<std::size_t>(last)] > count_[static_cast<std::size_t>(first) - 1];
    }

private:
    std::array<bool, owner + 1> is_there_{};
    std::array<int, owner + 1> count_{};
};

// The others, seen from a node. Of equals that one wins which was ahead when nothing had failed,
// since it is the Active one.
struct Rivals {
    Reach behind;
    Reach level;
    Reach ahead;

    // Whether one of them can come between what the node has before and after a check fails.
    [[nodiscard]] bool fit_between(int before, int after) const {
        return behind.has_between(after + 1, before) || level.has_between(after, before) ||
               ahead.has_between(after, before - 1);
    }
};

Rivals rivals_of(const Unit& unit, std::size_t member, std::size_t node) {
    Rivals rivals;
    const int own = unit.priorities[member][node];
    for (std::size_t other = 0; other < unit.nodes.size(); ++other) {
        if (other == node) continue;
        const int priority = unit.priorities[member][other];
        Reach& reach = priority < own    ? rivals.behind
                       : priority == own ? rivals.level
                                         : rivals.ahead;
        reach.add(sums_of(unit, other, std::nullopt), priority);
    }
    for (Reach* reach : {&rivals.behind, &rivals.level, &rivals.ahead}) reach->count();
    return rivals;
}

bool can_turn(const Unit& unit, std::size_t member, Failure failure) {
    const int points = unit.checks[failure.check].effects[failure.node].points;
    const int own = unit.priorities[member][failure.node];
    const Rivals rivals = rivals_of(unit, member, failure.node);
    const Sums sums = sums_of(unit, failure.node, failure.check);
    for (std::size_t sum = 0; sum < sums.size(); ++sum) {
        if (!sums[sum]) continue;
        const int before = weakened(own, static_cast<int>(sum));
        const int after = weakened(own, static_cast<int>(sum) + points);
        if (before != after && rivals.fit_between(before, after)) return true;
    }
    return false;
}

// ---- the table -------------------------------------------------------------------------------

// Beyond that nobody reads it, and the pairs are too many to look at.
constexpr std::size_t most_failures = 256;

std::vector<std::vector<std::size_t>> alike_in(const Unit& unit) {
    std::vector<std::vector<std::size_t>> alike;
    for (std::size_t check = 0; check < unit.checks.size(); ++check) {
        const auto same = std::ranges::find_if(alike, [&](const auto& checks) {
            return unit.checks[checks.front()].effects == unit.checks[check].effects;
        });
        if (same != alike.end())
            same->push_back(check);
        else
            alike.push_back({check});
    }
    return alike;
}

// A failure, what it ends in alone, and for how many checks it stands.
struct Single {
    Failure failure;
    Verdict verdict;
    std::size_t checks;
};

std::vector<Single> singles_of(const Unit& unit, const Outlook& outlook) {
    std::vector<Single> singles;
    for (std::size_t node = 0; node < unit.nodes.size(); ++node)
        for (const auto& checks : outlook.alike) {
            const Failure failure{node, checks.front()};
            if (unit.checks[failure.check].effects[node].kind == Effect::Kind::nothing) continue;
            singles.push_back({failure, verdict_on(unit, {failure}), checks.size()});
        }
    return singles;
}

// Two failures end as expected when the one that changes something decides, or none does.
bool is_expected(const Verdict& verdict, const Single& a, const Single& b, const Verdict& at_rest) {
    if (a.verdict == at_rest) return verdict == b.verdict;
    return (b.verdict == at_rest || b.verdict == a.verdict) && verdict == a.verdict;
}

void add_pairs(Outlook& outlook, const Unit& unit, const std::vector<Single>& singles) {
    for (std::size_t i = 0; i < singles.size(); ++i)
        for (std::size_t k = i; k < singles.size(); ++k) {
            const Single& a = singles[i];
            const Single& b = singles[k];
            const std::size_t pairs = i == k ? a.checks * (a.checks - 1) / 2 : a.checks * b.checks;
            if (pairs == 0) continue;
            const Verdict verdict = verdict_on(unit, {a.failure, b.failure});
            if (is_expected(verdict, a, b, outlook.at_rest))
                outlook.other_pairs += pairs;
            else
                outlook.pairs.push_back({{a.failure, b.failure}, verdict});
        }
}

}  // namespace

Verdict verdict_on(const Unit& unit, const std::vector<Failure>& failures) {
    const Verdict first = verdict_of_member(unit, 0, failures);
    for (std::size_t member = 1; member < unit.priorities.size(); ++member)
        if (verdict_of_member(unit, member, failures) != first) return {Verdict::Kind::split};
    return first;
}

bool can_change_something(const Unit& unit, std::size_t check) {
    for (std::size_t node = 0; node < unit.nodes.size(); ++node) {
        const Effect& effect = unit.checks[check].effects[node];
        if (effect.kind == Effect::Kind::nothing) continue;
        if (effect.kind != Effect::Kind::penalty) return true;
        for (std::size_t member = 0; member < unit.priorities.size(); ++member)
            if (can_turn(unit, member, {node, check})) return true;
    }
    return false;
}

std::optional<Outlook> outlook_of(const Unit& unit) {
    Outlook outlook{.alike = alike_in(unit), .at_rest = verdict_on(unit, {})};
    if (outlook.alike.size() * unit.nodes.size() > most_failures) return std::nullopt;
    const auto singles = singles_of(unit, outlook);
    for (const Single& single : singles)
        if (single.verdict != outlook.at_rest)
            outlook.single.push_back({{single.failure}, single.verdict});
    add_pairs(outlook, unit, singles);
    return outlook;
}

}  // namespace config
