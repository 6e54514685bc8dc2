// What all of this is for: at no time are the addresses nowhere for longer than what has happened
// excuses, and what was planned excuses nothing.
//
// Beside each host are clients. They send to whoever was last announced to them, and are served
// when that one has the address, be it a process that runs or a lease that one has left behind.
// They ask anew when that machine is out of reach or runs nothing, as neighbours do that get no
// answer.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "lan_test.hpp"
#include "repetitions.hpp"

using namespace sim;
using app::Instruction;
using Verb = Instruction::Verb;

namespace {

// The slowest Active_Down_Interval that a reload here can configure, RFC 9568 section 6.1: three
// intervals of one second and a Skew_Time of less than another. After the last advert of whoever is
// gone, every Backup takes over within it. And a moment for packets on their way.
constexpr Duration silence = 4s + 10ms;
// Two Active routers hear of each other with their next adverts, and the stronger one says so once
// an interval.
constexpr Duration healing = 2s + 10ms;
// Within three intervals of the fastest kind here, less the one before the process ended, nobody
// can have taken over: the next process goes on. Half a lease, which is left at least, is longer.
constexpr int longest_restart_ms = 900;

// What may happen. The first ones are planned.
enum class Happening : std::uint8_t {
    reload_same,
    reload_priority,
    reload_interval,
    reload_addresses,
    drain,
    undrain,
    handover,
    stop,
    start,
    restart,  // a process ends and another one goes on, as after a kill, too
    crash,
    stall,
    partition,
    heal,
};
constexpr std::array names{"reload",  "priority", "interval",  "addresses", "drain",
                           "undrain", "handover", "stop",      "start",     "restart",
                           "crash",   "stall",    "partition", "heal"};
constexpr int happenings = static_cast<int>(names.size());

bool is_planned(Happening happening) { return happening <= Happening::restart; }

}  // namespace

// One LAN, and a random sequence on it.
class Continuity {
public:
    Continuity(std::uint64_t seed, Lan::Tracing tracing)
        : lan_{seed}, dice_{Dice::of({seed, 6})}, hosts_(pick(2, 3)) {
        lan_.tracing = tracing;
        config::Router made = router(100);
        made.damping.reset();  // whoever is disturbed so often would hold back, rightly
        made.preempt.enabled = dice_.between(0, 3) != 0;
        for (HostId id = 0; id < hosts_.size(); ++id) {
            made.priority = any_priority();
            lan_.add({made});
            hosts_[id].excused_until = lan_.now() + silence;
        }
    }

    enum class Choice { planned, any };
    void run(int count, Choice choice) {
        wait(10s);
        for (int i = 0; i < count && fault_.empty(); ++i) {
            happen(any(choice));
            const bool is_soon = dice_.between(0, 2) == 0;
            wait(Duration{1ms} * dice_.between(0, is_soon ? 700 : 6000));
        }
        wait(10s);
    }
    [[nodiscard]] const std::string& fault() const { return fault_; }
    [[nodiscard]] const Lan& lan() const { return lan_; }
    // Of the sequence, so that one knows that something has happened at all.
    [[nodiscard]] int transitions() const { return transitions_; }

private:
    struct Host {
        Instant excused_until{};              // to the clients beside it
        std::optional<HostId> believed{};     // by them to have the address
        std::optional<Instant> resumes_at{};  // another process takes its place
        bool was_active = false;              // the one before
        bool must_ask = false;                // nobody will tell them who it is now
    };

    std::vector<Host> pick(int least, int most) {
        return std::vector<Host>(static_cast<std::size_t>(dice_.between(least, most)));
    }
    HostId any_host() {
        return static_cast<HostId>(dice_.between(0, static_cast<int>(hosts_.size()) - 1));
    }
    vrrp::Priority any_priority() { return vrrp::Priority::from(dice_.between(1, 254)).value(); }
    Happening any(Choice choice) {
        while (true) {
            const auto found = static_cast<Happening>(dice_.between(0, happenings - 1));
            if (choice == Choice::any || is_planned(found)) return found;
        }
    }

    // --- what happens ---

