#include "group_turn.hpp"

#include <string>

#include "app/readiness.hpp"
#include "vrrp/unit.hpp"

namespace explore::groups {

// A priority that changes is weighed first, before anything is compared with it.
void Turn::become(Health health) {
    const vrrp::Priority before = model_.priority_of(world_, node_);
    world_.nodes[node_].health = health;
    if (model_.priority_of(world_, node_) != before)
        for (Index lan = 0; lan < member_count; ++lan)
            handle(lan, vrrp::event::Reprioritized{before});
    follow_links();
}

void Turn::follow_links() {
    using Kind = app::Blocker::Kind;
    static const std::vector<std::string> names(member_count, "member");
    std::vector<app::Readiness> readiness(member_count);
    for (Index lan = 0; lan < member_count; ++lan)
        if (world_.lans[lan].ports[node_].link == Link::down)
            readiness[lan].blockers.push_back({Kind::link_down, {}});
    app::share_blockers(readiness, names);
    for (Index lan = 0; lan < member_count; ++lan) {
        const bool is_ready =
            readiness[lan].blockers.empty() && world_.nodes[node_].health != Health::faulty;
        const bool is_idle = std::holds_alternative<vrrp::state::Initialize>(state(lan));
        if (is_ready && is_idle) handle(lan, vrrp::event::Startup{});
        if (!is_ready && !is_idle) handle(lan, vrrp::event::Shutdown{});
    }
}

void Turn::hear(Index lan) {
    auto& arriving = world_.lans[lan].ports[node_].arriving;
    const vrrp::Priority priority = arriving.front();
    arriving.erase(arriving.begin());
    handle(lan, vrrp::event::Received{address_of(other(node_)), priority,
                                      model_.params_of(world_, node_).interval});
}

void Turn::hear_all() {
    for (Index lan = 0; lan < member_count; ++lan)
        while (!world_.lans[lan].ports[node_].arriving.empty()) hear(lan);
}

void Turn::finish() {
    expire();
    settle();
    transmit();
}

void Turn::hand_over() {
    for (Index lan = 0; lan < member_count; ++lan)
        handle(lan, vrrp::event::HandOver{.overlap = overlap});
}

void Turn::shut_down() {
    for (Index lan = 0; lan < member_count; ++lan) handle(lan, vrrp::event::Shutdown{});
}

// As Session::handle(): what was due in the old state is not the new one's to say.
void Turn::handle(Index lan, const vrrp::Event& event) {
    const vrrp::Step step = vrrp::step(model_.params_of(world_, node_), state(lan), event, now);
    state(lan) = step.next;
    if (step.advert || step.cause) due_[lan] = step.advert;
}

void Turn::expire() {
    const auto takeover = vrrp::takeover_at(states_of(world_, node_));
    for (Index lan = 0; lan < member_count; ++lan) {
        const auto due = vrrp::deadline(state(lan));
        const bool is_member_free = vrrp::owns_addresses(state(lan));
        if ((is_member_free || (takeover && *takeover <= now)) && due && *due <= now)
            handle(lan, vrrp::event::Deadline{});
    }
}

void Turn::settle() {
    if (!vrrp::is_split(states_of(world_, node_))) return;
    for (Index lan = 0; lan < member_count; ++lan)
        if (vrrp::owns_addresses(state(lan))) handle(lan, vrrp::event::Displaced{});
}

void Turn::transmit() {
    for (Index lan = 0; lan < member_count; ++lan)
        if (due_[lan] && carries(world_, lan, node_))
            world_.lans[lan].ports[other(node_)].arriving.push_back(*due_[lan]);
}

}  // namespace explore::groups
