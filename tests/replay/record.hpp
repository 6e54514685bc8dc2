// Reads what `tandemctl events --record` has saved, and runs it through the state machine again.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "vrrp/recorder.hpp"

namespace replay {

using Json = nlohmann::json;

struct Record {
    std::vector<std::string> names;  // "lan (ipv4)"
    std::vector<vrrp::Origin> sessions;
    std::vector<vrrp::Occurrence> occurrences;
};

inline base::Instant instant(const Json& json) {
    return base::Instant{base::Duration{json.get<std::int64_t>()}};
}

inline vrrp::AdvertInterval interval(const Json& json) {
    const auto centiseconds = json.at("interval_cs").get<std::int32_t>();
    const auto fits = vrrp::AdvertInterval::from(base::Centiseconds{centiseconds});
    return fits ? *fits : vrrp::AdvertInterval::from_seconds(centiseconds / 100).value();
}

inline vrrp::Params params(const Json& json) {
    return {.version = json.at("version") == 2 ? vrrp::Version::v2 : vrrp::Version::v3,
            .priority = vrrp::Priority::from_wire(json.at("priority").get<std::uint8_t>()),
            .interval = interval(json),
            .source = base::IpAddress::parse(json.at("source").get<std::string>()).value(),
            .preempt_from = json.at("preempt_from").is_null()
                                ? std::nullopt
                                : std::optional{instant(json.at("preempt_from"))},
            .ties = json.at("ties") == "ours" ? vrrp::Ties::ours : vrrp::Ties::by_address};
}

inline vrrp::State state(const Json& json) {
    const auto kind = json.at("kind").get<std::string>();
    if (kind == "backup")
        return vrrp::state::Backup{
            instant(json.at("active_down_at")), interval(json),
            static_cast<vrrp::state::Awaiting>(json.at("awaiting").get<int>())};
    if (kind == "active")
        return vrrp::state::Active{instant(json.at("next_advert_at")),
                                   instant(json.at("may_contradict_at"))};
    return vrrp::state::Initialize{};
}

inline vrrp::Event event(const Json& json) {
    const auto kind = json.at("event").get<std::string>();
    if (kind == "startup") return vrrp::event::Startup{};
    if (kind == "shutdown") return vrrp::event::Shutdown{};
    if (kind == "deadline") return vrrp::event::Deadline{};
    if (kind == "displaced") return vrrp::event::Displaced{};
    if (kind == "reprioritized")
        return vrrp::event::Reprioritized{
            vrrp::Priority::from_wire(json.at("previous").get<std::uint8_t>())};
    return vrrp::event::Received{
        base::IpAddress::parse(json.at("source").get<std::string>()).value(),
        vrrp::Priority::from_wire(json.at("priority").get<std::uint8_t>()), interval(json)};
}

inline Record read(std::string_view text) {
    const Json json = Json::parse(text);
    Record record;
    for (const Json& session : json.at("sessions")) {
        record.names.push_back(session.at("name").get<std::string>() + " (" +
                               session.at("family").get<std::string>() + ")");
        vrrp::Origin origin{{}, state(session.at("state"))};
        if (!session.at("params").is_null()) origin.params = params(session.at("params"));
        record.sessions.push_back(std::move(origin));
    }
    for (const Json& entry : json.at("events")) {
        const auto at = instant(entry.at("at"));
        const auto session = entry.at("session").get<std::uint32_t>();
        if (entry.contains("params"))
            record.occurrences.push_back({at, session, params(entry.at("params"))});
        else
            record.occurrences.push_back({at, session, event(entry)});
    }
    return record;
}

// Why each step changed a state, "" where it did not: what the file says of it.
inline std::vector<std::string> recorded_causes(std::string_view text) {
    std::vector<std::string> causes;
    const Json record = Json::parse(text);
    for (const Json& entry : record.at("events")) causes.push_back(entry.value("cause", ""));
    return causes;
}

// The same, computed again.
inline std::vector<std::string> replayed_causes(Record record) {
    std::vector<std::string> causes;
    for (const vrrp::Occurrence& occurrence : record.occurrences) {
        vrrp::Origin& session = record.sessions.at(occurrence.session);
        const auto* event = std::get_if<vrrp::Event>(&occurrence.what);
        std::string cause;
        if (event != nullptr && session.params) {
            const auto step = vrrp::step(*session.params, session.state, *event, occurrence.at);
            if (step.cause) cause = vrrp::name_of(*step.cause);
        }
        vrrp::replay(session, occurrence);
        causes.push_back(std::move(cause));
    }
    return causes;
}

}  // namespace replay
