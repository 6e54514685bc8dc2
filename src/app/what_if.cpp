#include "app/what_if.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

namespace app {

namespace {

using vrrp::Priority;

bool is_backup(const vrrp::State& state) {
    return std::holds_alternative<vrrp::state::Backup>(state);
}

bool is_active(const vrrp::State& state) {
    return std::holds_alternative<vrrp::state::Active>(state);
}

std::string in_milliseconds(base::Duration duration) {
    return fmt::format("{} ms", base::whole_milliseconds(std::max(duration, base::Duration{})));
}

// --- the state machine is asked ---

vrrp::Step after_advert(const Session& session, const vrrp::Params& params, const Peer& peer,
                        Priority priority, base::Instant now) {
    return vrrp::step(params, session.state(),
                      vrrp::event::Received{peer.address, priority, peer.interval}, now);
}

// A Backup that does not obey leaves its timer running.
bool takes_over_from(const Session& session, const vrrp::Params& params, const Peer& peer,
                     Priority priority, base::Instant now) {
    const vrrp::Step step = after_advert(session, params, peer, priority, now);
    if (!is_backup(step.next)) return step.cause == vrrp::Cause::preempted;
    return std::get<vrrp::state::Backup>(step.next).awaiting == vrrp::state::Awaiting::preemption;
}

// The strongest router elsewhere, by its last word or by the files.
std::optional<Priority> strongest_elsewhere(const Engine& engine, const Session& session) {
    std::optional<Priority> strongest;
    const auto consider = [&](Priority priority) {
        if (!strongest || priority > *strongest) strongest = priority;
    };
    for (const Peer& peer : session.peers().all())
        if (peer.last_claim) consider(*peer.last_claim);
    const auto known = engine.config().priorities.find(session.router().name);
    if (known != engine.config().priorities.end())
        for (const auto& [node, priority] : known->second)
            if (node != engine.config().node) consider(priority);
    return strongest;
}

std::string with_priority(const Engine& engine, const Session& session, Priority priority,
                          base::Instant now) {
    const auto elsewhere = strongest_elsewhere(engine, session);
    if (session.wants_addresses()) {
        if (elsewhere && *elsewhere > priority)
            return fmt::format("priority {} is below the {} of another router: hands over to it",
                               priority.wire(), elsewhere->wire());
        return fmt::format(
            "priority {}: stays Active{}", priority.wire(),
            elsewhere ? fmt::format(", no other router has more than {}", elsewhere->wire()) : "");
    }
    const Peer* peer = active_peer_of(session, now);
    if (peer == nullptr) return fmt::format("priority {}", priority.wire());
    vrrp::Params params = session.params();
    params.priority = priority;
    if (!takes_over_from(session, params, *peer, peer->priority, now))
        return fmt::format("priority {}: stays Backup, {} has {}", priority.wire(),
                           peer->address.text(), peer->priority.wire());
    return fmt::format("priority {} is above the {} of {}: takes over within {}", priority.wire(),
                       peer->priority.wire(), peer->address.text(),
                       in_milliseconds(session.down_interval()));
}

// --- other routers ---

void add_backup(std::vector<Prospect>& all, const Session& session, base::Instant now) {
    const Peer* peer = active_peer_of(session, now);
    const std::string down = in_milliseconds(session.down_interval());
    if (peer == nullptr) {
        const auto deadline = session.deadline().value_or(now);
        all.push_back(
            {"nobody is heard", fmt::format("takes over in {}", in_milliseconds(deadline - now))});
        all.push_back({"an advert of a router with at least its priority comes",
                       "stays Backup for as long as more of them come"});
        return;
    }
    const std::string name = peer->address.text();
    all.push_back({fmt::format("{} fails, or is not heard any more", name),
                   fmt::format("takes over {} after its last advert", down)});
    const vrrp::Step released =
        after_advert(session, session.params(), *peer, Priority::releasing(), now);
    if (const auto deadline = vrrp::deadline(released.next))
        all.push_back({fmt::format("{} is stopped, drained, or hands over", name),
                       fmt::format("takes over within {}, and {} keeps the addresses until then",
                                   in_milliseconds(*deadline - now), name)});
    const auto weaker = Priority::from(session.effective_priority().wire() - 1);
    if (!weaker || peer->priority <= *weaker) return;
    all.push_back(
        {fmt::format("{} drops below priority {}", name, session.effective_priority().wire()),
         takes_over_from(session, session.params(), *peer, *weaker, now)
             ? fmt::format("takes over within {}", down)
             : "stays Backup, unless that one hands over: it may not preempt now"});
}

void add_active(std::vector<Prospect>& all, const Engine& engine, const Session& session,
                base::Instant now) {
    const auto elsewhere = strongest_elsewhere(engine, session);
    const auto stronger = Priority::from(session.effective_priority().wire() + 1);
    const Peer somebody{.address = session.readiness().source.value_or(base::IpAddress{}),
                        .priority = Priority::usual(),
                        .interval = session.router().advertise,
                        .seen = now,
                        .active_since = now};
    if (stronger) {
        const vrrp::Step step = after_advert(session, session.params(), somebody, *stronger, now);
        if (is_backup(step.next))
            all.push_back(
                {fmt::format("a router with priority {} or more advertises", stronger->wire()),
                 "Backup at once; the addresses stay until that one has them"});
    }
    const vrrp::Step asked =
        vrrp::step(session.params(), session.state(), vrrp::event::HandOver{}, now);
    if (const auto* resigning = std::get_if<vrrp::state::Resigning>(&asked.next))
        all.push_back(
            {"tandemctl drain or handover, or a stop of tandemd",
             fmt::format("says so, and keeps the addresses until another router is Active; "
                         "nobody within {}: an order is refused, a stop releases",
                         in_milliseconds(resigning->ends_at - now))});
    all.push_back({"this machine fails",
                   elsewhere ? fmt::format("another router takes over an Active_Down_Interval "
                                           "after the last advert")
                             : "nobody is known who would take over"});
    const auto known = engine.config().priorities.find(session.router().name);
    if (known == engine.config().priorities.end()) return;
    for (const auto& [node, priority] : known->second)
        if (node != engine.config().node)
            all.push_back({fmt::format("{} (priority {}) fails", node, priority.wire()),
                           known->second.size() == 2
                               ? "nothing changes here, but nobody could take over then"
                               : "nothing changes here"});
}

// --- checks ---

std::string consequence_of(const Engine& engine, const Session& session, const Checks::Fact& fact,
                           base::Instant now) {
    if (std::holds_alternative<config::on_fail::Warn>(fact.check.on_fail))
        return "is told, and nothing else";
    const bool has_failed = fact.has_failed();
    const auto* stated = std::get_if<config::on_fail::Penalty>(&fact.check.on_fail);
    if (stated == nullptr && has_failed) return "takes part again, as Backup first";
    if (stated == nullptr)
        return session.wants_addresses()
                   ? "fault: the addresses are given up at once, and another router takes over"
                   : "fault: could not take over any more";
    const int points = fact.penalty != 0 ? fact.penalty : stated->points;
    const int off = session.points_off() + (has_failed ? -points : points);
    return with_priority(engine, session, vrrp::weakened(session.router().priority, off), now);
}

void add_checks(std::vector<Prospect>& all, const Engine& engine, const Session& session,
                base::Instant now) {
    const auto& facts = engine.checks().facts();
    for (const std::string& name : engine.unit_of(session).checks) {
        const auto found = facts.find(name);
        if (found == facts.end()) continue;
        const Checks::Fact& fact = found->second;
        all.push_back(
            {fmt::format("check {} {}", name, fact.has_failed() ? "passes again" : "fails"),
             consequence_of(engine, session, fact, now)});
    }
}

}  // namespace

const Peer* active_peer_of(const Session& session, base::Instant now) {
    for (const Peer& peer : session.peers().all())
        if (peer.priority != Priority::releasing() && now - peer.seen <= session.down_interval())
            return &peer;
    return nullptr;
}

std::vector<Prospect> prospects_of(const Engine& engine, const Session& session,
                                   base::Instant now) {
    std::vector<Prospect> all;
    if (is_backup(session.state())) add_backup(all, session, now);
    if (is_active(session.state())) add_active(all, engine, session, now);
    for (const Blocker& blocker : session.readiness().blockers)
        all.push_back({fmt::format("no longer: {}", blocker.text),
                       session.readiness().blockers.size() > 1
                           ? "the other reasons remain"
                           : "takes part again, as Backup first"});
    add_checks(all, engine, session, now);
    return all;
}

}  // namespace app
