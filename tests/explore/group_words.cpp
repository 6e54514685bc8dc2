#include "group_words.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <optional>
#include <string_view>

#include "story.hpp"

namespace explore::groups {
namespace {

// Long enough to see a takeover and its answer.
constexpr int moves_afterwards = 20;

// LANs keep their names while a World keeps putting them in order.
using Names = Order;

std::string name_of(Index node) { return fmt::format("n{}", node + 1); }

char letter_of(const vrrp::State& state) {
    if (std::holds_alternative<vrrp::state::Active>(state)) return 'A';
    if (std::holds_alternative<vrrp::state::Resigning>(state)) return 'R';
    if (std::holds_alternative<vrrp::state::Backup>(state)) return 'B';
    return '-';
}

// "n1 AAA, n2 BBB": the members by the names of their LANs.
std::string standing_of(const World& world, const Names& names) {
    std::vector<std::string> parts;
    for (Index node = 0; node < node_count; ++node) {
        std::string letters(member_count, '-');
        for (Index lan = 0; lan < member_count; ++lan)
            letters[names[lan]] = letter_of(world.lans[lan].ports[node].state);
        parts.push_back(name_of(node) + " " + letters);
    }
    return fmt::format("{}", fmt::join(parts, ", "));
}

std::string delivery_of(const World& world, const Names& names, Index node) {
    std::array<std::vector<std::string>, member_count> heard;
    for (Index lan = 0; lan < member_count; ++lan)
        for (const vrrp::Priority priority : world.lans[lan].ports[node].arriving)
            heard[names[lan]].push_back(fmt::format("{} on lan{}", priority.wire(), names[lan]));
    std::vector<std::string> texts;
    for (const auto& of_lan : heard) texts.insert(texts.end(), of_lan.begin(), of_lan.end());
    return fmt::format("{} hears {}", name_of(node), fmt::join(texts, ", "));
}

std::string event_of(const World& world, const Names& names, const Move& move) {
    using Kind = Move::Kind;
    const std::string node = name_of(move.node);
    const std::string lan = fmt::format("lan{}", names[move.lan]);
    const auto& arriving = world.lans[move.lan].ports[move.node].arriving;
    const int oldest = arriving.empty() ? 0 : arriving.front().wire();
    switch (move.kind) {
        case Kind::deliver_all: return delivery_of(world, names, move.node);
        case Kind::deliver: return fmt::format("{} hears {} on {} first", node, oldest, lan);
        case Kind::expire: return node + ": a deadline";
        case Kind::wait: return {};
        case Kind::start: return node + " starts";
        case Kind::link_up: return fmt::format("{}: its link to {} comes back", node, lan);
        case Kind::mend: return lan + " carries adverts again";
        case Kind::recover: return node + ": its checks pass";
        case Kind::restart: return node + " starts again";
        case Kind::lose: return fmt::format("{} loses {} to {}", lan, oldest, node);
        case Kind::lose_all: return node + " does not hear what arrives";
        case Kind::link_down: return fmt::format("{}: its link to {} goes down", node, lan);
        case Kind::cut: return lan + " carries no adverts any more";
        case Kind::fall_ill: return node + ": a check is in fault";
        case Kind::weaken: return node + ": a check takes its penalty";
        case Kind::weaken_and_yield: return node + ": a check takes its penalty, it hands over";
        case Kind::hand_over: return node + " hands over";
        case Kind::stop: return node + " is stopped";
        case Kind::crash: return node + " crashes";
    }
    return {};
}

class Teller {
public:
    explicit Teller(const Model& model) : model_{model}, world_{model.beginning()} {}

    void go(const Move& move) {
        const std::string event = event_of(world_, names_, move);
        const Duration span = model_.span_of(world_, move);
        const World raw = model_.played(world_, move);
        const Order order = order_of(raw);
        world_ = arranged(raw, order);
        const Names before = names_;
        for (Index lan = 0; lan < member_count; ++lan) names_[lan] = before[order[lan]];
        if (!event.empty())
            text_ += fmt::format("    {:9.3f} s  {:<58}{}\n", base::milliseconds(elapsed_) / 1000,
                                 event, standing_of(world_, names_));
        elapsed_ += span;
    }

    [[nodiscard]] std::optional<Move> natural_move() const { return model_.natural_move(world_); }
    void say(std::string_view line) { text_ += line; }
    [[nodiscard]] const std::string& text() const { return text_; }

private:
    const Model& model_;
    World world_;
    Names names_{0, 1, 2};
    Duration elapsed_{};
    std::string text_;
};

}  // namespace

std::string story_of(const Model& model, const Violation<Move>& violation) {
    return told(Teller{model}, violation, moves_afterwards);
}

}  // namespace explore::groups
