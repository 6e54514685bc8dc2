// The VRRP state machine of one virtual router: RFC 9568 section 6.4, RFC 3768 section 6.4.
//
// A machine is a value. step() takes the state, one event and the instant of that event, and
// returns the next state and what to do about it; it reads no clock, opens no socket, logs nothing
// and cannot fail. Timers are not armed or cancelled: a state carries the instant it waits for, and
// deadline() reads it back.
//
//                 Startup (owner)
//   Initialize ------------------------------> Active
//     |    ^                                   |   ^
//     |    | Shutdown          stronger advert |   | deadline
//     |    |                                   v   |
//     |    +------------------------------- Backup +
//     +-------------- Startup ---------------->
//
// Shutdown leads to Initialize from everywhere, Displaced from Active to Backup. An Active router
// that should keep its addresses until a peer has them will go through a state of its own between
// Active and Initialize; that state belongs here and owns_addresses() will say yes to it.
#pragma once

#include <optional>
#include <string_view>
#include <variant>

#include "vrrp/types.hpp"

namespace vrrp {

// Who goes on when two Active routers have the same priority.
enum class Ties : std::uint8_t {
    by_address,  // the one with the greater primary address, section 6.4.3
    ours,        // we do: our unit has won this tie already, over its first family (unit.hpp)
};

// What the rules of section 6.4 depend on besides the state. May change between two steps.
struct Params {
    Version version;
    Priority priority;        // effective
    AdvertInterval interval;  // Advertisement_Interval: our own
    IpAddress source;         // our primary address: breaks ties between two Active routers
    // Preempt_Mode: the instant from which a weaker Active router is not obeyed; none for never.
    // A silent one is replaced in any case.
    std::optional<Instant> preempt_from;
    Ties ties = Ties::by_address;
    bool operator==(const Params&) const = default;
};

namespace state {

struct Initialize {
    bool operator==(const Initialize&) const = default;
};

// What the running Active_Down_Timer is a consequence of: the evidence if it expires.
enum class Awaiting : std::uint8_t {
    any_advert,  // the last advert heard, or start-up
    release,     // priority 0 was heard; the timer is a Skew_Time
    preemption,  // adverts of a weaker router were heard and not obeyed
};

struct Backup {
    Instant active_down_at;          // Active_Down_Timer
    AdvertInterval active_interval;  // Active_Adver_Interval: learned in version 3
    Awaiting awaiting = Awaiting::any_advert;
    bool operator==(const Backup&) const = default;
};

struct Active {
    Instant next_advert_at;       // Adver_Timer
    Instant may_contradict_at{};  // no answer to a losing advert before this instant
    bool operator==(const Active&) const = default;
};

}  // namespace state
using State = std::variant<state::Initialize, state::Backup, state::Active>;

namespace event {
struct Startup {};
struct Shutdown {};
struct Deadline {};
struct Reprioritized {  // Params::priority is another one now
    Priority previous;
};
struct Displaced {};  // another session of our unit is no longer Active
struct Received {     // an advertisement that passed every check of receive.hpp
    IpAddress source;
    Priority priority;
    AdvertInterval interval;
};
}  // namespace event
using Event = std::variant<event::Startup, event::Shutdown, event::Deadline, event::Reprioritized,
                           event::Displaced, event::Received>;

// Why a step changed the state.
enum class Cause : std::uint8_t {
    startup,
    shutdown,
    silence,          // no advert for an Active_Down_Interval
    released,         // the Active router gave up with priority 0
    preempted,        // we are stronger than the router that was Active
    stronger_advert,  // a router with a higher priority is Active
    tie_lost,         // one with our priority and a higher address is
    displaced,        // our unit is no longer Active in the other family
};

// "silence", "stronger-advert", ...
std::string_view name_of(Cause cause);

// Edge-triggered work only. Which addresses should be in the kernel is a level: ask
// owns_addresses(state) and let the reconciler close the gap.
struct Step {
    State next;
    std::optional<Priority> advert{};  // send one, with this priority
    bool announce = false;             // gratuitous ARP or unsolicited NA, again
    std::optional<Cause> cause{};      // set exactly when the kind of state changed
};

[[nodiscard]] Step step(const Params& params, const State& state, const Event& event, Instant now);
[[nodiscard]] std::optional<Instant> deadline(const State& state);
[[nodiscard]] bool owns_addresses(const State& state);

}  // namespace vrrp
