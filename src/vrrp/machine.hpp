// The VRRP state machine of one virtual router: RFC 9568 section 6.4, RFC 3768 section 6.4.
//
// A machine is a value. step() takes the state, one event and the instant of that event, and
// returns the next state and what to do about it; it reads no clock, opens no socket, logs nothing
// and cannot fail. Timers are not armed or cancelled: a state carries the instant it waits for, and
// deadline() reads it back.
//
//                 Startup (owner)
//   Initialize ------------------------------> Active <------------+
//     |    ^                                   |   ^ \             | nobody took over
//     |    | Shutdown          stronger advert |   |  \ HandOver   |
//     |    |                                   v   |   v           |
//     |    +------------------------------- Backup + <- Resigning --+
//     +-------------- Startup ---------------->         somebody is Active
//
// Resume leads from Initialize to Active: the process that was Active has ended, and this one takes
// its place before anybody could notice. It is not in the RFC either. Joined leads there as well: a
// new member of a unit that is Active.
//
// Shutdown leads to Initialize from everywhere, Displaced from Active or Resigning to Backup.
// Resigning is not in the RFC: a router that is to be relieved has said so with priority 0, and
// keeps its addresses until it hears the one that has taken over (make before break).
#pragma once

#include <chrono>
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

struct Resigning {
    Instant ends_at;         // Active again then: nobody has taken over
    Instant next_advert_at;  // priority 0 once more: the last one may be lost
    Duration overlap{};      // how long it stays when it has heard a successor
    // Whoever has taken over, and how often it advertises. A Backup when that ends.
    std::optional<AdvertInterval> successor{};
    bool operator==(const Resigning&) const = default;
};

}  // namespace state
using State = std::variant<state::Initialize, state::Backup, state::Active, state::Resigning>;

namespace event {
struct Startup {};
// Instead of Startup: the session was Active in a process before, which sent its last advert then,
// and nobody has taken over since.
struct Resume {
    Instant last_advert;
};
struct Shutdown {};
struct Deadline {};
struct Reprioritized {  // Params::priority is another one now
    Priority previous;
};
struct Rescheduled {  // Params::version or Params::interval is another one now
    Version version;  // the previous ones
    AdvertInterval interval;
};
struct Displaced {};  // another session of our unit is no longer Active
struct Joined {};     // a new member of a unit that is Active: it begins as Active, too
// Somebody else should be Active. A successor is waited for an Active_Down_Interval, or `patience`
// where that is longer: the sessions of a unit wait equally long. Its first advert comes before the
// addresses are with it and the neighbours know: for `overlap` both have them.
struct HandOver {
    Duration patience{};
    Duration overlap{};
};
struct Relieved {};  // the successor has announced all addresses
struct Received {    // an advertisement that passed every check of receive.hpp
    IpAddress source;
    Priority priority;
    AdvertInterval interval;
};
}  // namespace event
using Event = std::variant<event::Startup, event::Resume, event::Shutdown, event::Deadline,
                           event::Reprioritized, event::Rescheduled, event::Displaced,
                           event::Joined, event::HandOver, event::Relieved, event::Received>;

// Why a step changed the state.
enum class Cause : std::uint8_t {
    startup,
    joined,  // a new member of a unit that is Active
    shutdown,
    silence,          // no advert for an Active_Down_Interval
    released,         // the Active router gave up with priority 0
    preempted,        // we are stronger than the router that was Active
    stronger_advert,  // a router with a higher priority is Active
    tie_lost,         // one with our priority and a higher address is
    displaced,        // our unit is no longer Active in another session
    handing_over,     // asked to, and the others are told
    handed_over,      // another router is Active now
    not_relieved,     // none was for an Active_Down_Interval: we go on
    resumed,          // we were Active in the process before, and nobody else is
};

// "silence", "stronger-advert", ...
std::string_view name_of(Cause cause);

// What neighbours have sent to a router before they heard of its successor arrives within this.
inline constexpr Duration time_on_the_way = std::chrono::milliseconds{50};

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
