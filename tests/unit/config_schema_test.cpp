#include <chrono>
#include <string>
#include <vector>

#include "config/load.hpp"
#include "config_support.hpp"
#include "support.hpp"

#include <CppUTest/TestHarness.h>

using config::Checksum;
using config::Preempt;
using config::Router;
using config_test::check_problems;
using config_test::lines_of;
using config_test::load_text;
using config_test::router_on;
using config_test::with_defaults;
using config_test::with_router;
using config_test::with_settings;

using namespace std::chrono_literals;

TEST_GROUP(ConfigSchema){};

TEST(ConfigSchema, RequiredSettingsAreMissedAtTheRoutersName) {
    STRCMP_EQUAL(
        "2:12: error: routers.lan has no 'addresses' [add addresses = ...;]\n"
        "2:12: error: routers.lan has no 'interface' [add interface = ...;]\n"
        "2:12: error: routers.lan has no 'vrid' [add vrid = ...;]",
        lines_of(load_text(with_router(""), "r1").diagnostics).c_str());
}

TEST(ConfigSchema, WhatWasMistakenIsNotMissedToo) {
    STRCMP_EQUAL("2:25: error: a value is missing here",
                 lines_of(load_text(with_router("vrid = ; interface = \"e\"; addresses = [ "
                                                "\"192.0.2.1/24\" ];"),
                                    "r1")
                              .diagnostics)
                     .c_str());
}

TEST(ConfigSchema, UnknownNamesAreErrorsWithTheNearestKnownName) {
    check_problems({
        {"intreface = \"eth0\";",
         "3:1: error: unknown setting 'intreface' in routers.lan; did you mean 'interface'?"},
        {"colour = 1;", "3:1: error: unknown setting 'colour' in routers.lan"},
        {"Priority = 1;",
         "3:1: error: unknown setting 'Priority' in routers.lan; did you mean 'priority'?"},
        {"state = \"MASTER\";",
         "3:1: error: unknown setting 'state' in routers.lan [there is none: the priorities "
         "decide]"},
        {"virtual_router_id = 51;",
         "3:1: error: unknown setting 'virtual_router_id' in routers.lan [write vrid = N;]"},
        {"garp = { cuont = 1; };",
         "3:10: error: unknown setting 'cuont' in routers.lan.garp; did you mean 'count'?"},
        {"start_delay = 1;",
         "3:1: error: 'start_delay' belongs into 'defaults', not into routers.lan"},
    });
    const auto root = load_text("router: {};\nverson = 1;\n" + with_settings(""), "r1");
    STRCMP_EQUAL(
        "1:1: error: unknown setting 'router'; did you mean 'routers'?\n"
        "2:1: error: unknown setting 'verson'; did you mean 'version'?",
        lines_of(root.diagnostics).c_str());
    const auto defaults = load_text(with_defaults("vrid = 1; advertize = \"1s\";", ""), "r1");
    STRCMP_EQUAL(
        "1:13: error: 'vrid' belongs into a router, not into defaults\n"
        "1:23: error: unknown setting 'advertize' in defaults; did you mean 'advertise'?",
        lines_of(defaults.diagnostics).c_str());
}

TEST(ConfigSchema, SettingsOfLaterVersionsAreRefusedByNameAndNotRead) {
    STRCMP_EQUAL(
        "3:1: error: 'routers.lan.track_own_interface' is not supported yet [remove it for now]",
        lines_of(load_text(with_settings("track_own_interface = { what = ( [ 1 ] ); };"), "r1")
                     .diagnostics)
            .c_str());
    for (const char* name : {"control", "metrics", "hooks", "events"}) {
        const auto outcome =
            load_text(fmt::format("{}: {{ x: {{ }}; }}; {}", name, with_settings("")), "r1");
        STRCMP_EQUAL(
            fmt::format("1:1: error: '{}' is not supported yet [remove it for now]", name).c_str(),
            lines_of(outcome.diagnostics).c_str());
    }
}

