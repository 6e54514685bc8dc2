#include "vrrp/machine.hpp"

#include <algorithm>
#include <chrono>

#include "vrrp/timing.hpp"

namespace vrrp {

namespace {

// std::visit needs every (state, event) pair below. There is no catch-all: a pair that nobody
// thought about does not compile.
struct Transitions {
    const Params& params;
    Instant now;

    // --- Initialize, RFC 9568 section 6.4.1 ---

    Step operator()(state::Initialize, event::Startup) const {
        if (params.priority == Priority::owner()) return become_active(Cause::startup);
        return become_backup(params.interval, Cause::startup);
    }
    // Not in the RFC. The schedule goes on, so that nobody misses an advert; one that has passed is
    // due at once. Nothing is announced here: where the addresses are has not changed.
    Step operator()(state::Initialize, event::Resume before) const {
        return {
            .next = state::Active{.next_advert_at = before.last_advert + params.interval.value()},
            .cause = Cause::resumed};
    }
    Step operator()(state::Initialize s, event::Shutdown) const { return stay(s); }
    Step operator()(state::Initialize s, event::Deadline) const { return stay(s); }
    Step operator()(state::Initialize s, event::Reprioritized) const { return stay(s); }
    Step operator()(state::Initialize s, event::Rescheduled) const { return stay(s); }
    Step operator()(state::Initialize s, event::Displaced) const { return stay(s); }
    Step operator()(state::Initialize, event::Joined) const { return become_active(Cause::joined); }
    Step operator()(state::Initialize s, event::HandOver) const { return stay(s); }
    Step operator()(state::Initialize s, event::Relieved) const { return stay(s); }
    Step operator()(state::Initialize s, const event::Received&) const { return stay(s); }

    // --- Backup, section 6.4.2 ---

    Step operator()(state::Backup s, event::Startup) const { return stay(s); }
    Step operator()(state::Backup s, event::Resume) const { return stay(s); }

    Step operator()(state::Backup, event::Shutdown) const {
        return {.next = state::Initialize{}, .cause = Cause::shutdown};
    }

    Step operator()(state::Backup s, event::Deadline) const {
        if (now < s.active_down_at) return stay(s);
        switch (s.awaiting) {
            case state::Awaiting::any_advert: return become_active(Cause::silence);
            case state::Awaiting::release: return become_active(Cause::released);
            case state::Awaiting::preemption: return become_active(Cause::preempted);
        }
        return become_active(Cause::silence);
    }

    // The RFC is silent on a priority that changes. The running timer contains a Skew_Time,
    // whatever it waits for: it moves by the difference, so that the order of the Backups is right
    // at once.
    Step operator()(state::Backup s, event::Reprioritized change) const {
        s.active_down_at += skew_time(params.version, params.priority, s.active_interval) -
                            skew_time(params.version, change.previous, s.active_interval);
        return stay(s);
    }

    // Only what follows from our own interval moves, and by as much: version 3 has learned that of
    // the Active router, and the time that has passed without an advert counts in any case.
    Step operator()(state::Backup s, event::Rescheduled change) const {
        const AdvertInterval before = s.active_interval;
        if (params.version == Version::v2) s.active_interval = params.interval;
        const auto timer = [&](Version version, AdvertInterval interval) {
            return s.awaiting == state::Awaiting::release
                       ? skew_time(version, params.priority, interval)
                       : active_down_interval(version, params.priority, interval);
        };
        s.active_down_at +=
            timer(params.version, s.active_interval) - timer(change.version, before);
        return stay(s);
    }
    Step operator()(state::Backup s, event::Displaced) const { return stay(s); }
    Step operator()(state::Backup s, event::Joined) const { return stay(s); }
    Step operator()(state::Backup s, event::HandOver) const { return stay(s); }
    Step operator()(state::Backup s, event::Relieved) const { return stay(s); }

    Step operator()(state::Backup s, const event::Received& advert) const {
        if (advert.priority == Priority::releasing()) return stay(hurried(s));
        if (advert.priority < params.priority && preempts()) {
            s.awaiting = state::Awaiting::preemption;
            return stay(s);
        }
        return stay(backup_of(advert.interval));
    }

    // --- Active, section 6.4.3 ---

    Step operator()(state::Active s, event::Startup) const { return stay(s); }
    Step operator()(state::Active s, event::Resume) const { return stay(s); }

    Step operator()(state::Active, event::Shutdown) const {
        return {
            .next = state::Initialize{}, .advert = Priority::releasing(), .cause = Cause::shutdown};
    }

    Step operator()(state::Active s, event::Deadline) const {
        if (now < s.next_advert_at) return stay(s);
        s.next_advert_at = next_on_schedule(s.next_advert_at);
        return {.next = s, .advert = params.priority};
    }

