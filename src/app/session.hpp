// One VRRP session: a router of the configuration in one family. It joins the pure state machine
// with what it needs from the outside and what people want to know about it.
//
// A session sends nothing itself: the turn (engine.cpp) takes what is due and transmits it. What it
// says about itself is in session_telling.cpp, what goes from process to process in
// session_resume.cpp.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "app/advice.hpp"
#include "app/announcer.hpp"
#include "app/conditions.hpp"
#include "app/memory.hpp"
#include "app/peers.hpp"
#include "app/rate_limiter.hpp"
#include "app/readiness.hpp"
#include "app/reconciler.hpp"
#include "base/log.hpp"
#include "base/result.hpp"
#include "config/config.hpp"
#include "kernel/advert_socket.hpp"
#include "vrrp/claim.hpp"
#include "vrrp/machine.hpp"
#include "vrrp/priority.hpp"
#include "vrrp/receive.hpp"

namespace app {

// Counted since the session began; names in status follow RFC 8347.
struct Counters {
    std::uint64_t sent = 0;
    std::uint64_t received = 0;
    std::uint64_t priority_zero_sent = 0;
    std::uint64_t priority_zero_received = 0;
    std::uint64_t transitions = 0;
    std::uint64_t announcements_sent = 0;
    std::uint64_t announcements_put_off = 0;  // the kernel did not take them: sent later
    std::uint64_t claims = 0;                 // of our addresses, by other machines
    std::uint64_t send_errors = 0;
    std::uint64_t restored = 0;        // addresses, routes and rules that somebody else had removed
    std::uint64_t near_failovers = 0;  // silences that were almost long enough to take over
    std::uint64_t older_version = 0;   // version 2 adverts of a router that speaks version 3 too
    std::array<std::uint64_t, vrrp::discard_count> discarded{};
    std::array<std::uint64_t, vrrp::note_count> noted{};
};

// The last change of state, with its evidence.
struct Transition {
    base::Instant at;
    std::optional<kernel::WallClock> wall;  // the same by the wall clock of that moment
    std::string reason;                     // a code: "silence", "link-down"
    std::string text;                       // the same for people, with the evidence
};

// What went through the state machine, for the flight recorder.
struct Stepped {
    base::Instant at;
    vrrp::Params params;
    vrrp::Event event;
    std::optional<vrrp::Cause> cause;
};

// As status, log and metrics name them.
enum class ShownState : std::uint8_t {
    init,
    backup,
    active,
    resigning,
    waiting,
    fault,
    drained,
};
std::string_view name_of(ShownState state);

class Session {
public:
    Session(const config::Router& router, base::Family family, base::Instant now);

    // --- events, each at its instant ---

