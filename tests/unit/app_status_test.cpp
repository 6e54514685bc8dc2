// Every field of schema 1, asked of an engine on Ports that only remember.
#include "app/status.hpp"

#include <cerrno>
#include <nlohmann/json.hpp>

#include "app_support.hpp"

#include <CppUTest/TestHarness.h>

using namespace support;
using nlohmann::json;

namespace {

constexpr app::WallClock wall{std::chrono::sys_days{std::chrono::year{2026} / 3 / 5} + 11h};
constexpr app::Time started{noon - 1h, wall - 1h};

std::vector<std::string> keys_of(const json& object) {
    std::vector<std::string> keys;
    for (const auto& [key, value] : object.items()) keys.push_back(key);
    return keys;
}

}  // namespace

TEST_GROUP(Status) {
    RememberingPorts ports;
    std::optional<app::Engine> engine;
    base::Instant now = noon;

    void start(std::vector<config::Router> routers) {
        engine.emplace(config_of(std::move(routers)), ports, now);
    }
    // A turn at `at` with the host as it is.
    void turn(base::Instant at, app::Inputs inputs) {
        now = at;
        inputs.wall = wall + std::chrono::duration_cast<app::WallClock::duration>(at - noon);
        (void)engine->turn(std::move(inputs), at);
    }
    void start_lan() {
        start({router({"192.0.2.1/24"})});
        turn(noon, {.view = view_with(eth0(), {"192.0.2.2/24"})});
    }
    void make_active() {
        start_lan();
        turn(noon + 4s, {});
    }
    [[nodiscard]] json status() const {
        const app::Time time{
            now, wall + std::chrono::duration_cast<app::WallClock::duration>(now - noon)};
        const app::ProcessFacts process{.pid = 4711,
                                        .started = started,
                                        .standing = {.is_realtime = true},
                                        .log_dropped = 3,
                                        .config_loaded = started.now,
                                        .reloads = {.done = 2, .failed = 1}};
        const std::string text = app::status_json(*engine, process, time);
        CHECK(text.find('\n') == std::string::npos);
        return json::parse(text);
    }
    [[nodiscard]] json lan() const { return status()["routers"][0]; }
};

TEST(Status, SaysWhoAndWhatRuns) {
    start_lan();
    const json all = status();
    CHECK(all["schema"] == 1);
    CHECK(all["node"] == "r1");
    CHECK(all["version"].is_string());
    CHECK(all["pid"] == 4711);
    CHECK(all["time"] == "2026-03-05T11:00:00.000000Z");
    CHECK(all["uptime_seconds"] == 3600.0);
    CHECK(all["health"] == "ok");
    CHECK(all["problems"] == json::array());
    CHECK(all["realtime"] == true);
    CHECK(all["memory_locked"] == false);
    CHECK(all["log_dropped"] == 3);
    CHECK(all["loop"] == (json{{"turns", 1}, {"late_turns", 0}, {"worst_late_ms", 0.0}}));
    const json config{{"file", "/etc/tandem/tandem.conf"},
                      {"hash", "7c1e04a2"},
                      {"loaded", "2026-03-05T10:00:00.000000Z"},
                      {"unconfirmed_ms", nullptr}};
    CHECK(all["config"] == config);
    CHECK(all["reloads"] == (json{{"done", 2}, {"failed", 1}, {"last_succeeded", true}}));
}

TEST(Status, ARouterHasEveryFieldOfTheSchema) {
    start_lan();
    for (const char* key :
         {"name",      "interface", "vrid",          "family",   "vrrp",        "transport",
          "state",     "since",     "since_seconds", "reason",   "reason_text", "blockers",
          "priority",  "preempt",   "timers",        "checksum", "source",      "mac",
          "addresses", "wanted",    "installed",     "failed",   "peers",       "counters",
          "vmac",      "accept",    "lease_ms",      "up_for_ms"})
        CHECK_TEXT(lan().contains(key), key);
    CHECK(keys_of(lan()["timers"]) ==
          (std::vector<std::string>{"active_advertise_ms", "advertise_ms", "down_ms",
                                    "remaining_ms", "skew_ms"}));
}

