#include "app/succession.hpp"

#include <nlohmann/json.hpp>
#include <utility>

#include "app/chronicle_text.hpp"

namespace app {

using Json = nlohmann::ordered_json;

std::string text_of(const Succession& succession) {
    const Delivery files{.is_valid = true,
                         .diagnostics = "",
                         .sources = succession.sources,
                         .hash = succession.hash,
                         .program = ""};
    const Json json{{"ticket", succession.ticket},
                    {"files", encode(files)},
                    {"started", succession.started.now.time_since_epoch().count()},
                    {"started_wall", succession.started.wall.time_since_epoch().count()},
                    {"engine", text_of(succession.engine)},
                    {"events", text_of(succession.events)}};
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

base::Result<Succession> succession_in(std::string_view text) {
    const Json json = Json::parse(text, nullptr, false);
    const auto has = [&](const char* name, auto is) {
        return json.is_object() && json.contains(name) && (json[name].*is)();
    };
    const bool is_whole = has("ticket", &Json::is_number_unsigned) &&
                          has("files", &Json::is_string) && has("engine", &Json::is_string) &&
                          has("started", &Json::is_number_integer) &&
                          has("started_wall", &Json::is_number_integer);
    if (!is_whole) return base::failure("take over from the program before", "it has left nothing");
    TRY(Delivery files, decode_delivery(json["files"].get_ref<const std::string&>()));
    TRY(Snapshot engine, snapshot_in(json["engine"].get_ref<const std::string&>()));
    return Succession{
        .ticket = json["ticket"].get<Reloader::Ticket>(),
        .sources = std::move(files.sources),
        .hash = std::move(files.hash),
        .started = {base::Instant{base::Duration{json["started"].get<std::int64_t>()}},
                    WallClock{WallClock::duration{json["started_wall"].get<std::int64_t>()}}},
        .engine = std::move(engine),
        .events = has("events", &Json::is_string)
                      ? standing_in(json["events"].get_ref<const std::string&>())
                      : Chronicle::Standing{}};
}

}  // namespace app
