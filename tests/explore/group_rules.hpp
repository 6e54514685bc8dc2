// What is expected of two nodes with a group of three members.
//
// At the end of every turn, whatever happens:
//   - the members of a node take part together or not at all; when one is Active, all have their
//     addresses (one that is being relieved has them still);
//   - what keeps one member of an Active node out takes all out, with priority 0 on every LAN
//     that carries it, in the same turn.
// Left alone,
//   - one node that is eligible has all members Active for good, the only one when any LAN carries
//     adverts between the two, and not a weaker one than one that preempts. Where no LAN does, each
//     has. Where nobody is eligible, nobody has an address;
//   - it takes no longer than Model::bound() until somebody has the addresses of all members, nor
//     until it is the right one for good. Somebody who is being relieved may take as long before.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>

#include "group_model.hpp"
#include "search.hpp"

namespace explore::groups {

using Holders = std::array<bool, node_count>;

class Rules {
public:
    using World = groups::World;
    using WorldHash = groups::WorldHash;
    using Move = groups::Move;
    using Model = groups::Model;

    struct Ending {
        Holders holders{};
        std::string fault{};
    };

    explicit Rules(const Model& model) : model_{model} {}

    [[nodiscard]] std::optional<std::string> fault_of(const World& world, int disturbances) const;
    [[nodiscard]] std::optional<std::string> fault_of(const World& world, const Move& move) const;
    [[nodiscard]] Ending ending_of(std::span<const World* const> cycle, Duration span) const;
    [[nodiscard]] bool is_settled(const World& world, const Ending& ending) const;
    [[nodiscard]] bool is_served(const World& world) const;
    [[nodiscard]] bool is_relief(const World&, const Move&) const { return false; }
    [[nodiscard]] std::optional<std::string> fault_of(const World& world,
                                                      const Prospect<Ending>& prospect) const;

private:
    [[nodiscard]] std::string fault_of_holders(const World& world, const Holders& holders) const;

    const Model& model_;
};

}  // namespace explore::groups
