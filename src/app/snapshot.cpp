#include "app/snapshot.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <numeric>

#include "app/record.hpp"
#include "app/record_reader.hpp"

namespace app {

namespace {

using Json = nlohmann::ordered_json;
using Reading = nlohmann::json;

constexpr std::array phases{Phase::prepare, Phase::active, Phase::drain, Phase::drained,
                            Phase::backup,  Phase::fault,  Phase::stop};

std::int64_t number_of(base::Instant instant) { return instant.time_since_epoch().count(); }
std::int64_t number_of(WallClock wall) { return wall.time_since_epoch().count(); }
std::int64_t number_of(base::Duration duration) { return duration.count(); }
int number_of(vrrp::Priority priority) { return priority.wire(); }
std::string number_of(const base::IpAddress& address) { return address.text(); }
std::string number_of(Phase phase) { return std::string{name_of(phase)}; }
std::string number_of(health::Verdict verdict) { return std::string{health::name_of(verdict)}; }

template <typename T>
Json perhaps(const std::optional<T>& value) {
    return value ? Json(number_of(*value)) : Json(nullptr);
}

// --- reading: whatever does not fit throws, and snapshot_in() says so ---

base::Instant instant(const Reading& json) { return from_json::instant(json); }
base::Duration duration(const Reading& json) { return base::Duration{json.get<std::int64_t>()}; }
WallClock wall(const Reading& json) {
    return WallClock{WallClock::duration{json.get<std::int64_t>()}};
}
base::IpAddress address(const Reading& json) {
    return base::IpAddress::parse(json.get<std::string>()).value();
}
vrrp::Priority priority(const Reading& json) {
    return vrrp::Priority::from_wire(json.get<std::uint8_t>());
}
Phase phase(const Reading& json) {
    for (const Phase one : phases)
        if (name_of(one) == json.get<std::string>()) return one;
    return std::optional<Phase>{}.value();
}
// Two that share a name differ in what they are.
Blocker::Kind blocker_kind(const Reading& json) {
    for (int number = 0; number <= static_cast<int>(Blocker::Kind::drained); ++number) {
        const auto kind = static_cast<Blocker::Kind>(number);
        if (name_of(kind) == json.at("kind").get<std::string>() &&
            is_absence(kind) == json.at("absence").get<bool>())
            return kind;
    }
    return std::optional<Blocker::Kind>{}.value();
}
health::Verdict verdict(const Reading& json) {
    return json.get<std::string>() == health::name_of(health::Verdict::passed)
               ? health::Verdict::passed
               : health::Verdict::failed;
}

template <typename Read>
auto perhaps(const Reading& json, Read read) -> std::optional<decltype(read(json))> {
    if (json.is_null()) return std::nullopt;
    return read(json);
}

// --- sessions ---

Json counters_of(const Counters& counters) {
    return {{"sent", counters.sent},
            {"received", counters.received},
            {"priority_zero_sent", counters.priority_zero_sent},
            {"priority_zero_received", counters.priority_zero_received},
            {"transitions", counters.transitions},
            {"announcements_sent", counters.announcements_sent},
            {"announcements_put_off", counters.announcements_put_off},
            {"claims", counters.claims},
            {"send_errors", counters.send_errors},
            {"restored", counters.restored},
            {"near_failovers", counters.near_failovers},
            {"older_version", counters.older_version},
            {"discarded", counters.discarded},
            {"noted", counters.noted}};
}

// Reasons may be added: what is not known here, or was not known there, counts from 0.
template <std::size_t N>
void read_counts(const Reading& json, std::array<std::uint64_t, N>& counts) {
    for (std::size_t i = 0; i < std::min(N, json.size()); ++i)
        counts[i] = json[i].get<std::uint64_t>();
}

Counters counters_in(const Reading& json) {
    const auto count = [&](const char* name) { return json.value(name, std::uint64_t{0}); };
    Counters counters{.sent = count("sent"),
                      .received = count("received"),
                      .priority_zero_sent = count("priority_zero_sent"),
                      .priority_zero_received = count("priority_zero_received"),
                      .transitions = count("transitions"),
                      .announcements_sent = count("announcements_sent"),
                      .announcements_put_off = count("announcements_put_off"),
                      .claims = count("claims"),
                      .send_errors = count("send_errors"),
                      .restored = count("restored"),
                      .near_failovers = count("near_failovers"),
                      .older_version = count("older_version")};
    read_counts(json.at("discarded"), counters.discarded);
    read_counts(json.at("noted"), counters.noted);
    return counters;
}

Json gaps_of(const Arrivals::Histogram& histogram) {
    return {{"bounds_ms", Arrivals::bounds_ms},
            {"counts", histogram.counts},
            {"sum", number_of(histogram.sum)}};
}

// Counted between other bounds, it counts for nothing.
Arrivals arrivals_in(const Reading& json) {
    Arrivals::Histogram histogram;
    const auto counts = json.at("counts").get<std::vector<std::uint64_t>>();
    const bool is_ours = json.at("bounds_ms") == Reading(Arrivals::bounds_ms) &&
                         counts.size() == histogram.counts.size();
    if (!is_ours) return {};
    std::ranges::copy(counts, histogram.counts.begin());
    histogram.gaps = std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
    histogram.sum = duration(json.at("sum"));
    return Arrivals::resumed(histogram);
}

Json peer_of(const Peer& peer) {
    return {{"address", peer.address.text()},
            {"priority", peer.priority.wire()},
            {"interval_cs", peer.interval.value().count()},
            {"seen", number_of(peer.seen)},
            {"active_since", number_of(peer.active_since)},
            {"last_claim", perhaps(peer.last_claim)},
            {"version3_seen", perhaps(peer.version3_seen)},
            {"rfc9568_seen", perhaps(peer.rfc9568_seen)},
            {"rfc5798_seen", perhaps(peer.rfc5798_seen)},
            {"gaps", gaps_of(peer.arrivals.histogram())}};
}

Peer peer_in(const Reading& json) {
    return {.address = address(json.at("address")),
            .priority = priority(json.at("priority")),
            .interval = from_json::interval(json),
            .seen = instant(json.at("seen")),
            .active_since = instant(json.at("active_since")),
            .last_claim = perhaps(json.at("last_claim"), priority),
            .version3_seen = perhaps(json.at("version3_seen"), instant),
            .rfc9568_seen = perhaps(json.at("rfc9568_seen"), instant),
            .rfc5798_seen = perhaps(json.at("rfc5798_seen"), instant),
            .arrivals = json.contains("gaps") ? arrivals_in(json.at("gaps")) : Arrivals{}};
}

Json session_of(const SessionSnapshot& session) {
    const Session::Standing& standing = session.standing;
    Json peers = Json::array();
    for (const Peer& peer : standing.peers) peers.push_back(peer_of(peer));
    Json blockers = Json::array();
    for (const Blocker& blocker : standing.blockers)
        blockers.push_back({{"kind", name_of(blocker.kind)},
                            {"absence", is_absence(blocker.kind)},
                            {"text", blocker.text}});
    Json present = Json::array();
    for (const base::IpAddress& one : standing.announced) present.push_back(one.text());
    return {{"interface", session.interface},
            {"family", session.family == base::Family::ipv4 ? 4 : 6},
            {"vrid", session.vrid},
            {"state", json_of(standing.state)},
            {"blockers", std::move(blockers)},
            {"points_off", standing.points_off},
            {"healthy_since", number_of(standing.healthy_since)},
            {"heard_until", number_of(standing.heard_until)},
            {"advertised_at", perhaps(standing.advertised_at)},
            {"last_source", perhaps(standing.last_source)},
            {"transition",
             {{"at", number_of(standing.transition.at)},
              {"wall", perhaps(standing.transition.wall)},
              {"reason", standing.transition.reason},
              {"text", standing.transition.text}}},
            {"counters", counters_of(standing.counters)},
            {"peers", std::move(peers)},
            {"announced", std::move(present)}};
}

SessionSnapshot session_in(const Reading& json) {
    SessionSnapshot session{
        .interface = json.at("interface").get<std::string>(),
        .family = json.at("family") == 6 ? base::Family::ipv6 : base::Family::ipv4,
        .vrid = json.at("vrid").get<std::uint8_t>(),
        .standing = {}};
    const Reading& transition = json.at("transition");
    Session::Standing& standing = session.standing;
    standing.state = from_json::state(json.at("state"));
    for (const Reading& one : json.at("blockers"))
        standing.blockers.push_back({blocker_kind(one), one.at("text").get<std::string>()});
    standing.points_off = json.at("points_off").get<int>();
    standing.healthy_since = instant(json.at("healthy_since"));
    standing.heard_until = instant(json.at("heard_until"));
    standing.advertised_at = perhaps(json.at("advertised_at"), instant);
    standing.last_source = perhaps(json.at("last_source"), address);
    standing.transition = {.at = instant(transition.at("at")),
                           .wall = perhaps(transition.at("wall"), wall),
                           .reason = transition.at("reason").get<std::string>(),
                           .text = transition.at("text").get<std::string>()};
    standing.counters = counters_in(json.at("counters"));
    for (const Reading& peer : json.at("peers")) standing.peers.push_back(peer_in(peer));
    for (const Reading& one : json.at("announced")) standing.announced.push_back(address(one));
    return session;
}

// --- units, checks ---

Json unit_of(const UnitSnapshot& unit) {
    Json times = Json::array();
    for (const base::Instant time : unit.damper.times) times.push_back(number_of(time));
    Json hooks = Json::array();
    for (const UnitSnapshot::Hooks& queue : unit.hooks)
        hooks.push_back({{"group", queue.kind == HookQueue::Subject::Kind::group},
                         {"name", queue.name},
                         {"phase", perhaps(queue.phase)}});
    return {{"name", unit.name},
            {"group", unit.is_group},
            {"was_active", unit.was_active},
            {"told", perhaps(unit.told)},
            {"active_at", std::move(times)},
            {"held_until", perhaps(unit.damper.until)},
            {"last_hold", number_of(unit.damper.last_hold)},
            {"hooks", std::move(hooks)}};
}

UnitSnapshot unit_in(const Reading& json) {
    UnitSnapshot unit{.name = json.at("name").get<std::string>(),
                      .is_group = json.at("group").get<bool>(),
                      .was_active = json.at("was_active").get<bool>(),
                      .told = perhaps(json.at("told"), phase)};
    for (const Reading& time : json.at("active_at")) unit.damper.times.push_back(instant(time));
    unit.damper.until = perhaps(json.at("held_until"), instant);
    unit.damper.last_hold = duration(json.at("last_hold"));
    using Kind = HookQueue::Subject::Kind;
    for (const Reading& queue : json.at("hooks"))
        unit.hooks.push_back({queue.at("group").get<bool>() ? Kind::group : Kind::router,
                              queue.at("name").get<std::string>(),
                              perhaps(queue.at("phase"), phase)});
    return unit;
}

Json check_of(const CheckSnapshot& check) {
    return {
        {"name", check.name},         {"verdict", perhaps(check.verdict)},    {"text", check.text},
        {"penalty", check.penalty},   {"since", number_of(check.since)},      {"runs", check.runs},
        {"failures", check.failures}, {"duration", number_of(check.duration)}};
}

CheckSnapshot check_in(const Reading& json) {
    return {.name = json.at("name").get<std::string>(),
            .verdict = perhaps(json.at("verdict"), verdict),
            .text = json.at("text").get<std::string>(),
            .penalty = json.at("penalty").get<int>(),
            .since = instant(json.at("since")),
            .runs = json.at("runs").get<std::uint64_t>(),
            .failures = json.at("failures").get<std::uint64_t>(),
            .duration = duration(json.at("duration"))};
}

Snapshot read(const Reading& json) {
    Snapshot snapshot;
    for (const Reading& one : json.at("sessions")) snapshot.sessions.push_back(session_in(one));
    for (const Reading& one : json.at("units")) snapshot.units.push_back(unit_in(one));
    for (const Reading& one : json.at("checks")) snapshot.checks.push_back(check_in(one));
    snapshot.plan = json.at("plan").get<std::uint64_t>();
    snapshot.drains.path = json.at("drain_file").get<std::string>();
    snapshot.drains.drains = drains_in(json.at("drains").get<std::string>()).value();
    for (const Reading& one : json.at("holds"))
        snapshot.holds.push_back({one.at("unit").get<std::string>(),
                                  {.since = wall(one.at("since")),
                                   .successor = one.at("successor").get<std::string>()}});
    snapshot.last_operation = json.at("last_operation").get<std::uint64_t>();
    for (const Reading& one : json.at("protected_links"))
        snapshot.protected_links.push_back(one.get<int>());
    if (json.contains("heard_on"))
        for (const Reading& one : json.at("heard_on"))
            snapshot.heard_on.emplace(one.at("link").get<int>(), instant(one.at("at")));
    snapshot.next_hook = json.at("next_hook").get<std::uint64_t>();
    snapshot.record = json.at("record").get<std::string>();
    return snapshot;
}

}  // namespace

std::string text_of(const Snapshot& snapshot) {
    Json json{{"version", snapshot_version},
              {"plan", snapshot.plan},
              {"drain_file", snapshot.drains.path},
              {"drains", text_of(snapshot.drains.drains)},
              {"last_operation", snapshot.last_operation},
              {"protected_links", snapshot.protected_links},
              {"next_hook", snapshot.next_hook}};
    for (const char* list : {"sessions", "units", "checks", "holds", "heard_on"})
        json[list] = Json::array();
    for (const SessionSnapshot& one : snapshot.sessions)
        json["sessions"].push_back(session_of(one));
    for (const UnitSnapshot& one : snapshot.units) json["units"].push_back(unit_of(one));
    for (const CheckSnapshot& one : snapshot.checks) json["checks"].push_back(check_of(one));
    for (const HoldSnapshot& one : snapshot.holds)
        json["holds"].push_back({{"unit", one.unit},
                                 {"since", number_of(one.hold.since)},
                                 {"successor", one.hold.successor}});
    for (const auto& [link, at] : snapshot.heard_on)
        json["heard_on"].push_back({{"link", link}, {"at", number_of(at)}});
    json["record"] = snapshot.record;
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

base::Result<Snapshot> snapshot_in(std::string_view text) {
    const auto refused = [](std::string why) {
        return base::failure("take over from the program before", std::move(why));
    };
    try {
        const Reading json = Reading::parse(text);
        if (json.at("version") != snapshot_version)
            return refused("its snapshot is of version " + json.at("version").dump());
        return read(json);
    } catch (const std::exception& error) {
        return refused(std::string{"its snapshot makes no sense: "} + error.what());
    }
}

}  // namespace app