    void happen(Happening happening) {
        const HostId id = any_host();
        const bool is_here = lan_.is_running(id) && !lan_.is_stopping(id);
        lan_.note(fmt::format("--- h{}: {}", id, names[static_cast<std::size_t>(happening)]));
        switch (happening) {
            case Happening::reload_same:
            case Happening::reload_priority:
            case Happening::reload_interval:
            case Happening::reload_addresses: return reload(id, happening);
            case Happening::drain: return instruct(id, Verb::drain);
            case Happening::undrain: return instruct(id, Verb::undrain);
            case Happening::handover: return instruct(id, Verb::handover);
            case Happening::stop:
                if (is_here && !lan_.is_stalled(id)) lan_.stop(id);
                break;
            case Happening::start:
                if (!lan_.is_running(id) && !hosts_[id].resumes_at) start(id);
                break;
            case Happening::restart: return restart(id);
            case Happening::crash:
                if (lan_.is_running(id)) lan_.crash(id);
                excuse(silence);
                break;
            case Happening::stall:
                if (lan_.is_running(id)) lan_.stall(id, 1ms * dice_.between(1, 6000));
                excuse(silence);
                break;
            case Happening::partition:  // elsewhere than before, perhaps
                lan_.heal();
                lan_.partition({id});
                excuse(silence);
                confuse_neighbours();
                break;
            case Happening::heal:
                lan_.heal();
                excuse(healing);
                confuse_neighbours();
                break;
        }
        look();
    }

    void reload(HostId id, Happening happening) {
        if (!lan_.is_running(id)) return;  // that would be another configuration for the next one
        std::vector<config::Router> routers = lan_.config(id).routers;
        config::Router& changed = routers.front();
        if (happening == Happening::reload_same)
            changed.announcement.refresh = 60s + 1ms * dice_.between(1, 1000);
        if (happening == Happening::reload_priority) changed.priority = any_priority();
        if (happening == Happening::reload_interval)
            changed = with_interval(changed, dice_.between(0, 1) == 0 ? 50 : 100);
        if (happening == Happening::reload_addresses)
            changed = changed.addresses.size() == 1
                          ? with_addresses(changed, {virtual_address, "192.0.2.2/24"})
                          : with_addresses(changed, {virtual_address});
        lan_.reload(id, std::move(routers));
    }

    // Never by force: who insists wants that nobody has the addresses.
    void instruct(HostId id, Verb verb) {
        if (lan_.is_running(id)) (void)lan_.instruct(id, {.verb = verb, .name = "lan"});
        look();
    }

    // Without a word from the process before, it clears up after it.
    void start(HostId id) {
        if (!lan_.kernel(id).marked("eth0").empty()) excuse(silence);
        lan_.start(id);
    }

    // With what was queued meanwhile or without.
    void restart(HostId id) {
        if (!lan_.is_running(id) || lan_.is_stopping(id) || lan_.is_stalled(id)) return;
        if (!has_active(id)) excuse(silence);
        hosts_[id].was_active = lan_.is_active(id);
        if (dice_.between(0, 1) == 0)
            lan_.crash(id);
        else
            lan_.crash_with_sockets(id);
        hosts_[id].resumes_at = lan_.now() + 1ms * dice_.between(0, longest_restart_ms);
        look();
    }

    // Who leaves while a split heals takes a router for its successor that has been Active for long
    // and announces nothing; so does a process that goes on.
    void confuse_neighbours() {
        for (Host& host : hosts_) {
            if (!host.believed) continue;
            if (is_leaving(*host.believed)) host.must_ask = true;
        }
    }

    [[nodiscard]] bool is_leaving(HostId id) const {
        return !lan_.is_running(id) || lan_.state(id) == "resigning" ||
               lan_.session(id).lingers_until();
    }

    void excuse(Duration span) {
        for (Host& host : hosts_)
            host.excused_until = std::max(host.excused_until, lan_.now() + span);
    }

    void wait(Duration span) {
        const Instant end = lan_.now() + span;
        while (fault_.empty()) {
            Instant until = end;
            for (const Host& host : hosts_)
                if (host.resumes_at) until = std::min(until, *host.resumes_at);
            while (fault_.empty() && lan_.step(until)) look();
            lan_.run_for(until - lan_.now());
            for (HostId id = 0; id < hosts_.size(); ++id)
                if (hosts_[id].resumes_at == lan_.now()) {
                    hosts_[id].resumes_at.reset();
                    if (!hosts_[id].was_active && !has_active(id)) excuse(silence);
                    lan_.resume(id);
                }
            look();
            if (until == end) return;
        }
    }

    // --- what must hold ---

