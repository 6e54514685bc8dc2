#include "vrrp/machine.hpp"

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
    Step operator()(state::Initialize s, event::Shutdown) const { return stay(s); }
    Step operator()(state::Initialize s, event::Deadline) const { return stay(s); }
    Step operator()(state::Initialize s, event::Reprioritized) const { return stay(s); }
    Step operator()(state::Initialize s, event::Displaced) const { return stay(s); }
    Step operator()(state::Initialize s, const event::Received&) const { return stay(s); }

    // --- Backup, section 6.4.2 ---

    Step operator()(state::Backup s, event::Startup) const { return stay(s); }

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
    Step operator()(state::Backup s, event::Displaced) const { return stay(s); }

    Step operator()(state::Backup s, const event::Received& advert) const {
        if (advert.priority == Priority::releasing()) {
            s.active_down_at = now + skew_time(params.version, params.priority, s.active_interval);
            s.awaiting = state::Awaiting::release;
            return stay(s);
        }
        if (advert.priority < params.priority && preempts()) {
            s.awaiting = state::Awaiting::preemption;
            return stay(s);
        }
        return stay(backup_of(advert.interval));
    }

    // --- Active, section 6.4.3 ---

    Step operator()(state::Active s, event::Startup) const { return stay(s); }

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

    // Nobody is Active here when we stop: priority 0 lets a Backup take over after its Skew_Time.
    Step operator()(state::Active, event::Displaced) const {
        return {.next = backup_of(params.interval),
                .advert = Priority::releasing(),
                .cause = Cause::displaced};
    }

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
        case Cause::shutdown: return "shutdown";
        case Cause::silence: return "silence";
        case Cause::released: return "released";
        case Cause::preempted: return "preempted";
        case Cause::stronger_advert: return "stronger-advert";
        case Cause::tie_lost: return "tie-lost";
        case Cause::displaced: return "displaced";
    }
    return "unknown";
}

Step step(const Params& params, const State& state, const Event& event, Instant now) {
    return std::visit(Transitions{params, now}, state, event);
}

std::optional<Instant> deadline(const State& state) {
    if (const auto* backup = std::get_if<state::Backup>(&state)) return backup->active_down_at;
    if (const auto* active = std::get_if<state::Active>(&state)) return active->next_advert_at;
    return std::nullopt;
}

bool owns_addresses(const State& state) { return std::holds_alternative<state::Active>(state); }

}  // namespace vrrp