    // The facts that allow or forbid taking part. Starts and stops the machine.
    void follow(Readiness readiness, base::Instant now);
    // A source that has just gone is often put back at once: a network manager that configures the
    // link anew takes every address away first. For a moment the old one stands in; returns when
    // that ends.
    std::optional<base::Instant> bridge_source(Readiness& readiness, base::Instant now);
    // Other settings: what it holds and waits for goes on. Its family stays, and what names it on
    // the wire.
    void reconfigure(const config::Router& router, base::Instant now);
    // A new one in a unit that is Active: when it can take part, it begins as Active.
    void join_active() { joins_active_ = true; }
    // A process before this one may have left it Active: it does not start before that is decided.
    void await_decision() { is_undecided_ = true; }
    // It was: this process takes the place of that one.
    void resume(const Memory& before, base::Instant now);
    // It may not go on: it starts as any other. The others hear that nobody is Active here.
    enum class Farewell : std::uint8_t { said, unsaid };
    void start_anew(Farewell farewell);
    // All that nobody else can say again: for a program that goes on in the place of this one.
    struct Standing {
        vrrp::State state{};
        std::vector<Blocker> blockers{};
        int points_off = 0;
        base::Instant healthy_since{};
        base::Instant heard_until{};
        std::optional<base::Instant> advertised_at{};
        std::optional<base::IpAddress> last_source{};
        Transition transition{};
        Counters counters{};
        std::vector<Peer> peers{};
        std::vector<base::IpAddress> announced{};  // addresses whose neighbours know
    };
    [[nodiscard]] Standing standing() const;
    void restore(const Standing& standing);
    // An advert is due, if it is Active.
    void advertise_now();
    // What the next process has to know; how far its hooks are is the unit's to say.
    [[nodiscard]] Memory memory() const;
    // The operator ends it; it does not start again.
    void stop(base::Instant now);
    // An advert with our VRID. What is rejected is discarded.
    void receive(const vrrp::Datagram& datagram, const vrrp::Decoded& decoded,
                 base::Instant arrived);
    // A datagram with our VRID that does not count. Counted and told; it touches no timer.
    // `decoded` is null when its fields were not read.
    void discard(vrrp::Discard reason, const vrrp::Datagram& datagram, const vrrp::Decoded* decoded,
                 base::Instant arrived);
    // Acts on a deadline that has passed.
    void expire(base::Instant now);
    // Another session of the unit is no longer Active: the addresses go at once, or with those of
    // one that has yielded.
    enum class Release : std::uint8_t { at_once, when_relieved };
    void displace(Release release, base::Instant now);
    // Somebody else should be Active: keeps the addresses until somebody is, or until `patience`
    // and an Active_Down_Interval are over. `why` is for people.
    void hand_over(std::string why, const vrrp::event::HandOver& request, base::Instant now);
    // The successor of one that hands over has announced the address.
    void address_was_taken(const base::IpAddress& address) { untaken_.erase(address); }
    // A successor is Active, and has announced all addresses.
    [[nodiscard]] bool is_relieved() const { return has_successor() && untaken_.empty(); }
    [[nodiscard]] bool has_successor() const;
    // The most that it is given for that, and for each address, when it is not heard.
    static constexpr base::Duration time_to_announce = std::chrono::milliseconds{500};
    static constexpr base::Duration time_to_announce_one = std::chrono::milliseconds{1};
    // So are the others of its unit. Once is enough.
    void relieve(base::Instant now);
    // Whether it preempts where its router does.
    enum class Preemption : std::uint8_t { as_configured, held_back };
    void set_preemption(Preemption preemption) { preemption_ = preemption; }
    // So many points are off its priority.
    void weaken(int points, base::Instant now);
    // Time has passed: what was not seen again is over.
    void forget(base::Instant now);

    // --- what the turn does for it ---

    // The advert that is due, if any: a copy for each destination, version and checksum form. The
    // asking takes it.
    struct Due {
        struct Copy {
            base::Bytes message;
            vrrp::Route route;
        };
        vrrp::Priority priority;
        std::vector<Copy> copies;
    };
    [[nodiscard]] std::optional<Due> take_advert(base::Instant now);
    void advert_was_sent(vrrp::Priority priority, base::Instant now);
    enum class Silence : std::uint8_t {
        none,
        refused,
        no_way,  // there is no route to any peer
    };
    void advert_was_not_sent(Silence why) { silence_ = why; }
    void announcements_were_sent(std::uint64_t frames) { counters_.announcements_sent += frames; }
    void announcement_was_put_off() { ++counters_.announcements_put_off; }
    // Another machine says that it has an address of ours, which we hold.
    void address_was_claimed(const vrrp::Claim& claim, base::Instant now);
    void send_failed(const base::Error& error, base::Instant now);
    // What became of an address that should be in the kernel.
    void note_upkeep(const Upkeep& fact, base::Instant now);
    // Where its addresses and routes go, now that links have come or gone. True when that is
    // elsewhere than before.
    bool place_wishes(const kernel::View& view);
    // Both clocks, once a turn: a transition keeps the wall time that it had, whatever is set
    // later.
    void stamp(base::Instant now, kernel::WallClock wall);
    // The records of what happened since the last call.
    [[nodiscard]] std::vector<base::log::Record> take_records();
    [[nodiscard]] std::vector<Stepped> take_steps();

