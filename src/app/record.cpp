#include "app/record.hpp"

#include <fmt/format.h>

#include <iterator>

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
    Json operator()(const vrrp::state::Resigning& state) const {
        return {{"kind", "resigning"},
                {"ends_at", nanoseconds(state.ends_at)},
                {"next_advert_at", nanoseconds(state.next_advert_at)},
                {"overlap", state.overlap.count()},
                {"successor_cs",
                 state.successor ? Json(state.successor->value().count()) : Json(nullptr)}};
    }
};

}  // namespace

Json json_of(const vrrp::State& state) { return std::visit(StateInJson{}, state); }

namespace {

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
    json["state"] = json_of(origin.state);
    return json;
}

// By hand and not as a tree: 10,000 of them have to fit between two adverts.
struct EventAsText {
    std::string operator()(const vrrp::event::Startup&) const { return R"("event":"startup")"; }
    std::string operator()(const vrrp::event::Resume& before) const {
        return fmt::format(R"("event":"resume","last_advert":{})", nanoseconds(before.last_advert));
    }
    std::string operator()(const vrrp::event::Shutdown&) const { return R"("event":"shutdown")"; }
    std::string operator()(const vrrp::event::Deadline&) const { return R"("event":"deadline")"; }
    std::string operator()(const vrrp::event::Rescheduled& change) const {
        return fmt::format(R"("event":"rescheduled","version":{},"interval_cs":{})",
                           change.version == vrrp::Version::v2 ? 2 : 3,
                           change.interval.value().count());
    }
    std::string operator()(const vrrp::event::Displaced&) const { return R"("event":"displaced")"; }
    std::string operator()(const vrrp::event::Joined&) const { return R"("event":"joined")"; }
    std::string operator()(const vrrp::event::HandOver& request) const {
        return fmt::format(R"("event":"hand-over","patience":{},"overlap":{})",
                           request.patience.count(), request.overlap.count());
    }
    std::string operator()(const vrrp::event::Relieved&) const { return R"("event":"relieved")"; }
    std::string operator()(const vrrp::event::Reprioritized& change) const {
        return fmt::format(R"("event":"reprioritized","previous":{})", change.previous.wire());
    }
    std::string operator()(const vrrp::event::Received& advert) const {
        return fmt::format(R"("event":"received","source":"{}","priority":{},"interval_cs":{})",
                           advert.source.text(), advert.priority.wire(),
                           advert.interval.value().count());
    }
};

void append(std::string& text, const vrrp::Occurrence& occurrence) {
    fmt::format_to(std::back_inserter(text), R"({{"at":{},"session":{},)",
                   nanoseconds(occurrence.at), occurrence.session);
    if (const auto* params = std::get_if<vrrp::Params>(&occurrence.what))
        text += "\"params\":" + params_of(*params).dump();
    else
        text += std::visit(EventAsText{}, std::get<vrrp::Event>(occurrence.what));
    if (occurrence.cause)
        fmt::format_to(std::back_inserter(text), R"(,"cause":"{}")",
                       vrrp::name_of(*occurrence.cause));
    text += '}';
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
    constexpr std::size_t usual_size = 120;
    text.reserve(text.size() + usual_size * engine.recorder().occurrences().size());
    for (const vrrp::Occurrence& occurrence : engine.recorder().occurrences()) {
        append(text, occurrence);
        text += ',';
    }
    if (text.back() == ',') text.pop_back();
    return text + "]}";
}

}  // namespace app
