#include "ctl/overview.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "ctl/words.hpp"

namespace ctl {

namespace {

// "200", and "80 (200-120)" when something changes it.
std::string priority_text(const Session& session) {
    const auto& base = session.base_priority;
    const auto& effective = session.effective_priority;
    if (!base || !effective || *base == *effective)
        return number_text(effective ? effective : base);
    // In floating point, since the numbers are not ours and their difference may not fit.
    const double change = static_cast<double>(*effective) - static_cast<double>(*base);
    return fmt::format("{} ({}{:+.0f})", *effective, *base, change);
}

std::string addresses_text(const Session& session) {
    if (session.addresses.empty()) return "-";
    const std::size_t more = session.addresses.size() - 1;
    return session.addresses.front() + (more == 0 ? "" : fmt::format(" +{}", more));
}

std::string session_table(const Status& status, const Style& style) {
    // On a narrow terminal the facts that stand in the configuration go first.
    const std::vector<Column> columns{
        {"ROUTER", Align::left, 0},    {"IFACE", Align::left, 2}, {"VRID", Align::right, 1},
        {"FAM", Align::left, 0},       {"STATE", Align::left, 0}, {"PRIO", Align::left, 4},
        {"ADDRESSES", Align::left, 5}, {"PEER", Align::left, 3},  {"SINCE", Align::left, 6},
    };
    std::vector<std::vector<Cell>> rows;
    for (const Session& session : status.sessions)
        rows.push_back({
            {or_dash(session.name)},
            {or_dash(session.interface)},
            {number_text(session.vrid)},
            {short_family(session)},
            {or_dash(upper(session.state)), paint_of_state(session.state)},
            {priority_text(session)},
            {addresses_text(session)},
            {peer_text(session)},
            {age_text(session.since_seconds)},
        });
    return table(columns, rows, style);
}

// Those that have failed or were never run; of the others the number.
std::string checks_lines(const Status& status, const Style& style) {
    if (status.checks.empty()) return {};
    const std::vector<Column> columns{
        {"CHECK", Align::left, 0}, {"TYPE", Align::left, 3},    {"STATE", Align::left, 0},
        {"SINCE", Align::left, 2}, {"ON FAIL", Align::left, 1}, {"WHY", Align::left, 4},
    };
    std::vector<std::vector<Cell>> rows;
    for (const Check& check : status.checks)
        if (check.state != "passed")
            rows.push_back({{or_dash(check.name)},
                            {or_dash(check.type)},
                            {or_dash(upper(check.state)),
                             check.state == "failed" ? Paint::bad : Paint::caution},
                            {age_text(check.since_seconds)},
                            {or_dash(check.on_fail)},
                            {or_dash(check.text)}});
    const std::size_t passed = status.checks.size() - rows.size();
    const std::string table_of_others = rows.empty() ? "" : "\n" + table(columns, rows, style);
    return table_of_others + (passed == 0 ? "" : fmt::format("\nchecks    {} passed\n", passed));
}

// The lines under the table for a session that is not as wanted; nothing for the others.
std::string trouble(const Session& session, const Style& style) {
    std::string lines = blocked_lines(session, style) + address_trouble(session, style);
    if (lines.empty() && session.state != "fault" && session.state != "waiting") return {};
    const auto says_the_reason = [&](const std::string& blocker) {
        return blocker.find(session.reason_text) != std::string::npos;
    };
    if (std::ranges::none_of(session.blockers, says_the_reason))
        lines += labelled("last change", or_dash(session.reason_text), style);
    return fmt::format("\n{} {} is {}\n{}", or_dash(session.name), short_family(session),
                       or_dash(upper(session.state)), lines);
}

// A problem is not told twice: the lines of its session may already say it.
bool is_told(const std::string& problem, const std::vector<Session>& sessions) {
    const auto tells = [&](const Session& session) {
        const auto says = [&](const std::string& text) {
            return !text.empty() && problem.find(text) != std::string::npos;
        };
        return is_problem_of(problem, session.name) &&
               problem.find(or_dash(session.family)) != std::string::npos &&
               (std::ranges::any_of(session.blockers, says) ||
                std::ranges::any_of(session.failed, says, &FailedAddress::error));
    };
    return std::ranges::any_of(sessions, tells);
}

std::vector<std::string> warnings(const Status& status) {
    std::vector<std::string> out;
    if (status.realtime == false)
        out.emplace_back("tandemd has no real-time priority: a busy machine can delay its adverts");
    if (status.memory_locked == false)
        out.emplace_back("the memory of tandemd is not locked: swapping can delay its adverts");
    if (status.log_dropped.value_or(0) > 0)
        out.push_back(count_text(status.log_dropped) + " log messages were dropped");
    for (const Unit& unit : status.units)
        if (!unit.handed_over_since.empty())
            out.push_back(
                fmt::format("{0} has handed over to {1} and does not preempt until it "
                            "has been Active again; tandemctl undrain {0} ends that",
                            or_dash(unit.name), or_dash(unit.handed_over_to)));
    return out;
}

}  // namespace

std::string overview(const Status& status, const Style& style) {
    std::string out = headline(status, style) + "\n";
    out += status.sessions.empty() ? "no router is configured\n" : session_table(status, style);
    out += checks_lines(status, style);
    for (const Session& session : status.sessions) out += trouble(session, style);
    std::vector<std::string> problems = status.problems;
    std::erase_if(problems,
                  [&](const std::string& each) { return is_told(each, status.sessions); });
    std::vector<std::string> cautions = warnings(status);
    if (cautions.empty()) cautions.emplace_back("none");
    out += "\n" + list_lines("problems  ", problems, style);
    return out + list_lines("warnings  ", cautions, style);
}

}  // namespace ctl
