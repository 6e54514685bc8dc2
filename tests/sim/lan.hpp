// A LAN of whole routers: one thread, one seed, no real time.
//
// Every host runs the engine of tandemd on a FakeKernel. The LAN moves a virtual clock from one
// thing that happens to the next, carries datagrams, and calls turns as app::Loop would: at the
// engine's deadline, or when there are packets or notifications. The trace says in words what
// happened; the same seed gives the same trace.
#pragma once

#include <deque>
#include <expected>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "app/engine.hpp"
#include "dice.hpp"
#include "fake_kernel.hpp"
#include "routers.hpp"

namespace sim {

using namespace std::chrono_literals;
using base::Duration;
using base::Instant;

using HostId = std::size_t;

struct LinkModel {
    Duration delay_min = 50us;
    Duration delay_max = 500us;
    double loss = 0.0;
    double duplication = 0.0;
    // So many are held back for up to `held_back_max`; those that follow overtake them.
    double reordering = 0.0;
    Duration held_back_max = 20ms;
    // A switch that loses what it does not understand.
    std::optional<base::Family> lost_family{};
};

// How a host's process gets on.
struct Pace {
    Duration latency_max{};   // from being ready to running
    Duration request_cost{};  // of one address request
    Duration turn_cost{};     // of a turn
    std::size_t packets_a_turn = 256;
    std::size_t socket_capacity = 4096;
};

struct SentAdvert {
    Instant at;
    HostId host;
    int vrid;
    int priority;
    std::optional<vrrp::ChecksumDialect> dialect;
    vrrp::Version version;
    vrrp::Route route;
};

struct SentAnnouncement {
    Instant at;
    HostId host;
    base::IpAddress address;
};

struct Told {
    Instant at;
    HostId host;
    base::log::Record record;
};

class Lan {
public:
    explicit Lan(std::uint64_t seed) : seed_{seed} {}

    // A host with eth0 and an address on it, 192.0.2.(11 + number)/24, that runs these routers from
    // now on. Hosts are numbered from 0.
    HostId add(std::vector<config::Router> routers);
    // The same with an address of the test's choice ("" for none).
    HostId add_at(std::string_view address, std::vector<config::Router> routers);
    // The same with both families: fe80::(11 + number)/64 and 2001:db8::(11 + number)/64 as well.
    HostId add_dual(std::vector<config::Router> routers);
    // A host with eth0, eth1, ... for as many LANs, 192.0.2.(11 + number), 192.0.3.(11 + number),
    // ... on them, and groups and checks.
    HostId add_wide(int links, config::Config config);

    // --- time ---

    void run_for(Duration span);
    // Runs what happens next, if that is not after `end`; false when nothing is left until then.
    bool step(Instant end);
    [[nodiscard]] Instant now() const { return now_; }

    // --- faults ---

