#include "model.hpp"

#include <algorithm>
#include <bit>
#include <utility>

#include "vrrp/timing.hpp"

namespace explore {

namespace state = vrrp::state;

namespace {

constexpr std::size_t most_held = 3;  // adverts that the LAN holds back at a time
constexpr int preemption_delay = 2;   // intervals, for Preemption::later

vrrp::IpAddress address_of(Index router) { return vrrp::IpAddress::v4(0xc0000201U + router); }

}  // namespace

std::size_t WorldHash::operator()(const World& world) const {
    Hash hash;
    for (const Node& node : world.nodes) {
        hash.add(static_cast<std::uint64_t>(node.process));
        hash.add(node.state);
        hash.add(node.preempt_from.value_or(now));
        hash.add(node.last_advert.value_or(now + Duration{1}));
    }
    for (const Sent& sent : world.wire) hash.add(256U * sent.sender + sent.priority.wire());
    return hash.value();
}

int cost_of(const Move& move) {
    switch (move.kind) {
        case Move::Kind::deliver: return std::popcount(move.lost);
        case Move::Kind::expire:
        case Move::Kind::wait:
        case Move::Kind::start: return 0;
        case Move::Kind::hold:
        case Move::Kind::restart:
        case Move::Kind::resume:
        case Move::Kind::hand_over:
        case Move::Kind::stop:
        case Move::Kind::crash: return 1;
    }
    return 0;
}

bool is_running(const World& world, Index router) {
    return world.nodes[router].process == Process::running;
}

bool is_active(const World& world, Index router) {
    return vrrp::owns_addresses(world.nodes[router].state);
}

bool is_resigning(const World& world) {
    return std::ranges::any_of(world.nodes, [](const Node& node) {
        return std::holds_alternative<state::Resigning>(node.state);
    });
}

std::vector<Index> actives_of(const World& world) {
    std::vector<Index> found;
    for (Index router = 0; router < world.nodes.size(); ++router)
        if (is_active(world, router)) found.push_back(router);
    return found;
}

std::optional<Duration> time_to_deadline(const World& world, Index router) {
    const auto deadline = vrrp::deadline(world.nodes[router].state);
    if (!deadline) return std::nullopt;
    return *deadline - now;
}

World Model::beginning() const { return {std::vector<Node>(scenario_.routers.size()), {}}; }

std::optional<Move> Model::natural_move(const World& world) const {
    if (!world.wire.empty()) return Move{.kind = Move::Kind::deliver};
    bool is_anybody_waiting = false;
    for (Index router = 0; router < world.nodes.size(); ++router) {
        const auto time = time_to_deadline(world, router);
        if (time && *time <= Duration{0}) return Move{Move::Kind::expire, router};
        is_anybody_waiting = is_anybody_waiting || time.has_value();
    }
    if (!is_anybody_waiting) return std::nullopt;
    return Move{.kind = Move::Kind::wait};
}

// Each choice of those who do not hear the oldest advert on the wire.
void Model::add_deliveries(const World& world, std::vector<Move>& moves) const {
    const unsigned everybody = 1U << world.nodes.size();
    for (unsigned lost = 0; lost < everybody; ++lost) {
        bool is_possible = true;
        for (Index router = 0; router < world.nodes.size(); ++router)
            if ((lost >> router & 1U) != 0 &&
                (router == world.wire.front().sender || !is_running(world, router)))
                is_possible = false;
        if (is_possible) moves.push_back({Move::Kind::deliver, 0, static_cast<std::uint8_t>(lost)});
    }
}

std::vector<Move> Model::moves(const World& world) const {
    std::vector<Move> moves;
    if (!world.wire.empty()) add_deliveries(world, moves);
    bool is_anything_due = false;
    for (Index router = 0; router < world.nodes.size(); ++router) {
        const auto time = time_to_deadline(world, router);
        if (!time || *time > Duration{0}) continue;
        is_anything_due = true;
        moves.push_back({Move::Kind::expire, router});
    }
    const bool can_be_held = !world.wire.empty() && world.wire.size() <= most_held;
    if (!is_anything_due && can_be_held) moves.push_back({Move::Kind::hold});
    // Also when nobody waits for anything yet: then it is the same World again.
    if (!is_anything_due && world.wire.empty()) moves.push_back({Move::Kind::wait});
    for (Index router = 0; router < world.nodes.size(); ++router)
        switch (world.nodes[router].process) {
            case Process::new_here: moves.push_back({Move::Kind::start, router}); break;
            case Process::down:
                moves.push_back({Move::Kind::restart, router});
                if (world.nodes[router].last_advert) moves.push_back({Move::Kind::resume, router});
                break;
            case Process::running:
                if (is_active(world, router)) moves.push_back({Move::Kind::hand_over, router});
                moves.push_back({Move::Kind::stop, router});
                moves.push_back({Move::Kind::crash, router});
                break;
        }
    return moves;
}

Duration Model::span_of(const World& world, const Move& move) const {
    if (move.kind != Move::Kind::wait && move.kind != Move::Kind::hold) return Duration{0};
    Duration span = Duration{scenario_.interval.value()} / 4;
    for (Index router = 0; router < world.nodes.size(); ++router)
        span = std::min(span, time_to_deadline(world, router).value_or(span));
    return span;
}

World Model::after(World world, const Move& move) const {
    switch (move.kind) {
        case Move::Kind::deliver: deliver(world, move.lost); break;
        case Move::Kind::expire: happen(world, move.router, vrrp::event::Deadline{}); break;
        case Move::Kind::wait:
        case Move::Kind::hold: {
            const Duration span = span_of(world, move);
            for (Node& node : world.nodes) {
                node.state = sooner(node.state, span);
                if (node.preempt_from) node.preempt_from = earlier(*node.preempt_from, span);
                if (node.last_advert) node.last_advert = remembered(*node.last_advert, span);
            }
            break;
        }
        case Move::Kind::start:
        case Move::Kind::restart: start(world, move.router); break;
        case Move::Kind::resume: resume(world, move.router); break;
        case Move::Kind::hand_over:
            happen(world, move.router,
                   vrrp::event::HandOver{.overlap = scenario_.interval.value() / 4});
            break;
        case Move::Kind::stop:
            happen(world, move.router, vrrp::event::Shutdown{});
            world.nodes[move.router] = {.process = Process::down};
            break;
        case Move::Kind::crash: crash(world, move.router); break;
    }
    return world;
}

vrrp::Params Model::params_of(const World& world, Index router) const {
    return {.version = scenario_.version,
            .priority = scenario_.routers[router].priority,
            .interval = scenario_.interval,
            .source = address_of(router),
            .preempt_from = world.nodes[router].preempt_from};
}

void Model::happen(World& world, Index router, const vrrp::Event& event) const {
    Node& node = world.nodes[router];
    const vrrp::Step step = vrrp::step(params_of(world, router), node.state, event, now);
    node.state = step.next;
    if (step.advert) world.wire.push_back({router, *step.advert});
}

void Model::start(World& world, Index router) const {
    begin(world, router, vrrp::event::Startup{});
}

// An advert that is due goes out in the same turn.
void Model::resume(World& world, Index router) const {
    begin(world, router, vrrp::event::Resume{*world.nodes[router].last_advert});
    happen(world, router, vrrp::event::Deadline{});
}

void Model::crash(World& world, Index router) const {
    Node& node = world.nodes[router];
    const auto* active = std::get_if<state::Active>(&node.state);
    const auto last_advert = active != nullptr
                                 ? remembered(active->next_advert_at, scenario_.interval.value())
                                 : std::nullopt;
    node = {.process = Process::down, .last_advert = last_advert};
}

// After three intervals another router may have taken over, and nothing is resumed.
std::optional<Instant> Model::remembered(Instant last_advert, Duration span) const {
    const Instant sooner = last_advert - span;
    if (now - sooner >= 3 * Duration{scenario_.interval.value()}) return std::nullopt;
    return sooner;
}

void Model::begin(World& world, Index router, const vrrp::Event& event) const {
    Node& node = world.nodes[router];
    node.process = Process::running;
    node.last_advert.reset();
    switch (scenario_.routers[router].preemption) {
        case Preemption::always: node.preempt_from = now; break;
        case Preemption::later:
            node.preempt_from = now + preemption_delay * Duration{scenario_.interval.value()};
            break;
        case Preemption::never: node.preempt_from = std::nullopt; break;
    }
    happen(world, router, event);
}

void Model::deliver(World& world, std::uint8_t lost) const {
    const Sent sent = world.wire.front();
    world.wire.erase(world.wire.begin());
    for (Index router = 0; router < world.nodes.size(); ++router) {
        const bool hears = router != sent.sender && (lost >> router & 1U) == 0;
        if (hears && is_running(world, router))
            happen(
                world, router,
                vrrp::event::Received{address_of(sent.sender), sent.priority, scenario_.interval});
    }
}

bool Model::preempts(Index router) const {
    const Router& settings = scenario_.routers[router];
    return settings.preemption != Preemption::never || settings.priority == vrrp::Priority::owner();
}

Duration Model::bound() const {
    const auto weakest = std::ranges::min(scenario_.routers, {}, &Router::priority).priority;
    const bool is_delayed = std::ranges::any_of(scenario_.routers, [](const Router& router) {
        return router.preemption == Preemption::later;
    });
    const Duration delay = preemption_delay * Duration{scenario_.interval.value()};
    return vrrp::active_down_interval(scenario_.version, weakest, scenario_.interval) +
           (is_delayed ? delay : Duration{0});
}

Duration Model::handover_bound(const World& world) const {
    auto strongest = vrrp::Priority::releasing();
    for (Index router = 0; router < world.nodes.size(); ++router)
        if (is_running(world, router))
            strongest = std::max(strongest, scenario_.routers[router].priority);
    return vrrp::skew_time(scenario_.version, strongest, scenario_.interval);
}

}  // namespace explore
