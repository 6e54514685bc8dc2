// The samples of each metric that take more than a number from the status.
//
// What the daemon does not tell has no sample: an absent series says "not known", a 0 would not.
#pragma once

#include <optional>
#include <vector>

#include "ctl/exposition.hpp"
#include "ctl/status.hpp"

namespace ctl {

using Samples = std::vector<Sample>;

// One sample without labels, when there is a value.
template <typename Number>
Samples alone(const std::optional<Number>& value) {
    if (!value) return {};
    return {{{}, static_cast<double>(*value)}};
}

// By router and family.
template <typename Value>
Samples of_sessions(const Status& status, Value value) {
    Samples samples;
    for (const Session& session : status.sessions)
        if (const auto number = value(session))
            samples.push_back({{session.name, session.family}, static_cast<double>(*number)});
    return samples;
}

template <auto member>
Samples counted(const Status& status) {
    return of_sessions(status, [](const Session& each) { return each.counters.*member; });
}

// Milliseconds of the status, seconds here.
template <auto member>
Samples timed(const Status& status) {
    return of_sessions(status, [](const Session& each) -> std::optional<double> {
        const std::optional<double>& milliseconds = each.timers.*member;
        return milliseconds ? std::optional{*milliseconds / 1000} : std::nullopt;
    });
}

Samples up(const Status& status);
Samples build_info(const Status& status);
Samples config_info(const Status& status);
Samples late_turns(const Status& status);
Samples log_dropped(const Status& status);
Samples loop_lag(const Status& status);
Samples memory_locked(const Status& status);
Samples problems(const Status& status);
Samples realtime(const Status& status);
Samples last_reload_successful(const Status& status);
Samples reloads(const Status& status);
Samples runner_deaths(const Status& status);
Samples unattributed(const Status& status);
Samples uptime(const Status& status);

Samples advert_gaps(const Status& status);
Samples router_active(const Status& status);
Samples router_addresses(const Status& status);
Samples router_conditions(const Status& status);
Samples router_preferred(const Status& status);
Samples router_priority(const Status& status);
Samples router_state(const Status& status);
Samples last_transition(const Status& status);
Samples discarded(const Status& status);
Samples noted(const Status& status);
Samples garp_sent(const Status& status);
Samples na_sent(const Status& status);
Samples peer_last_seen(const Status& status);
Samples peer_priority(const Status& status);

Samples check_duration(const Status& status);
Samples check_runs(const Status& status);
Samples check_up(const Status& status);
Samples drain_start(const Status& status);

}  // namespace ctl
