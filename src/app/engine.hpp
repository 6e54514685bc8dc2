// One turn of the loop, and the values that it turns: the sessions and what the kernel has.
//
// The engine is told everything (the time, packets, kernel changes) and does everything through its
// Ports, so the same code runs in tandemd and on the simulated LAN. See turn() for the order.
#pragma once

#include <algorithm>
#include <chrono>
#include <deque>
#include <expected>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <tuple>
#include <vector>

#include "app/checks.hpp"
#include "app/clock.hpp"
#include "app/drain_file.hpp"
#include "app/filter_keeper.hpp"
#include "app/ledger.hpp"
#include "app/maintenance.hpp"
#include "app/pacer.hpp"
#include "app/ports.hpp"
#include "app/punctuality.hpp"
#include "app/reconciler.hpp"
#include "app/session.hpp"
#include "app/unit.hpp"
#include "app/virtual_links.hpp"
#include "base/log.hpp"
#include "config/config.hpp"
#include "kernel/view.hpp"
#include "vrrp/claim.hpp"
#include "vrrp/recorder.hpp"

namespace app {

struct Snapshot;

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

enum class Stop : std::uint8_t {
    no,
    relieved,  // what is Active here stays until somebody else is, or nobody has come
    at_once,
};

// What happened since the last turn.
struct Inputs {
    kernel::WallClock wall{};                  // for people: the wall clock when the turn began
    std::optional<base::Instant> due{};        // when the turn was to begin, if nothing happened
    Stop stop = Stop::no;                      // the operator wants the daemon to end
    std::optional<config::Config> config{};    // instead of the present one, from now on
    std::vector<health::FromRunner> runner{};  // results of checks and hooks
    Care care = Care::kept;                    // who still runs them
    std::optional<kernel::View> view{};        // a whole dump: at the start, and after lost events
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

    // Before the first turn: what the process before has left of the sessions that are here too.
    // `kept`: sockets that stayed open since its end, and hold what came meanwhile.
    void recall(const std::vector<Memory>& memories, std::set<Socket> kept, base::Instant now);
    // What the next process has to know; empty while it is not decided what follows from the last
    // one's words.
    [[nodiscard]] std::vector<Memory> memories() const;

    // Runs the hooks of this router or group, or all of them (""), once more for the state that
    // they were told last. How many have one to run.
    std::size_t rerun_hooks(std::string_view name);
    // That nobody has this name, and who has which; empty when a router or a group has it.
    [[nodiscard]] std::string unknown_name(std::string_view name) const;

    // What an operator asks for, as an operation whose end maintenance() tells; or why it is not
    // begun.
    std::expected<std::uint64_t, std::string> instruct(const Instruction& instruction, Time time);
    // What was drained when the daemon ended, before the first turn.
    void restore(const KeptDrains& kept, Time time);

    // When the next turn is due if nothing happens before; none: only an event can change anything.
    [[nodiscard]] std::optional<base::Instant> deadline() const;

    // After a stop: everything that was to be released is.
    [[nodiscard]] bool is_finished() const;

    // Nothing is under way: what is wanted is in the kernel, and nobody leaves.
    [[nodiscard]] bool is_settled() const;

    // --- for a program that goes on in the place of this one (engine_snapshot.cpp) ---