TEST(Status, ARouterSaysWhetherItAcceptsAndForHowLongItsAddressesAreLeased) {
    config::Router lan_router = router({"192.0.2.1/24"});
    lan_router.accepts = false;
    lan_router.up_for = 2s;
    start({lan_router});
    turn(noon, {.view = view_with(eth0(), {"192.0.2.2/24"})});
    CHECK(lan()["accept"] == false);
    CHECK(lan()["up_for_ms"] == 2000.0);
    CHECK(lan()["lease_ms"].is_null() || lan()["lease_ms"] >= 2000.0);
}

TEST(Status, ABackupSaysWhatItIsAndWhenItTakesOver) {
    start_lan();
    turn(noon + 1s, {});
    const json router = lan();
    CHECK(router["name"] == "lan");
    CHECK(router["interface"] == "eth0");
    CHECK(router["vrid"] == 51);
    CHECK(router["family"] == "ipv4");
    CHECK(router["vrrp"] == 3);
    CHECK(router["transport"] == "multicast");
    CHECK(router["state"] == "backup");
    CHECK(router["since"] == "2026-03-05T11:00:00.000000Z");
    CHECK(router["since_seconds"] == 1.0);
    CHECK(router["reason"] == "startup");
    CHECK(router["priority"] == (json{{"base", 100}, {"effective", 100}}));
    CHECK(router["preempt"] == (json{{"enabled", true}, {"after_ms", 0.0}}));
    CHECK(router["source"] == "192.0.2.2");
    CHECK(router["mac"] == "02:00:00:00:00:01");
    CHECK(router["vmac"].is_null());
    CHECK(router["addresses"] == json({"192.0.2.1/24"}));
    CHECK(router["wanted"] == json::array());
    CHECK(router["installed"] == json::array());
    CHECK(router["peers"] == json::array());
    CHECK(router["checksum"] == (json{{"configured", "auto"}, {"sending", "both"}}));
    const json timers{{"advertise_ms", 1000.0},
                      {"active_advertise_ms", 1000.0},
                      {"skew_ms", 609.375},
                      {"down_ms", 3609.375},
                      {"remaining_ms", 2609.375}};
    CHECK(router["timers"] == timers);
}

TEST(Status, TheConfigurationSaysWhichNodeIsPreferred) {
    const auto preferred = [&](std::map<std::string, vrrp::Priority> priorities) {
        config::Config config = config_of({router({"192.0.2.1/24"})});
        if (!priorities.empty()) config.priorities = {{"lan", std::move(priorities)}};
        engine.emplace(std::move(config), ports, now);
        return lan()["preferred"];
    };
    CHECK(preferred({{"r1", priority(100)}, {"r2", priority(99)}}) == true);
    CHECK(preferred({{"r1", priority(100)}, {"r2", priority(101)}}) == false);
    CHECK(preferred({{"r1", priority(100)}, {"r2", priority(99)}, {"r3", priority(200)}}) == false);
    CHECK(preferred({{"r1", priority(100)}, {"r2", priority(100)}}).is_null());
    CHECK(preferred({{"r0", priority(100)}, {"r1", priority(100)}, {"r2", priority(200)}}) ==
          false);
    CHECK(preferred({{"r1", priority(100)}}).is_null());
    CHECK(preferred({}).is_null());
}

TEST(Status, AnActiveRouterSaysWhatItWantsAndHas) {
    make_active();
    const json router = lan();
    CHECK(router["state"] == "active");
    CHECK(router["reason"] == "silence");
    CHECK(router["reason_text"] == "no advert heard for 4000 ms since the start");
    CHECK(router["wanted"] == json({"192.0.2.1/24"}));
    CHECK(router["installed"] == json({"192.0.2.1/24"}));
    CHECK(router["failed"] == json::array());
    CHECK(router["timers"]["remaining_ms"] == 1000.0);
    const json counters{{"sent", 1},
                        {"received", 0},
                        {"priority_zero_sent", 0},
                        {"priority_zero_received", 0},
                        {"transitions", 2},
                        {"announcements_sent", 1},
                        {"announcements_put_off", 0},
                        {"claims_heard", 0},
                        {"near_failovers", 0},
                        {"older_version_ignored", 0},
                        {"send_errors", 0},
                        {"restored", 0},
                        {"discarded", json::object()},
                        {"noted", json::object()}};
    CHECK(router["counters"] == counters);
}

