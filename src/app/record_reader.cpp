#include "app/record_reader.hpp"

namespace app {

namespace from_json {

base::Instant instant(const Json& json) {
    return base::Instant{base::Duration{json.get<std::int64_t>()}};
}

vrrp::AdvertInterval interval(const Json& json) {
    const auto centiseconds = json.at("interval_cs").get<std::int32_t>();
    const auto fits = vrrp::AdvertInterval::from(base::Centiseconds{centiseconds});
    return fits ? *fits : vrrp::AdvertInterval::from_seconds(centiseconds / 100).value();
}

vrrp::Params params(const Json& json) {
    return {.version = json.at("version") == 2 ? vrrp::Version::v2 : vrrp::Version::v3,
            .priority = vrrp::Priority::from_wire(json.at("priority").get<std::uint8_t>()),
            .interval = interval(json),
            .source = base::IpAddress::parse(json.at("source").get<std::string>()).value(),
            .preempt_from = json.at("preempt_from").is_null()
                                ? std::nullopt
                                : std::optional{instant(json.at("preempt_from"))},
            .ties = json.at("ties") == "ours" ? vrrp::Ties::ours : vrrp::Ties::by_address};
}

vrrp::State state(const Json& json) {
    const auto kind = json.at("kind").get<std::string>();
    if (kind == "backup")
        return vrrp::state::Backup{
            instant(json.at("active_down_at")), interval(json),
            static_cast<vrrp::state::Awaiting>(json.at("awaiting").get<int>())};
    if (kind == "active")
        return vrrp::state::Active{instant(json.at("next_advert_at")),
                                   instant(json.at("may_contradict_at"))};
    if (kind == "resigning")
        return vrrp::state::Resigning{
            instant(json.at("ends_at")), instant(json.at("next_advert_at")),
            vrrp::Duration{json.at("overlap").get<std::int64_t>()},
            json.at("successor_cs").is_null() ? std::nullopt
                                              : vrrp::AdvertInterval::from(base::Centiseconds{
                                                    json.at("successor_cs").get<std::int32_t>()})};
    return vrrp::state::Initialize{};
}

vrrp::Event event(const Json& json) {
    const auto kind = json.at("event").get<std::string>();
    if (kind == "startup") return vrrp::event::Startup{};
    if (kind == "resume") return vrrp::event::Resume{instant(json.at("last_advert"))};
    if (kind == "shutdown") return vrrp::event::Shutdown{};
    if (kind == "deadline") return vrrp::event::Deadline{};
    if (kind == "rescheduled")
        return vrrp::event::Rescheduled{
            json.at("version") == 2 ? vrrp::Version::v2 : vrrp::Version::v3, interval(json)};
    if (kind == "displaced") return vrrp::event::Displaced{};
    if (kind == "joined") return vrrp::event::Joined{};
    if (kind == "hand-over")
        return vrrp::event::HandOver{vrrp::Duration{json.at("patience").get<std::int64_t>()},
                                     vrrp::Duration{json.at("overlap").get<std::int64_t>()}};
    if (kind == "relieved") return vrrp::event::Relieved{};
    if (kind == "reprioritized")
        return vrrp::event::Reprioritized{
            vrrp::Priority::from_wire(json.at("previous").get<std::uint8_t>())};
    return vrrp::event::Received{
        base::IpAddress::parse(json.at("source").get<std::string>()).value(),
        vrrp::Priority::from_wire(json.at("priority").get<std::uint8_t>()), interval(json)};
}

}  // namespace from_json

Record read_record(std::string_view text) {
    using namespace from_json;
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

}  // namespace app
