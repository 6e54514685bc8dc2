#include "ctl/health.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "ctl/status.hpp"
#include "ctl/words.hpp"

namespace ctl {

namespace {

// From fine to worst: what is known to be wrong comes before what is not known.
enum class Severity { ok, unknown, warning, critical };

std::string_view name_of(Severity severity) {
    switch (severity) {
        case Severity::ok: return "ok";
        case Severity::unknown: return "unknown";
        case Severity::warning: return "warning";
        case Severity::critical: return "critical";
    }
    return "unknown";
}

Paint paint_of(Severity severity) {
    switch (severity) {
        case Severity::ok: return Paint::good;
        case Severity::unknown:
        case Severity::warning: return Paint::caution;
        case Severity::critical: return Paint::bad;
    }
    return Paint::plain;
}

// The numbers are those of Nagios plugins and mean other things there.
ExitCode code_of(Severity severity) {
    switch (severity) {
        case Severity::ok: return ExitCode{0};
        case Severity::warning: return ExitCode{1};
        case Severity::critical: return ExitCode{2};
        case Severity::unknown: return ExitCode{3};
    }
    return ExitCode{3};
}

struct Finding {
    Severity severity;
    std::string text;
    std::string detail{};  // the part that a problem of the daemon may say once more
};

struct Verdict {
    Severity severity = Severity::ok;
    std::vector<Finding> findings;  // the worst first
    std::vector<std::pair<std::string, std::size_t>> states;
    std::vector<std::string> peers;                // that are heard now
    std::optional<std::int64_t> near_failovers{};  // none: not told
};

std::string title_of(const Session& session) {
    return fmt::format("{} ({})", or_dash(session.name), or_dash(session.family));
}

std::vector<Finding> state_findings(const Session& session) {
    if (std::ranges::find(known_states, session.state) == known_states.end())
        return {
            {Severity::unknown, fmt::format("the state of {} is not known", title_of(session))}};
    if (session.state != "fault" && session.state != "waiting" && session.state != "drained")
        return {};
    std::vector<std::string> reasons = session.blockers;
    if (reasons.empty()) reasons.push_back(or_dash(session.reason_text));
    std::vector<Finding> found;
    for (const std::string& reason : reasons)
        found.push_back(
            {session.state == "fault" ? Severity::critical : Severity::warning,
             fmt::format("{} is {}: {}", title_of(session), upper(session.state), reason), reason});
    return found;
}

std::vector<Finding> service_findings(const Session& session) {
    std::vector<Finding> found;
    if (holds_addresses(session) && (!session.wanted || !session.installed))
        found.push_back({Severity::unknown, fmt::format("whether {} has its addresses is not known",
                                                        title_of(session))});
    if (holds_addresses(session))
        for (const FailedAddress& failed : session.failed)
            found.push_back({Severity::critical,
                             fmt::format("{}: {}", title_of(session), or_dash(failed.error)),
                             failed.error});
    for (const Condition& condition : session.conditions)
        if (condition.kind == "another-active")
            found.push_back({Severity::critical,
                             fmt::format("{}: {}", title_of(session), or_dash(condition.text)),
                             condition.text});
    return found;
}

std::vector<Finding> role_findings(const Session& session) {
    if (session.state == "fault" || session.state == "waiting" || session.state == "drained")
        return {};  // is told already
    if (!session.is_preferred)
        return {{Severity::unknown,
                 fmt::format("which node is preferred for {} is not known", title_of(session))}};
    if (*session.is_preferred == holds_addresses(session)) return {};
    return {{Severity::warning, fmt::format("{} is {} here, and {} the preferred node",
                                            title_of(session), or_dash(upper(session.state)),
                                            *session.is_preferred ? "this is" : "another one is")}};
}

// What the daemon calls a problem, unless a finding says it already.
std::vector<Finding> problem_findings(const Status& status, const std::vector<Finding>& known) {
    std::vector<Finding> found;
    for (const std::string& problem : status.problems) {
        const bool is_told = std::ranges::any_of(known, [&](const Finding& finding) {
            return !finding.detail.empty() && problem.find(finding.detail) != std::string::npos;
        });
        if (!is_told) found.push_back({Severity::warning, problem});
    }
    if (status.health == "ok") return found;
    if (status.health != "degraded")
        found.push_back({Severity::unknown, "tandemd does not tell its health"});
    else if (status.problems.empty() && status.problems_of_others == 0)
        found.push_back({Severity::warning, "tandemd is degraded and does not say why"});
    return found;
}

std::vector<Finding> findings_of(const Options& options, const Status& status) {
    std::vector<Finding> found;
    const auto take = [&](std::vector<Finding> more) {
        found.insert(found.end(), more.begin(), more.end());
    };
    if (status.sessions.empty()) take({{Severity::warning, "no router is configured"}});
    for (const Session& session : status.sessions) {
        take(state_findings(session));
        take(service_findings(session));
        if (options.expectation) take(role_findings(session));
    }
    take(problem_findings(status, found));
    // The worst ones first, and each kind in the order in which it was found.
    std::multimap<Severity, Finding, std::greater<>> in_order;
    for (Finding& finding : found) in_order.emplace(finding.severity, std::move(finding));
    found.clear();
    for (auto& [severity, finding] : in_order) found.push_back(std::move(finding));
    return found;
}

// A Backup is silent, and so is who was heard long ago: of neither is anything known.
std::vector<std::string> peers_heard(const Status& status) {
    std::set<std::string> heard;
    for (const Session& session : status.sessions)
        for (const Peer& peer : session.peers)
            if (peer.last_seen_ms && session.timers.down_ms &&
                *peer.last_seen_ms <= *session.timers.down_ms && !peer.address.empty())
                heard.insert(peer.address);
    return {heard.begin(), heard.end()};
}

// Without a value when one session does not tell its own.
std::optional<std::int64_t> near_failovers(const Status& status) {
    constexpr std::int64_t most = 1'000'000'000'000;
    std::int64_t sum = 0;
    for (const Session& session : status.sessions) {
        const auto& own = session.counters.near_failovers;
        if (!own || *own < 0 || *own > most) return std::nullopt;
        sum += *own;
    }
    return sum;
}

Verdict verdict_on(const Options& options, const Status& status) {
    Verdict verdict{.findings = findings_of(options, status),
                    .states = {},
                    .peers = peers_heard(status),
                    .near_failovers = near_failovers(status)};
    if (!verdict.findings.empty()) verdict.severity = verdict.findings.front().severity;
    for (const std::string_view state : known_states)
        verdict.states.emplace_back(state,
                                    std::ranges::count(status.sessions, state, &Session::state));
    return verdict;
}

// "4 active, 0 fault, 1 backup"
std::string states_text(const Verdict& verdict) {
    std::vector<std::string> parts;
    for (const auto& [state, count] : verdict.states)
        if (count > 0 || state == "active" || state == "fault")
            parts.push_back(fmt::format("{} {}", count, state));
    return joined(parts, ", ");
}

std::string peers_text(const Verdict& verdict) {
    return verdict.peers.empty() ? "unknown" : joined(verdict.peers, " ");
}

// A line of a plugin: its text ends where the first bar stands.
std::string plugin_line(Severity severity, std::string text, std::string_view measured) {
    std::ranges::replace(text, '|', '/');
    return fmt::format("TANDEM {} - {}{}\n", upper(name_of(severity)), text, measured);
}

std::string plugin_text(const Verdict& verdict) {
    std::vector<std::string> parts;
    for (const Finding& finding : verdict.findings) parts.push_back(finding.text);
    parts.push_back(fmt::format("{}, peer {}", states_text(verdict), peers_text(verdict)));
    std::vector<std::string> measured;
    for (const auto& [state, count] : verdict.states)
        measured.push_back(fmt::format("{}={};;{}", state, count, state == "fault" ? "1" : ";0"));
    measured.push_back(verdict.near_failovers
                           ? fmt::format("near_failovers={}c", *verdict.near_failovers)
                           : "near_failovers=U");
    return plugin_line(verdict.severity, joined(parts, "; "), " | " + joined(measured, " "));
}

std::string readable_text(const Verdict& verdict, const Style& style) {
    std::string out =
        painted(upper(name_of(verdict.severity)), paint_of(verdict.severity), style) + "\n";
    for (const Finding& finding : verdict.findings)
        out += labelled(name_of(finding.severity), finding.text, style);
    out += labelled("routers", states_text(verdict), style);
    out += labelled("peer", peers_text(verdict), style);
    const std::string near =
        verdict.near_failovers ? count_text(verdict.near_failovers) : "unknown";
    return out + labelled("near misses", near + " (near failovers)", style);
}

std::string json_text(const Verdict& verdict) {
    Json json{{"schema", 1}, {"severity", name_of(verdict.severity)}};
    json["reasons"] = Json::array();
    for (const Finding& finding : verdict.findings)
        json["reasons"].push_back(
            {{"severity", name_of(finding.severity)}, {"text", finding.text}});
    json["states"] = Json::object();
    for (const auto& [state, count] : verdict.states) json["states"][state] = count;
    json["peers"] = verdict.peers;
    json["near_failovers"] = verdict.near_failovers ? Json(*verdict.near_failovers) : Json();
    return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Outcome without_status(const Options& options, const Failure& failure) {
    const ExitCode code = code_of(Severity::unknown);
    if (options.format == Format::json)
        return {code,
                json_text({.severity = Severity::unknown,
                           .findings = {{Severity::unknown, failure.text}},
                           .states = {},
                           .peers = {}}),
                {}};
    if (options.is_plugin)
        return {code, plugin_line(Severity::unknown, printable(failure.text), ""), {}};
    return {code, "UNKNOWN\n", "tandemctl: " + failure.text + "\n"};
}

}  // namespace

Outcome show_health(const Options& options, const Answer& answer, const Style& style) {
    const Expected<Status> status = status_in(answer, options.router);
    if (!status) return without_status(options, status.error());
    const Verdict verdict = verdict_on(options, *status);
    const ExitCode code = code_of(verdict.severity);
    if (options.format == Format::json) return {code, json_text(verdict), {}};
    const std::string text =
        options.is_plugin ? plugin_text(verdict) : readable_text(verdict, style);
    return {code, style.utf8 ? text : ascii_only(text), {}};
}

}  // namespace ctl