TEST(ConfigSchema, AnyValueMayBeKeyedByNode) {
    const std::string text = with_router(R"(
        interface = { r1 = "eth1"; r2 = "eth2"; };
        vrid = { r1 = 1; r2 = 2; };
        addresses = { r1 = [ "192.0.2.1/24" ]; r2 = ( "192.0.2.2/24", "192.0.2.3/24" ); };
        priority = { r1 = 11; r2 = 12; };
        advertise = { r1 = "100ms"; r2 = "200ms"; };
        preempt = { r1 = false; r2 = { after = "3s"; }; };
        checksum = { r1 = "rfc9568"; r2 = "rfc5798"; };
        garp = { r1 = { count = 1; }; r2 = { count = { r1 = 2; r2 = 3; }; }; };
        source = { r1 = "192.0.2.11"; r2 = [ "192.0.2.12" ]; };)");
    const Router first = router_on("r1", text);
    STRCMP_EQUAL("eth1", first.interface.c_str());
    CHECK(first.vrid == support::vrid(1));
    LONGS_EQUAL(1, first.addresses.size());
    CHECK(first.priority == support::priority(11));
    CHECK(first.advertise == support::centiseconds(10));
    CHECK(first.preempt == (Preempt{false, 0s}));
    CHECK(first.checksum == Checksum::rfc9568);
    LONGS_EQUAL(1, first.announcement.count);
    CHECK(first.sources.ipv4 == support::address("192.0.2.11"));
    const Router second = router_on("r2", text);
    STRCMP_EQUAL("eth2", second.interface.c_str());
    LONGS_EQUAL(2, second.addresses.size());
    CHECK(second.preempt == (Preempt{true, 3s}));
    LONGS_EQUAL(3, second.announcement.count);
    CHECK(second.sources.ipv4 == support::address("192.0.2.12"));
}

TEST(ConfigSchema, TheSettingsOfTheProtocolMayBeKeyedByNodeToo) {
    const std::string text = with_settings(R"(
        vrrp = { r1 = 2; r2 = "2+3"; };
        auth = { r1 = { type = "text"; password = "x"; };
                 r2 = { type = { r2 = "text"; }; password = { r1 = "y"; r2 = "x"; }; }; };
        transport = { r1 = "unicast"; r2 = "unicast"; };
        peers = { r1 = [ "192.0.2.12" ]; r2 = ( "192.0.2.11" ); };
        ttl = { r1 = 64; r2 = 65; };
        owner = { r2 = true; };
        link_local_first = { r1 = true; r2 = false; };)");
    const Router first = router_on("r1", text);
    CHECK(first.version == vrrp::Version::v2);
    LONGS_EQUAL('x', first.authentication.data.front());
    CHECK(first.transport == config::Transport::unicast);
    CHECK(first.peers == std::vector{support::address("192.0.2.12")});
    LONGS_EQUAL(64, first.least_ttl);
    CHECK(first.priority == support::priority(200));
    CHECK_TRUE(first.requires_link_local_first);
    const Router second = router_on("r2", text);
    CHECK(second.version == vrrp::Version::v3);
    CHECK_TRUE(second.speaks_v2_too);
    CHECK(second.authentication == first.authentication);
    CHECK(second.peers == std::vector{support::address("192.0.2.11")});
    LONGS_EQUAL(65, second.least_ttl);
    CHECK(second.priority == vrrp::Priority::owner());
    CHECK_FALSE(second.requires_link_local_first);
}

TEST(ConfigSchema, WhatBelongsToOneRouterIsNotForAll) {
    STRCMP_EQUAL("1:13: error: 'owner' belongs into a router, not into defaults",
                 lines_of(load_text(with_defaults("owner = true;", ""), "r1").diagnostics).c_str());
}

TEST(ConfigSchema, TheValuesOfAllNodesAreChecked) {
    check_problems({
        {"advertise = { r1 = \"1s\"; r2 = \"5ms\"; };",
         "3:31: error: VRRP version 3 advertises every 10ms to 40.95s, in steps of 10ms, not 5ms"},
        {"priority = { r1 = 1; r2 = 300; };",
         "3:27: error: 'priority' is a whole number from 1 to 254, not 300"},
        {"source = { r1 = \"192.0.2.2\"; r2 = \"x\"; };",
         "3:35: error: \"x\" is not an address [write it as in \"192.0.2.2\"]"},
        {"preempt = { r1 = true; r2 = 5; };",
         "3:29: error: 'preempt' is true, false or { after = \"30s\"; }, not a whole number"},
    });
}

