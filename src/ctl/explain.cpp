#include "ctl/explain.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>

#include "base/result.hpp"
#include "ctl/status.hpp"

namespace ctl {

namespace {

std::string text_of(const Json& object, const char* key) { return printable(text_in(object, key)); }

std::optional<double> number_of(const Json& object, const char* key) {
    const auto found = object.find(key);
    if (found == object.end() || !found->is_number()) return std::nullopt;
    return found->get<double>();
}

Json list_in(const Json& object, const char* key) {
    const Json list = object.value(key, Json::array());
    return list.is_array() ? list : Json::array();
}

std::string heading_of(const Json& router, const std::string& node, const Style& style) {
    std::string state = text_of(router, "state");
    std::ranges::transform(state, state.begin(),
                           [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    const bool is_right = router.value("is_right", Json()) == true;
    const std::string line =
        fmt::format("{} ({}) is {} on {}: {}.", text_of(router, "name"), text_of(router, "family"),
                    state, node, text_of(router, "verdict"));
    return hanging("", painted(line, is_right ? Paint::plain : Paint::bad, style), style);
}

std::string because_of(const Json& router, const Style& style) {
    std::string out;
    int number = 0;
    for (const Json& reason : list_in(router, "because"))
        if (reason.is_string())
            out += hanging(fmt::format("  {}. ", ++number), printable(reason.get<std::string>()),
                           style);
    return out;
}

std::string changes_of(const Json& router, const Style& style) {
    std::string out;
    for (const Json& change : list_in(router, "changes"))
        if (change.is_object())
            out += hanging(
                "  - ", fmt::format("{} -> {}", text_of(change, "event"), text_of(change, "then")),
                style);
    return out.empty() ? out : "What would change this:\n" + out;
}

std::string margin_of(const Json& router, const Style& style) {
    const Json margin = router.value("margin", Json());
    if (!margin.is_object()) return {};
    const auto gap = number_of(margin, "worst_gap_ms");
    const auto limit = number_of(margin, "limit_ms");
    if (!gap || !limit || *limit <= 0) return {};
    const auto least = number_of(margin, "least_interval_ms");
    const auto missing = number_of(margin, "most_missing").value_or(0);
    std::string text = fmt::format(
        "adverts of {}: the longest gap lately was {} of {} ({:.0f}%), the latest came {} late, "
        "{} in a row were missing; ",
        text_of(margin, "peer"), milliseconds_text(gap), milliseconds_text(limit),
        *gap / *limit * 100, milliseconds_text(number_of(margin, "worst_lateness_ms")),
        missing > 0 ? fmt::format("{:.0f}", missing) : "none");
    text += least ? fmt::format("this pair could sustain an interval of {} (it has {})",
                                milliseconds_text(least),
                                milliseconds_text(number_of(margin, "interval_ms")))
                  : "so many are lost that no interval is safe";
    return "Margin:\n" + hanging("  ", text, style);
}

std::string problems_of(const Json& router, const Style& style) {
    std::string out;
    for (const Json& problem : list_in(router, "problems"))
        if (problem.is_string())
            out += hanging(
                "PROBLEM: ", painted(printable(problem.get<std::string>()), Paint::bad, style),
                style);
    return out;
}

std::string text_of_router(const Json& router, const std::string& node, const Style& style) {
    return heading_of(router, node, style) + because_of(router, style) + changes_of(router, style) +
           margin_of(router, style) + problems_of(router, style);
}

}  // namespace

std::string explain_request(const Options& options) {
    Json request{{"method", "explain"}};
    if (options.router) request["name"] = *options.router;
    return request.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Outcome show_explanation(const Options& options, const Answer& answer, const Style& style) {
    const auto json = [&]() -> Expected<Json> {
        TRY(const std::string line, answer);
        return parse_answer(line);
    }();
    if (!json) return outcome_of(json.error());
    if (options.format == Format::json) return Outcome{ExitCode::ok, *answer + "\n", {}};
    const std::string node = text_of(*json, "node");
    std::string out;
    for (const Json& router : list_in(*json, "routers"))
        if (router.is_object())
            out += (out.empty() ? "" : "\n") + text_of_router(router, node, style);
    if (out.empty()) out = "no routers are configured\n";
    return Outcome{ExitCode::ok, style.utf8 ? out : ascii_only(out), {}};
}

}  // namespace ctl
