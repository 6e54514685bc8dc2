#include "search.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <ranges>
#include <unordered_map>

namespace explore {
namespace {

using Id = std::uint32_t;
constexpr Id nobody = std::numeric_limits<Id>::max();

// More adverts at one instant than so many disturbances can cause.
constexpr std::size_t storm(int disturbances) {
    return 12 + 2 * static_cast<std::size_t>(disturbances);
}

// Far more than any scenario has at its depth; reached when times never repeat.
constexpr std::size_t most_worlds = 20'000'000;

// How a World was first reached with as few disturbances as possible, and what follows.
struct Visit {
    const World* world;
    Id parent;
    Move move;  // from the parent
    int cost;   // disturbances since the beginning
    bool is_expanded = false;
    bool is_handed_over = false;  // the only Active router is stopped just now
    Id next = nobody;             // by the natural move; itself when nothing will ever happen
    Duration span{};              // that the natural move takes
    Id ending = nobody;           // the cycle that it comes to
    std::optional<Duration> unsettled_for{};  // none: one router is Active for good already
};

struct Ending {
    std::optional<Index> active{};
    std::string fault{};
};

class Search {
public:
    Search(const Model& model, int depth)
        : model_{model}, layers_(static_cast<std::size_t>(depth) + 1) {}

    // Judged after each number of disturbances: what is wrong early need not be explored further.
    Findings run() {
        reach(model_.beginning(), nobody, {}, 0);
        Findings findings;
        for (std::size_t cost = 0; cost < layers_.size() && !findings.violation; ++cost) {
            findings.violation = expand_layer(cost);
            if (!findings.violation) findings.violation = judge();
        }
        findings.worlds = visits_.size();
        for (const Visit& visit : visits_)
            findings.longest =
                std::max(findings.longest, visit.unsettled_for.value_or(Duration{0}));
        return findings;
    }

private:
    Id id_of(const Visit& visit) const { return static_cast<Id>(&visit - visits_.data()); }

    // Breadth first. Stops when there is no end to it.
    std::optional<Violation> expand_layer(std::size_t cost) {
        for (std::size_t i = 0; i < layers_[cost].size(); ++i) {
            const Id id = layers_[cost][i];
            if (visits_[id].is_expanded) continue;
            if (visits_[id].world->wire.size() > storm(visits_[id].cost))
                return Violation{"adverts answer adverts, on and on", path_to(id)};
            if (visits_.size() > most_worlds)
                return Violation{"the states do not come to an end", path_to(id)};
            expand(id);
        }
        return std::nullopt;
    }

    // Of those that have been expanded: their natural moves stay among them.
    std::optional<Violation> judge() {
        const Visit* worst = nullptr;
        for (Id id = 0; id < visits_.size(); ++id) {
            if (!visits_[id].is_expanded) continue;
            if (visits_[id].ending == nobody) follow(id);
            const bool is_earlier = worst == nullptr || visits_[id].cost < worst->cost;
            if (is_earlier && fault_of(visits_[id])) worst = &visits_[id];
        }
        if (worst == nullptr) return std::nullopt;
        return Violation{*fault_of(*worst), path_to(id_of(*worst))};
    }

    void expand(Id id) {
        visits_[id].is_expanded = true;
        const World& world = *visits_[id].world;
        const auto natural = model_.natural_move(world);
        if (natural) {
            visits_[id].next = reach(model_.after(world, *natural), id, *natural, visits_[id].cost);
            visits_[id].span = model_.span_of(world, *natural);
        } else {
            visits_[id].next = id;
        }
        for (const Move& move : model_.moves(world)) {
            const int cost = visits_[id].cost + cost_of(move);
            if (static_cast<std::size_t>(cost) >= layers_.size()) continue;
            const Id next = reach(model_.after(world, move), id, move, cost);
            if (is_handover(world, move)) visits_[next].is_handed_over = true;
        }
    }

    Id reach(World&& world, Id parent, const Move& move, int cost) {
        const auto [found, is_new] =
            ids_.try_emplace(std::move(world), static_cast<Id>(visits_.size()));
        const Id id = found->second;
        if (is_new)
            visits_.push_back(
                {.world = &found->first, .parent = parent, .move = move, .cost = cost});
        else if (cost < visits_[id].cost) {
            visits_[id].parent = parent;
            visits_[id].move = move;
            visits_[id].cost = cost;
        } else {
            return id;
        }
        layers_[static_cast<std::size_t>(cost)].push_back(id);
        return id;
    }

