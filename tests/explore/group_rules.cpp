#include "group_rules.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace explore::groups {

namespace state = vrrp::state;

namespace {

// More adverts at one instant, to one node on one LAN, than so many disturbances can cause.
constexpr std::size_t storm(int disturbances) { return 6 + static_cast<std::size_t>(disturbances); }

template <class Kind>
int count(const World& world, Index node) {
    return static_cast<int>(std::ranges::count_if(
        states_of(world, node),
        [](const vrrp::State& member) { return std::holds_alternative<Kind>(member); }));
}

// Some members have their addresses and some have not.
bool is_in_part(const World& world, Index node) {
    const int owning = count<state::Active>(world, node) + count<state::Resigning>(world, node);
    return owning != 0 && owning != member_count;
}

std::optional<std::string> fault_of_node(const World& world, Index node) {
    const int idle = count<state::Initialize>(world, node);
    if (idle != (is_eligible(world, node) ? 0 : member_count))
        return fmt::format("n{} takes part with {} members", node + 1, member_count - idle);
    if (count<state::Active>(world, node) > 0 && is_in_part(world, node))
        return fmt::format("n{} is split", node + 1);
    return std::nullopt;
}

Holders holders_of(const World& world) {
    Holders holders{};
    for (Index node = 0; node < node_count; ++node) holders[node] = holds(world, node);
    return holders;
}

bool is_resigning(const World& world) {
    return count<state::Resigning>(world, 0) + count<state::Resigning>(world, 1) != 0;
}

bool do_nodes_hear_each_other(const World& world) {
    return std::ranges::any_of(world.lans,
                               [](const Lan& lan) { return lan.carriage == Carriage::all; });
}

}  // namespace

std::optional<std::string> Rules::fault_of(const World& world, int disturbances) const {
    for (Index node = 0; node < node_count; ++node) {
        for (const Lan& lan : world.lans)
            if (lan.ports[node].arriving.size() > storm(disturbances))
                return "adverts answer adverts, on and on";
        if (auto fault = fault_of_node(world, node)) return fault;
    }
    return std::nullopt;
}

std::optional<std::string> Rules::fault_of(const World& world, const Move& move) const {
    using Kind = Move::Kind;
    const bool takes_out =
        move.kind == Kind::link_down || move.kind == Kind::fall_ill || move.kind == Kind::stop;
    if (!takes_out || !holds(world, move.node)) return std::nullopt;
    const World next = model_.played(world, move);
    if (count<state::Initialize>(next, move.node) != member_count)
        return fmt::format("not all members of n{} are out in one turn", move.node + 1);
    for (Index lan = 0; lan < member_count; ++lan) {
        if (!carries(next, lan, move.node)) continue;
        const auto& arriving = next.lans[lan].ports[other(move.node)].arriving;
        if (arriving.empty() || arriving.back() != vrrp::Priority::releasing())
            return fmt::format("n{} goes without a word on one of its LANs", move.node + 1);
    }
    return std::nullopt;
}

Rules::Ending Rules::ending_of(std::span<const World* const> cycle, Duration span) const {
    const Holders holders = holders_of(*cycle.front());
    for (const World* member : cycle) {
        if (holders_of(*member) != holders) return {{}, "the addresses change hands for ever"};
        if (is_resigning(*member)) return {{}, "somebody waits for ever to be relieved"};
    }
    if (cycle.size() > 1 && span == Duration{0}) return {{}, "turns cause turns, on and on"};
    return {holders, fault_of_holders(*cycle.front(), holders)};
}

std::string Rules::fault_of_holders(const World& world, const Holders& holders) const {
    const Holders eligible{is_eligible(world, 0), is_eligible(world, 1)};
    if (holders == Holders{} && eligible != Holders{}) return "nobody ever holds the addresses";
    if (eligible != Holders{true, true} || !do_nodes_hear_each_other(world))
        return holders == eligible ? "" : "not every node that is alone holds the addresses";
    if (holders == Holders{true, true}) return "two nodes hold the addresses for good";
    const Index active = holders[0] ? 0 : 1;
    return model_.would_preempt(world, other(active), active)
               ? "a node stays Active although a stronger one preempts"
               : "";
}

bool Rules::is_settled(const World& world, const Ending& ending) const {
    return holders_of(world) == ending.holders && !is_in_part(world, 0) && !is_in_part(world, 1);
}

bool Rules::is_served(const World& world) const { return holders_of(world) != Holders{}; }

std::optional<std::string> Rules::fault_of(const World& world,
                                           const Prospect<Ending>& prospect) const {
    const Duration bound = model_.bound(world);
    // Each node may be relieved once, and stays for an overlap then.
    const Duration relief = is_resigning(world) ? bound + node_count * overlap : Duration{0};
    if (prospect.ending.holders != Holders{} && prospect.unserved_for > bound)
        return fmt::format("until somebody holds all addresses it takes {:.3f} s, not {:.3f} s",
                           base::milliseconds(prospect.unserved_for) / 1000,
                           base::milliseconds(bound) / 1000);
    if (prospect.unsettled_for > bound + relief)
        return fmt::format("until one node is Active for good it takes {:.3f} s, not {:.3f} s",
                           base::milliseconds(*prospect.unsettled_for) / 1000,
                           base::milliseconds(bound + relief) / 1000);
    return std::nullopt;
}

}  // namespace explore::groups
