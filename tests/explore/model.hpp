// Routers on one LAN as a value: all that can differ between two moments, with times relative to
// the present one, and every move that leads from one moment to the next.
//
// The routers are the real state machine (vrrp/machine.hpp). What is modelled is around it: a LAN
// that delivers adverts at once and in order, or loses them, or holds them back for a while;
// processes that start, stop and crash; time that passes in steps up to the next deadline.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "relative.hpp"

namespace explore {

using Index = std::uint8_t;  // of a router in its scenario

enum class Preemption : std::uint8_t {
    always,
    later,  // some intervals after its start
    never,
};

struct Router {
    vrrp::Priority priority;
    Preemption preemption;
};

struct Scenario {
    std::string name;
    vrrp::Version version;
    vrrp::AdvertInterval interval;
    std::vector<Router> routers;  // the last one has the greatest address
    int depth;                    // disturbances on a path
};

enum class Process : std::uint8_t { new_here, running, down };

struct Node {
    Process process = Process::new_here;
    vrrp::State state{};
    std::optional<Instant> preempt_from{};
    // Of one that has crashed as Active: its last advert, while nobody can have missed the next.
    std::optional<Instant> last_advert{};
    bool operator==(const Node&) const = default;
};

// An advert on the wire, on its way to every other router.
struct Sent {
    Index sender;
    vrrp::Priority priority;
    bool operator==(const Sent&) const = default;
};

struct World {
    std::vector<Node> nodes;
    std::vector<Sent> wire;
    bool operator==(const World&) const = default;
};

struct WorldHash {
    std::size_t operator()(const World& world) const;
};

struct Move {
    enum class Kind : std::uint8_t {
        deliver,  // the oldest advert on the wire, to all but `lost`
        expire,   // the deadline of `router` is now
        wait,     // a quarter of an interval, or less if there is a deadline
        start,    // `router`, for the first time
        // Disturbances, as is every advert lost:
        hold,  // as wait, while an advert is on the wire
        restart,
        resume,     // `router`, as the Active router that it was when it crashed
        hand_over,  // `router`, which is Active, should not be
        stop,
        crash,
    };
    Kind kind;
    Index router = 0;
    std::uint8_t lost = 0;  // a bit a router
};

// How many disturbances a move is.
int cost_of(const Move& move);

class Model {
public:
    explicit Model(const Scenario& scenario) : scenario_{scenario} {}

    [[nodiscard]] const Scenario& scenario() const { return scenario_; }
    [[nodiscard]] World beginning() const;
    // What happens when nothing is lost and nobody interferes; none when nothing ever will.
    [[nodiscard]] std::optional<Move> natural_move(const World& world) const;
    // All that may happen, the natural move first.
    [[nodiscard]] std::vector<Move> moves(const World& world) const;
    [[nodiscard]] World after(World world, const Move& move) const;
    // How much time the move takes.
    [[nodiscard]] Duration span_of(const World& world, const Move& move) const;

    // Takes over from a weaker Active router, sooner or later.
    [[nodiscard]] bool preempts(Index router) const;
    // Within this time, left alone, the routers have one Active router for good: the
    // Active_Down_Interval of the weakest one, from when everybody may preempt.
    [[nodiscard]] Duration bound() const;
    // The same after a stop that everybody hears: the Skew_Time of the strongest that runs.
    [[nodiscard]] Duration handover_bound(const World& world) const;

private:
    [[nodiscard]] vrrp::Params params_of(const World& world, Index router) const;
    void happen(World& world, Index router, const vrrp::Event& event) const;
    void start(World& world, Index router) const;
    void resume(World& world, Index router) const;
    void crash(World& world, Index router) const;
    void begin(World& world, Index router, const vrrp::Event& event) const;
    [[nodiscard]] std::optional<Instant> remembered(Instant last_advert, Duration span) const;
    void deliver(World& world, std::uint8_t lost) const;
    void add_deliveries(const World& world, std::vector<Move>& moves) const;

    Scenario scenario_;
};

[[nodiscard]] bool is_running(const World& world, Index router);
[[nodiscard]] bool is_active(const World& world, Index router);
// Somebody keeps the addresses until another router is Active.
[[nodiscard]] bool is_resigning(const World& world);
[[nodiscard]] std::vector<Index> actives_of(const World& world);
// None when nobody waits for anything.
[[nodiscard]] std::optional<Duration> time_to_deadline(const World& world, Index router);

}  // namespace explore
