#include "ctl/reload.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <system_error>

#include "base/result.hpp"
#include "ctl/status.hpp"
#include "ctl/text.hpp"

namespace ctl {

namespace {

// At one question each 20 ms: longer than the daemon gives its runner.
constexpr int questions = 2500;
// So many may find nobody in a row.
constexpr int unanswered_at_most = 250;

std::string raw_text_in(const Json& json, const char* name) {
    const auto found = json.find(name);
    return found != json.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

// Each line of several, safe to print.
std::string printable_lines(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        out += printable(text.substr(0, end)) + "\n";
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return out;
}

std::string dumped(const Json& json) {
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Expected<Json> asked(const Talk& talk, const std::string& request) {
    TRY(const std::string line, talk.ask(request));
    return parse_answer(line);
}

// What has come of it, when it is over. `until_settled`: in the kernel, too.
Expected<Json> result_of(const Talk& talk, const Json& begun, bool until_settled) {
    if (!begun.contains("ticket") || !begun["ticket"].is_number_unsigned())
        return fail(ExitCode::failed, "the answer of tandemd has no ticket");
    const std::string request = dumped({{"method", "reload-result"}, {"ticket", begun["ticket"]}});
    int unanswered = 0;
    for (int i = 0; i < questions; ++i) {
        auto result = asked(talk, request);
        const bool is_away = !result && result.error().code == ExitCode::unreachable;
        unanswered = is_away ? unanswered + 1 : 0;
        if (!result && (!is_away || unanswered > unanswered_at_most)) return result;
        if (result) {
            const std::string state = raw_text_in(*result, "state");
            const bool is_settled = result->value("settled", Json{}) == true;
            if (state == "failed" || (state == "done" && (is_settled || !until_settled)))
                return result;
        }
        talk.wait();
    }
    return fail(ExitCode::failed, "it is not over yet; `tandemctl status` shows what is in force");
}

std::string changes_in(const Json& result) {
    std::string text;
    const auto list = result.find("changes");
    if (list != result.end() && list->is_array())
        for (const Json& change : *list)
            if (change.is_string())
                text += "  " + printable(change.get_ref<const std::string&>()) + "\n";
    return text.empty() ? "  nothing changes\n" : text;
}

Outcome shown(const Options& options, const Expected<Json>& result, const std::string& title) {
    if (!result) return outcome_of(result.error());
    const bool is_done = raw_text_in(*result, "state") == "done";
    const ExitCode code = is_done ? ExitCode::ok : ExitCode::failed;
    if (options.format == Format::json)
        return Outcome{code, printable_json(dumped(*result)) + "\n", {}};
    std::string told = printable_lines(raw_text_in(*result, "text"));
    if (!is_done)
        return Outcome{code, {}, told + "tandemctl: refused; the configuration in force stays\n"};
    return Outcome{code, title + changes_in(*result), std::move(told)};
}

Outcome answered(const Options& options, const Answer& answer, std::string_view what) {
    const auto hash = [&]() -> Expected<std::string> {
        TRY(const std::string line, answer);
        TRY(const Json json, parse_answer(line));
        return raw_text_in(json, "hash");
    }();
    if (!hash) return outcome_of(hash.error());
    if (options.format == Format::json)
        return Outcome{ExitCode::ok, printable_json(*answer) + "\n", {}};
    return Outcome{ExitCode::ok, fmt::format("configuration {} {}\n", printable(*hash), what), {}};
}

}  // namespace

Outcome reload(const Options& options, const Talk& talk) {
    Json request{{"method", "reload"}};
    if (options.confirm_within) request["confirm"] = *options.confirm_within;
    if (options.executes) request["upgrade"] = true;
    const auto begun = asked(talk, dumped(request));
    if (!begun) return outcome_of(begun.error());
    const auto result = result_of(talk, *begun, options.waits);
    std::string title;
    if (result) title = fmt::format("configuration {} is in force\n", raw_text_in(*result, "hash"));
    Outcome outcome = shown(options, result, title);
    if (outcome.code == ExitCode::ok && options.confirm_within && options.format == Format::text)
        outcome.out += fmt::format("`tandemctl confirm` within {} keeps it\n",
                                   printable(*options.confirm_within));
    return outcome;
}

Outcome preview(const Options& options, const Talk& talk) {
    std::error_code error;
    const auto path = std::filesystem::absolute(*options.config_file, error);
    if (error)
        return outcome_of(Failure{ExitCode::failed, *options.config_file + ": " + error.message()});
    const auto begun =
        asked(talk, dumped({{"method", "preview"}, {"file", path.lexically_normal().string()}}));
    if (!begun) return outcome_of(begun.error());
    return shown(options, result_of(talk, *begun, false),
                 fmt::format("{} instead of the configuration in force:\n",
                             printable(*options.config_file)));
}

Outcome confirm(const Options& options, const Answer& answer) {
    return answered(options, answer, "is confirmed");
}

Outcome roll_back(const Options& options, const Answer& answer) {
    return answered(options, answer,
                    "is in force again; the files hold another one, which the next reload takes");
}

}  // namespace ctl
