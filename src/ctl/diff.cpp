#include "ctl/diff.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/result.hpp"
#include "ctl/status.hpp"
#include "ctl/text.hpp"

namespace ctl {

namespace {

// A text of the daemon, safe to print; empty when there is none.
std::string line_of(const Json& difference) {
    std::string line =
        fmt::format("{:8} {}", text_in(difference, "what"), text_in(difference, "object"));
    if (const std::string interface = text_in(difference, "interface"); !interface.empty())
        line += " on " + interface;
    if (const std::string router = text_in(difference, "router"); !router.empty())
        line += fmt::format(" ({} {})", router, text_in(difference, "family"));
    if (const std::string error = text_in(difference, "error"); !error.empty())
        line += ": " + error;
    return line + "\n";
}

Expected<Json> read_diff(const Answer& answer) {
    TRY(const std::string line, answer);
    TRY(Json json, parse_answer(line));
    const auto list = json.find("differences");
    if (list == json.end() || !list->is_array())
        return fail(ExitCode::failed, "the answer of tandemd has no differences");
    return json;
}

}  // namespace

Outcome show_diff(const Options& options, const Answer& answer) {
    const Expected<Json> diff = read_diff(answer);
    if (!diff) return outcome_of(diff.error());
    const Json& list = (*diff)["differences"];
    const ExitCode code = list.empty() ? ExitCode::ok : ExitCode::failed;
    if (options.format == Format::json) return Outcome{code, printable_json(*answer) + "\n", {}};
    std::string text;
    for (const Json& difference : list)
        if (difference.is_object()) text += line_of(difference);
    if (list.empty()) text = "the kernel has what it should have\n";
    return Outcome{code, text, {}};
}

}  // namespace ctl