    // At once, beside the schedule: a Backup that is stronger now should not wait for an interval.
    Step operator()(state::Active s, event::Reprioritized) const {
        return {.next = s, .advert = params.priority};
    }

    // At once, too: the Backups measure our silence by the interval that we say.
    Step operator()(state::Active s, event::Rescheduled) const {
        s.next_advert_at = now + params.interval.value();
        return {.next = s, .advert = params.priority};
    }

    // Nobody is Active here when we stop: priority 0 lets a Backup take over after its Skew_Time.
    Step operator()(state::Active, event::Displaced) const {
        return {.next = backup_of(params.interval),
                .advert = Priority::releasing(),
                .cause = Cause::displaced};
    }

    // Backups take over a Skew_Time after this, the strongest first, whether they preempt or not.
    Step operator()(state::Active, event::HandOver request) const {
        return {.next = state::Resigning{.ends_at = now + patience_of(request),
                                         .next_advert_at = now + params.interval.value(),
                                         .overlap = request.overlap},
                .advert = Priority::releasing(),
                .cause = Cause::handing_over};
    }
    Step operator()(state::Active s, event::Joined) const { return stay(s); }
    Step operator()(state::Active s, event::Relieved) const { return stay(s); }

    Step operator()(state::Active s, const event::Received& advert) const {
        if (advert.priority == Priority::releasing()) {
            s.next_advert_at = now + params.interval.value();
            return {.next = s, .advert = params.priority};
        }
        if (advert.priority > params.priority)
            return yield(advert.interval, Cause::stronger_advert);
        if (advert.priority == params.priority && loses_tie(advert.source))
            return yield(advert.interval, Cause::tie_lost);
        return contradict(s);
    }

    // --- Resigning, not in the RFC ---

    Step operator()(state::Resigning s, event::Startup) const { return stay(s); }
    Step operator()(state::Resigning s, event::Resume) const { return stay(s); }

    Step operator()(state::Resigning, event::Shutdown) const {
        return {
            .next = state::Initialize{}, .advert = Priority::releasing(), .cause = Cause::shutdown};
    }

    // Priority 0 restarts the Skew_Time of whoever hears it, which is less than an interval: not
    // repeated before one has passed. Who goes on says so to the neighbours, too: another router
    // that was Active, on the other side of a split, may be leaving at the same time.
    Step operator()(state::Resigning s, event::Deadline) const {
        if (now >= s.ends_at && s.successor) return become_backup(*s.successor, Cause::handed_over);
        if (now >= s.ends_at)
            return {.next = state::Active{.next_advert_at = now + params.interval.value()},
                    .advert = params.priority,
                    .announce = true,
                    .cause = Cause::not_relieved};
        if (now < s.next_advert_at) return stay(s);
        s.next_advert_at = next_on_schedule(s.next_advert_at);
        return {.next = s, .advert = Priority::releasing()};
    }

    Step operator()(state::Resigning s, event::Reprioritized) const { return stay(s); }
    Step operator()(state::Resigning s, event::Rescheduled) const { return stay(s); }
    Step operator()(state::Resigning s, event::Joined) const { return stay(s); }

    Step operator()(state::Resigning, event::Displaced) const {
        return {.next = backup_of(params.interval), .cause = Cause::displaced};
    }

    // Asked once more, it waits once more: a router that has just come may need all of that time.
    Step operator()(state::Resigning s, event::HandOver request) const {
        if (!s.successor) s.ends_at = std::max(s.ends_at, now + patience_of(request));
        return stay(s);
    }

    // What neighbours have sent before they heard of it is still on its way to us.
    Step operator()(state::Resigning s, event::Relieved) const {
        if (!s.successor) return stay(s);
        s.ends_at = s.next_advert_at = std::min(s.ends_at, now + time_on_the_way);
        return stay(s);
    }

    // Whoever it is: it is Active now, and nothing more is to be said. One that leaves at once is
    // no successor, but the neighbours listen to it: should we go on, they are to be told.
    Step operator()(state::Resigning s, const event::Received& advert) const {
        if (advert.priority == Priority::releasing()) {
            const bool has_announced = s.successor.has_value();
            s.successor.reset();
            return {.next = s, .announce = has_announced};
        }
        // After its time it has slept: the kernel may have taken the addresses meanwhile.
        const bool is_late = !s.successor && now >= s.ends_at;
        if (is_late || s.overlap <= Duration::zero())
            return become_backup(advert.interval, Cause::handed_over);
        if (!s.successor) s.ends_at = s.next_advert_at = now + s.overlap;
        s.successor = advert.interval;
        return stay(s);
    }

private:
    static Step stay(State s) { return {.next = s}; }

    // Preempt_Mode, section 6.1; the owner of the addresses always takes over.
    [[nodiscard]] bool preempts() const {
        if (params.priority == Priority::owner()) return true;
        return params.preempt_from && now >= *params.preempt_from;
    }