    LinkModel link;
    Pace& pace(HostId id) { return hosts_[id].pace; }
    FakeKernel& kernel(HostId id) { return hosts_[id].kernel; }
    [[nodiscard]] const FakeKernel& kernel(HostId id) const { return hosts_[id].kernel; }
    void stall(HostId id, Duration span);
    // Somebody sets the wall clock of the host: by so much forward, or back.
    void step_clock(HostId id, Duration step);
    // The process dies. What it put into the kernel stays there.
    void crash(HostId id);
    // The same, while somebody keeps its sockets open.
    void crash_with_sockets(HostId id);
    void start(HostId id);
    // Another configuration, from the next turn on.
    void reload(HostId id, std::vector<config::Router> routers);
    void reload(HostId id, config::Config config);
    // A new process that finds what the last one has left to it, with the sockets that were kept.
    void resume(HostId id);
    // What it would find.
    std::vector<app::Memory>& memories(HostId id) { return hosts_[id].memories; }
    config::Config& config(HostId id) { return hosts_[id].config; }
    // Another program goes on in the place of the one that runs, if that can be now.
    bool upgrade(HostId id);
    // SIGTERM.
    void stop(HostId id, app::Stop how = app::Stop::relieved);
    // Nothing from one reaches the other.
    void cut(HostId from, HostId to) { cuts_.insert({from, to}); }
    void mend(HostId from, HostId to) { cuts_.erase({from, to}); }
    // The LAN of this interface carries nothing.
    void cut(const std::string& lan) { dead_lans_.insert(lan); }
    void mend(const std::string& lan) { dead_lans_.erase(lan); }
    // Hosts of `island` hear only each other; all others too.
    void partition(const std::set<HostId>& island);
    void heal() { cuts_.clear(); }
    // The next turn gets a whole dump instead of the notifications that wait.
    void lose_notifications(HostId id) { hosts_[id].must_dump = true; }
    // A datagram from somebody else on the wire, now.
    void inject(HostId to, base::Bytes datagram);
    // A check of the host comes to this.
    enum class Finding { passed, failed };
    void find(HostId id, const std::string& check, Finding finding, int penalty = 0);
    // The runner says this to the daemon.
    void runner_says(HostId id, const health::FromRunner& message);
    // The hooks that the daemon has ordered and that have not ended, oldest first.
    [[nodiscard]] const std::deque<health::RunMessage>& hooks(HostId id) const {
        return hosts_[id].hooks;
    }
    // What systemd was told of its targets, in order: "started", "stopped".
    [[nodiscard]] const std::vector<std::string>& targets(HostId id) const {
        return hosts_[id].targets;
    }
    // The oldest of them ends.
    void end_hook(HostId id, int status = 0);
    // A hook ends by itself after this time; never when it is negative.
    Duration hook_time = 10ms;
    // A runner that does not live: no sign of life, no result.
    void silence_runner(HostId id) { hosts_[id].has_runner = false; }
    void revive_runner(HostId id);
    // Its keeper, or both, are gone for good.
    void lose_runner(HostId id, app::Care left);
    // The same runner goes on.
    void wake_runner(HostId id) { hosts_[id].has_runner = true; }
    std::size_t rerun_hooks(HostId id, std::string_view name) {
        const std::size_t count = hosts_[id].engine->rerun_hooks(name);
        hosts_[id].deadline = now_;
        return count;
    }
    // What an operator asks for with tandemctl.
    std::expected<std::uint64_t, std::string> instruct(HostId id,
                                                       const app::Instruction& instruction);
    // The disk of the host, where what is drained is kept over a crash; an error lets writing fail.
    struct Disk {
        std::string text{};
        std::string error{};
    };
    Disk& disk(HostId id) { return hosts_[id].disk; }
    // Another machine says on the wire that it has the address.
    void claim(HostId heard_by, const vrrp::Claim& claim);

    // --- facts ---

    [[nodiscard]] std::size_t size() const { return hosts_.size(); }
    [[nodiscard]] bool is_running(HostId id) const { return hosts_[id].engine.has_value(); }
    [[nodiscard]] bool is_stalled(HostId id) const { return hosts_[id].stalled_until > now_; }
    // Told to stop, and not gone yet.
    [[nodiscard]] bool is_stopping(HostId id) const { return hosts_[id].is_stopping; }
    // When the last turn of this host was.
    [[nodiscard]] Instant turned_at(HostId id) const { return hosts_[id].turned_at; }
    [[nodiscard]] const app::Engine& engine(HostId id) const { return *hosts_[id].engine; }
    // The first router of the host.
    [[nodiscard]] const app::Session& session(HostId id) const;
    // "active", "backup", ..., "off" when no process runs.
    [[nodiscard]] std::string state(HostId id) const;
    [[nodiscard]] bool is_active(HostId id) const { return state(id) == "active"; }
    [[nodiscard]] std::set<HostId> actives() const;
    [[nodiscard]] bool is_cut(HostId from, HostId to) const { return cuts_.contains({from, to}); }

