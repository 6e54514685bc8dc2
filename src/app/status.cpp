#include "app/status.hpp"

#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>

#include "app/json_object.hpp"
#include "app/status_units.hpp"
#include "app/wishes.hpp"
#include "base/version.hpp"
#include "vrrp/frame.hpp"
#include "vrrp/timing.hpp"

namespace app {

namespace {

using Json = nlohmann::ordered_json;

template <typename Range>
Json texts_of(const Range& values) {
    Json list = Json::array();
    for (const auto& value : values) list.push_back(value.text());
    return list;
}

template <std::size_t size, typename Name>
Json nonzero(const std::array<std::uint64_t, size>& counts, Name name) {
    Json object = Json::object();
    for (std::size_t i = 0; i < size; ++i)
        if (counts[i] > 0) object[std::string{name(i)}] = counts[i];
    return object;
}

std::string_view discard_name(std::size_t i) {
    return vrrp::name_of(static_cast<vrrp::Discard>(i));
}

std::string_view note_name(std::size_t i) { return vrrp::name_of(static_cast<vrrp::Note>(i)); }

Json timers_of(const Session& session, Time time) {
    const config::Router& router = session.router();
    const auto priority = session.effective_priority();
    const auto interval = session.active_interval();
    Json timers{{"advertise_ms", base::milliseconds(router.advertise.value())},
                {"active_advertise_ms", base::milliseconds(interval.value())},
                {"skew_ms", base::milliseconds(skew_time(session.version(), priority, interval))},
                {"down_ms", base::milliseconds(session.down_interval())},
                {"remaining_ms", nullptr}};
    if (const auto deadline = session.deadline())
        timers["remaining_ms"] =
            base::milliseconds(std::max(*deadline - time.now, base::Duration{}));
    return timers;
}

// "rfc9568", "rfc5798", "both", or null where there is one form only.
Json dialects_text(const std::vector<vrrp::ChecksumDialect>& dialects) {
    if (dialects.empty()) return nullptr;
    return dialects.size() == 1 ? vrrp::name_of(dialects.front()) : "both";
}

Json checksum_of(const Session& session) {
    if (session.sending_dialects().empty()) return nullptr;
    const auto configured = [&]() -> std::string_view {
        switch (session.router().checksum) {
            case config::Checksum::automatic: return "auto";
            case config::Checksum::rfc9568: return "rfc9568";
            case config::Checksum::rfc5798: return "rfc5798";
        }
        return "auto";
    };
    return {{"configured", configured()}, {"sending", dialects_text(session.sending_dialects())}};
}

// `limit_ms` is what the worst gap may have lasted; both null when there was no gap for a while.
Json margin_of(const Arrivals& arrivals, Time time) {
    const auto worst = arrivals.worst(time.now);
    const auto milliseconds = [&](base::Duration Arrivals::Worst::* part) {
        return worst ? Json(base::milliseconds((*worst).*part)) : Json();
    };
    const Arrivals::Histogram& histogram = arrivals.histogram();
    return {{"worst_gap_ms", milliseconds(&Arrivals::Worst::gap)},
            {"limit_ms", milliseconds(&Arrivals::Worst::limit)},
            {"worst_lateness_ms", milliseconds(&Arrivals::Worst::lateness)},
            {"most_missing", worst ? Json(worst->missing) : Json()},
            {"gaps",
             {{"bounds_ms", Arrivals::bounds_ms},
              {"counts", histogram.counts},
              {"count", histogram.gaps},
              {"sum_ms", base::milliseconds(histogram.sum)}}}};
}

Json peers_of(const Session& session, Time time) {
    Json peers = Json::array();
    for (const Peer& peer : session.peers().all()) {
        peers.push_back({{"address", peer.address.text()},
                         {"priority", peer.priority.wire()},
                         {"interval_ms", base::milliseconds(peer.interval.value())},
                         {"last_seen", wall_text(peer.seen, time)},
                         {"last_seen_ms", base::milliseconds(time.now - peer.seen)},
                         {"checksum", dialects_text(peer.dialects())},
                         {"margin", margin_of(peer.arrivals, time)}});
    }
    return peers;
}

Json counters_of(const Counters& counters) {
    return JsonObject{14}
        .add("sent", counters.sent)
        .add("received", counters.received)
        .add("priority_zero_sent", counters.priority_zero_sent)
        .add("priority_zero_received", counters.priority_zero_received)
        .add("transitions", counters.transitions)
        .add("announcements_sent", counters.announcements_sent)
        .add("announcements_put_off", counters.announcements_put_off)
        .add("claims_heard", counters.claims)
        .add("near_failovers", counters.near_failovers)
        .add("older_version_ignored", counters.older_version)
        .add("send_errors", counters.send_errors)
        .add("restored", counters.restored)
        .add("discarded", nonzero(counters.discarded, discard_name))
        .add("noted", nonzero(counters.noted, note_name))
        .take();
}

Json blockers_of(const Session& session) {
    Json blockers = Json::array();
    for (const Blocker& blocker : session.readiness().blockers) blockers.push_back(blocker.text);
    return blockers;
}

Json conditions_of(const Session& session, Time time) {
    Json conditions = Json::array();
    for (const Condition& condition : session.conditions().all())
        conditions.push_back({{"kind", name_of(condition.kind)},
                              {"with", condition.with.text()},
                              {"text", condition.text},
                              {"since", wall_text(condition.since, time)}});
    return conditions;
}

// The advertised ones first, as they stand in the file.
Json wanted_of(const Session& session) {
    return texts_of(addresses_held(session.router(), session.family()));
}

Json failed_of(const Engine& engine, const Session& session) {
    Json failed = Json::array();
    for (const auto& failure : engine.failed(session))
        failed.push_back({{"address", failure.address.text()}, {"error", failure.error}});
    return failed;
}

Json upheld_of(const std::vector<Engine::Upheld>& all) {
    Json list = Json::array();
    for (const Engine::Upheld& one : all)
        list.push_back({{"text", one.text},
                        {"installed", one.is_installed},
                        {"error", one.error.empty() ? Json() : Json(one.error)}});
    return list;
}

Json virtual_mac_of(const Session& session) {
    const config::Router& router = session.router();
    if (!router.virtual_mac) return nullptr;
    const bool is_base = router.virtual_mac->transmit == config::Transmit::base ||
                         router.transport == config::Transport::unicast;
    return {{"interface", router.virtual_mac->link(session.family())},
            {"mac", vrrp::virtual_mac(session.family(), router.vrid).text()},
            {"transmit", is_base ? "base" : "vmac"}};
}

// Null when the addresses stay for as long as nobody removes them.
Json lease_of(const Session& session) {
    const auto lease = session.lease();
    return lease ? Json(base::milliseconds(*lease)) : Json();
}

// Whether this node is the one that the configuration wants to be Active. Null when it does not
// say: it names no other node, or one with the same priority, and then addresses decide.
Json preferred_of(const config::Config& config, const config::Router& router) {
    const auto found = config.priorities.find(router.name);
    if (found == config.priorities.end() || found->second.size() < 2) return nullptr;
    Json is_preferred = true;
    for (const auto& [node, priority] : found->second) {
        if (node == config.node) continue;
        if (priority > router.priority) return false;
        if (priority == router.priority) is_preferred = nullptr;
    }
    return is_preferred;
}

Json loop_json(const Punctuality& punctuality) {
    return {{"turns", punctuality.turns},
            {"late_turns", punctuality.late_turns},
            {"worst_late_ms", base::milliseconds(punctuality.worst)}};
}

Json router_of(const Engine& engine, const Session& session, Time time) {
    const config::Router& router = session.router();
    const Readiness& readiness = session.readiness();
    const kernel::Link* link = readiness.link ? engine.view().link(*readiness.link) : nullptr;
    const Transition& last = session.last_transition();
    return JsonObject{34}
        .add("name", router.name)
        .add("unit", engine.unit_of(session).name)
        .add("interface", router.interface)
        .add("vrid", router.vrid.wire())
        .add("family", base::name_of(session.family()))
        .add("vrrp", static_cast<int>(session.version()))
        .add("vrrp2_too", router.speaks_v2_too && session.family() == base::Family::ipv4)
        .add("transport", router.transport == config::Transport::unicast ? "unicast" : "multicast")
        .add("state", name_of(session.shown_state()))
        .add("since", last.wall ? iso8601(*last.wall) : wall_text(last.at, time))
        .add("since_seconds", base::milliseconds(time.now - last.at) / 1000)
        .add("reason", last.reason)
        .add("reason_text", last.text)
        .add("blockers", blockers_of(session))
        .add("priority", Json{{"base", router.priority.wire()},
                              {"effective", session.effective_priority().wire()}})
        .add("preferred", preferred_of(engine.config(), router))
        .add("preempt", Json{{"enabled", router.preempt.enabled},
                             {"after_ms", base::milliseconds(router.preempt.after)}})
        .add("timers", timers_of(session, time))
        .add("checksum", checksum_of(session))
        .add("source", readiness.source ? Json(readiness.source->text()) : Json())
        .add("accept", router.accepts)
        .add("lease_ms", lease_of(session))
        .add("up_for_ms", base::milliseconds(router.up_for))
        .add("mac", link != nullptr ? Json(link->mac.text()) : Json())
        .add("vmac", virtual_mac_of(session))
        .add("addresses", texts_of(session.addresses()))
        .add("wanted", session.holds_addresses() ? wanted_of(session) : Json::array())
        .add("installed", texts_of(engine.installed(session)))
        .add("failed", failed_of(engine, session))
        .add("routes", upheld_of(engine.routes_of(session)))
        .add("rules", upheld_of(engine.rules_of(session)))
        .add("peers", peers_of(session, time))
        .add("conditions", conditions_of(session, time))
        .add("counters", counters_of(session.counters()))
        .take();
}

// Names come from files; whatever is in them, the answer is JSON.
std::string dumped(const Json& json) {
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// A list behind the members that an unfinished object has. Each element is text before the next one
// is made: the tree of a thousand sessions costs the loop more to make and free than all of them.
template <typename Range, typename Make>
void append_list(std::string& object, std::string_view name, const Range& all, Make make) {
    object += fmt::format(R"(,"{}":[)", name);
    std::string_view separator;
    for (const auto& one : all) {
        object += separator;
        object += dumped(make(one));
        separator = ",";
    }
    object += ']';
}

}  // namespace

std::string status_json(const Engine& engine, const ProcessFacts& process, Time time) {
    auto problems = engine.problems();
    if (process.unconfirmed_until)
        problems.push_back(fmt::format(
            "the configuration is not confirmed: in {} s what was before comes back; `tandemctl "
            "confirm` keeps it",
            base::whole_milliseconds(*process.unconfirmed_until - time.now) / 1000));
    const config::Config& config = engine.config();
    const Json head{{"schema", 1},
                    {"node", config.node},
                    {"version", base::version},
                    {"pid", process.pid},
                    {"time", iso8601(time.wall)},
                    {"uptime_seconds", base::milliseconds(time.now - process.started.now) / 1000},
                    {"health", problems.empty() ? "ok" : "degraded"},
                    {"problems", problems},
                    {"realtime", process.standing.is_realtime},
                    {"memory_locked", process.standing.is_memory_locked},
                    {"loop", loop_json(engine.punctuality())},
                    {"log_dropped", process.log_dropped},
                    {"discarded", nonzero(engine.unattributed(), discard_name)},
                    {"config",
                     {{"file", config.file},
                      {"hash", config.hash},
                      {"loaded", wall_text(process.config_loaded, time)},
                      {"unconfirmed_ms",
                       process.unconfirmed_until
                           ? Json(base::whole_milliseconds(*process.unconfirmed_until - time.now))
                           : Json(nullptr)}}},
                    {"reloads",
                     {{"done", process.reloads.done},
                      {"failed", process.reloads.failed},
                      {"last_succeeded", process.reloads.has_last_succeeded}}}};
    const Json tail{{"checks", checks_json(engine, time)}, {"runner", runner_json(engine)}};
    std::string text = dumped(head);
    text.pop_back();
    append_list(text, "routers", engine.sessions(),
                [&](const Session& session) { return router_of(engine, session, time); });
    append_list(text, "units", engine.units(),
                [&](const Unit& unit) { return unit_json(engine, unit, time); });
    return text + ',' + dumped(tail).substr(1);
}

std::string status_line(const Engine& engine) {
    if (engine.sessions().empty()) return "no routers configured";
    std::map<ShownState, int> counts;
    for (const Session& session : engine.sessions()) ++counts[session.shown_state()];
    std::string line;
    for (const ShownState state :
         {ShownState::active, ShownState::resigning, ShownState::backup, ShownState::init,
          ShownState::waiting, ShownState::drained, ShownState::fault})
        if (counts[state] > 0)
            line += fmt::format("{}{} {}", line.empty() ? "" : ", ", counts[state], name_of(state));
    const auto problems = engine.problems();
    if (!problems.empty()) line += "; " + problems.front();
    return line;
}

}  // namespace app
