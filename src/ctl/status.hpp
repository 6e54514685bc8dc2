// The daemon's answer as a value.
//
// The JSON is not trusted: a field that is missing or of another type has no value here, every
// text is printable, and nothing throws. Unknown fields are ignored, since a schema only grows.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ctl/outcome.hpp"

namespace ctl {

// Keeps the order of the daemon, so that a filtered answer looks like the whole one.
using Json = nlohmann::ordered_json;

// In all of these an empty text means "not told".
// The times between two adverts, counted between bounds.
struct Gaps {
    std::vector<double> bounds_ms;
    std::vector<double> counts;  // one more than bounds
    std::optional<double> sum_ms;
};

struct Peer {
    std::string address;
    std::optional<std::int64_t> priority;
    std::optional<double> interval_ms;
    std::string last_seen;
    std::optional<double> last_seen_ms;
    std::string checksum;
    // The longest time between two of its adverts lately, and what would have been a failover.
    std::optional<double> worst_gap_ms;
    std::optional<double> gap_limit_ms;
    Gaps gaps;
};

// What is wrong between this session and another router, for as long as it is.
struct Condition {
    std::string kind;
    std::string with;  // an address
    std::string text;
    std::string since;
};

// A route or a rule that follows the session.
struct Upheld {
    std::string text;
    std::optional<bool> is_installed;
    std::string error;  // of the last request for it
};

struct FailedAddress {
    std::string address;
    std::string error;
};

struct Timers {
    std::optional<double> advertise_ms;
    std::optional<double> active_advertise_ms;
    std::optional<double> skew_ms;
    std::optional<double> down_ms;
    std::optional<double> remaining_ms;
};

// Something counted by its reason, in the order of the daemon.
using Reasons = std::vector<std::pair<std::string, std::optional<std::int64_t>>>;

struct Counters {
    std::optional<std::int64_t> sent;
    std::optional<std::int64_t> received;
    std::optional<std::int64_t> priority_zero_sent;
    std::optional<std::int64_t> priority_zero_received;
    std::optional<std::int64_t> transitions;
    std::optional<std::int64_t> announcements_sent;
    std::optional<std::int64_t> announcements_put_off;
    std::optional<std::int64_t> claims_heard;
    std::optional<std::int64_t> send_errors;
    std::optional<std::int64_t> restored;
    std::optional<std::int64_t> near_failovers;
    std::optional<std::int64_t> older_version_ignored;
    Reasons discarded;
    Reasons noted;  // accepted, but odd
};

// One VRRP session: a router's IPv4 or IPv6 half.
struct Session {
    std::string name;
    std::string unit;  // that it is elected with: itself, or its group
    std::string interface;
    std::optional<std::int64_t> vrid;
    std::string family;
    std::optional<std::int64_t> vrrp;
    std::optional<bool> vrrp2_too;  // version 2 as well, for a migration
    std::string transport;
    std::string state;
    std::string since;
    std::optional<double> since_seconds;
    std::string reason;
    std::string reason_text;
    std::vector<std::string> blockers;
    std::optional<std::int64_t> base_priority;
    std::optional<std::int64_t> effective_priority;
    std::optional<bool> is_preferred;  // by the configuration: this node is to be Active
    std::optional<bool> preempts;
    std::optional<double> preempt_after_ms;
    Timers timers;
    std::string checksum_configured;
    std::string checksum_sending;
    std::string source;
    std::optional<bool> accepts;
    std::string lease;  // "4s", "off"
    std::optional<double> up_for_ms;
    std::string mac;
    // Of the virtual MAC, empty without one.
    std::string vmac;
    std::string vmac_interface;
    std::string vmac_transmit;
    std::vector<std::string> addresses;
    // Without a value when the daemon does not say; an empty list says "none".
    std::optional<std::vector<std::string>> wanted;
    std::optional<std::vector<std::string>> installed;
    std::vector<FailedAddress> failed;
    std::vector<Upheld> routes;
    std::vector<Upheld> rules;
    std::vector<Peer> peers;
    std::vector<Condition> conditions;
    Counters counters;
};

struct Check {
    std::string name;
    std::string type;
    std::string state;
    std::string text;
    std::optional<double> since_seconds;
    std::string on_fail;  // "fault", "warn", "-30"
    std::optional<std::int64_t> runs;
    std::optional<std::int64_t> failures;
    std::optional<double> duration_ms;  // of the last run
};

// Something that speaks against a unit.
struct Term {
    std::string what;
    std::optional<std::int64_t> points;
};

struct HookResult {
    std::string phase;
    std::string what;
    std::string program;
    std::string at;
    std::optional<bool> is_ok;
    std::optional<std::int64_t> exit_status;
    std::optional<std::int64_t> signal;
    std::optional<bool> is_timed_out;
    std::optional<double> duration_ms;
    std::string said;
};

struct Hooks {
    std::string name;
    std::string phase;
    std::optional<bool> is_idle;
    std::optional<std::int64_t> superseded;
    std::vector<HookResult> results;
};

// Routers that are elected as one.
struct Unit {
    std::string name;
    std::string kind;
    std::vector<std::string> checks;
    std::vector<Term> terms;
    std::optional<double> held_back_ms;
    std::optional<double> preparing_ms;
    std::optional<double> draining_ms;
    // When it handed over: it does not preempt until it has been Active again.
    std::string handed_over_since;
    std::string handed_over_to;
    std::string drained_since;  // empty unless an operator has taken it out
    std::string drained_until;  // empty: until somebody ends it
    std::string drained_why;
    std::string order;  // of an operator, under way: "drain", "handover"
    std::vector<Hooks> hooks;
};

struct Status {
    std::string node;
    std::string version;
    std::string time;  // when it answered
    std::optional<std::int64_t> pid;
    std::optional<double> uptime_seconds;
    std::string health;
    std::vector<std::string> problems;
    std::size_t problems_of_others = 0;  // left out by status_of_router()
    std::optional<bool> realtime;
    std::optional<bool> memory_locked;
    std::optional<std::int64_t> late_turns;
    std::optional<double> worst_late_ms;
    std::optional<std::int64_t> log_dropped;
    Reasons discarded;  // adverts that belong to no session
    std::optional<std::int64_t> reloads_done;
    std::optional<std::int64_t> reloads_failed;
    std::optional<bool> last_reload_succeeded;
    std::optional<std::int64_t> runner_deaths;
    std::string runner_trouble;
    std::string config_file;
    std::string config_hash;
    std::string config_loaded;
    std::optional<double> unconfirmed_ms;  // until what was before comes back
    std::vector<Session> sessions;
    std::vector<Check> checks;
    std::vector<Unit> units;
};

// The answer's one line as JSON, when it is an answer of this schema and not an error.
Expected<Json> parse_answer(std::string_view line);
Expected<Status> read_status(const Json& answer);

// A member that is text, made printable; empty when there is none.
std::string text_in(const Json& object, const char* name);

// The same answer with the sessions of one router only, on one line.
std::string json_of_router(const Json& answer, std::string_view router);

// The status with the sessions of one router and the problems that are not another router's. An
// unknown name fails and names the known ones.
Expected<Status> status_of_router(Status status, std::string_view router);
// What is in an answer to a status request, of one router when one is named, or why there is none.
Expected<Status> status_in(const Expected<std::string>& answer,
                           const std::optional<std::string>& router = std::nullopt);

// In the order in which counts of them are shown. A newer daemon may know others.
inline constexpr std::array<std::string_view, 7> known_states{
    "active", "fault", "backup", "waiting", "init", "resigning", "drained"};
// Active or resigning: traffic flows.
bool holds_addresses(const Session& session);

// "lan (ipv4): ..." is a problem of lan.
bool is_problem_of(std::string_view problem, std::string_view router);

}  // namespace ctl
