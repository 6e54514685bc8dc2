#include "ctl/doctor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/result.hpp"
#include "ctl/symptoms.hpp"

namespace ctl {

namespace {

std::string place_of(const Finding& finding) {
    if (finding.router.empty()) return "this node";
    return fmt::format("{} ({})", finding.router, or_dash(finding.family));
}

std::string counted(std::int64_t count, std::string_view noun) {
    return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

std::string text_of(const Finding& finding, const Style& style) {
    const bool is_problem = finding.gravity == Gravity::problem;
    const std::string word = painted(is_problem ? "PROBLEM" : "remark ",
                                     is_problem ? Paint::bad : Paint::caution, style);
    return hanging(fmt::format("{}  {}  {}: ", word, place_of(finding), finding.code), finding.text,
                   style) +
           labelled("evidence", finding.evidence, style) + labelled("cure", finding.cure, style);
}

std::string readable(const Examination& examination, const std::vector<Finding>& findings,
                     const Style& style) {
    std::string out;
    for (const Finding& finding : findings) out += text_of(finding, style);
    out += hanging("looked at  ", joined(examination.looked_at, ", "), style);
    for (const std::string& skipped : examination.skipped)
        out += hanging("skipped    ", skipped, style);
    const auto problems = std::ranges::count(findings, Gravity::problem, &Finding::gravity);
    const auto remarks = std::ranges::count(findings, Gravity::remark, &Finding::gravity);
    return out + fmt::format("{}, {}\n", counted(problems, "problem"), counted(remarks, "remark"));
}

std::string json_text(const Examination& examination, const std::vector<Finding>& findings) {
    Json json{{"schema", 1}, {"findings", Json::array()}, {"skipped", examination.skipped}};
    const auto or_null = [](const std::string& text) { return text.empty() ? Json() : Json(text); };
    for (const Finding& finding : findings)
        json["findings"].push_back({{"code", finding.code},
                                    {"severity", name_of(finding.gravity)},
                                    {"router", or_null(finding.router)},
                                    {"family", or_null(finding.family)},
                                    {"text", finding.text},
                                    {"evidence", finding.evidence},
                                    {"cure", finding.cure}});
    return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::optional<Lateness> lateness_in(const Json& answer) {
    const auto loop = answer.find("loop");
    if (loop == answer.end() || !loop->is_object()) return std::nullopt;
    const auto turns = loop->find("late_turns");
    const auto worst = loop->find("worst_late_ms");
    if (turns == loop->end() || !turns->is_number_integer()) return std::nullopt;
    const bool has_worst = worst != loop->end() && worst->is_number();
    return Lateness{.turns = turns->get<std::int64_t>(),
                    .worst_ms = has_worst ? worst->get<double>() : 0};
}

Expected<Status> other_status(const std::string& path) {
    std::ifstream file{path};
    if (!file) return fail(ExitCode::usage, fmt::format("cannot read {}", printable(path)));
    std::ostringstream text;
    text << file.rdbuf();
    const Expected<Status> status = status_in(text.str());
    if (status) return *status;
    return fail(ExitCode::usage,
                fmt::format("{} is not what `tandemctl status --json` prints on the other node: {}",
                            printable(path), status.error().text));
}

// Long enough for two adverts of the slowest router, within what somebody waits for.
double usual_seconds(const Status& status) {
    constexpr double least = 1;
    constexpr double most = 10;
    double longest = 0;
    for (const Session& session : status.sessions)
        longest = std::max(longest, std::max(session.timers.active_advertise_ms.value_or(0),
                                             session.timers.advertise_ms.value_or(0)));
    return std::clamp(2.5 * longest / 1000, least, most);
}

Expected<Examination> examine(const Options& options, const std::function<Answer()>& ask_status) {
    Examination examination;
    Facts& facts = examination.facts;
    if (options.other_file) {
        TRY(facts.other, other_status(*options.other_file));
        examination.looked_at.push_back("the status of " + or_dash(facts.other->node));
    }
    TRY(facts.before, status_in(ask_status()));
    if (facts.other && facts.other->node == facts.before.node)
        return fail(ExitCode::usage,
                    fmt::format("{} is the status of this node, {}", printable(*options.other_file),
                                facts.before.node));
    facts.listened_seconds = options.listen_seconds.value_or(usual_seconds(facts.before));
    Symptoms symptoms{examination};
    symptoms.enter_namespace();
    symptoms.listen(ask_status);
    TRY(const std::string line, ask_status());
    TRY(const Json answer, parse_answer(line));
    TRY(facts.status, read_status(answer));
    facts.lateness = lateness_in(answer);
    symptoms.look_around();
    return examination;
}

}  // namespace

Outcome show_findings(const Options& options, const Examination& examination, const Style& style) {
    const std::vector<Finding> findings = findings_of(examination.facts);
    const bool is_ill =
        std::ranges::find(findings, Gravity::problem, &Finding::gravity) != findings.end();
    const ExitCode code = is_ill ? ExitCode::failed : ExitCode::ok;
    if (options.format == Format::json) return {code, json_text(examination, findings), {}};
    const std::string text = readable(examination, findings, style);
    return {code, style.utf8 ? text : ascii_only(text), {}};
}

Outcome run_doctor(const Options& options, const Style& style,
                   const std::function<Answer()>& ask_status) {
    const Expected<Examination> examination = examine(options, ask_status);
    if (!examination) return outcome_of(examination.error());
    return show_findings(options, *examination, style);
}

}  // namespace ctl
