#include "app/record.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/version.hpp"

namespace app {

namespace {

using Json = nlohmann::ordered_json;

std::int64_t nanoseconds(base::Instant instant) { return instant.time_since_epoch().count(); }

Json params_of(const vrrp::Params& params) {
    return {
        {"version", static_cast<int>(params.version)},
        {"priority", params.priority.wire()},
        {"interval_cs", params.interval.value().count()},
        {"source", params.source.text()},
        {"preempt_from", params.preempt_from ? Json(nanoseconds(*params.preempt_from)) : Json()},
        {"ties", params.ties == vrrp::Ties::ours ? "ours" : "by-address"}};
}

struct StateInJson {
    Json operator()(const vrrp::state::Initialize&) const {
        return Json::object({{"kind", "initialize"}});
    }
    Json operator()(const vrrp::state::Backup& state) const {
        return {{"kind", "backup"},
                {"active_down_at", nanoseconds(state.active_down_at)},
                {"interval_cs", state.active_interval.value().count()},
                {"awaiting", static_cast<int>(state.awaiting)}};
    }
    Json operator()(const vrrp::state::Active& state) const {
        return {{"kind", "active"},
                {"next_advert_at", nanoseconds(state.next_advert_at)},
                {"may_contradict_at", nanoseconds(state.may_contradict_at)}};
    }
};

struct EventInJson {
    Json operator()(const vrrp::event::Startup&) const {
        return Json::object({{"event", "startup"}});
    }
    Json operator()(const vrrp::event::Shutdown&) const {
        return Json::object({{"event", "shutdown"}});
    }
    Json operator()(const vrrp::event::Deadline&) const {
        return Json::object({{"event", "deadline"}});
    }
    Json operator()(const vrrp::event::Displaced&) const {
        return Json::object({{"event", "displaced"}});
    }
    Json operator()(const vrrp::event::Reprioritized& change) const {
        return {{"event", "reprioritized"}, {"previous", change.previous.wire()}};
    }
    Json operator()(const vrrp::event::Received& advert) const {
        return {{"event", "received"},
                {"source", advert.source.text()},
                {"priority", advert.priority.wire()},
                {"interval_cs", advert.interval.value().count()}};
    }
};

Json session_of(const Engine& engine, std::size_t index) {
    const Session& session = engine.sessions()[index];
    Json json{{"name", session.router().name},
              {"family", base::name_of(session.family())},
              {"vrid", session.router().vrid.wire()},
              {"params", nullptr},
              {"state", StateInJson{}(vrrp::state::Initialize{})}};
    if (index >= engine.recorder().sessions()) return json;  // nothing happened to it yet
    const vrrp::Origin& origin = engine.recorder().origin(static_cast<std::uint32_t>(index));
    if (origin.params) json["params"] = params_of(*origin.params);
    json["state"] = std::visit(StateInJson{}, origin.state);
    return json;
}

Json occurrence_of(const vrrp::Occurrence& occurrence) {
    Json json{{"at", nanoseconds(occurrence.at)}, {"session", occurrence.session}};
    if (const auto* params = std::get_if<vrrp::Params>(&occurrence.what))
        json["params"] = params_of(*params);
    else
        json.update(std::visit(EventInJson{}, std::get<vrrp::Event>(occurrence.what)));
    if (occurrence.cause) json["cause"] = vrrp::name_of(*occurrence.cause);
    return json;
}

}  // namespace

std::string record_json(const Engine& engine, Time time) {
    Json sessions = Json::array();
    for (std::size_t i = 0; i < engine.sessions().size(); ++i)
        sessions.push_back(session_of(engine, i));
    const Json head{{"schema", 1},
                    {"node", engine.config().node},
                    {"version", base::version},
                    {"time", iso8601(time.wall)},
                    {"now", nanoseconds(time.now)},
                    {"sessions", std::move(sessions)}};
    std::string text = head.dump(-1, ' ', false, Json::error_handler_t::replace);
    text.back() = ',';
    text += "\"events\":[";
    // Written piece by piece: one tree of all events would take a turn of its own to build.
    for (const vrrp::Occurrence& occurrence : engine.recorder().occurrences())
        text += occurrence_of(occurrence).dump() + ",";
    if (text.back() == ',') text.pop_back();
    return text + "]}";
}

}  // namespace app
