// Two nodes with a group of three members as a value, every member on a LAN of its own: all that
// can differ between two moments, with times relative to the present one, and every move that leads
// from one moment to the next.
//
// The six sessions are the real state machine (vrrp/machine.hpp), and what joins three to a group
// are the real rules (vrrp/unit.hpp, share_blockers() of app/readiness.hpp). The order in which a
// turn applies them is that of app::Engine, told again in group_turn.cpp. What is modelled is
// around it: LANs that deliver adverts at once, or lose one, or lose all for a while; links; the
// check of a node; processes; time that passes in steps up to the next deadline.
//
// The members have the same settings, and the addresses of the nodes sort the same way on every
// LAN. So it does not matter which LAN is which: Worlds that differ in that only are one.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "relative.hpp"

namespace explore::groups {

using Index = std::uint8_t;  // of a node, or of a LAN

inline constexpr Index node_count = 2;
inline constexpr Index member_count = 3;
inline constexpr int penalty = 120;  // of a failed check: the stronger node is the weaker one then
// How long a member that is relieved keeps its addresses when its successor has spoken.
inline constexpr vrrp::Duration overlap = std::chrono::milliseconds{250};

enum class Preemption : std::uint8_t { always, never };

struct Scenario {
    std::string name;
    std::array<vrrp::Priority, node_count> priorities;
    Preemption preemption;
    int depth;  // disturbances on a path
};

enum class Process : std::uint8_t { new_here, running, down };
enum class Health : std::uint8_t { well, weak, faulty };  // what the checks of a node say
enum class Link : std::uint8_t { up, down };
enum class Carriage : std::uint8_t { all, nothing };

// What a node has on a LAN.
struct Port {
    vrrp::State state{};  // of the session that is there
    Link link = Link::up;
    std::vector<vrrp::Priority> arriving{};  // adverts of the other node that are on their way
    bool operator==(const Port&) const = default;
};

struct Lan {
    std::array<Port, node_count> ports;
    Carriage carriage = Carriage::all;
    bool operator==(const Lan&) const = default;
};

struct Node {
    Process process = Process::new_here;
    Health health = Health::well;
    bool operator==(const Node&) const = default;
};

struct World {
    std::array<Lan, member_count> lans;
    std::array<Node, node_count> nodes;
    bool operator==(const World&) const = default;
};

struct WorldHash {
    std::size_t operator()(const World& world) const;
};

struct Move {
    enum class Kind : std::uint8_t {
        deliver_all,  // all that arrives at `node`, in one turn
        expire,       // a deadline of `node` is now
        wait,         // an interval, or less if there is a deadline
        start,        // `node`, for the first time
        // What ends a disturbance costs nothing:
        link_up,
        mend,
        recover,
        restart,
        // Disturbances:
        deliver,   // the oldest advert that arrives at `node` from `lan`, in a turn of its own
        lose,      // the same advert is lost
        lose_all,  // `node` does not hear what arrives now
        link_down,
        cut,  // `lan` carries no adverts
        fall_ill,
        weaken,            // a check with a penalty, and `node` knows of nobody better
        weaken_and_yield,  // the same, and it does
        hand_over,         // it is to be relieved: a better node has been there for a while
        stop,
        crash,
    };
    Kind kind;
    Index node = 0;
    Index lan = 0;
};

// How many disturbances a move is.
int cost_of(const Move& move);

using Order = std::array<Index, member_count>;  // of LANs: which one stands where

class Model {
public:
    explicit Model(const Scenario& scenario) : scenario_{scenario} {}

    [[nodiscard]] const Scenario& scenario() const { return scenario_; }
    [[nodiscard]] World beginning() const { return {}; }
    // What happens when nothing is lost and nobody interferes; none when nothing ever will.
    [[nodiscard]] std::optional<Move> natural_move(const World& world) const;
    // All that may happen.
    [[nodiscard]] std::vector<Move> moves(const World& world) const;
    // In the one order of its LANs.
    [[nodiscard]] World after(const World& world, const Move& move) const;
    // The same before its LANs are put in order.
    [[nodiscard]] World played(World world, const Move& move) const;
    // How much time the move takes.
    [[nodiscard]] Duration span_of(const World& world, const Move& move) const;

    [[nodiscard]] vrrp::Priority priority_of(const World& world, Index node) const;
    [[nodiscard]] vrrp::Params params_of(const World& world, Index node) const;
    // Takes over from a weaker node that is Active.
    [[nodiscard]] bool would_preempt(const World& world, Index node, Index active) const;
    // The longest Active_Down_Interval of those that take part.
    [[nodiscard]] Duration bound(const World& world) const;

private:
    Scenario scenario_;
};

[[nodiscard]] Order order_of(const World& world);
[[nodiscard]] World arranged(const World& world, const Order& order);

[[nodiscard]] vrrp::IpAddress address_of(Index node);
[[nodiscard]] inline Index other(Index node) { return static_cast<Index>(1 - node); }
[[nodiscard]] std::array<vrrp::State, member_count> states_of(const World& world, Index node);
// All that its members need is there: it should take part.
[[nodiscard]] bool is_eligible(const World& world, Index node);
// Every member has its addresses: Active, or Resigning.
[[nodiscard]] bool holds(const World& world, Index node);
// An advert that `node` sends on this LAN arrives.
[[nodiscard]] bool carries(const World& world, Index lan, Index node);
// None when the node waits for nothing.
[[nodiscard]] std::optional<Duration> time_to_deadline(const World& world, Index node);

}  // namespace explore::groups
