#include "words.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <optional>
#include <string_view>

#include "story.hpp"

namespace explore {
namespace {

// Long enough to see a takeover and its answer.
constexpr int moves_afterwards = 32;

std::string name_of(Index router) { return fmt::format("r{}", router + 1); }

std::string_view name_of(const Node& node) {
    switch (node.process) {
        case Process::new_here: return "not started";
        case Process::down: return "down";
        case Process::running: break;
    }
    if (std::holds_alternative<vrrp::state::Active>(node.state)) return "Active";
    if (std::holds_alternative<vrrp::state::Resigning>(node.state)) return "Resigning";
    if (std::holds_alternative<vrrp::state::Backup>(node.state)) return "Backup";
    return "Initialize";
}

std::string standing_of(const World& world) {
    std::vector<std::string> parts;
    for (Index router = 0; router < world.nodes.size(); ++router)
        parts.push_back(fmt::format("{} {}", name_of(router), name_of(world.nodes[router])));
    return fmt::format("{}", fmt::join(parts, ", "));
}

std::string delivery_of(const World& world, std::uint8_t lost) {
    const Sent& sent = world.wire.front();
    std::string text =
        fmt::format("advert of {} with priority {}", name_of(sent.sender), sent.priority.wire());
    std::string_view joint = " arrives, but not at ";
    for (Index router = 0; router < world.nodes.size(); ++router)
        if ((lost >> router & 1U) != 0) {
            text += fmt::format("{}{}", joint, name_of(router));
            joint = " and ";
        }
    return lost == 0 ? text + " arrives" : text;
}

std::string event_of(const World& world, const Move& move) {
    switch (move.kind) {
        case Move::Kind::deliver: return delivery_of(world, move.lost);
        case Move::Kind::expire: return name_of(move.router) + ": its deadline";
        case Move::Kind::wait: return {};
        case Move::Kind::hold: return "the LAN holds back what is on the wire";
        case Move::Kind::start: return name_of(move.router) + " starts";
        case Move::Kind::restart: return name_of(move.router) + " starts again";
        case Move::Kind::resume: return name_of(move.router) + " goes on as Active";
        case Move::Kind::hand_over: return name_of(move.router) + " is to hand over";
        case Move::Kind::stop: return name_of(move.router) + " is stopped";
        case Move::Kind::crash: return name_of(move.router) + " crashes";
    }
    return {};
}

class Teller {
public:
    explicit Teller(const Model& model) : model_{model}, world_{model.beginning()} {}

    void go(const Move& move) {
        const std::string event = event_of(world_, move);
        const Duration span = model_.span_of(world_, move);
        world_ = model_.after(world_, move);
        if (!event.empty())
            text_ += fmt::format("    {:9.3f} s  {:<58}{}\n", base::milliseconds(elapsed_) / 1000,
                                 event, standing_of(world_));
        elapsed_ += span;
    }

    [[nodiscard]] std::optional<Move> natural_move() const { return model_.natural_move(world_); }
    void say(std::string_view line) { text_ += line; }
    [[nodiscard]] const std::string& text() const { return text_; }

private:
    const Model& model_;
    World world_;
    Duration elapsed_{};
    std::string text_;
};

}  // namespace

std::string story_of(const Model& model, const Violation<Move>& violation) {
    return told(Teller{model}, violation, moves_afterwards);
}

}  // namespace explore
