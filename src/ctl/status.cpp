#include "ctl/status.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>

#include "base/result.hpp"
#include "ctl/text.hpp"

namespace ctl {

namespace {

constexpr std::int64_t known_schema = 1;

// A status is about six levels deep and has a few dozen keys an object. What is beyond these bounds
// is no status, and would cost: the tree is walked by recursion, keys are searched one by one, and
// a small text can become a large value.
constexpr int deepest = 32;
constexpr std::size_t most_keys = 256;
constexpr std::size_t most_events = 8'000'000;
constexpr std::size_t most_sessions = 65'536;

// The member, or null when there is none or this is no object.
const Json& member(const Json& object, const char* key) {
    static const Json null;
    const auto found = object.find(key);
    return found == object.end() ? null : *found;
}

std::string text_of(const Json& value) {
    const auto* text = value.get_ptr<const std::string*>();
    return text == nullptr ? std::string{} : printable(*text);
}

std::string text(const Json& object, const char* key) { return text_of(member(object, key)); }

std::optional<double> number(const Json& object, const char* key) {
    const Json& value = member(object, key);
    if (!value.is_number()) return std::nullopt;
    return value.get<double>();
}

std::optional<std::int64_t> integer_of(const Json& value) {
    constexpr auto largest = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    if (!value.is_number_integer()) return std::nullopt;
    if (value.is_number_unsigned() && value.get<std::uint64_t>() > largest) return std::nullopt;
    return value.get<std::int64_t>();
}

std::optional<std::int64_t> integer(const Json& object, const char* key) {
    return integer_of(member(object, key));
}

std::optional<bool> truth(const Json& object, const char* key) {
    const Json& value = member(object, key);
    if (!value.is_boolean()) return std::nullopt;
    return value.get<bool>();
}

std::optional<std::vector<std::string>> texts(const Json& object, const char* key) {
    const Json& value = member(object, key);
    if (!value.is_array()) return std::nullopt;
    std::vector<std::string> out;
    for (const Json& element : value) out.push_back(or_dash(text_of(element)));
    return out;
}

std::vector<std::string> texts_or_none(const Json& object, const char* key) {
    return texts(object, key).value_or(std::vector<std::string>{});
}

template <typename T>
std::vector<T> each(const Json& object, const char* key, T (*read)(const Json&)) {
    const Json& value = member(object, key);
    std::vector<T> out;
    if (!value.is_array()) return out;
    for (const Json& element : value) out.push_back(read(element));
    return out;
}

std::vector<double> numbers(const Json& object, const char* key) {
    const Json& value = member(object, key);
    if (!value.is_array()) return {};
    std::vector<double> out;
    for (const Json& element : value)
        if (element.is_number()) out.push_back(element.get<double>());
    return out;
}

Gaps read_gaps(const Json& gaps) {
    return Gaps{.bounds_ms = numbers(gaps, "bounds_ms"),
                .counts = numbers(gaps, "counts"),
                .sum_ms = number(gaps, "sum_ms")};
}

Peer read_peer(const Json& peer) {
    const Json& margin = member(peer, "margin");
    return Peer{
        .address = text(peer, "address"),
        .priority = integer(peer, "priority"),
        .interval_ms = number(peer, "interval_ms"),
        .last_seen = text(peer, "last_seen"),
        .last_seen_ms = number(peer, "last_seen_ms"),
        .checksum = text(peer, "checksum"),
        .worst_gap_ms = number(margin, "worst_gap_ms"),
        .gap_limit_ms = number(margin, "limit_ms"),
        .gaps = read_gaps(member(margin, "gaps")),
    };
}

Condition read_condition(const Json& condition) {
    return Condition{.kind = text(condition, "kind"),
                     .with = text(condition, "with"),
                     .text = text(condition, "text"),
                     .since = text(condition, "since")};
}

Upheld read_upheld(const Json& upheld) {
    return Upheld{.text = text(upheld, "text"),
                  .is_installed = truth(upheld, "installed"),
                  .error = text(upheld, "error")};
}

FailedAddress read_failed(const Json& failed) {
    return FailedAddress{.address = text(failed, "address"), .error = text(failed, "error")};
}

Timers read_timers(const Json& timers) {
    return Timers{
        .advertise_ms = number(timers, "advertise_ms"),
        .active_advertise_ms = number(timers, "active_advertise_ms"),
        .skew_ms = number(timers, "skew_ms"),
        .down_ms = number(timers, "down_ms"),
        .remaining_ms = number(timers, "remaining_ms"),
    };
}

Reasons reasons(const Json& object, const char* key) {
    const Json& counts = member(object, key);
    Reasons out;
    if (!counts.is_object()) return out;
    for (const auto& [reason, count] : counts.items())
        out.emplace_back(printable(reason), integer_of(count));
    return out;
}

Counters read_counters(const Json& counters) {
    return Counters{
        .sent = integer(counters, "sent"),
        .received = integer(counters, "received"),
        .priority_zero_sent = integer(counters, "priority_zero_sent"),
        .priority_zero_received = integer(counters, "priority_zero_received"),
        .transitions = integer(counters, "transitions"),
        .announcements_sent = integer(counters, "announcements_sent"),
        .announcements_put_off = integer(counters, "announcements_put_off"),
        .claims_heard = integer(counters, "claims_heard"),
        .send_errors = integer(counters, "send_errors"),
        .restored = integer(counters, "restored"),
        .near_failovers = integer(counters, "near_failovers"),
        .older_version_ignored = integer(counters, "older_version_ignored"),
        .discarded = reasons(counters, "discarded"),
        .noted = reasons(counters, "noted"),
    };
}

// Null says that there is none; without the member nothing is told.
std::string lease_text(const Json& router) {
    const auto lease = router.find("lease_ms");
    if (lease == router.end()) return {};
    return lease->is_null() ? "off" : span_text(number(router, "lease_ms"));
}

Session read_session(const Json& router) {
    const Json& priority = member(router, "priority");
    const Json& preempt = member(router, "preempt");
    const Json& checksum = member(router, "checksum");
    const Json& vmac = member(router, "vmac");
    return Session{
        .name = text(router, "name"),
        .unit = text(router, "unit"),
        .interface = text(router, "interface"),
        .vrid = integer(router, "vrid"),
        .family = text(router, "family"),
        .vrrp = integer(router, "vrrp"),
        .vrrp2_too = truth(router, "vrrp2_too"),
        .transport = text(router, "transport"),
        .state = text(router, "state"),
        .since = text(router, "since"),
        .since_seconds = number(router, "since_seconds"),
        .reason = text(router, "reason"),
        .reason_text = text(router, "reason_text"),
        .blockers = texts_or_none(router, "blockers"),
        .base_priority = integer(priority, "base"),
        .effective_priority = integer(priority, "effective"),
        .is_preferred = truth(router, "preferred"),
        .preempts = truth(preempt, "enabled"),
        .preempt_after_ms = number(preempt, "after_ms"),
        .timers = read_timers(member(router, "timers")),
        .checksum_configured = text(checksum, "configured"),
        .checksum_sending = text(checksum, "sending"),
        .source = text(router, "source"),
        .accepts = truth(router, "accept"),
        .lease = lease_text(router),
        .up_for_ms = number(router, "up_for_ms"),
        .mac = text(router, "mac"),
        .vmac = text(vmac, "mac"),
        .vmac_interface = text(vmac, "interface"),
        .vmac_transmit = text(vmac, "transmit"),
        .addresses = texts_or_none(router, "addresses"),
        .wanted = texts(router, "wanted"),
        .installed = texts(router, "installed"),
        .failed = each(router, "failed", read_failed),
        .routes = each(router, "routes", read_upheld),
        .rules = each(router, "rules", read_upheld),
        .peers = each(router, "peers", read_peer),
        .conditions = each(router, "conditions", read_condition),
        .counters = read_counters(member(router, "counters")),
    };
}

Check read_check(const Json& check) {
    const Json& on_fail = member(check, "on_fail");
    const auto penalty = integer(on_fail, "penalty");
    return Check{.name = text(check, "name"),
                 .type = text(check, "type"),
                 .state = text(check, "state"),
                 .text = text(check, "text"),
                 .since_seconds = number(check, "since_seconds"),
                 .on_fail = penalty ? fmt::format("-{}", *penalty) : text(check, "on_fail"),
                 .runs = integer(check, "runs"),
                 .failures = integer(check, "failures"),
                 .duration_ms = number(check, "duration_ms")};
}

Term read_term(const Json& term) {
    return Term{.what = text(term, "what"), .points = integer(term, "points")};
}

HookResult read_result(const Json& result) {
    return HookResult{.phase = text(result, "phase"),
                      .what = text(result, "what"),
                      .program = text(result, "program"),
                      .at = text(result, "at"),
                      .is_ok = truth(result, "ok"),
                      .exit_status = integer(result, "status"),
                      .signal = integer(result, "signal"),
                      .is_timed_out = truth(result, "timed_out"),
                      .duration_ms = number(result, "duration_ms"),
                      .said = text(result, "said")};
}

Hooks read_hooks(const Json& hooks) {
    return Hooks{.name = text(hooks, "name"),
                 .phase = text(hooks, "phase"),
                 .is_idle = truth(hooks, "idle"),
                 .superseded = integer(hooks, "superseded"),
                 .results = each(hooks, "results", read_result)};
}

Unit read_unit(const Json& unit) {
    return Unit{.name = text(unit, "name"),
                .kind = text(unit, "kind"),
                .checks = texts_or_none(unit, "checks"),
                .terms = each(unit, "terms", read_term),
                .held_back_ms = number(unit, "held_back_ms"),
                .preparing_ms = number(unit, "preparing_ms"),
                .draining_ms = number(unit, "draining_ms"),
                .handed_over_since = text(member(unit, "handed_over"), "since"),
                .handed_over_to = text(member(unit, "handed_over"), "to"),
                .drained_since = text(member(unit, "drained"), "since"),
                .drained_until = text(member(unit, "drained"), "until"),
                .drained_why = text(member(unit, "drained"), "reason"),
                .order = text(member(unit, "order"), "verb"),
                .hooks = each(unit, "hooks", read_hooks)};
}

// The tree when the line is JSON within the bounds above; a discarded value otherwise.
Json parse_bounded(std::string_view line) {
    std::vector<std::size_t> keys_at_depth(deepest + 1, 0);
    std::size_t events = 0;
    bool within_bounds = true;
    const auto look = [&](int depth, Json::parse_event_t event, const Json&) {
        within_bounds = within_bounds && depth <= deepest && ++events <= most_events;
        if (!within_bounds) return false;
        const auto level = static_cast<std::size_t>(depth);
        if (event == Json::parse_event_t::object_start && depth < deepest)
            keys_at_depth[level + 1] = 0;
        if (event == Json::parse_event_t::key) within_bounds = ++keys_at_depth[level] <= most_keys;
        return within_bounds;
    };
    Json parsed = Json::parse(line, look, false);
    if (!within_bounds) return Json(Json::value_t::discarded);
    return parsed;
}

}  // namespace

Expected<Json> parse_answer(std::string_view line) {
    Json answer = parse_bounded(line);
    if (answer.is_discarded() || !answer.is_object())
        return fail(ExitCode::failed, "the answer of tandemd is not a JSON object");
    const std::optional<std::int64_t> schema = integer(answer, "schema");
    if (!schema) return fail(ExitCode::failed, "the answer of tandemd has no schema number");
    if (*schema != known_schema)
        return fail(ExitCode::failed,
                    fmt::format("tandemd answers in schema {}, this tandemctl knows {}: use the "
                                "tandemctl of the same version",
                                *schema, known_schema));
    if (!answer.contains("error")) return answer;
    const std::string why = text(answer, "error");
    ExitCode code = ExitCode::failed;
    if (why.starts_with("not permitted")) code = ExitCode::not_permitted;
    if (why.starts_with("wrong usage")) code = ExitCode::usage;
    return fail(code, "tandemd refused: " + or_dash(why));
}

Expected<Status> read_status(const Json& answer) {
    if (!member(answer, "routers").is_array())
        return fail(ExitCode::failed, "the answer of tandemd has no list of routers");
    if (member(answer, "routers").size() > most_sessions)
        return fail(ExitCode::failed, "the answer of tandemd has too many routers");
    const Json& config = member(answer, "config");
    const Json& reloads = member(answer, "reloads");
    return Status{
        .node = text(answer, "node"),
        .version = text(answer, "version"),
        .time = text(answer, "time"),
        .pid = integer(answer, "pid"),
        .uptime_seconds = number(answer, "uptime_seconds"),
        .health = text(answer, "health"),
        .problems = texts_or_none(answer, "problems"),
        .problems_of_others = 0,
        .realtime = truth(answer, "realtime"),
        .memory_locked = truth(answer, "memory_locked"),
        .late_turns = integer(member(answer, "loop"), "late_turns"),
        .worst_late_ms = number(member(answer, "loop"), "worst_late_ms"),
        .log_dropped = integer(answer, "log_dropped"),
        .discarded = reasons(answer, "discarded"),
        .reloads_done = integer(reloads, "done"),
        .reloads_failed = integer(reloads, "failed"),
        .last_reload_succeeded = truth(reloads, "last_succeeded"),
        .runner_deaths = integer(member(answer, "runner"), "deaths"),
        .runner_trouble = text(member(answer, "runner"), "trouble"),
        .config_file = text(config, "file"),
        .config_hash = text(config, "hash"),
        .config_loaded = text(config, "loaded"),
        .unconfirmed_ms = number(config, "unconfirmed_ms"),
        .sessions = each(answer, "routers", read_session),
        .checks = each(answer, "checks", read_check),
        .units = each(answer, "units", read_unit),
    };
}

std::string json_of_router(const Json& answer, std::string_view router) {
    Json filtered = answer;
    Json kept = Json::array();
    for (const Json& element : member(answer, "routers"))
        if (text(element, "name") == router) kept.push_back(element);
    filtered["routers"] = std::move(kept);
    return filtered.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string text_in(const Json& object, const char* name) { return text(object, name); }

Expected<Status> status_in(const Expected<std::string>& answer,
                           const std::optional<std::string>& router) {
    TRY(const std::string line, answer);
    TRY(const Json json, parse_answer(line));
    TRY(Status status, read_status(json));
    if (!router) return status;
    return status_of_router(std::move(status), *router);
}

bool holds_addresses(const Session& session) {
    return session.state == "active" || session.state == "resigning";
}

bool is_problem_of(std::string_view problem, std::string_view router) {
    return !router.empty() && problem.starts_with(router) &&
           (problem.substr(router.size()).starts_with(" (") ||
            problem.substr(router.size()).starts_with(":"));
}

Expected<Status> status_of_router(Status status, std::string_view router) {
    std::vector<std::string> others;
    for (const Session& session : status.sessions)
        if (session.name != router && std::ranges::find(others, session.name) == others.end())
            others.push_back(session.name);
    std::erase_if(status.sessions, [&](const Session& each) { return each.name != router; });
    if (status.sessions.empty())
        return fail(ExitCode::failed,
                    fmt::format("there is no router '{}'; {}", printable(router),
                                others.empty() ? "none is configured"
                                               : "the routers are: " + joined(others, ", ")));
    status.problems_of_others = std::erase_if(status.problems, [&](const std::string& problem) {
        return std::ranges::any_of(
            others, [&](const std::string& other) { return is_problem_of(problem, other); });
    });
    return status;
}

}  // namespace ctl
