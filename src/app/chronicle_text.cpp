#include "app/chronicle_text.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "app/control.hpp"

namespace app {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t events_an_answer = 250;

std::string text_of(const Json& json) {
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json fields_of(const Event& event) {
    Json fields = Json::object();
    for (const base::log::Field& field : event.fields) fields[field.key] = field.value;
    return fields;
}

Json json_of(const Event& event) {
    return {{"number", event.number},       {"time", iso8601(event.wall)},
            {"event", name_of(event.kind)}, {"level", name_of(event.level)},
            {"message", event.message},     {"fields", fields_of(event)}};
}

// In microseconds, within what the wall clock can count.
std::optional<WallClock> wall_of(const Json& json) {
    constexpr std::uint64_t latest = 4'102'444'800'000'000;  // the year 2100
    if (!json.is_number_unsigned() || json.get<std::uint64_t>() > latest) return std::nullopt;
    return WallClock{std::chrono::microseconds{json.get<std::int64_t>()}};
}

std::optional<std::vector<base::log::Field>> read_fields(const Json& json) {
    if (!json.is_object()) return std::nullopt;
    std::vector<base::log::Field> fields;
    for (const auto& [key, value] : json.items()) {
        if (!value.is_string()) return std::nullopt;
        fields.push_back({key, value.get<std::string>()});
    }
    return fields;
}

std::string text_in(const Json& json, const char* name) {
    const auto found = json.find(name);
    return found != json.end() && found->is_string() ? found->get<std::string>() : "";
}

std::optional<Event> event_in(std::string_view line) {
    const Json json = Json::parse(line, nullptr, false);
    if (!json.is_object()) return std::nullopt;
    constexpr std::uint64_t most = std::uint64_t{1} << 62;
    const Json number = json.value("number", Json());
    const auto wall = wall_of(json.value("wall_us", Json()));
    const auto kind = base::event_kind_called(text_in(json, "event"));
    const auto level = base::log::parse_level(text_in(json, "level"));
    auto fields = read_fields(json.value("fields", Json()));
    const bool is_number = number.is_number_unsigned() && number.get<std::uint64_t>() < most;
    if (!is_number || !wall || !kind || !level || !fields) return std::nullopt;
    return Event{.number = number.get<std::uint64_t>(),
                 .wall = *wall,
                 .kind = *kind,
                 .level = *level,
                 .message = text_in(json, "message"),
                 .fields = std::move(*fields)};
}

}  // namespace

std::string line_of(const Event& event) {
    const auto since_epoch = event.wall.time_since_epoch();
    const Json json{
        {"number", event.number},
        {"wall_us", std::chrono::duration_cast<std::chrono::microseconds>(since_epoch).count()},
        {"event", name_of(event.kind)},
        {"level", name_of(event.level)},
        {"message", event.message},
        {"fields", fields_of(event)}};
    return text_of(json) + "\n";
}

ReadEvents events_in(std::string_view text) {
    ReadEvents read;
    while (!text.empty()) {
        const auto end = text.find('\n');
        const std::string_view line = text.substr(0, end);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        if (line.empty()) continue;
        if (auto event = event_in(line))
            read.events.push_back(std::move(*event));
        else
            ++read.damaged;
    }
    std::ranges::sort(read.events, {}, &Event::number);
    // What was ordered twice may have been written twice.
    const auto again = std::ranges::unique(read.events, {}, &Event::number);
    read.events.erase(again.begin(), again.end());
    return read;
}

std::string events_json(const Chronicle& chronicle, std::string_view node, std::uint64_t after) {
    const auto& all = chronicle.events();
    auto event = std::ranges::upper_bound(all, after, {}, &Event::number);
    Json events = Json::array();
    for (; event != all.end() && events.size() < events_an_answer; ++event)
        events.push_back(json_of(*event));
    return text_of(Json{{"schema", 1},
                        {"node", node},
                        {"last", chronicle.last_number()},
                        {"complete", event == all.end()},
                        {"events", std::move(events)}});
}

std::string answer_events(const Chronicle& chronicle, std::string_view node,
                          std::string_view request) {
    const Json json = Json::parse(request, nullptr, false);
    const Json after = json.is_object() ? json.value("after", Json()) : Json();
    if (!after.is_null() && !after.is_number_unsigned())
        return error_json("`after` is the number of an event");
    return events_json(chronicle, node, after.is_null() ? 0 : after.get<std::uint64_t>());
}

std::string text_of(const Chronicle::Standing& standing) {
    std::string lines;
    for (const Event& event : standing.events) lines += line_of(event);
    return text_of(Json{{"saved", standing.saved}, {"lines", std::move(lines)}});
}

// A program of another version may have left something else, or nothing: the file has most of it.
Chronicle::Standing standing_in(std::string_view text) {
    const Json json = Json::parse(text, nullptr, false);
    if (!json.is_object()) return {};
    const Json saved = json.value("saved", Json());
    return {.events = events_in(text_in(json, "lines")).events,
            .saved = saved.is_number_unsigned() ? saved.get<std::uint64_t>() : 0};
}

}  // namespace app