    [[nodiscard]] const std::vector<SentAdvert>& adverts() const { return adverts_; }
    [[nodiscard]] const std::vector<SentAnnouncement>& announcements() const {
        return announcements_;
    }
    [[nodiscard]] const std::vector<Told>& told() const { return told_; }
    [[nodiscard]] std::size_t count_adverts(HostId from) const;
    [[nodiscard]] std::size_t count_announcements(HostId from) const;
    // How often `message` was told by this host.
    [[nodiscard]] std::size_t count_told(HostId host, std::string_view message) const;

    // Too much happened for the time that passed: a storm of packets, or a loop that never sleeps.
    std::size_t steps_max = 200'000;
    [[nodiscard]] bool stormed() const { return steps_ > steps_max; }
    [[nodiscard]] std::size_t steps() const { return steps_; }
    // What happened, in words; keeping it takes most of the time of a long simulation.
    enum class Tracing { on, off };
    Tracing tracing = Tracing::on;
    [[nodiscard]] const std::string& trace() const { return trace_; }
    // For a failed test: the last of the trace, from the beginning of a line.
    [[nodiscard]] std::string recent_trace() const;
    void note(std::string_view text);

private:
    struct Host {
        config::Config config;
        FakeKernel kernel{};
        std::optional<app::Engine> engine{};
        Pace pace{};
        bool must_dump = false;
        bool must_audit = false;
        app::Stop must_stop = app::Stop::no;
        bool must_reload = false;  // `config` is another one than the engine has
        bool is_stopping = false;
        Instant stalled_until{};
        Instant free_at{};  // stalled or busy until then
        Instant turned_at{};
        std::optional<Instant> deadline{};  // of the engine, after its last turn
        Duration clock_offset{};
        std::map<app::Socket, std::deque<app::Packet>> sockets{};
        std::vector<app::HeardClaim> claims{};
        std::vector<app::Memory> memories{};  // for the next process
        bool keeps_sockets = false;           // without a process
        bool reads_all = false;               // in the next turn
        // Its runner.
        std::vector<health::FromRunner> runner{};
        std::uint64_t plan = 0;
        bool has_plan = false;  // before that a runner heeds nothing
        std::map<std::string, health::ResultMessage> findings{};
        std::deque<health::RunMessage> hooks{};
        std::deque<Instant> hook_ends{};
        std::vector<std::string> targets{};
        Disk disk{};
        bool has_runner = true;
        app::Care care = app::Care::kept;
        Instant next_sign_of_life{};
        [[nodiscard]] std::optional<Instant> runner_due() const;
        [[nodiscard]] bool has_packets() const;
    };
    struct Flight {
        HostId to;
        std::string lan;
        base::Bytes datagram;
    };

    [[nodiscard]] kernel::WallClock wall_of(const Host& host) const;
    void restore(Host& host);
    [[nodiscard]] std::optional<Instant> wake_of(const Host& host) const;
    [[nodiscard]] std::optional<Instant> next_instant() const;
    void deliver_due();
    void deliver(HostId id, const std::string& lan, base::Bytes datagram);
    void turn(HostId id);
    void read_sockets(Host& host, app::Inputs& inputs) const;
    void keep_records(HostId id, std::vector<base::log::Record> records);
    void transmit(HostId id);
    void put_on_wire(HostId from, const std::string& lan, const base::Bytes& datagram);
    void fly(HostId from, const Flight& flight, Dice& dice);
    void run_runner(Host& host);
    void read_orders(Host& host);
    // For something that happens now, between these two.
    Dice dice_of(HostId from, HostId to);

    Instant now_{1h};
    std::deque<Host> hosts_;
    std::multimap<Instant, Flight> in_flight_;
    std::map<std::pair<HostId, HostId>, Instant> last_arrival_;  // a LAN keeps the order
    std::set<std::pair<HostId, HostId>> cuts_;
    std::set<std::string> dead_lans_;
    std::uint64_t seed_;
    std::map<std::pair<HostId, HostId>, std::pair<Instant, std::uint64_t>> throws_;
    std::size_t steps_ = 0;
    std::vector<SentAdvert> adverts_;
    std::vector<SentAnnouncement> announcements_;
    std::vector<Told> told_;
    std::string trace_;
};

}  // namespace sim
