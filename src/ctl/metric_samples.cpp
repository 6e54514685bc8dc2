#include "ctl/metric_samples.hpp"

#include <algorithm>
#include <map>
#include <string_view>

#include "ctl/moment.hpp"

namespace ctl {

namespace {

std::optional<double> truth_value(std::optional<bool> value) {
    if (!value) return std::nullopt;
    return *value ? 1 : 0;
}

std::vector<std::string> identity_of(const Session& session) {
    return {session.name, session.interface, session.vrid ? std::to_string(*session.vrid) : "",
            session.family};
}

Samples by_reason(const Status& status, Reasons Counters::* reasons) {
    Samples samples;
    for (const Session& session : status.sessions)
        for (const auto& [reason, count] : session.counters.*reasons)
            if (count)
                samples.push_back(
                    {{session.name, session.family, reason}, static_cast<double>(*count)});
    return samples;
}

// Gratuitous ARP is IPv4's announcement, Neighbor Advertisements are IPv6's.
Samples announced(const Status& status, std::string_view family) {
    Samples samples;
    for (const Session& session : status.sessions)
        if (session.family == family && session.counters.announcements_sent)
            samples.push_back(
                {{session.name}, static_cast<double>(*session.counters.announcements_sent)});
    return samples;
}

template <typename Value>
Samples of_peers(const Status& status, Value value) {
    Samples samples;
    for (const Session& session : status.sessions)
        for (const Peer& peer : session.peers)
            if (const auto number = value(peer))
                samples.push_back(
                    {{session.name, session.family, peer.address}, static_cast<double>(*number)});
    return samples;
}

}  // namespace

// ---- of the node --------------------------------------------------------------------------------

Samples up(const Status&) { return {{{}, 1}}; }

Samples build_info(const Status& status) {
    if (status.version.empty()) return {};
    return {{{status.version}, 1}};
}

Samples config_info(const Status& status) {
    if (status.config_hash.empty()) return {};
    return {{{status.config_hash, status.node}, 1}};
}

Samples late_turns(const Status& status) { return alone(status.late_turns); }

Samples log_dropped(const Status& status) { return alone(status.log_dropped); }

Samples loop_lag(const Status& status) {
    if (!status.worst_late_ms) return {};
    return {{{}, *status.worst_late_ms / 1000}};
}

Samples memory_locked(const Status& status) { return alone(truth_value(status.memory_locked)); }

Samples problems(const Status& status) {
    if (status.health.empty()) return {};
    return {{{}, static_cast<double>(status.problems.size())}};
}

Samples realtime(const Status& status) { return alone(truth_value(status.realtime)); }

Samples last_reload_successful(const Status& status) {
    return alone(truth_value(status.last_reload_succeeded));
}

Samples reloads(const Status& status) {
    Samples samples;
    if (status.reloads_done)
        samples.push_back({{"done"}, static_cast<double>(*status.reloads_done)});
    if (status.reloads_failed)
        samples.push_back({{"failed"}, static_cast<double>(*status.reloads_failed)});
    return samples;
}

Samples runner_deaths(const Status& status) { return alone(status.runner_deaths); }

Samples unattributed(const Status& status) {
    Samples samples;
    for (const auto& [reason, count] : status.discarded)
        if (count) samples.push_back({{reason}, static_cast<double>(*count)});
    return samples;
}

Samples uptime(const Status& status) { return alone(status.uptime_seconds); }

// ---- of routers ---------------------------------------------------------------------------------

// Of all peers of a session together: at most one of them is Active at a time.
Samples advert_gaps(const Status& status) {
    Samples samples;
    for (const Session& session : status.sessions) {
        Buckets all;
        for (const Peer& peer : session.peers) {
            const Gaps& gaps = peer.gaps;
            if (gaps.counts.size() != gaps.bounds_ms.size() + 1 || !gaps.sum_ms) continue;
            if (all.counts.empty()) {
                for (const double bound : gaps.bounds_ms) all.bounds.push_back(bound / 1000);
                all.counts.resize(gaps.counts.size());
            }
            if (gaps.counts.size() != all.counts.size()) continue;
            for (std::size_t i = 0; i < gaps.counts.size(); ++i) all.counts[i] += gaps.counts[i];
            all.sum += *gaps.sum_ms / 1000;
        }
        if (!all.counts.empty())
            samples.push_back({{session.name, session.family}, 0, std::move(all)});
    }
    return samples;
}

Samples router_active(const Status& status) {
    Samples samples;
    for (const Session& session : status.sessions)
        if (!session.state.empty())
            samples.push_back({identity_of(session), holds_addresses(session) ? 1.0 : 0.0});
    return samples;
}

Samples router_addresses(const Status& status) {
    Samples samples;
    const auto add = [&](const Session& session, const char* kind, std::size_t count) {
        samples.push_back({{session.name, session.family, kind}, static_cast<double>(count)});
    };
    for (const Session& session : status.sessions) {
        if (session.wanted) add(session, "wanted", session.wanted->size());
        if (session.installed) add(session, "installed", session.installed->size());
    }
    return samples;
}

Samples router_conditions(const Status& status) {
    Samples samples;
    for (const Session& session : status.sessions) {
        std::map<std::string, int> counts;
        for (const Condition& condition : session.conditions) ++counts[condition.kind];
        for (const auto& [kind, count] : counts)
            samples.push_back({{session.name, session.family, kind}, static_cast<double>(count)});
    }
    return samples;
}

// Both families have one priority in the files, and so one sample.
Samples router_preferred(const Status& status) {
    Samples samples;
    for (const Session& session : status.sessions)
        if (const auto value = truth_value(session.is_preferred))
            samples.push_back({{session.name}, *value});
    return samples;
}

Samples router_priority(const Status& status) {
    Samples samples;
    const auto add = [&](const Session& session, const char* kind,
                         std::optional<std::int64_t> priority) {
        if (priority)
            samples.push_back(
                {{session.name, session.family, kind}, static_cast<double>(*priority)});
    };
    for (const Session& session : status.sessions) {
        add(session, "base", session.base_priority);
        add(session, "effective", session.effective_priority);
    }
    return samples;
}

// A state that only a newer daemon knows is one more series.
Samples router_state(const Status& status) {
    Samples samples;
    for (const Session& session : status.sessions) {
        if (session.state.empty()) continue;
        std::vector<std::string> states{known_states.begin(), known_states.end()};
        if (std::ranges::find(states, session.state) == states.end())
            states.push_back(session.state);
        for (const std::string& state : states) {
            std::vector<std::string> labels = identity_of(session);
            labels.push_back(state);
            samples.push_back({std::move(labels), state == session.state ? 1.0 : 0.0});
        }
    }
    return samples;
}

Samples last_transition(const Status& status) {
    return of_sessions(status, [](const Session& each) { return unix_seconds(each.since); });
}

Samples discarded(const Status& status) { return by_reason(status, &Counters::discarded); }

Samples noted(const Status& status) { return by_reason(status, &Counters::noted); }

Samples garp_sent(const Status& status) { return announced(status, "ipv4"); }

Samples na_sent(const Status& status) { return announced(status, "ipv6"); }

Samples peer_last_seen(const Status& status) {
    return of_peers(status, [](const Peer& each) { return unix_seconds(each.last_seen); });
}

Samples peer_priority(const Status& status) {
    return of_peers(status, [](const Peer& each) { return each.priority; });
}

// ---- of checks and units ------------------------------------------------------------------------

Samples check_duration(const Status& status) {
    Samples samples;
    for (const Check& check : status.checks)
        if (check.duration_ms && check.runs.value_or(0) > 0)
            samples.push_back({{check.name}, *check.duration_ms / 1000});
    return samples;
}

Samples check_runs(const Status& status) {
    Samples samples;
    for (const Check& check : status.checks) {
        if (!check.runs || !check.failures) continue;
        samples.push_back(
            {{check.name, "passed"}, static_cast<double>(*check.runs - *check.failures)});
        samples.push_back({{check.name, "failed"}, static_cast<double>(*check.failures)});
    }
    return samples;
}

// One whose first result is awaited is neither.
Samples check_up(const Status& status) {
    Samples samples;
    for (const Check& check : status.checks)
        if (check.state == "passed" || check.state == "failed")
            samples.push_back({{check.name}, check.state == "passed" ? 1.0 : 0.0});
    return samples;
}

Samples drain_start(const Status& status) {
    Samples samples;
    for (const Unit& unit : status.units)
        if (const auto since = unix_seconds(unit.drained_since))
            samples.push_back({{unit.name}, *since});
    return samples;
}

}  // namespace ctl