TEST(ConfigSchema, AKeyThatIsNoNodeIsRefused) {
    check_problems({
        {"source = { r1 = \"192.0.2.2\"; rr2 = \"192.0.2.3\"; };",
         "3:30: error: 'rr2' is not a node; did you mean 'r2'? [a group here gives each node its "
         "own value]"},
        {"priority = { london = 1; };",
         "3:14: error: 'london' is not a node; the nodes are r1, r2 [a group here gives each node "
         "its own value]"},
        {"preempt = { r1 = true; after = \"3s\"; };",
         "3:24: error: 'after' is not a node; the nodes are r1, r2 [a group here gives each node "
         "its own value]"},
        {"priority = {};",
         "3:12: error: the group of 'priority' is empty [give a value, or one for each node]"},
    });
}

TEST(ConfigSchema, AMissingNodeIsAnErrorOnlyThereAndOnlyWhereNothingElseApplies) {
    const std::string text = with_router(
        "interface = { r1 = \"eth1\"; }; vrid = 1; addresses = [ \"192.0.2.1/24\" ]; source = { r2 "
        "= \"192.0.2.2\"; };");
    const auto on_r1 = load_text(text, "r1");
    STRCMP_EQUAL("2:31: warning: routers.lan.interface has no value for node 'r2'",
                 lines_of(on_r1.diagnostics).c_str());
    CHECK_TRUE(on_r1.config.has_value());
    CHECK_FALSE(on_r1.config->routers.front().sources.ipv4.has_value());
    const auto on_r2 = load_text(text, "r2");
    STRCMP_EQUAL("2:31: error: routers.lan.interface has no value for node 'r2' [add r2 = ...;]",
                 lines_of(on_r2.diagnostics).c_str());
    CHECK_FALSE(on_r2.config.has_value());
}

TEST(ConfigSchema, AGroupOfItsOwnWinsOverNodesOfTheSameName) {
    const auto outcome = load_text(
        "nodes: { after: { priority = 9; }; count: { priority = 8; }; };\n"
        "routers: { lan: { interface = \"e\"; vrid = 1; addresses = [ \"192.0.2.1/24\" ];\n"
        "preempt = { after = \"3s\"; }; garp = { count = 4; }; }; };",
        "after");
    STRCMP_EQUAL("", lines_of(outcome.diagnostics).c_str());
    CHECK(outcome.config->routers.front().preempt == (Preempt{true, 3s}));
    LONGS_EQUAL(4, outcome.config->routers.front().announcement.count);
}

TEST(ConfigSchema, WithoutNodesTheRoutersAreCheckedAllTheSame) {
    const auto outcome = load_text(
        "routers: { lan: { interface = { a = \"e\"; }; vrid = 0; addresses = [ \"192.0.2.1/24\" ]; "
        "source = { a = \"192.0.2.2\"; }; preempt = { a = true; }; }; };",
        "a");
    const std::string problems = lines_of(outcome.diagnostics);
    CHECK(problems.starts_with("error: no nodes: "));
    CHECK(problems.ends_with("\n1:52: error: 'vrid' is a whole number from 1 to 255, not 0"));
    LONGS_EQUAL(2, outcome.diagnostics.size());
}

TEST(ConfigSchema, NodesThatWereMistakenMakeNoKeyWrong) {
    const auto outcome = load_text(
        "nodes: { r1: {}; r2 = ; };\n"
        "routers: { lan: { interface = \"e\"; vrid = 1; addresses = [ \"192.0.2.1/24\" ];\n"
        "priority = { r1 = 1; r2 = 2; }; }; };",
        "r2");
    STRCMP_EQUAL("1:22: error: a value is missing here", lines_of(outcome.diagnostics).c_str());
}