    void look() {
        for (; announcements_ < lan_.announcements().size(); ++announcements_) {
            const SentAnnouncement& announcement = lan_.announcements()[announcements_];
            if (announcement.address != interface_address(virtual_address).address()) continue;
            for (HostId id = 0; id < hosts_.size(); ++id)
                if (reaches(announcement.host, id)) believe(id, announcement.host);
        }
        for (HostId id = 0; id < hosts_.size(); ++id) {
            Host& host = hosts_[id];
            if (!has_candidate(id))
                host.excused_until = std::max(host.excused_until, lan_.now() + silence);
            if (host.believed && !may_answer(*host.believed, id)) host.must_ask = true;
            if (host.must_ask && !is_served(id)) ask_anew(id);
            if (is_served(id) || lan_.now() <= host.excused_until || !fault_.empty()) continue;
            fault_ = host.believed ? fmt::format("the clients beside h{} send to h{}, in vain", id,
                                                 *host.believed)
                                   : fmt::format("the clients beside h{} hear of nobody", id);
        }
    }

    void believe(HostId id, HostId announced) {
        if (hosts_[id].believed != announced) ++transitions_;
        hosts_[id].believed = announced;
        hosts_[id].must_ask = false;
    }
    [[nodiscard]] bool may_answer(HostId believed, HostId id) const {
        return reaches(believed, id) && lan_.is_running(believed);
    }
    void ask_anew(HostId id) {
        for (HostId other = 0; other < hosts_.size(); ++other)
            if (reaches(other, id) && has(other)) {
                believe(id, other);
                // The answer of one that leaves is as good as none.
                hosts_[id].must_ask = is_leaving(other);
                return;
            }
    }

    // While nobody is Active, or somebody is about not to be, a new process has forgotten for how
    // long it has waited already, and whom it was to relieve, or who was to relieve it.
    [[nodiscard]] bool has_active(HostId id) const {
        bool is_any_active = false;
        for (HostId other = 0; other < hosts_.size(); ++other) {
            if (lan_.state(other) == "resigning") return false;
            const bool speaks = reaches(other, id) && !lan_.is_stalled(other);
            is_any_active = is_any_active || (speaks && lan_.is_active(other));
        }
        return is_any_active;
    }

    [[nodiscard]] bool reaches(HostId from, HostId to) const { return !lan_.is_cut(from, to); }
    [[nodiscard]] bool has(HostId id) const { return lan_.kernel(id).has("eth0", virtual_address); }
    [[nodiscard]] bool is_served(HostId id) const {
        const auto& believed = hosts_[id].believed;
        return believed && reaches(*believed, id) && has(*believed);
    }
    // Somebody whom these clients can reach may be Active. A process that is about to go on counts.
    [[nodiscard]] bool has_candidate(HostId id) const {
        for (HostId other = 0; other < hosts_.size(); ++other) {
            if (!reaches(other, id)) continue;
            if (hosts_[other].resumes_at) return true;
            if (!lan_.is_running(other) || lan_.is_stopping(other) || lan_.is_stalled(other))
                continue;
            if (lan_.engine(other).maintenance().drain_of("lan") == nullptr) return true;
        }
        return false;
    }

    Lan lan_;
    Dice dice_;
    std::vector<Host> hosts_;
    std::size_t announcements_ = 0;
    int transitions_ = 0;
    std::string fault_;
};

TEST_GROUP(Continuity){
    static void check(std::uint64_t seed, Continuity::Choice choice){constexpr int count = 30;
Continuity continuity{seed, Lan::Tracing::off};
continuity.run(count, choice);
if (continuity.fault().empty()) return;
Continuity again{seed, Lan::Tracing::on};
again.run(count, choice);
FAIL(fmt::format("seed {}: {}\n{}", seed, again.fault(), again.lan().recent_trace()).c_str());
}
}
;

TEST(Continuity, WhatIsPlannedTakesTheAddressesFromNobody) {
    for (std::uint64_t seed = 1; seed <= repetitions(200); ++seed)
        check(seed, Continuity::Choice::planned);
}

TEST(Continuity, WhatGoesWrongTakesThemForItsBoundAndNoLonger) {
    for (std::uint64_t seed = 1; seed <= repetitions(200); ++seed)
        check(seed, Continuity::Choice::any);
}

TEST(Continuity, TheAddressesDoChangeHands) {
    int transitions = 0;
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        Continuity continuity{seed, Lan::Tracing::off};
        continuity.run(30, Continuity::Choice::planned);
        transitions += continuity.transitions();
    }
    CHECK(transitions > 100);
}
