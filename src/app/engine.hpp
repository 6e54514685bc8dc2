// One turn of the loop, and the values that it turns: the sessions and what the kernel has.
//
// The engine is told everything (the time, packets, kernel changes) and does everything through its
// Ports, so the same code runs in tandemd and on the simulated LAN. See turn() for the order.
#pragma once

#include <algorithm>
#include <chrono>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <tuple>
#include <vector>

#include "app/filter_keeper.hpp"
#include "app/pacer.hpp"
#include "app/ports.hpp"
#include "app/reconciler.hpp"
#include "app/session.hpp"
#include "app/virtual_links.hpp"
#include "base/log.hpp"
#include "config/config.hpp"
#include "kernel/view.hpp"
#include "vrrp/claim.hpp"
#include "vrrp/recorder.hpp"

namespace app {

// A datagram as it came from a raw socket.
struct Packet {
    kernel::LinkIndex link;
    base::Bytes bytes;      // from the IP header on
    base::Instant arrived;  // by the kernel's time stamp
};

// A frame on the link said where an address is.
struct HeardClaim {
    kernel::LinkIndex link;
    vrrp::Claim claim;
};

// Adverts come and go through one socket an interface and family.
struct Socket {
    kernel::LinkIndex link;
    base::Family family;
    auto operator<=>(const Socket&) const = default;
};

// What happened since the last turn.
struct Inputs {
    kernel::WallClock wall{};             // for people: the wall clock when the turn began
    bool stop = false;                    // the operator wants the daemon to end
    std::optional<kernel::View> view{};   // a whole dump: at the start, and after lost events
    bool is_audit = false;                // nothing was lost: the dump is to be on the safe side
    std::vector<kernel::Event> kernel{};  // changes, on top of that
    bool filter_was_changed = false;      // by somebody else, or that cannot be ruled out
    std::vector<Packet> packets{};        // in order of arrival on each link
    std::vector<HeardClaim> claims{};     // of addresses that may be ours
    // Sockets that hold more than a turn may read, with the arrival of the last packet that
    // was read: a silence after that instant is not proved yet.
    std::map<Socket, base::Instant> horizons{};
};

class Engine {
public:
    Engine(config::Config config, Ports& ports, base::Instant now);

    // Runs one turn and returns what there is to tell. Never blocks, never fails: what goes wrong
    // is counted, told and tried again.
    std::vector<base::log::Record> turn(Inputs inputs, base::Instant now);

    // When the next turn is due if nothing happens before; none: only an event can change anything.
    [[nodiscard]] std::optional<base::Instant> deadline() const;

    // After a stop: everything that was to be released is.
    [[nodiscard]] bool is_finished() const;

    // What of ours is still in the kernel, as text.
    [[nodiscard]] std::string left_behind() const;

    // --- facts for status ---

    struct FailedAddress {
        base::InterfaceAddress address;
        std::string error;
    };
    [[nodiscard]] const Reconciler& reconciler() const { return reconciler_; }
    [[nodiscard]] const config::Config& config() const { return config_; }
    [[nodiscard]] const std::deque<Session>& sessions() const { return sessions_; }
    [[nodiscard]] const vrrp::Recorder& recorder() const { return recorder_; }
    // The other sessions of its unit that still hear somebody and keep it Backup although its own
    // timer has expired.
    [[nodiscard]] const Session* kept_by(const Session& session) const;
    [[nodiscard]] const kernel::View& view() const { return view_; }
    [[nodiscard]] std::vector<base::InterfaceAddress> installed(const Session& session) const;
    [[nodiscard]] std::vector<FailedAddress> failed(const Session& session) const;
    // A route or a rule of the session, whether it wants it now or not.
    struct Upheld {
        std::string text;
        bool is_installed;
        std::string error;  // of the last request for it, or why there was none; empty for none
    };
    [[nodiscard]] std::vector<Upheld> routes_of(const Session& session) const;
    [[nodiscard]] std::vector<Upheld> rules_of(const Session& session) const;
    // Datagrams that no session could be named for.
    [[nodiscard]] const std::array<std::uint64_t, vrrp::discard_count>& unattributed() const {
        return unattributed_;
    }
    // What is not as it should be, in words; empty when all is well.
    [[nodiscard]] std::vector<std::string> problems() const;

private:
    // A socket that could not be opened: tried again, later each time.
    struct Retry {
        base::Instant at;
        base::Duration wait;
        std::string error;
        static constexpr base::Duration first_wait = std::chrono::milliseconds{100};
        static constexpr base::Duration longest_wait = std::chrono::seconds{10};
        [[nodiscard]] base::Duration next_wait() const { return std::min(2 * wait, longest_wait); }
    };

