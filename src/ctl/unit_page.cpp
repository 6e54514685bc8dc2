#include "ctl/unit_page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "ctl/words.hpp"

namespace ctl {

namespace {

// How it has failed, as far as the daemon says.
std::string ending_text(const HookResult& failed) {
    if (failed.is_timed_out == true) return "ran out of time and was killed";
    if (failed.signal.value_or(0) != 0) return "was ended by signal " + number_text(failed.signal);
    return failed.exit_status ? "exited with " + number_text(failed.exit_status) : "failed";
}

// Whose it is and which program: a group and each of its members may have one.
std::string hook_text(const Hooks& hooks, const HookResult& last) {
    const bool is_notify = last.what == "notify" && !last.program.empty();
    std::string out =
        fmt::format("{}: {} for {}: {} in {} at {}", or_dash(hooks.name),
                    or_dash(is_notify ? last.program : last.what), or_dash(last.phase),
                    last.is_ok == true ? "done" : ending_text(last),
                    milliseconds_text(last.duration_ms), instant_text(last.at));
    if (!last.said.empty()) out += ", said: " + last.said;
    return out;
}

std::string hooks_lines(const Hooks& hooks, const Style& style) {
    std::string out;
    if (hooks.results.empty())
        out += labelled("hook", or_dash(hooks.name) + ": not run yet", style);
    for (auto result = hooks.results.begin(); result != hooks.results.end(); ++result) {
        const bool is_latest =
            std::none_of(std::next(result), hooks.results.end(),
                         [&](const HookResult& later) { return later.what == result->what; });
        if (is_latest) out += labelled("hook", hook_text(hooks, *result), style);
    }
    if (hooks.is_idle == false)
        out += labelled(
            "hook", fmt::format("{}: at work for {}", or_dash(hooks.name), or_dash(hooks.phase)),
            style);
    if (hooks.superseded.value_or(0) > 0)
        out += labelled("hook",
                        fmt::format("{}: {} not run, as a newer one was due", or_dash(hooks.name),
                                    count_text(hooks.superseded)),
                        style);
    return out;
}

// "uplink (http): FAILED for 7.0s, answered 500; takes 60 off; 12 runs, 3 failed, the last took
// 4ms"
std::string check_text(const Check& check) {
    std::string out =
        fmt::format("{} ({}): {} for {}", or_dash(check.name), or_dash(check.type),
                    check.state == "failed" ? upper(check.state) : or_dash(check.state),
                    age_text(check.since_seconds));
    if (!check.text.empty()) out += ", " + check.text;
    return fmt::format("{}; on fail {}; runs {}, failures {}, the last took {}", out,
                       or_dash(check.on_fail), count_text(check.runs), count_text(check.failures),
                       milliseconds_text(check.duration_ms));
}

// The names of those of which nothing else is told share a line.
std::string checks_lines(const Unit& unit, const Status& status, const Style& style) {
    std::string out;
    std::vector<std::string> others;
    for (const std::string& name : unit.checks) {
        const auto check = std::ranges::find(status.checks, name, &Check::name);
        if (check == status.checks.end())
            others.push_back(name);
        else
            out += labelled("check", check_text(*check), style);
    }
    return others.empty() ? out : labelled("checks", joined(others, "  "), style) + out;
}

std::string drained_text(const Unit& unit) {
    std::string out = "since " + instant_text(unit.drained_since);
    out += unit.drained_until.empty() ? ", until tandemctl undrain " + unit.name
                                      : ", until " + instant_text(unit.drained_until);
    return unit.drained_why.empty() ? out : out + ": " + unit.drained_why;
}

std::string order_lines(const Unit& unit, const Style& style) {
    std::string out;
    if (unit.held_back_ms)
        out += labelled("holds back", "for " + span_text(unit.held_back_ms), style);
    if (unit.preparing_ms)
        out += labelled("prepares", "for at most " + span_text(unit.preparing_ms), style);
    if (unit.draining_ms)
        out += labelled("drains", "for at most " + span_text(unit.draining_ms), style);
    if (!unit.order.empty()) out += labelled("order", unit.order + " is under way", style);
    if (!unit.drained_since.empty()) out += labelled("drained", drained_text(unit), style);
    if (unit.handed_over_since.empty()) return out;
    return out + labelled("handed over",
                          fmt::format("to {} at {}, and does not preempt until it has been Active "
                                      "again (tandemctl undrain {} ends that)",
                                      or_dash(unit.handed_over_to),
                                      instant_text(unit.handed_over_since), unit.name),
                          style);
}

}  // namespace

std::string unit_lines(const Unit& unit, const Status& status, const Style& style) {
    std::string out;
    for (const Term& term : unit.terms)
        out += labelled("less", fmt::format("{}  {}", number_text(term.points), term.what), style);
    if (unit.kind == "group") out += labelled("group", or_dash(unit.name), style);
    out += checks_lines(unit, status, style) + order_lines(unit, style);
    for (const Hooks& hooks : unit.hooks) out += hooks_lines(hooks, style);
    return out;
}

}  // namespace ctl