    // Along the natural moves to a cycle, or to a World whose ending is known; then back, with what
    // that says about the Worlds on the way.
    void follow(Id start) {
        std::vector<Id> way;
        constexpr Id on_the_way = nobody - 1;
        Id id = start;
        while (visits_[id].ending == nobody) {
            visits_[id].ending = on_the_way;
            way.push_back(id);
            id = visits_[id].next;
        }
        if (visits_[id].ending == on_the_way) {
            const auto first = std::ranges::find(way, id);
            const std::vector<Id> cycle{first, way.end()};
            way.erase(first, way.end());
            for (const Id member : cycle) visits_[member].ending = static_cast<Id>(endings_.size());
            endings_.push_back(ending_of(cycle));
        }
        for (const Id before : std::views::reverse(way)) {
            const Visit& next = visits_[visits_[before].next];
            visits_[before].ending = next.ending;
            const bool is_settled =
                !next.unsettled_for && has_active(before, endings_[next.ending]);
            if (!is_settled)
                visits_[before].unsettled_for =
                    next.unsettled_for.value_or(Duration{0}) + visits_[before].span;
        }
    }

    bool has_active(Id id, const Ending& ending) const {
        const auto actives = actives_of(*visits_[id].world);
        if (!ending.active) return actives.empty();
        return actives.size() == 1 && actives.front() == *ending.active;
    }

    Ending ending_of(const std::vector<Id>& cycle) const {
        const World& world = *visits_[cycle.front()].world;
        const auto actives = actives_of(world);
        const bool runs = std::ranges::any_of(
            world.nodes, [](const Node& node) { return node.process == Process::running; });
        Duration span{};
        for (const Id id : cycle) {
            span += visits_[id].span;
            if (actives_of(*visits_[id].world) != actives)
                return {{}, "the Active router changes for ever"};
        }
        if (!runs)
            return actives.empty() ? Ending{} : Ending{{}, "one is Active that does not run"};
        if (actives.empty()) return {{}, "no router ever becomes Active"};
        if (actives.size() > 1) return {{}, fmt::format("{} routers stay Active", actives.size())};
        if (span == Duration{0}) return {{}, "adverts answer adverts, on and on"};
        for (Index router = 0; router < world.nodes.size(); ++router)
            if (is_running(world, router) && would_preempt(router, actives.front()))
                return {{}, "a router stays Active although a stronger one runs that preempts"};
        return {actives.front(), {}};
    }

    bool would_preempt(Index router, Index active) const {
        const auto& routers = model_.scenario().routers;
        return model_.preempts(router) && routers[router].priority > routers[active].priority;
    }

    std::optional<std::string> fault_of(const Visit& visit) const {
        const Ending& ending = endings_[visit.ending];
        if (!ending.fault.empty()) return ending.fault;
        const World& world = *visit.world;
        const Duration bound = visit.is_handed_over ? model_.handover_bound(world) : model_.bound();
        if (visit.unsettled_for > bound)
            return fmt::format(
                "until one router is Active for good it takes {:.3f} s, not {:.3f} s",
                base::milliseconds(*visit.unsettled_for) / 1000, base::milliseconds(bound) / 1000);
        if (visit.unsettled_for && is_calm(world))
            return "the only Active router does not stay Active, although nothing happens";
        if (const auto winner = winner_among(world); winner && winner != ending.active)
            return "of several Active routers a weaker one goes on";
        return std::nullopt;
    }

    // A stop of the only Active router while others run.
    static bool is_handover(const World& world, const Move& move) {
        if (move.kind != Move::Kind::stop || !world.wire.empty()) return false;
        const auto running = std::ranges::count(world.nodes, Process::running, &Node::process);
        return running > 1 && actives_of(world) == std::vector<Index>{move.router};
    }

    // Of Active routers alone the strongest goes on: by priority, then by address.
    std::optional<Index> winner_among(const World& world) const {
        const auto actives = actives_of(world);
        const auto running = std::ranges::count(world.nodes, Process::running, &Node::process);
        if (actives.empty() || std::ssize(actives) != running || !world.wire.empty())
            return std::nullopt;
        return std::ranges::max(actives, {}, [this](Index router) {
            return std::pair{model_.scenario().routers[router].priority, router};
        });
    }

    bool is_calm(const World& world) const {
        const auto actives = actives_of(world);
        if (actives.size() != 1 || !world.wire.empty()) return false;
        const auto advert = time_to_deadline(world, actives.front());
        for (Index router = 0; router < world.nodes.size(); ++router) {
            if (router == actives.front() || !is_running(world, router)) continue;
            if (time_to_deadline(world, router) <= advert) return false;
            if (would_preempt(router, actives.front())) return false;
        }
        return true;
    }

    std::vector<Move> path_to(Id id) const {
        std::vector<Move> path;
        for (; visits_[id].parent != nobody; id = visits_[id].parent)
            path.push_back(visits_[id].move);
        std::ranges::reverse(path);
        return path;
    }

    const Model& model_;
    std::unordered_map<World, Id, WorldHash> ids_;
    std::vector<Visit> visits_;
    std::vector<std::vector<Id>> layers_;  // to be expanded, by disturbances
    std::vector<Ending> endings_;
};

}  // namespace

Findings explore(const Model& model, int depth) { return Search{model, depth}.run(); }

}  // namespace explore
