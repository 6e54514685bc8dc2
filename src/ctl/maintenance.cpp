#include "ctl/maintenance.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/result.hpp"
#include "ctl/status.hpp"
#include "ctl/text.hpp"

namespace ctl {

namespace {

Expected<std::string> progress_request(const Answer& begun) {
    TRY(const std::string line, begun);
    TRY(const Json answer, parse_answer(line));
    const auto id = answer.find("operation");
    if (id == answer.end() || !id->is_number_unsigned())
        return fail(ExitCode::failed, "the answer of tandemd has no operation");
    return Json{{"method", "operation"}, {"id", *id}}.dump();
}

Expected<Json> wait_for(const std::string& question, const Conversation& conversation) {
    while (true) {
        const Answer answered = conversation.ask(question);
        if (!answered)
            return fail(answered.error().code,
                        "tandemd does not answer any more, and what has become of the order is "
                        "not known: " +
                            answered.error().text);
        TRY(const Json answer, parse_answer(*answered));
        if (answer.value("finished", Json()) == true) return answer;
        conversation.pause();
    }
}

Outcome outcome_of_answer(const Options& options, const Json& answer) {
    Outcome outcome;
    for (const Json& part : answer.value("units", Json::array())) {
        const std::string line =
            fmt::format("{}: {}\n", text_in(part, "unit"), text_in(part, "text"));
        const bool is_done = text_in(part, "state") == "done";
        if (!is_done) outcome.code = ExitCode::failed;
        if (is_done)
            outcome.out += line;
        else
            outcome.err += "tandemctl: " + line;
    }
    const std::string warning = text_in(answer, "warning");
    if (!warning.empty()) outcome.err += "tandemctl: warning: " + warning + "\n";
    if (options.format == Format::json)
        outcome.out =
            printable_json(answer.dump(-1, ' ', false, Json::error_handler_t::replace)) + "\n";
    return outcome;
}

}  // namespace

std::string maintenance_request(const Options& options) {
    const char* method = options.verb == Verb::drain     ? "drain"
                         : options.verb == Verb::undrain ? "undrain"
                                                         : "handover";
    Json request{{"method", method}};
    if (options.router) request["name"] = *options.router;
    if (options.reason) request["reason"] = *options.reason;
    if (options.span) request["for"] = *options.span;
    if (options.force == Force::yes) request["force"] = true;
    return request.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Outcome carry_out(const Options& options, const Conversation& conversation) {
    const auto answer = [&]() -> Expected<Json> {
        TRY(const std::string question,
            progress_request(conversation.ask(maintenance_request(options))));
        return wait_for(question, conversation);
    }();
    return answer ? outcome_of_answer(options, *answer) : outcome_of(answer.error());
}

}  // namespace ctl