    [[nodiscard]] bool loses_tie(const IpAddress& rival) const {
        return params.ties == Ties::by_address && rival > params.source;
    }

    [[nodiscard]] Duration patience_of(event::HandOver request) const {
        return std::max(active_down_interval(params.version, params.priority, params.interval),
                        request.patience);
    }

    // Who resigns repeats its priority 0 once an interval, and a router that has just started and
    // has a longer interval of its own waits for longer than that: restarted each time, its
    // Skew_Time would never end. DEVIATION RFC 9568 6.4.2: that each priority 0 sets the timer; a
    // repeated one does not set it back. Proved by tests/sim/drain_test.cpp.
    [[nodiscard]] state::Backup hurried(state::Backup s) const {
        const Instant end = now + skew_time(params.version, params.priority, s.active_interval);
        const bool is_repeated = s.awaiting == state::Awaiting::release;
        s.active_down_at = is_repeated ? std::min(s.active_down_at, end) : end;
        s.awaiting = state::Awaiting::release;
        return s;
    }

    // Version 2 knows no learned interval: one that differs has not passed the checks.
    [[nodiscard]] state::Backup backup_of(AdvertInterval active_interval) const {
        return {now + active_down_interval(params.version, params.priority, active_interval),
                active_interval};
    }

    // Adverts keep an absolute schedule: timed from "now", each would be late by what the turn
    // took, and one in twenty would be missing after a minute on a busy machine. Slots that passed
    // while the process was stopped are skipped, not made up for.
    [[nodiscard]] Instant next_on_schedule(Instant due) const {
        const Duration interval{params.interval.value()};
        return due + interval * (1 + (now - due) / interval);
    }

    // A weaker router thinks it is Active. Say so at once, and win back the switch ports and
    // neighbour caches that it has captured. Once an interval: two routers that share an address
    // would otherwise answer each other without end (tests/sim:
    // TwoRoutersWithOneAddressDoNotStorm). The schedule of the adverts stays as it was. DEVIATION
    // RFC 3768 6.4.3: a version 2 router only discards; the answer heals a split at once and is
    // what keepalived does too. Proved by tests/net/test_failover.py.
    [[nodiscard]] Step contradict(state::Active s) const {
        if (now < s.may_contradict_at) return stay(s);
        s.may_contradict_at = now + params.interval.value();
        return {.next = s, .advert = params.priority, .announce = true};
    }

    // The last word of a router that yields. The stronger one may not know that there were two, and
    // the switch ports and neighbour caches on our side still point here: hearing us, it
    // contradicts and announces its addresses again. DEVIATION RFC 9568 6.4.3: that a router which
    // yields sends nothing; proved by tests/net/test_failover.py, healed splits.
    [[nodiscard]] Step yield(AdvertInterval active_interval, Cause cause) const {
        Step step = become_backup(active_interval, cause);
        step.advert = params.priority;
        return step;
    }

    [[nodiscard]] Step become_active(Cause cause) const {
        return {.next = state::Active{.next_advert_at = now + params.interval.value()},
                .advert = params.priority,
                .announce = true,
                .cause = cause};
    }

    [[nodiscard]] Step become_backup(AdvertInterval active_interval, Cause cause) const {
        return {.next = backup_of(active_interval), .cause = cause};
    }
};

}  // namespace

std::string_view name_of(Cause cause) {
    switch (cause) {
        case Cause::startup: return "startup";
        case Cause::joined: return "joined";
        case Cause::shutdown: return "shutdown";
        case Cause::silence: return "silence";
        case Cause::released: return "released";
        case Cause::preempted: return "preempted";
        case Cause::stronger_advert: return "stronger-advert";
        case Cause::tie_lost: return "tie-lost";
        case Cause::displaced: return "displaced";
        case Cause::handing_over: return "handing-over";
        case Cause::handed_over: return "handed-over";
        case Cause::not_relieved: return "not-relieved";
        case Cause::resumed: return "resumed";
    }
    return "unknown";
}

Step step(const Params& params, const State& state, const Event& event, Instant now) {
    return std::visit(Transitions{params, now}, state, event);
}

std::optional<Instant> deadline(const State& state) {
    if (const auto* backup = std::get_if<state::Backup>(&state)) return backup->active_down_at;
    if (const auto* active = std::get_if<state::Active>(&state)) return active->next_advert_at;
    if (const auto* resigning = std::get_if<state::Resigning>(&state))
        return std::min(resigning->ends_at, resigning->next_advert_at);
    return std::nullopt;
}

bool owns_addresses(const State& state) {
    return std::holds_alternative<state::Active>(state) ||
           std::holds_alternative<state::Resigning>(state);
}

}  // namespace vrrp
