#include "app/maintenance_control.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "config/duration.hpp"

namespace app {

namespace {

using Json = nlohmann::ordered_json;
using Verb = Instruction::Verb;

constexpr std::size_t longest_reason = 200;
constexpr base::Duration shortest_span = std::chrono::seconds{1};

std::string text_of(const Json& json) {
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::unexpected<base::Error> wrong(std::string what) {
    return base::failure("wrong usage", std::move(what));
}

base::Result<std::string> reason_in(const Json& request) {
    const Json given = request.value("reason", Json(""));
    if (!given.is_string()) return wrong("the reason is not a text");
    auto reason = given.get<std::string>();
    if (reason.size() > longest_reason)
        return wrong(fmt::format("the reason is longer than {} octets", longest_reason));
    // It is told on one line.
    std::ranges::replace_if(reason, [](unsigned char c) { return c < ' ' || c == 127; }, ' ');
    return reason;
}

base::Result<std::optional<base::Duration>> span_in(const Json& request) {
    const auto given = request.find("for");
    if (given == request.end()) return std::nullopt;
    if (!given->is_string()) return wrong("the time of --for is not a text");
    const auto span = config::parse_duration(given->get<std::string>());
    if (!span)
        return wrong(fmt::format("--for: {}; write a number and a unit, as in 30m or 2h",
                                 span.error().attempt));
    if (*span < shortest_span) return wrong("--for: it is shorter than a second");
    return *span;
}

std::optional<Verb> verb_of(std::string_view method) {
    for (const Verb verb : {Verb::drain, Verb::undrain, Verb::handover})
        if (method == name_of(verb)) return verb;
    return std::nullopt;
}

std::string begin(Engine& engine, Verb verb, const Control::Request& request, Time time) {
    if (request.caller != Caller::root)
        return error_json(fmt::format("not permitted: only root may use {}", name_of(verb)));
    const auto instruction = instruction_of(verb, request.line);
    if (!instruction) return error_json(instruction.error().text());
    const auto operation = engine.instruct(*instruction, time);
    if (!operation) return error_json(operation.error());
    return text_of(Json{{"schema", 1}, {"operation", *operation}});
}

std::string progress(const Engine& engine, const Control::Request& request) {
    const Json line = Json::parse(request.line, nullptr, false);
    const Json id = line.value("id", Json());
    const Operation* operation =
        id.is_number_unsigned() ? engine.maintenance().operation(id.get<std::uint64_t>()) : nullptr;
    if (operation == nullptr) return error_json("there is no such operation");
    Json units = Json::array();
    for (const Operation::Part& part : operation->parts)
        units.push_back({{"unit", part.unit},
                         {"state", name_of(part.state)},
                         {"text", part.text},
                         {"successor", part.successor.empty() ? Json() : Json(part.successor)},
                         {"took_ms", part.took ? Json(base::milliseconds(*part.took)) : Json()}});
    const std::string& error = engine.ledger().error();
    const bool is_kept = operation->verb == Verb::handover || error.empty();
    return text_of(
        Json{{"schema", 1},
             {"operation", operation->id},
             {"verb", name_of(operation->verb)},
             // What is drained is known to be kept, or not to be.
             {"finished", !operation->is_pending() && engine.ledger().is_settled()},
             {"units", std::move(units)},
             {"warning",
              is_kept ? Json() : Json("what is drained is not kept over a restart: " + error)}});
}

}  // namespace

base::Result<Instruction> instruction_of(Verb verb, std::string_view line) {
    const Json request = Json::parse(line, nullptr, false);
    if (!request.is_object()) return wrong("the request is not a JSON object");
    const Json name = request.value("name", Json(""));
    const Json force = request.value("force", Json(false));
    if (!name.is_string()) return wrong("the name is not a text");
    if (!force.is_boolean()) return wrong("force is neither true nor false");
    TRY(std::string reason, reason_in(request));
    TRY(const std::optional<base::Duration> span, span_in(request));
    return Instruction{
        .verb = verb,
        .name = name.get<std::string>(),
        .reason = std::move(reason),
        .span = span,
        .force = force.get<bool>() ? Instruction::Force::yes : Instruction::Force::no};
}

std::optional<std::string> answer_maintenance(Engine& engine, const Control::Request& request,
                                              Time time) {
    if (request.method == "operation") return progress(engine, request);
    const auto verb = verb_of(request.method);
    if (!verb) return std::nullopt;
    return begin(engine, *verb, request, time);
}

}  // namespace app
