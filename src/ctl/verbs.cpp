#include "ctl/verbs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/result.hpp"
#include "base/version.hpp"
#include "ctl/overview.hpp"
#include "ctl/page.hpp"
#include "ctl/status.hpp"

namespace ctl {

namespace {

std::string one_line(const Json& json) {
    return printable_json(json.dump(-1, ' ', false, Json::error_handler_t::replace)) + "\n";
}

// The status in the answer, limited to the router that was asked for.
Expected<Status> wanted_status(const Options& options, const Json& answer) {
    TRY(Status status, read_status(answer));
    if (!options.router) return status;
    return status_of_router(std::move(status), *options.router);
}

std::string pages(const Options& options, const Status& status, const Style& style) {
    std::string out = options.router ? "" : node_page(status, style);
    for (const Session& session : status.sessions)
        out += (out.empty() ? "" : "\n") + session_page(session, status, style);
    return out;
}

Expected<std::string> status_text(const Options& options, const Answer& answer,
                                  const Style& style) {
    TRY(const std::string line, answer);
    TRY(const Json json, parse_answer(line));
    TRY(const Status status, wanted_status(options, json));
    if (options.format == Format::json)
        return printable_json(options.router ? json_of_router(json, *options.router) : line) + "\n";
    const std::string text = options.detail == Detail::everything ? pages(options, status, style)
                                                                  : overview(status, style);
    return style.utf8 ? text : ascii_only(text);
}

// The word for all sessions together: "active" when every one is, else that of the first other.
std::string common_state(const std::vector<Session>& sessions) {
    const auto other = std::ranges::find_if(
        sessions, [](const Session& session) { return session.state != "active"; });
    if (other == sessions.end()) return "active";
    return other->state.empty() ? "unknown" : other->state;
}

ExitCode code_of_state(std::string_view state) {
    if (state == "active") return ExitCode::ok;
    return state == "unknown" ? ExitCode::unreachable : ExitCode::failed;
}

std::string record_text(Json json) {
    const Json events = json.value("events", Json::array());
    json.erase("events");
    std::string text = one_line(json);
    text.resize(text.size() - 2);  // the closing brace, and the end of the line
    text += ",\"events\":[";
    std::string_view separator = "\n";
    for (const Json& event : events) {
        const std::string line = one_line(event);
        text += separator;
        text += std::string_view{line}.substr(0, line.size() - 1);
        separator = ",\n";
    }
    return text + "\n]}\n";
}

std::string is_active_text(const Options& options, std::string_view state,
                           const std::vector<Session>& sessions) {
    if (options.format == Format::text) return fmt::format("{}\n", state);
    Json json{{"schema", 1}, {"active", state == "active"}, {"state", state}};
    json["routers"] = Json::array();
    for (const Session& session : sessions)
        json["routers"].push_back(
            {{"name", session.name}, {"family", session.family}, {"state", session.state}});
    return one_line(json);
}

}  // namespace

Outcome show_status(const Options& options, const Answer& answer, const Style& style) {
    const Expected<std::string> text = status_text(options, answer, style);
    if (!text) return outcome_of(text.error());
    return Outcome{ExitCode::ok, *text, {}};
}

Outcome show_is_active(const Options& options, const Answer& answer) {
    const Expected<Status> status = status_in(answer, options.router);
    if (!status) {
        // Scripts test for 0, 1 and 3 only: whatever keeps us from knowing is 3.
        Outcome outcome = outcome_of(status.error());
        outcome.code = ExitCode::unreachable;
        outcome.out = is_active_text(options, "unknown", {});
        return outcome;
    }
    if (status->sessions.empty())
        return Outcome{ExitCode::failed, is_active_text(options, "none", {}),
                       "tandemctl: no router is configured\n"};
    const std::string state = common_state(status->sessions);
    return Outcome{code_of_state(state), is_active_text(options, state, status->sessions), {}};
}

Outcome save_record(const Options& options, const Answer& answer) {
    const auto record = [&]() -> Expected<std::string> {
        TRY(const std::string line, answer);
        TRY(const Json json, parse_answer(line));
        return record_text(json);
    }();
    if (!record) return outcome_of(record.error());
    std::ofstream file{*options.record_file, std::ios::trunc};
    file << *record;
    file.close();
    if (!file)
        return outcome_of(Failure{
            ExitCode::failed,
            fmt::format("cannot write {}: {}", *options.record_file, std::strerror(errno))});
    return {};
}

std::string rerun_request(const Options& options) {
    Json request{{"method", "hooks-rerun"}};
    if (options.router) request["name"] = *options.router;
    return request.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Outcome show_rerun(const Options& options, const Answer& answer) {
    const auto count = [&]() -> Expected<std::int64_t> {
        TRY(const std::string line, answer);
        TRY(const Json json, parse_answer(line));
        const auto found = json.find("hooks");
        if (found == json.end() || !found->is_number_integer())
            return fail(ExitCode::failed, "the answer of tandemd has no number of hooks");
        return found->get<std::int64_t>();
    }();
    if (!count) return outcome_of(count.error());
    if (options.format == Format::json) return Outcome{ExitCode::ok, *answer + "\n", {}};
    return Outcome{ExitCode::ok,
                   fmt::format("{} {} run again\n", *count, *count == 1 ? "hook is" : "hooks are"),
                   {}};
}

Outcome show_version(const Options& options, const Answer& answer) {
    const auto daemon = [&]() -> Expected<Status> {
        TRY(const std::string line, answer);
        TRY(const Json json, parse_answer(line));
        return read_status(json);
    }();
    const bool is_known = daemon && !daemon->version.empty();
    if (options.format == Format::json) {
        Json json{{"schema", 1}, {"tandemctl", base::version}, {"tandemd", nullptr}};
        if (is_known) json["tandemd"] = daemon->version;
        return Outcome{ExitCode::ok, one_line(json), {}};
    }
    std::string running = "not known";
    if (is_known) running = daemon->version;
    if (!daemon) running += ": " + daemon.error().text;
    return Outcome{
        ExitCode::ok, fmt::format("tandemctl {}\ntandemd   {}\n", base::version, running), {}};
}

}  // namespace ctl