    [[nodiscard]] bool is_stopped() const { return is_stopped_; }
    // Active, or about to be relieved.
    [[nodiscard]] bool wants_addresses() const { return vrrp::owns_addresses(state_); }
    // What the kernel is to have: a Backup that has just yielded to a stronger router answers until
    // that one has announced its addresses.
    [[nodiscard]] bool holds_addresses() const { return wants_addresses() || lingers_until_; }
    [[nodiscard]] std::optional<base::Instant> lingers_until() const { return lingers_until_; }
    // No advert could be sent for a whole lease: the others have taken over, and what the kernel
    // has taken away must not come back before they can know.
    [[nodiscard]] bool is_mute(base::Instant now) const;
    // No peer can be reached and none is heard: whether they are gone or on the other side of a
    // split, nothing is won by giving up. Otherwise the addresses would be nowhere.
    [[nodiscard]] bool is_cut_off(base::Instant now) const;
    void fall_silent() { is_unheard_ = true; }
    [[nodiscard]] const std::string& last_send_error() const { return last_send_error_; }
    // The source stands in for one that has just gone.
    [[nodiscard]] bool is_source_bridged() const { return source_missing_since_.has_value(); }
    [[nodiscard]] std::optional<base::Instant> deadline() const { return vrrp::deadline(state_); }
    // Whether a message from our own source address is what we have sent: a loop or a mirrored
    // port, and not another router that has the address too. That one's adverts differ, or come at
    // other times than ours.
    [[nodiscard]] bool is_echo(base::ByteView message, base::Instant arrived) const;
    void break_ties(vrrp::Ties ties) { ties_ = ties; }
    // Active, with our priority, and below us: the other router of a tie that we win.
    [[nodiscard]] bool wins_tie(base::Instant now) const;

    // --- facts ---

    [[nodiscard]] const config::Router& router() const { return router_; }
    [[nodiscard]] base::Family family() const { return family_; }
    // Of this family. IPv6 is version 3 whatever the router says.
    [[nodiscard]] vrrp::Version version() const { return expectation_.version; }
    // The advertised ones.
    [[nodiscard]] const std::vector<base::InterfaceAddress>& addresses() const {
        return addresses_;
    }
    // All that it wants when it is Active and their links are there, by key.
    [[nodiscard]] const std::vector<kernel::AddressWish>& wishes() const { return wishes_; }
    [[nodiscard]] const std::vector<kernel::RouteWish>& route_wishes() const {
        return route_wishes_;
    }
    [[nodiscard]] const std::vector<kernel::RuleWish>& rule_wishes() const { return rule_wishes_; }
    // The link that an address of ours is on.
    [[nodiscard]] std::optional<kernel::LinkIndex> link_of(const base::IpAddress& address) const;
    // None: an address stays until it is removed.
    [[nodiscard]] std::optional<std::chrono::seconds> lease() const { return lease_; }
    // What the state machine is given now.
    [[nodiscard]] vrrp::Params params() const;
    [[nodiscard]] const Readiness& readiness() const { return readiness_; }
    [[nodiscard]] const vrrp::State& state() const { return state_; }
    [[nodiscard]] ShownState shown_state() const;
    [[nodiscard]] const Transition& last_transition() const { return last_transition_; }
    [[nodiscard]] const Peers& peers() const { return peers_; }
    [[nodiscard]] const Peer* peer() const { return peers_.last(); }
    [[nodiscard]] const Conditions& conditions() const { return conditions_; }
    [[nodiscard]] const Counters& counters() const { return counters_; }
    [[nodiscard]] int points_off() const { return points_off_; }
    [[nodiscard]] vrrp::Priority effective_priority() const {
        return vrrp::weakened(router_.priority, points_off_);
    }
    // The learned interval of the Active router, or our own.
    [[nodiscard]] vrrp::AdvertInterval active_interval() const;
    [[nodiscard]] base::Duration down_interval() const;
    // The forms that adverts go out in; empty where there is only one.
    [[nodiscard]] std::vector<vrrp::ChecksumDialect> sending_dialects() const;