TEST(Status, AChangeOfStateHasItsEvidence) {
    start_lan();
    const auto records = engine->turn({.due = noon + 3610ms}, noon + 4s);
    const auto changed = std::ranges::find(records, std::optional{base::EventKind::state_changed},
                                           &base::log::Record::event);
    CHECK(changed != records.end());
    std::map<std::string, std::string> fields;
    for (const base::log::Field& field : changed->fields) fields.emplace(field.key, field.value);
    STRCMP_EQUAL("silence", fields["reason"].c_str());
    STRCMP_EQUAL("up", fields["link"].c_str());
    STRCMP_EQUAL("390", fields["late_ms"].c_str());
    CHECK_FALSE(fields.contains("interface_heard_ms"));
    now = noon + 4s;
    CHECK(status()["loop"] == (json{{"turns", 2}, {"late_turns", 1}, {"worst_late_ms", 390.0}}));
}

TEST(Status, SinceIsTheWallClockOfThatMoment) {
    make_active();
    // The clock is set back by an hour; what was, stays.
    const app::Time later{noon + 10s, wall - 1h};
    const app::ProcessFacts process{.pid = 1, .started = started, .standing = {}, .log_dropped = 0};
    const json router = json::parse(app::status_json(*engine, process, later))["routers"][0];
    CHECK(router["since"] == "2026-03-05T11:00:04.000000Z");
    CHECK(router["since_seconds"] == 6.0);
}

TEST(Status, AFailedRequestIsAProblemWithItsError) {
    ports.add_error = ENODEV;
    make_active();
    const json failed{{{"address", "192.0.2.1/24"}, {"error", "add 192.0.2.1/24: No such device"}}};
    CHECK(lan()["failed"] == failed);
    CHECK(lan()["wanted"] == json({"192.0.2.1/24"}));
    CHECK(lan()["installed"] == json::array());
    CHECK(status()["health"] == "degraded");
    CHECK(status()["problems"] == json({"lan (ipv4): add 192.0.2.1/24: No such device"}));
    STRCMP_EQUAL("1 active; lan (ipv4): add 192.0.2.1/24: No such device",
                 app::status_line(*engine).c_str());
}

TEST(Status, AWaitingRouterSaysWhatItWaitsForAndHasNoTimer) {
    start({router({"192.0.2.1/24"})});
    turn(noon, {.view = kernel::View{}});
    const json router = lan();
    CHECK(router["state"] == "waiting");
    CHECK(router["reason"] == "interface-missing");
    CHECK(router["blockers"] == json({"interface eth0 does not exist"}));
    CHECK(router["source"].is_null());
    CHECK(router["mac"].is_null());
    CHECK(router["timers"]["remaining_ms"].is_null());
    CHECK(status()["health"] == "degraded");
}

