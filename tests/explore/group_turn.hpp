// One turn of a node, as app::Engine takes it: checks, links, packets, deadlines; then the members
// are settled, and what is due is sent.
#pragma once

#include <array>
#include <optional>

#include "group_model.hpp"

namespace explore::groups {

class Turn {
public:
    Turn(const Model& model, World& world, Index node)
        : model_{model}, world_{world}, node_{node} {}

    // What can have happened, in this order.
    void become(Health health);
    void follow_links();
    void hear(Index lan);
    void hear_all();
    // Then, always.
    void finish();
    // Between the two where it is a turn's business.
    void hand_over();
    void shut_down();

private:
    void handle(Index lan, const vrrp::Event& event);
    void expire();
    void settle();
    void transmit();
    [[nodiscard]] vrrp::State& state(Index lan) { return world_.lans[lan].ports[node_].state; }

    const Model& model_;
    World& world_;
    Index node_;
    std::array<std::optional<vrrp::Priority>, member_count> due_{};
};

}  // namespace explore::groups
