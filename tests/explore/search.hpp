// Every World that a scenario can come to with its number of disturbances, and what becomes of each
// one when it is left alone.
//
// Left alone, a World runs into a cycle, because there are finitely many. Judged are the cycle and
// the way to it, so "for good" means for good, and not for as long as somebody looked. What is to
// be expected of them is for the rules, a type with
//   - World, WorldHash, Move, Model: Model makes Worlds out of Worlds and Moves;
//   - Ending: what a cycle comes to, with a text `fault` that is empty when nothing is wrong;
//   - fault_of(world, disturbances), fault_of(world, move): what is wrong with it as such;
//   - ending_of(cycle, span), is_settled(world, ending), is_served(world);
//   - is_relief(world, move): the World after it is held to stricter bounds;
//   - fault_of(world, prospect).
#pragma once

#include <algorithm>
#include <limits>
#include <optional>
#include <ranges>
#include <string>
#include <unordered_map>
#include <vector>

#include "relative.hpp"

namespace explore {

template <class Move>
struct Violation {
    std::string what;
    std::vector<Move> path;  // from the beginning; the fewest disturbances, then the fewest moves
};

template <class Move>
struct Findings {
    std::size_t worlds = 0;
    Duration longest{};  // that it took until everything was settled for good
    std::optional<Violation<Move>> violation{};
};

// What a World that is left alone comes to.
template <class Ending>
struct Prospect {
    const Ending& ending;
    std::optional<Duration> unsettled_for;  // none: settled for good already
    Duration unserved_for;                  // until the rules call it served
    bool is_relieved;
};

template <class Rules>
class Search {
public:
    using World = typename Rules::World;
    using Move = typename Rules::Move;
    using Model = typename Rules::Model;
    using Ending = typename Rules::Ending;

    Search(const Model& model, int depth)
        : model_{model}, rules_{model}, layers_(static_cast<std::size_t>(depth) + 1) {}

    // Judged after each number of disturbances: what is wrong early need not be explored further.
    Findings<Move> run() {
        reach(model_.beginning(), nobody, {}, 0);
        Findings<Move> findings;
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
    using Id = std::uint32_t;
    static constexpr Id nobody = std::numeric_limits<Id>::max();

    // Far more than any scenario has at its depth; reached when times never repeat.
    static constexpr std::size_t most_worlds = 20'000'000;

    // How a World was first reached with as few disturbances as possible, and what follows.
    struct Visit {
        const World* world;
        Id parent;
        Move move;  // from the parent
        int cost;   // disturbances since the beginning
        bool is_expanded = false;
        bool is_relieved = false;  // by the move from some parent
        Id next = nobody;          // by the natural move; itself when nothing will ever happen
        Duration span{};           // that the natural move takes
        Id ending = nobody;        // the cycle that it comes to
        std::optional<Duration> unsettled_for{};
        Duration unserved_for{};
    };

    Id id_of(const Visit& visit) const { return static_cast<Id>(&visit - visits_.data()); }

    // Breadth first. Stops when there is no end to it.
    std::optional<Violation<Move>> expand_layer(std::size_t cost) {
        for (std::size_t i = 0; i < layers_[cost].size(); ++i) {
            const Id id = layers_[cost][i];
            if (visits_[id].is_expanded) continue;
            if (auto fault = rules_.fault_of(*visits_[id].world, visits_[id].cost))
                return Violation<Move>{std::move(*fault), path_to(id)};
            if (visits_.size() > most_worlds)
                return Violation<Move>{"the states do not come to an end", path_to(id)};
            if (auto violation = expand(id)) return violation;
        }
        return std::nullopt;
    }

    // Of those that have been expanded: their natural moves stay among them.
    std::optional<Violation<Move>> judge() {
        const Visit* worst = nullptr;
        for (Id id = 0; id < visits_.size(); ++id) {
            if (!visits_[id].is_expanded) continue;
            if (visits_[id].ending == nobody) follow(id);
            const bool is_earlier = worst == nullptr || visits_[id].cost < worst->cost;
            if (is_earlier && fault_of(visits_[id])) worst = &visits_[id];
        }
        if (worst == nullptr) return std::nullopt;
        return Violation<Move>{*fault_of(*worst), path_to(id_of(*worst))};
    }

    std::optional<std::string> fault_of(const Visit& visit) const {
        const Ending& ending = endings_[visit.ending];
        if (!ending.fault.empty()) return ending.fault;
        return rules_.fault_of(
            *visit.world,
            Prospect<Ending>{ending, visit.unsettled_for, visit.unserved_for, visit.is_relieved});
    }

    std::optional<Violation<Move>> expand(Id id) {
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
            if (auto fault = rules_.fault_of(world, move)) {
                auto path = path_to(id);
                path.push_back(move);
                return Violation<Move>{std::move(*fault), std::move(path)};
            }
            const Id next = reach(model_.after(world, move), id, move, cost);
            if (rules_.is_relief(world, move)) visits_[next].is_relieved = true;
        }
        return std::nullopt;
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
            Visit& visit = visits_[before];
            visit.ending = next.ending;
            if (next.unsettled_for || !rules_.is_settled(*visit.world, endings_[next.ending]))
                visit.unsettled_for = next.unsettled_for.value_or(Duration{0}) + visit.span;
            if (!rules_.is_served(*visit.world))
                visit.unserved_for = next.unserved_for + visit.span;
        }
    }

    Ending ending_of(const std::vector<Id>& cycle) const {
        std::vector<const World*> worlds;
        Duration span{};
        for (const Id id : cycle) {
            worlds.push_back(visits_[id].world);
            span += visits_[id].span;
        }
        return rules_.ending_of(worlds, span);
    }

    std::vector<Move> path_to(Id id) const {
        std::vector<Move> path;
        for (; visits_[id].parent != nobody; id = visits_[id].parent)
            path.push_back(visits_[id].move);
        std::ranges::reverse(path);
        return path;
    }

    const Model& model_;
    Rules rules_;
    std::unordered_map<World, Id, typename Rules::WorldHash> ids_;
    std::vector<Visit> visits_;
    std::vector<std::vector<Id>> layers_;  // to be expanded, by disturbances
    std::vector<Ending> endings_;
};

}  // namespace explore