TEST(Status, APeerIsTheSenderOfTheLastAdvert) {
    make_active();
    const base::Bytes message = ports.first_advert;
    // An IPv4 header of 20 octets in front; the rest is the kernel's business.
    base::Bytes datagram = from_hex("45c0002000000000ff700000c0000203e0000012");
    datagram.insert(datagram.end(), message.begin(), message.end());
    turn(noon + 4500ms, {.packets = {{kernel::LinkIndex{2}, datagram, noon + 4250ms}}});
    const json peers{{{"address", "192.0.2.3"},
                      {"priority", 100},
                      {"interval_ms", 1000.0},
                      {"last_seen", "2026-03-05T11:00:04.250000Z"},
                      {"last_seen_ms", 250.0},
                      {"checksum", "rfc9568"}}};
    json heard = lan()["peers"];
    const json margin = heard[0]["margin"];
    heard[0].erase("margin");
    CHECK(heard == peers);
    CHECK(lan()["reason"] == "tie-lost");
    CHECK(margin["worst_gap_ms"].is_null());
    CHECK(margin["gaps"]["count"] == 0);

    // The one after the next comes: one is missing.
    turn(noon + 6260ms, {.packets = {{kernel::LinkIndex{2}, datagram, noon + 6255ms}}});
    const json later = lan()["peers"][0]["margin"];
    CHECK(later["worst_gap_ms"] == 2005.0);
    CHECK(later["limit_ms"] == 3609.375);
    CHECK(later["worst_lateness_ms"] == 5.0);
    CHECK(later["most_missing"] == 1);
    CHECK(later["gaps"]["count"] == 1);
    CHECK(later["gaps"]["sum_ms"] == 2005.0);
    CHECK(lan()["counters"]["near_failovers"] == 0);

    turn(noon + 9260ms, {.packets = {{kernel::LinkIndex{2}, datagram, noon + 9255ms}}});
    CHECK(lan()["peers"][0]["margin"]["most_missing"] == 2);
    CHECK(lan()["counters"]["near_failovers"] == 1);
}

TEST(Status, DiscardsAreNamedAndOnlyThoseThatOccurred) {
    start_lan();
    const base::Bytes garbage(10);
    const base::Bytes of_another =
        from_hex("45c0001c00000000ff700000c0000203e00000122134640001010000");
    turn(noon + 1s, {.packets = {{kernel::LinkIndex{2}, garbage, noon},
                                 {kernel::LinkIndex{2}, of_another, noon}}});
    CHECK(status()["discarded"]["ip-header"] == 1);
    CHECK(lan()["counters"]["discarded"] == json::object());
}

TEST(Status, Version2KnowsNoChecksumDialect) {
    config::Router old = router({"192.0.2.1/24"});
    old.version = vrrp::Version::v2;
    start({old});
    turn(noon, {.view = view_with(eth0(), {"192.0.2.2/24"})});
    CHECK(lan()["checksum"].is_null());
    CHECK(lan()["vrrp"] == 2);
}

TEST(Status, NamesThatAreNotUtf8AreStillJson) {
    config::Router odd = router({"192.0.2.1/24"});
    odd.name = "l\xff n";
    start({odd});
    turn(noon, {.view = kernel::View{}});
    CHECK(lan()["name"] == "l\xef\xbf\xbd n");
}

TEST(Status, TheLineCountsTheRoutersByState) {
    config::Router other = router({"192.0.2.5/24"});
    other.name = "other";
    other.vrid = vrid(52);
    other.priority = priority(250);
    start({router({"192.0.2.1/24"}), other});
    turn(noon, {.view = view_with(eth0(), {"192.0.2.2/24"})});
    STRCMP_EQUAL("2 backup", app::status_line(*engine).c_str());
    turn(noon + 3100ms, {});
    STRCMP_EQUAL("1 active, 1 backup", app::status_line(*engine).c_str());
}

TEST(Status, WithoutRoutersTheLineSaysSo) {
    start({});
    STRCMP_EQUAL("no routers configured", app::status_line(*engine).c_str());
    CHECK(status()["routers"] == json::array());
}

TEST(Status, AVirtualMacIsNamedWithItsInterface) {
    config::Router made = router({"192.0.2.1/24"});
    made.virtual_mac = config::VirtualMac{.ipv4_link = "vrrp4.51", .ipv6_link = "vrrp6.51"};
    const json expected{
        {"interface", "vrrp4.51"}, {"mac", "00:00:5e:00:01:33"}, {"transmit", "vmac"}};
    start({made});
    turn(noon, {.view = view_with(eth0(), {"192.0.2.2/24"})});
    CHECK(lan()["vmac"] == expected);
    made.transport = config::Transport::unicast;
    start({made});
    turn(noon, {.view = view_with(eth0(), {"192.0.2.2/24"})});
    CHECK(lan()["vmac"]["transmit"] == "base");
}
