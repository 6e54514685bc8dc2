// What is expected of routers on one LAN. Left alone,
//   - while any router runs, exactly one is Active, always the same, and none when none runs;
//   - no running router that preempts is stronger than the Active one;
//   - it takes no longer than Model::bound(), and no longer than Model::handover_bound() after a
//     stop of the only Active router;
//   - where all that run are Active, the one with the highest priority goes on, and of equal ones
//     that with the greatest address;
//   - where one router is Active, nothing is on the wire, no Backup's timer runs out before it will
//     have heard it, and no stronger router preempts, that router stays Active all along.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "model.hpp"
#include "search.hpp"

namespace explore {

class Rules {
public:
    using World = explore::World;
    using WorldHash = explore::WorldHash;
    using Move = explore::Move;
    using Model = explore::Model;

    struct Ending {
        std::optional<Index> active{};
        std::string fault{};
    };

    explicit Rules(const Model& model) : model_{model} {}

    [[nodiscard]] std::optional<std::string> fault_of(const World& world, int disturbances) const;
    [[nodiscard]] std::optional<std::string> fault_of(const World&, const Move&) const {
        return std::nullopt;
    }
    [[nodiscard]] Ending ending_of(std::span<const World* const> cycle, Duration span) const;
    [[nodiscard]] bool is_settled(const World& world, const Ending& ending) const;
    [[nodiscard]] bool is_served(const World& world) const { return !actives_of(world).empty(); }
    // A stop of the only Active router while others run.
    [[nodiscard]] bool is_relief(const World& world, const Move& move) const;
    [[nodiscard]] std::optional<std::string> fault_of(const World& world,
                                                      const Prospect<Ending>& prospect) const;

private:
    [[nodiscard]] bool would_preempt(Index router, Index active) const;
    [[nodiscard]] std::optional<Index> winner_among(const World& world) const;
    [[nodiscard]] bool is_calm(const World& world) const;

    const Model& model_;
};

}  // namespace explore
