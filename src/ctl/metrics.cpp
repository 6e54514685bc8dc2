#include "ctl/metrics.hpp"

#include <fmt/format.h>

#include <array>
#include <nlohmann/json.hpp>

namespace ctl {

namespace {

using Names = std::span<const std::string_view>;

constexpr Names no_labels{};
constexpr std::array<std::string_view, 1> router{"router"};
constexpr std::array<std::string_view, 2> session{"router", "family"};
constexpr std::array<std::string_view, 3> session_reason{"router", "family", "reason"};
constexpr std::array<std::string_view, 3> session_kind{"router", "family", "kind"};
constexpr std::array<std::string_view, 3> session_peer{"router", "family", "peer"};
constexpr std::array<std::string_view, 4> identity{"router", "interface", "vrid", "family"};
constexpr std::array<std::string_view, 5> identity_state{"router", "interface", "vrid", "family",
                                                         "state"};
constexpr std::array<std::string_view, 1> check{"check"};
constexpr std::array<std::string_view, 2> check_result{"check", "result"};
constexpr std::array<std::string_view, 2> hash_node{"hash", "node"};
constexpr std::array<std::string_view, 1> reason{"reason"};
constexpr std::array<std::string_view, 1> result{"result"};
constexpr std::array<std::string_view, 1> unit{"unit"};
constexpr std::array<std::string_view, 1> version{"version"};

constexpr MetricType counter = MetricType::counter;
constexpr MetricType gauge = MetricType::gauge;
constexpr MetricType histogram = MetricType::histogram;

constexpr Metric liveness{"tandem_up", gauge, no_labels, up,
                          "Whether tandemd answered on its control socket."};

// No label changes with the state of a router, so that counters go on over a failover.
constexpr std::array table{
    Metric{"tandem_active_down_interval_seconds", gauge, session, timed<&Timers::down_ms>,
           "Silence after which a Backup takes over."},
    Metric{"tandem_address_claims_total", counter, session, counted<&Counters::claims_heard>,
           "Claims of other machines to have an address that this router holds."},
    Metric{"tandem_address_restored_total", counter, session, counted<&Counters::restored>,
           "Addresses, routes and rules put back after somebody else had removed them."},
    Metric{"tandem_advert_gap_seconds", histogram, session, advert_gaps,
           "Time between two adverts of an Active router, by the kernel's time stamps."},
    Metric{"tandem_advert_interval_seconds", gauge, session, timed<&Timers::active_advertise_ms>,
           "Interval of the adverts of the Active router."},
    Metric{"tandem_advert_send_errors_total", counter, session, counted<&Counters::send_errors>,
           "Adverts that the kernel did not take."},
    Metric{"tandem_adverts_discarded_total", counter, session_reason, discarded,
           "Adverts received and not counted, by the reason."},
    Metric{"tandem_adverts_noted_total", counter, session_reason, noted,
           "Adverts accepted that differ from what is configured here, by the difference."},
    Metric{"tandem_adverts_priority_zero_received_total", counter, session,
           counted<&Counters::priority_zero_received>, "Adverts received of routers that give up."},
    Metric{"tandem_adverts_priority_zero_sent_total", counter, session,
           counted<&Counters::priority_zero_sent>, "Adverts sent to give up."},
    Metric{"tandem_adverts_received_total", counter, session, counted<&Counters::received>,
           "Adverts received and accepted."},
    Metric{"tandem_adverts_sent_total", counter, session, counted<&Counters::sent>,
           "Adverts sent."},
    Metric{"tandem_adverts_unattributed_total", counter, reason, unattributed,
           "Adverts discarded that belong to no router of this node, by the reason."},
    Metric{"tandem_announcements_put_off_total", counter, session,
           counted<&Counters::announcements_put_off>,
           "Announcements that the kernel did not take at once."},
    Metric{"tandem_build_info", gauge, version, build_info, "The version of tandemd, always 1."},
    Metric{"tandem_check_duration_seconds", gauge, check, check_duration,
           "How long the last run of a check took."},
    Metric{"tandem_check_runs_total", counter, check_result, check_runs,
           "Runs of a check, by their result."},
    Metric{"tandem_check_up", gauge, check, check_up,
           "Whether a check passes; none while its first result is awaited."},
    Metric{"tandem_config_info", gauge, hash_node, config_info,
           "The configuration in force and the name of this node in it, always 1."},
    Metric{"tandem_drain_start_timestamp_seconds", gauge, unit, drain_start,
           "Since when an operator has a router or group out of service."},
    Metric{"tandem_event_loop_lag_seconds", gauge, no_labels, loop_lag,
           "The worst delay of a turn of the event loop since tandemd was started."},
    Metric{"tandem_event_loop_late_total", counter, no_labels, late_turns,
           "Turns of the event loop that began more than 10 ms late."},
    Metric{"tandem_garp_sent_total", counter, router, garp_sent, "Gratuitous ARP frames sent."},
    Metric{"tandem_last_reload_successful", gauge, no_labels, last_reload_successful,
           "Whether the last reload was put in force; 1 when there was none."},
    Metric{"tandem_log_dropped_total", counter, no_labels, log_dropped,
           "Log lines that nobody took in time."},
    Metric{"tandem_memory_locked", gauge, no_labels, memory_locked,
           "Whether the memory of tandemd is locked."},
    Metric{"tandem_na_sent_total", counter, router, na_sent,
           "Unsolicited Neighbor Advertisements sent."},
    Metric{"tandem_near_failovers_total", counter, session, counted<&Counters::near_failovers>,
           "Silences of the Active router of over 70% of the time after which it is replaced."},
    Metric{"tandem_peer_last_seen_timestamp_seconds", gauge, session_peer, peer_last_seen,
           "When the last advert of another router was accepted."},
    Metric{"tandem_peer_priority", gauge, session_peer, peer_priority,
           "The priority in the last advert of another router."},
    Metric{"tandem_problems", gauge, no_labels, problems, "Problems that status lists."},
    Metric{"tandem_realtime", gauge, no_labels, realtime,
           "Whether tandemd runs with real-time scheduling."},
    Metric{"tandem_reloads_total", counter, result, reloads,
           "Reloads ordered since tandemd was started, by their result."},
    Metric{"tandem_router_active", gauge, identity, router_active,
           "Whether the router holds its addresses here: active or resigning."},
    Metric{"tandem_router_addresses", gauge, session_kind, router_addresses,
           "Addresses that are wanted, and that are installed."},
    Metric{"tandem_router_conditions", gauge, session_kind, router_conditions,
           "What is wrong between this and other routers, by its kind."},
    Metric{"tandem_router_last_transition_timestamp_seconds", gauge, session, last_transition,
           "When the router came into its state."},
    Metric{"tandem_router_preferred", gauge, router, router_preferred,
           "Whether this node has the highest priority for the router in the files."},
    Metric{"tandem_router_priority", gauge, session_kind, router_priority,
           "The priority that is configured (base) and that is in force (effective)."},
    Metric{"tandem_router_state", gauge, identity_state, router_state,
           "1 for the state that the router is in, 0 for the others."},
    Metric{"tandem_router_transitions_total", counter, session, counted<&Counters::transitions>,
           "Changes of state."},
    Metric{"tandem_runner_deaths_total", counter, no_labels, runner_deaths,
           "Deaths of the process that runs checks and hooks."},
    liveness,
    Metric{"tandem_uptime_seconds", gauge, no_labels, uptime, "For how long tandemd has run."},
};

Family family_of(const Metric& metric, Samples samples) {
    return {metric.name, metric.type, metric.help, metric.labels, std::move(samples)};
}

}  // namespace

std::span<const Metric> metrics() { return table; }

std::string metrics_text(const Status& status) {
    std::string text;
    for (const Metric& metric : table)
        text += exposition_of(family_of(metric, metric.samples(status)));
    return text;
}

std::string metrics_text_of_nobody() {
    return exposition_of(family_of(liveness, {Sample{.label_values = {}, .value = 0}}));
}

std::string metric_list() {
    std::string text;
    for (const Metric& metric : table)
        text +=
            fmt::format("{} {} {}\n", metric.name, name_of(metric.type),
                        metric.labels.empty() ? std::string{"-"}
                                              : fmt::format("{}", fmt::join(metric.labels, ",")));
    return text;
}

Scrape scrape_of(const Expected<std::string>& answer) {
    const Expected<Status> status = status_in(answer);
    if (!status) return {metrics_text_of_nobody(), status.error()};
    return {metrics_text(*status), std::nullopt};
}

}  // namespace ctl