    void stop_if_asked(const Inputs& inputs, base::Instant now);
    void follow_kernel(Inputs& inputs, base::Instant now);
    // What a change is about.
    enum class Concern : std::uint8_t { nothing, addresses, readiness };
    [[nodiscard]] Concern concern_of(const kernel::Event& event) const;
    [[nodiscard]] bool is_used(kernel::LinkIndex link) const;
    [[nodiscard]] Concern apply(const kernel::Event& event, base::Instant now);
    [[nodiscard]] std::optional<base::Instant> settled_at(const Session& session) const;
    void repeat_after(const std::set<kernel::LinkIndex>& interrupted, base::Instant now);
    void stop_listening(Socket socket);
    void close_sockets();
    void close_sockets_of(kernel::LinkIndex link);
    void follow_sockets(base::Instant now);
    void follow_readiness(base::Instant now);
    void watch_sources();
    void reopen_sockets();
    void read_packets(Inputs& inputs);
    void read_packet(const Packet& packet);
    void discard_unattributed(vrrp::Discard reason, const Packet& packet,
                              const base::IpAddress& sender);
    void note_stranger(const Packet& packet, std::uint8_t vrid, const base::IpAddress& sender);
    void expire_deadlines(const Inputs& inputs, base::Instant now);
    void settle(base::Instant now);
    void transmit(base::Instant now);
    void add_virtual_link(const Session& session, Readiness& readiness) const;
    base::Result<void> send(const Session& session, const kernel::Link& link,
                            const Session::Due::Copy& copy);
    void power_links(base::Instant now);
    void end_links(base::Instant now);
    void tell_link_troubles();
    void reconcile(base::Instant now);
    [[nodiscard]] bool has_other_wishes(base::Instant now);
    void give_up_mute(Session& session, base::Instant now);
    [[nodiscard]] kernel::Desired desired() const;
    void follow_filter(const Inputs& inputs, base::Instant now);
    void want_filter();
    void keep_filter(base::Instant now);
    void take(const Upkeep& fact, base::Instant now);
    void answer_claims(const std::vector<HeardClaim>& claims, base::Instant now);
    void watch_claims();
    void note_rate(const config::Router& router);
    // An announcement that is about to leave.
    struct Leaving {
        Session* session;
        base::IpAddress address;
        Urgency urgency;
        std::vector<base::Bytes> frames;
    };
    using Batches = std::map<kernel::LinkIndex, std::vector<Leaving>>;
    void announce(base::Instant now);
    // Sessions with something to announce, by interface; those served last come last.
    using Rings = std::map<kernel::LinkIndex, std::deque<std::size_t>>;
    [[nodiscard]] Rings waiting(Urgency urgency, base::Instant now);
    [[nodiscard]] Batches gather(base::Instant now);
    [[nodiscard]] Leaving leaving(Session& session, kernel::LinkIndex place,
                                  const base::IpAddress& address, Urgency urgency) const;
    void send(const kernel::Link& link, const std::vector<Leaving>& batch, base::Instant now);
    [[nodiscard]] std::optional<base::Instant> announcement_deadline(const Session& session) const;
    std::vector<base::log::Record> tell(kernel::WallClock wall, base::Instant now);

    // A session, and the first one of its unit.
    struct Seat {
        Session* session = nullptr;
        Session* first = nullptr;
    };
    [[nodiscard]] Seat seat_for(kernel::LinkIndex link, base::Family family,
                                std::uint8_t vrid) const;

    config::Config config_;
    Ports& ports_;
    std::deque<Session> sessions_;
    // The sessions of each router, which are elected as one; IPv4 first.
    using Unit = std::vector<Session*>;
    [[nodiscard]] static std::vector<vrrp::State> states_of(const Unit& unit);
    std::vector<Unit> units_;
    vrrp::Recorder recorder_;
    std::set<std::tuple<Socket, std::uint8_t>> strangers_;  // VRIDs that were told
    // What names a session on the wire.
    std::map<std::tuple<kernel::LinkIndex, base::Family, std::uint8_t>, Seat> by_wire_;
    VirtualAddresses virtual_addresses_;
    kernel::View view_;
    // Where announcements leave: how many may, and whose turn it is.
    struct Outlet {
        Pacer pacer;
        std::size_t last_served = 0;  // in `sessions_`
    };
    std::map<kernel::LinkIndex, Outlet> outlets_;
    kernel::LinkIndex last_outlet_{0};
    std::map<std::string, int> rates_;  // frames a second, by interface
    // The addresses whose claims are listened for, by socket.
    std::map<Socket, std::vector<base::IpAddress>> claims_watched_;
    // Where adverts from our own IPv4 addresses are watched for.
    std::map<kernel::LinkIndex, std::set<base::IpAddress>> watched_;
    std::map<Socket, std::optional<Retry>> listening_;  // no retry: the socket is open
    std::set<std::string> interfaces_;                  // that the configuration names
    VirtualLinks virtual_links_;
    Reconciler reconciler_;
    FilterKeeper filter_;
    std::array<std::uint64_t, vrrp::discard_count> unattributed_{};
    RateLimiter limiter_;
    std::vector<base::log::Record> records_;
    std::optional<base::Instant> stopping_since_;
    std::vector<bool> owned_;   // which sessions wanted their addresses at the last reconcile
    bool must_watch_ = true;    // the addresses that watch_sources() is about may differ
    bool must_wish_ = true;     // what the sessions want may be other than the reconciler knows
    bool must_filter_ = false;  // the addresses that the filter is about may differ
    bool must_follow_ = false;  // what keeps sessions from taking part may differ
    // Since when links have been up and with carrier; those that have always been are not in it.
    std::map<kernel::LinkIndex, base::Instant> up_since_;
    // When somebody may take part again: a fight over an address is over, a link has settled.
    std::optional<base::Instant> next_readiness_;
    base::Instant now_;  // of the current turn
};

}  // namespace app
