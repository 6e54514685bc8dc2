#include "rules.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace explore {
namespace {

// More adverts at one instant than so many disturbances can cause.
constexpr std::size_t storm(int disturbances) {
    return 12 + 2 * static_cast<std::size_t>(disturbances);
}

}  // namespace

std::optional<std::string> Rules::fault_of(const World& world, int disturbances) const {
    if (world.wire.size() > storm(disturbances)) return "adverts answer adverts, on and on";
    return std::nullopt;
}

Rules::Ending Rules::ending_of(std::span<const World* const> cycle, Duration span) const {
    const World& world = *cycle.front();
    const auto actives = actives_of(world);
    const bool runs = std::ranges::any_of(
        world.nodes, [](const Node& node) { return node.process == Process::running; });
    for (const World* member : cycle)
        if (actives_of(*member) != actives) return {{}, "the Active router changes for ever"};
    if (!runs) return actives.empty() ? Ending{} : Ending{{}, "one is Active that does not run"};
    if (actives.empty()) return {{}, "no router ever becomes Active"};
    if (actives.size() > 1) return {{}, fmt::format("{} routers stay Active", actives.size())};
    if (span == Duration{0}) return {{}, "adverts answer adverts, on and on"};
    for (Index router = 0; router < world.nodes.size(); ++router)
        if (is_running(world, router) && would_preempt(router, actives.front()))
            return {{}, "a router stays Active although a stronger one runs that preempts"};
    return {actives.front(), {}};
}

bool Rules::is_settled(const World& world, const Ending& ending) const {
    const auto actives = actives_of(world);
    if (!ending.active) return actives.empty();
    return actives.size() == 1 && actives.front() == *ending.active;
}

bool Rules::is_relief(const World& world, const Move& move) const {
    if (move.kind != Move::Kind::stop || !world.wire.empty()) return false;
    const auto running = std::ranges::count(world.nodes, Process::running, &Node::process);
    return running > 1 && actives_of(world) == std::vector<Index>{move.router};
}

std::optional<std::string> Rules::fault_of(const World& world,
                                           const Prospect<Ending>& prospect) const {
    // Who takes over from a router that resigns may be weaker, and be preempted then. The
    // addresses are served all the while.
    const Duration relief = is_resigning(world) ? model_.bound() : Duration{0};
    const Duration bound =
        (prospect.is_relieved ? model_.handover_bound(world) : model_.bound()) + relief;
    if (prospect.unsettled_for > bound)
        return fmt::format("until one router is Active for good it takes {:.3f} s, not {:.3f} s",
                           base::milliseconds(*prospect.unsettled_for) / 1000,
                           base::milliseconds(bound) / 1000);
    if (prospect.unsettled_for && is_calm(world))
        return "the only Active router does not stay Active, although nothing happens";
    if (const auto winner = winner_among(world); winner && winner != prospect.ending.active)
        return "of several Active routers a weaker one goes on";
    return std::nullopt;
}

bool Rules::would_preempt(Index router, Index active) const {
    const auto& routers = model_.scenario().routers;
    return model_.preempts(router) && routers[router].priority > routers[active].priority;
}

// Of Active routers alone the strongest goes on: by priority, then by address.
std::optional<Index> Rules::winner_among(const World& world) const {
    const auto actives = actives_of(world);
    const auto running = std::ranges::count(world.nodes, Process::running, &Node::process);
    if (actives.empty() || std::ssize(actives) != running || !world.wire.empty() ||
        is_resigning(world))
        return std::nullopt;
    return std::ranges::max(actives, {}, [this](Index router) {
        return std::pair{model_.scenario().routers[router].priority, router};
    });
}

bool Rules::is_calm(const World& world) const {
    const auto actives = actives_of(world);
    if (actives.size() != 1 || !world.wire.empty() || is_resigning(world)) return false;
    const auto advert = time_to_deadline(world, actives.front());
    for (Index router = 0; router < world.nodes.size(); ++router) {
        if (router == actives.front() || !is_running(world, router)) continue;
        if (time_to_deadline(world, router) <= advert) return false;
        if (would_preempt(router, actives.front())) return false;
    }
    return true;
}

}  // namespace explore