    Announcer announcer;     // worked on by the turn's announce step
    std::size_t number = 0;  // its place among the engine's sessions

private:
    void handle(const vrrp::Event& event, ShownState before, base::Instant now);
    [[nodiscard]] std::optional<vrrp::Discard> route_fault(const vrrp::Route& route) const;
    [[nodiscard]] bool is_older_version(vrrp::Version version, const base::IpAddress& sender,
                                        base::Instant arrived) const;
    [[nodiscard]] std::vector<base::IpAddress> destinations() const;
    [[nodiscard]] std::vector<vrrp::ChecksumDialect> dialects_to(
        const base::IpAddress& destination) const;
    void note_peer(const vrrp::Accepted& accepted, vrrp::Version version, base::Instant arrived);
    void note_near_failover(const base::IpAddress& peer, base::Duration gap, base::Instant now);
    void note_rivals(const vrrp::event::Received& advert, base::Instant arrived);
    void note_oddities(const vrrp::Accepted& accepted, const vrrp::Decoded& decoded,
                       base::Instant arrived);
    // A condition as it is shown and told.
    struct Trouble {
        std::string text;     // of the condition
        std::string message;  // of the record
        std::vector<base::log::Field> fields;
    };
    // Holds a condition and tells of it, once a minute for each `cause`. Words are found only when
    // somebody will read them: whoever forges adverts would have us write all day.
    template <typename Words>
    void hold(ConditionKind kind, const base::IpAddress& with, int cause, base::Instant now,
              base::Duration span, Words words);
    // How long something that was seen once is believed to go on.
    [[nodiscard]] base::Duration attention() const;
    void await_relief();
    void linger(base::Instant now);
    void end_linger();
    void note_transition(ShownState before, std::string reason, std::string text,
                         base::Instant now);
    using EventKind = base::EventKind;
    void tell(std::optional<EventKind> event, base::log::Level level, std::string message,
              std::vector<base::log::Field> fields);
    void tell_limited(EventKind event, int cause, base::Instant now, std::string message,
                      std::vector<base::log::Field> fields);
    [[nodiscard]] std::string reason_of(vrrp::Cause cause) const;
    [[nodiscard]] std::string explanation_of(vrrp::Cause cause, base::Instant now) const;

    // What was sent last, to know it when it comes back.
    struct Sent {
        base::Instant at;
        std::vector<base::Bytes> messages;
    };

    config::Router router_;
    base::Family family_;
    std::vector<base::InterfaceAddress> addresses_;
    vrrp::Expectation expectation_;
    Readiness readiness_;
    bool is_stopped_ = false;
    bool joins_active_ = false;
    bool is_undecided_ = false;
    bool owes_farewell_ = false;
    std::uint64_t settings_;
    std::optional<base::Instant> advertised_at_;  // since it has been Active
    std::set<base::IpAddress> announced_before_;  // by the program before this one
    std::string why_handing_over_;
    std::set<base::IpAddress> untaken_;  // by the successor
    std::optional<base::Instant> lingers_until_;
    bool knows_relief_ = false;
    int points_off_ = 0;
    Preemption preemption_ = Preemption::as_configured;
    base::Instant healthy_since_;
    vrrp::State state_ = vrrp::state::Initialize{};
    vrrp::Ties ties_ = vrrp::Ties::by_address;
    std::optional<vrrp::Priority> due_;
    std::optional<Sent> last_sent_;
    // To say goodbye from when it is gone.
    std::optional<base::IpAddress> last_source_;
    std::optional<base::Instant> source_missing_since_;
    base::Instant heard_until_;  // when the last advert could be sent, or Active began
    std::string last_send_error_;
    Silence silence_ = Silence::none;  // why the last advert was not sent
    bool is_unheard_ = false;          // no advert could be sent for a lease, and none since
    std::optional<std::chrono::seconds> lease_;
    std::vector<kernel::AddressWish> wishes_;
    std::map<base::IpAddress, kernel::LinkIndex> elsewhere_;  // those that are not on our own link
    std::vector<kernel::RouteWish> route_wishes_;
    std::vector<kernel::RuleWish> rule_wishes_;
    Peers peers_;
    Conditions conditions_;
    Transition last_transition_;
    Counters counters_;
    RateLimiter limiter_;
    std::vector<base::log::Record> records_;
    std::vector<Stepped> steps_;
};

}  // namespace app
