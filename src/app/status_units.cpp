#include "app/status_units.hpp"

#include <nlohmann/json.hpp>

#include "app/json_object.hpp"
#include "config/check_values.hpp"

namespace app {

namespace {

using Json = nlohmann::ordered_json;

std::string state_of(const Checks::Fact& fact) {
    if (fact.has_failed()) return "failed";
    return fact.verdict ? "passed" : "awaited";
}

Json consequence_of(const Checks::Fact& fact) {
    struct Visitor {
        int penalty;
        Json operator()(const config::on_fail::Fault&) const { return "fault"; }
        Json operator()(const config::on_fail::Warn&) const { return "warn"; }
        Json operator()(const config::on_fail::Penalty& stated) const {
            return {{"penalty", penalty != 0 ? penalty : stated.points}};
        }
    };
    return std::visit(Visitor{fact.penalty}, fact.check.on_fail);
}

Json result_of(const HookQueue::Result& result, Time time) {
    return {{"phase", name_of(result.phase)},
            {"what", result.what},
            {"program", result.program},
            {"at", wall_text(result.at, time)},
            {"ok", !result.has_failed()},
            {"status", result.ended.status},
            {"signal", result.ended.signal},
            {"timed_out", result.ended.timed_out},
            {"duration_ms", base::milliseconds(result.ended.duration)},
            {"said", result.ended.output}};
}

Json hooks_of(const HookQueue& queue, Time time) {
    Json results = Json::array();
    for (const HookQueue::Result& result : queue.results())
        results.push_back(result_of(result, time));
    const bool is_group = queue.subject().kind == HookQueue::Subject::Kind::group;
    return {{"kind", is_group ? "group" : "router"},
            {"name", queue.subject().name},
            {"phase", queue.phase() ? Json(name_of(*queue.phase())) : Json()},
            {"idle", queue.is_idle()},
            {"superseded", queue.superseded()},
            {"results", std::move(results)}};
}

Json remaining(const std::optional<base::Instant>& until, Time time) {
    if (!until) return nullptr;
    return base::milliseconds(std::max(*until - time.now, base::Duration{}));
}

Json drain_json(const Drain* drain) {
    if (drain == nullptr) return nullptr;
    return {{"since", iso8601(drain->since)},
            {"until", drain->until ? Json(iso8601(*drain->until)) : Json()},
            {"reason", drain->reason}};
}

Json hold_json(const Hold* hold) {
    if (hold == nullptr) return nullptr;
    return {{"since", iso8601(hold->since)}, {"to", hold->successor}};
}

Json errand_json(const Errand* errand, Time time) {
    if (errand == nullptr) return nullptr;
    return {{"verb", name_of(errand->instruction.verb)},
            {"since_ms", base::milliseconds(time.now - errand->begun)}};
}

Json unit_of(const Unit& unit, const Maintenance& maintenance, Time time) {
    Json members = Json::array();
    for (const Session* session : unit.sessions)
        members.push_back(
            {{"name", session->router().name}, {"family", base::name_of(session->family())}});
    Json terms = Json::array();
    for (const Term& term : unit.terms)
        terms.push_back({{"what", term.what}, {"points", term.points}});
    Json hooks = Json::array();
    for (const HookQueue& queue : unit.hooks) hooks.push_back(hooks_of(queue, time));
    return JsonObject{12}
        .add("name", unit.name)
        .add("kind", unit.is_group ? "group" : "router")
        .add("members", std::move(members))
        .add("checks", unit.checks)
        .add("terms", std::move(terms))
        .add("held_back_ms", remaining(unit.damper.until(time.now), time))
        .add("preparing_ms", remaining(unit.preparing_until, time))
        .add("draining_ms", remaining(unit.draining_until, time))
        .add("drained", drain_json(maintenance.drain_of(unit.name)))
        .add("handed_over", hold_json(maintenance.hold_of(unit.name)))
        .add("order", errand_json(maintenance.errand_of(unit.name), time))
        .add("hooks", std::move(hooks))
        .take();
}

}  // namespace

Json checks_json(const Engine& engine, Time time) {
    Json checks = Json::array();
    for (const auto& [name, fact] : engine.checks().facts())
        checks.push_back({{"name", name},
                          {"type", config::check_type_names.at(fact.check.probe.index())},
                          {"state", state_of(fact)},
                          {"text", fact.text},
                          {"since", wall_text(fact.since, time)},
                          {"since_seconds", base::milliseconds(time.now - fact.since) / 1000},
                          {"on_fail", consequence_of(fact)},
                          {"runs", fact.runs},
                          {"failures", fact.failures},
                          {"duration_ms", base::milliseconds(fact.duration)}});
    return checks;
}

Json runner_json(const Engine& engine) {
    const Checks& checks = engine.checks();
    const std::string trouble = checks.trouble();
    return {{"deaths", checks.runner_deaths()},
            {"trouble", trouble.empty() ? Json() : Json(trouble)}};
}

Json unit_json(const Engine& engine, const Unit& unit, Time time) {
    return unit_of(unit, engine.maintenance(), time);
}

}  // namespace app