    // Why that has to wait; empty when it has not.
    [[nodiscard]] std::string reason_against_pause() const;
    // Every Active session sends an advert, though none is due.
    void advertise_now(base::Instant now);
    [[nodiscard]] Snapshot snapshot(Time time) const;
    // Before the first turn, which gets a whole view as an audit.
    void restore(const Snapshot& snapshot, Time time);

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
    [[nodiscard]] const std::vector<Unit>& units() const { return units_; }
    [[nodiscard]] const Unit& unit_of(const Session& session) const;
    [[nodiscard]] const Checks& checks() const { return checks_; }
    [[nodiscard]] const Maintenance& maintenance() const { return maintenance_; }
    [[nodiscard]] const Ledger& ledger() const { return ledger_; }
    [[nodiscard]] const Punctuality& punctuality() const { return punctuality_; }
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
    [[nodiscard]] std::vector<std::string> unit_problems() const;

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
    void depart(Unit& unit, base::Instant now);
    void leave(Unit& unit, base::Instant now);
    void leave_when_over(base::Instant now);
    void follow_departures(base::Instant now);
    void reload(config::Config next, base::Instant now);
    struct Relocation;
    Session& relocate(Session& session, Relocation& from);
    static void join_members(Unit& unit, Relocation& from);
    void follow_targets(const std::vector<Unit>& before);
    void dismiss(Unit& before, Relocation& from, base::Instant now);
    [[nodiscard]] bool is_over(const Unit& unit) const;
    void forget_departed();
    void renumber(const std::map<std::size_t, std::size_t>& numbers);
    std::map<std::size_t, std::size_t> restore_sessions(const Snapshot& snapshot);
    void restore_units(const Snapshot& snapshot);
    void restore_record(const std::string& text, const std::map<std::size_t, std::size_t>& numbers);
    void index_sessions();
    [[nodiscard]] std::expected<std::vector<Unit*>, std::string> units_called(
        std::string_view name);
    void order_drain(const Unit& unit, const Instruction& instruction, std::uint64_t id, Time time);
    void order_handover(const Unit& unit, const Instruction& instruction, std::uint64_t id,
                        Time time);
    void undrain(const Unit& unit, std::uint64_t id);
    void keep_drains();
    [[nodiscard]] static Drain drain_by(const Instruction& instruction, WallClock wall,
                                        base::Instant now);
    void tell_end_of_drain(const std::string& unit, const std::string& why);
    void follow_instructions(const Inputs& inputs, base::Instant now);
    void begin_errand(Unit& unit, base::Instant now);
    void hold_back();
    void follow_errands(base::Instant now);
    void follow_offer(Unit& unit, base::Instant now);
    void conclude(Unit& unit, base::Instant now);
    void conclude_drain(Unit& unit, std::string outcome, base::Instant now);
    static void begin_release(Errand& errand, std::string outcome, base::Instant now);
    void follow_release(const Unit& unit, base::Instant now);
    void follow_runner(const Inputs& inputs, base::Instant now);
    void weigh_units(base::Instant now);
    void weigh(Unit& unit, base::Instant now);
    [[nodiscard]] bool is_better_elsewhere(const Unit& unit) const;
    [[nodiscard]] bool wants_relief(const Unit& unit) const;
    static constexpr const char* weaker_now = "a better router should be Active";
    static constexpr const char* handing_over_by_order = "an operator has asked for it";
    void relieve(Unit& unit, base::Instant now);
    void await_relief(Unit& unit, base::Instant now);
    void offer_again(Unit& unit, base::Instant now);
    static void weaken(Unit& unit, base::Instant now);
    void note_activity(base::Instant now);
    void take_hook_news(const health::FromRunner& message, base::Instant now);
    void follow_hooks(base::Instant now);
    static void begin_preparation(Unit& unit, base::Instant now);
    static void end_preparation(Unit& unit);
    static void begin_drain(Unit& unit, base::Instant now);
    static void hand_over(Unit& unit, const std::string& why, base::Instant now);
    [[nodiscard]] std::optional<Phase> phase_of(const Unit& unit) const;
    void tell_hooks(base::Instant now);
    void tell_targets(const Unit& unit);
    [[nodiscard]] bool has_running_hooks() const;
    [[nodiscard]] base::Duration patience_with_hooks(base::Instant now) const;
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
    void decide_resumption(const Inputs& inputs, base::Instant now);
    [[nodiscard]] std::string reason_against_resuming(const Unit& unit, const Inputs& inputs,
                                                      base::Instant now);
    [[nodiscard]] std::string reason_against_resuming(Session& session, const Inputs& inputs,
                                                      base::Instant now);
    void resume(Unit& unit, base::Instant now);
    void start_anew(const Unit& unit, const std::string& why);
    void expire_deadlines(const Inputs& inputs, base::Instant now);
    void settle(base::Instant now);
    static void displace(const Unit& unit, base::Instant now);
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
    void add_evidence(const Session& session, base::log::Record& record, base::Instant now) const;

    // A session, and its unit.
    struct Seat {
        Session* session = nullptr;
        const Unit* unit = nullptr;
    };
    [[nodiscard]] static bool is_tie_won_before(const Seat& seat, base::Instant now);
    [[nodiscard]] Seat seat_for(kernel::LinkIndex link, base::Family family,
                                std::uint8_t vrid) const;

    config::Config config_;
    Ports& ports_;
    std::deque<Session> sessions_;
    std::vector<Unit> units_;
    std::vector<std::size_t> unit_of_session_;  // by number
    Checks checks_;
    Maintenance maintenance_;
    Ledger ledger_;     // of what is drained
    WallClock wall_{};  // of the current turn, for people
    vrrp::Recorder recorder_;
    Punctuality punctuality_;
    // When the last datagram of VRRP came, of whomever.
    std::map<kernel::LinkIndex, base::Instant> heard_on_;
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
    bool is_departing_ = false;                    // a stop was asked for
    std::optional<base::Instant> stopping_since_;  // every unit has left
    base::Instant hooks_end_{};  // after a stop: what they still do then is not waited for
    std::vector<bool> owned_;    // which sessions wanted their addresses at the last reconcile
    std::uint64_t next_hook_ = 1;
    bool must_weigh_ = true;    // the priorities may differ
    bool must_watch_ = true;    // the addresses that watch_sources() is about may differ
    bool must_want_ = false;    // the reconciler knows the sessions by other numbers
    bool must_wish_ = true;     // what the sessions want may be other than the reconciler knows
    bool must_filter_ = false;  // the addresses that the filter is about may differ
    bool must_follow_ = false;  // what keeps sessions from taking part may differ
    // Since when links have been up and with carrier; those that have always been are not in it.
    std::map<kernel::LinkIndex, base::Instant> up_since_;
    // When somebody may take part again: a fight over an address is over, a link has settled.
    std::optional<base::Instant> next_readiness_;
    base::Instant now_;  // of the current turn
    // What the process before has left, of sessions whose units may go on as Active, by number;
    // until the first view has come.
    std::map<std::size_t, Memory> recalled_;
    std::set<Socket> kept_sockets_;
    bool is_undecided_ = true;
};

}  // namespace app
