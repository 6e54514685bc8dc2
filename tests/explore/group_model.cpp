#include "group_model.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include "group_turn.hpp"
#include "vrrp/priority.hpp"
#include "vrrp/timing.hpp"
#include "vrrp/unit.hpp"

namespace explore::groups {

namespace {

using Kind = Move::Kind;

std::size_t hash_of(const Lan& lan) {
    Hash hash;
    hash.add(static_cast<std::uint64_t>(lan.carriage));
    for (const Port& port : lan.ports) {
        hash.add(port.state);
        hash.add(static_cast<std::uint64_t>(port.link));
        hash.add(port.arriving.size());
        for (const vrrp::Priority priority : port.arriving)
            hash.add(std::uint64_t{priority.wire()});
    }
    return hash.value();
}

void pass(World& world, Duration span) {
    for (Lan& lan : world.lans)
        for (Port& port : lan.ports) port.state = sooner(port.state, span);
}

void forget_oldest(Port& port) { port.arriving.erase(port.arriving.begin()); }

void forget_all(Lan& lan) {
    for (Port& port : lan.ports) port.arriving.clear();
}

void cut(Lan& lan) {
    lan.carriage = Carriage::nothing;
    forget_all(lan);
}

void set_link(Lan& lan, const Move& move) {
    lan.ports[move.node].link = move.kind == Kind::link_up ? Link::up : Link::down;
    forget_all(lan);
}

void forget_arrivals(World& world, Index node) {
    for (Lan& lan : world.lans) lan.ports[node].arriving.clear();
}

void fall_silent(World& world, Index node) {
    world.nodes[node].process = Process::down;
    for (Lan& lan : world.lans) lan.ports[node].state = {};
    forget_arrivals(world, node);
}

bool is_any_arriving(const World& world, Index node) {
    return std::ranges::any_of(
        world.lans, [node](const Lan& lan) { return !lan.ports[node].arriving.empty(); });
}

bool is_due(const World& world, Index node) {
    const auto time = time_to_deadline(world, node);
    return time && *time <= Duration{0};
}

// Of LANs that are alike, one stands for all.
bool is_like_the_last(const World& world, Index lan) {
    return lan > 0 && world.lans[lan] == world.lans[lan - 1];
}

void add_moves_of_lan(const World& world, Index lan, std::vector<Move>& moves) {
    moves.push_back({world.lans[lan].carriage == Carriage::all ? Kind::cut : Kind::mend, 0, lan});
    for (Index node = 0; node < node_count; ++node) {
        const Port& port = world.lans[lan].ports[node];
        if (!port.arriving.empty()) {
            moves.push_back({Kind::deliver, node, lan});
            moves.push_back({Kind::lose, node, lan});
        }
        moves.push_back({port.link == Link::up ? Kind::link_down : Kind::link_up, node, lan});
    }
}

bool is_active(const World& world, Index node) {
    return std::ranges::all_of(states_of(world, node), [](const vrrp::State& state) {
        return std::holds_alternative<vrrp::state::Active>(state);
    });
}

void add_moves_of_node(const World& world, Index node, std::vector<Move>& moves) {
    switch (world.nodes[node].process) {
        case Process::new_here: moves.push_back({Kind::start, node}); return;
        case Process::down: moves.push_back({Kind::restart, node}); return;
        case Process::running: break;
    }
    const bool is_up = is_active(world, node);
    if (world.nodes[node].health != Health::faulty) moves.push_back({Kind::fall_ill, node});
    if (world.nodes[node].health != Health::well) moves.push_back({Kind::recover, node});
    if (world.nodes[node].health == Health::well) moves.push_back({Kind::weaken, node});
    if (world.nodes[node].health == Health::well && is_up)
        moves.push_back({Kind::weaken_and_yield, node});
    if (is_up) moves.push_back({Kind::hand_over, node});
    moves.push_back({Kind::stop, node});
    moves.push_back({Kind::crash, node});
}

}  // namespace

std::size_t WorldHash::operator()(const World& world) const {
    Hash hash;
    for (const Lan& lan : world.lans) hash.add(hash_of(lan));
    for (const Node& node : world.nodes)
        hash.add(4U * static_cast<unsigned>(node.process) + static_cast<unsigned>(node.health));
    return hash.value();
}

int cost_of(const Move& move) {
    switch (move.kind) {
        case Kind::deliver_all:
        case Kind::expire:
        case Kind::wait:
        case Kind::start:
        case Kind::link_up:
        case Kind::mend:
        case Kind::recover:
        case Kind::restart: return 0;
        case Kind::deliver:
        case Kind::lose:
        case Kind::lose_all:
        case Kind::link_down:
        case Kind::cut:
        case Kind::fall_ill:
        case Kind::weaken:
        case Kind::weaken_and_yield:
        case Kind::hand_over:
        case Kind::stop:
        case Kind::crash: return 1;
    }
    return 0;
}

Order order_of(const World& world) {
    std::array<std::size_t, member_count> hashes{};
    std::ranges::transform(world.lans, hashes.begin(), hash_of);
    Order order{};
    std::iota(order.begin(), order.end(), Index{0});
    // Two LANs that have one hash and differ would make two Worlds out of one, and nothing worse.
    std::ranges::sort(order, {}, [&](Index lan) { return std::pair{hashes[lan], lan}; });
    return order;
}

World arranged(const World& world, const Order& order) {
    World result = world;
    for (Index lan = 0; lan < member_count; ++lan) result.lans[lan] = world.lans[order[lan]];
    return result;
}

vrrp::IpAddress address_of(Index node) { return vrrp::IpAddress::v4(0xc0000201U + node); }

std::array<vrrp::State, member_count> states_of(const World& world, Index node) {
    std::array<vrrp::State, member_count> states;
    std::ranges::transform(world.lans, states.begin(),
                           [node](const Lan& lan) { return lan.ports[node].state; });
    return states;
}

bool is_eligible(const World& world, Index node) {
    return world.nodes[node].process == Process::running &&
           world.nodes[node].health != Health::faulty &&
           std::ranges::all_of(world.lans,
                               [node](const Lan& lan) { return lan.ports[node].link == Link::up; });
}

bool holds(const World& world, Index node) {
    return std::ranges::all_of(states_of(world, node), vrrp::owns_addresses);
}

bool carries(const World& world, Index lan, Index node) {
    const auto& [ports, carriage] = world.lans[lan];
    return carriage == Carriage::all && ports[0].link == Link::up && ports[1].link == Link::up &&
           world.nodes[other(node)].process == Process::running;
}

std::optional<Duration> time_to_deadline(const World& world, Index node) {
    const auto deadline = vrrp::deadline(states_of(world, node));
    if (!deadline) return std::nullopt;
    return *deadline - now;
}

std::optional<Move> Model::natural_move(const World& world) const {
    bool is_anybody_waiting = false;
    for (Index node = 0; node < node_count; ++node)
        if (is_any_arriving(world, node)) return Move{Kind::deliver_all, node};
    for (Index node = 0; node < node_count; ++node) {
        if (is_due(world, node)) return Move{Kind::expire, node};
        is_anybody_waiting = is_anybody_waiting || time_to_deadline(world, node);
    }
    if (!is_anybody_waiting) return std::nullopt;
    return Move{.kind = Kind::wait};
}

std::vector<Move> Model::moves(const World& world) const {
    std::vector<Move> moves;
    bool is_anything_now = false;
    for (Index node = 0; node < node_count; ++node) {
        // A turn reads what has arrived before it believes a deadline.
        if (is_any_arriving(world, node)) {
            moves.push_back({Kind::deliver_all, node});
            moves.push_back({Kind::lose_all, node});
        } else if (is_due(world, node)) {
            moves.push_back({Kind::expire, node});
        } else {
            continue;
        }
        is_anything_now = true;
    }
    if (!is_anything_now) moves.push_back({.kind = Kind::wait});
    for (Index lan = 0; lan < member_count; ++lan)
        if (!is_like_the_last(world, lan)) add_moves_of_lan(world, lan, moves);
    for (Index node = 0; node < node_count; ++node) add_moves_of_node(world, node, moves);
    return moves;
}

Duration Model::span_of(const World& world, const Move& move) const {
    if (move.kind != Kind::wait) return Duration{0};
    Duration span = Duration{params_of(world, 0).interval.value()};
    for (Index node = 0; node < node_count; ++node)
        span = std::min(span, time_to_deadline(world, node).value_or(span));
    return span;
}

World Model::after(const World& world, const Move& move) const {
    const World result = played(world, move);
    return arranged(result, order_of(result));
}

World Model::played(World world, const Move& move) const {
    Lan& lan = world.lans[move.lan];
    Turn turn{*this, world, move.node};
    switch (move.kind) {
        case Kind::wait: pass(world, span_of(world, move)); return world;
        case Kind::lose: forget_oldest(lan.ports[move.node]); return world;
        case Kind::lose_all: forget_arrivals(world, move.node); return world;
        case Kind::cut: cut(lan); return world;
        case Kind::mend: lan.carriage = Carriage::all; return world;
        case Kind::crash: fall_silent(world, move.node); return world;
        case Kind::stop:
            turn.shut_down();
            turn.finish();
            fall_silent(world, move.node);
            return world;
        case Kind::link_up:
        case Kind::link_down:
            set_link(lan, move);
            if (world.nodes[move.node].process != Process::running) return world;
            turn.follow_links();
            break;
        case Kind::start:
        case Kind::restart:
            world.nodes[move.node].process = Process::running;
            turn.follow_links();
            break;
        case Kind::recover: turn.become(Health::well); break;
        case Kind::fall_ill: turn.become(Health::faulty); break;
        case Kind::weaken: turn.become(Health::weak); break;
        case Kind::weaken_and_yield:
            turn.become(Health::weak);
            turn.hand_over();
            break;
        case Kind::hand_over: turn.hand_over(); break;
        case Kind::deliver_all: turn.hear_all(); break;
        case Kind::deliver: turn.hear(move.lan); break;
        case Kind::expire: break;
    }
    turn.finish();
    return world;
}

vrrp::Priority Model::priority_of(const World& world, Index node) const {
    const bool is_weak = world.nodes[node].health == Health::weak;
    return vrrp::weakened(scenario_.priorities[node], is_weak ? penalty : 0);
}

vrrp::Params Model::params_of(const World& world, Index node) const {
    return {.version = vrrp::Version::v3,
            .priority = priority_of(world, node),
            .interval = vrrp::AdvertInterval::one_second(),
            .source = address_of(node),
            .preempt_from =
                scenario_.preemption == Preemption::always ? std::optional{now} : std::nullopt};
}

bool Model::would_preempt(const World& world, Index node, Index active) const {
    return scenario_.preemption == Preemption::always &&
           priority_of(world, node) > priority_of(world, active);
}

Duration Model::bound(const World& world) const {
    Duration longest{};
    for (Index node = 0; node < node_count; ++node) {
        const vrrp::Params params = params_of(world, node);
        if (is_eligible(world, node))
            longest = std::max(longest, vrrp::active_down_interval(params.version, params.priority,
                                                                   params.interval));
    }
    return longest;
}

}  // namespace explore::groups
