#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
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
using config_test::router_with;
using config_test::with_defaults;
using config_test::with_router;

using namespace std::chrono_literals;

TEST_GROUP(ConfigReader){};

TEST(ConfigReader, ARouterThatSaysTheLeastHasTheUsualValues) {
    const Router router = router_with("");
    STRCMP_EQUAL("lan", router.name.c_str());
    STRCMP_EQUAL("eth1", router.interface.c_str());
    CHECK(router.vrid == support::vrid(10));
    CHECK(router.version == vrrp::Version::v3);
    CHECK(router.priority == support::priority(200));
    CHECK(router.advertise == vrrp::AdvertInterval::one_second());
    CHECK(router.preempt == (Preempt{true, 0s}));
    CHECK(router.checksum == Checksum::automatic);
    CHECK(router.announcement == (config::Announcement{.count = 5,
                                                       .again_after = 5s,
                                                       .refresh = 1min,
                                                       .refresh_count = 1,
                                                       .gap = 100ms,
                                                       .rate = 1000,
                                                       .form = config::ArpForm::request}));
    CHECK_FALSE(router.speaks_v2_too);
    CHECK(router.authentication == vrrp::Authentication{});
    CHECK(router.transport == config::Transport::multicast);
    CHECK_TRUE(router.peers.empty());
    LONGS_EQUAL(255, router.least_ttl);
    CHECK_TRUE(router.requires_link_local_first);
    CHECK_TRUE(router.accepts);
    CHECK(router.sources == config::Sources{});
    LONGS_EQUAL(1, router.addresses.size());
    STRCMP_EQUAL("192.0.2.1/24", router.addresses.front().text().c_str());
}

TEST(ConfigReader, ARouterThatSaysEverythingHasItAll) {
    const Router router = router_with(R"(
        priority = { r1 = 0x7f; }; advertise = "250ms"; preempt = { after = "1.5m"; }; vrrp = 3;
        source = { r1 = "192.0.2.2"; }; transport = "multicast"; checksum = "rfc5798";
        garp = { count = 7; again_after = "2s"; refresh = "5m"; refresh_count = 2; gap = "0s";
                 rate = 0; form = "both"; };
        description = "to the office";)");
    CHECK(router.priority == support::priority(127));
    CHECK(router.advertise == support::centiseconds(25));
    CHECK(router.preempt == (Preempt{true, 90s}));
    CHECK(router.checksum == Checksum::rfc5798);
    CHECK(router.announcement == (config::Announcement{.count = 7,
                                                       .again_after = 2s,
                                                       .refresh = 5min,
                                                       .refresh_count = 2,
                                                       .gap = 0s,
                                                       .rate = 0,
                                                       .form = config::ArpForm::both}));
    CHECK(router.sources.ipv4 == support::address("192.0.2.2"));
}

TEST(ConfigReader, NumbersOutOfRangeAndWrongTypesAreRefused) {
    check_problems({
        {"priority = 0;", "3:12: error: 'priority' is a whole number from 1 to 254, not 0"},
        {"priority = 256;", "3:12: error: 'priority' is a whole number from 1 to 254, not 256"},
        {"priority = -1;", "3:12: error: 'priority' is a whole number from 1 to 254, not -1"},
        {"priority = 255;",
         "3:12: error: priority 255 is that of the owner of the addresses [write owner = true; in "
         "the router instead]"},
        {"priority = \"100\";",
         "3:12: error: 'priority' is a whole number from 1 to 254, not a string"},
        {"priority = 1.5;",
         "3:12: error: 'priority' is a whole number from 1 to 254, not a number with a decimal "
         "point"},
        {"priority = true;",
         "3:12: error: 'priority' is a whole number from 1 to 254, not true or false"},
        {"priority = [ 1 ];",
         "3:12: error: 'priority' is a whole number from 1 to 254, not an array [ ]"},
        {"vrrp = 4;", "3:8: error: 'vrrp' is 2, 3 or \"2+3\", not 4"},
        {"vrrp = \"3\";",
         "3:8: error: 'vrrp' is 2, 3 or \"2+3\", not \"3\" [write it without quotes]"},
        {"vrrp = \"3+2\";", "3:8: error: 'vrrp' is 2, 3 or \"2+3\", not \"3+2\""},
        {"vrrp = true;", "3:8: error: 'vrrp' is 2, 3 or \"2+3\", not true or false"},
        {"ttl = 0;", "3:7: error: 'ttl' is a whole number from 1 to 255, not 0"},
        {"ttl = 256;", "3:7: error: 'ttl' is a whole number from 1 to 255, not 256"},
        {"owner = 1;", "3:9: error: 'owner' is true or false, not a whole number"},
        {"link_local_first = \"no\";",
         "3:20: error: 'link_local_first' is true or false, not a string"},
        {"garp = { count = 0; };", "3:18: error: 'count' is a whole number from 1 to 20, not 0"},
        {"garp = { count = 21; };", "3:18: error: 'count' is a whole number from 1 to 20, not 21"},
        {"garp = { refresh = \"900ms\"; };",
         "3:20: error: 'refresh' is 1s to 24h, or 0s for never, not 900ms"},
        {"garp = { refresh = \"25h\"; };",
         "3:20: error: 'refresh' is 1s to 24h, or 0s for never, not 25h"},
        {"garp = { refresh = -1; };",
         "3:20: error: 'refresh' is 1s to 24h, or 0s for never, not -1s"},
        {"garp = { refresh_count = 0; };",
         "3:26: error: 'refresh_count' is a whole number from 1 to 20, not 0"},
        {"garp = { gap = \"11s\"; };", "3:16: error: 'gap' is 0s to 10s, not 11s"},
        {"garp = { rate = 1000001; };",
         "3:17: error: 'rate' is a whole number from 0 to 1000000, not 1000001"},
        {"garp = { rate = \"1000\"; };",
         "3:17: error: 'rate' is a whole number from 0 to 1000000, not a string"},
        {"garp = { form = \"replay\"; };",
         "3:17: error: 'form' is \"request\" or \"reply\" or \"both\", not \"replay\"; did you "
         "mean "
         "'reply'?"},
        {"garp = 5;",
         "3:8: error: 'garp' is a group such as { count = 5; again_after = \"5s\"; }, not a whole "
         "number"},
        {"description = 1;", "3:15: error: 'description' is a text in quotes, not a whole number"},
    });
}

TEST(ConfigReader, TheVersionIsTwoThreeOrBoth) {
    const auto versions = [](const char* value) {
        const Router router = router_with(fmt::format("vrrp = {};", value));
        return std::pair{router.version, router.speaks_v2_too};
    };
    CHECK(versions("2") == std::pair(vrrp::Version::v2, false));
    CHECK(versions("3") == std::pair(vrrp::Version::v3, false));
    CHECK(versions("\"2+3\"") == std::pair(vrrp::Version::v3, true));
}

TEST(ConfigReader, APasswordIsFilledUpWithZeros) {
    const Router router =
        router_with("vrrp = 2; auth = { type = \"text\"; password = \"s3cret\"; };");
    CHECK(router.authentication ==
          (vrrp::Authentication{vrrp::AuthType::simple_text, {'s', '3', 'c', 'r', 'e', 't'}}));
    const Router longest =
        router_with("vrrp = \"2+3\"; auth = { type = \"text\"; password = \"12345678\"; };");
    CHECK(longest.authentication.data ==
          (std::array<std::uint8_t, 8>{'1', '2', '3', '4', '5', '6', '7', '8'}));
}

TEST(ConfigReader, APasswordThatTheAdvertHasNoRoomForIsRefusedWithItsSize) {
    check_problems({
        {"vrrp = 2; auth = { type = \"text\"; password = \"123456789\"; };",
         "3:46: error: 'password' is 1 to 8 octets, not 9 [an advert has room for no more]"},
        {"vrrp = 2; auth = { type = \"text\"; password = \"pässword\"; };",
         "3:46: error: 'password' is 1 to 8 octets, not 9 [an advert has room for no more]"},
        {"vrrp = 2; auth = { type = \"text\"; password = \"\"; };",
         "3:46: error: 'password' is 1 to 8 octets, not 0 [without a password, remove 'auth']"},
        {"vrrp = 2; auth = { type = \"text\"; password = 1234; };",
         "3:46: error: 'password' is a password in quotes, not a whole number"},
        {"vrrp = 2; auth = { password = \"x\"; };",
         "3:11: error: routers.lan.auth has no 'type' [add type = ...;]"},
        {"vrrp = 2; auth = \"x\";",
         "3:18: error: 'auth' is a group such as { type = \"text\"; password = \"s3cret\"; }, not "
         "a "
         "string"},
        {"vrrp = 2; auth = { type = \"text\"; pasword = \"x\"; };",
         "3:11: error: routers.lan.auth has no 'password' [add password = ...;]\n"
         "3:35: error: unknown setting 'pasword' in routers.lan.auth; did you mean 'password'?"},
    });
}

TEST(ConfigReader, AnOwnerHasPriority255WhateverItsNodeAndTheDefaultsSay) {
    const std::string text = with_defaults("priority = 50;", "owner = { r1 = true; };");
    CHECK(router_on("r1", text).priority == vrrp::Priority::owner());
    CHECK(router_on("r2", text).priority == support::priority(100));
    CHECK(router_with("owner = false;").priority == support::priority(200));
}

TEST(ConfigReader, TheFirstAddressNeedNotBeLinkLocalForPeersThatHaveNone) {
    CHECK_FALSE(router_with("link_local_first = false;").requires_link_local_first);
    CHECK_FALSE(
        router_on("r1", with_defaults("link_local_first = false;", "")).requires_link_local_first);
}

TEST(ConfigReader, TheAddressesAcceptUnlessARouterOrTheDefaultsSayNo) {
    CHECK_FALSE(router_with("accept = false;").accepts);
    CHECK_TRUE(router_with("accept = true;").accepts);
    CHECK_FALSE(router_on("r1", with_defaults("accept = false;", "")).accepts);
    CHECK_TRUE(router_on("r1", with_defaults("accept = false;", "accept = true;")).accepts);
    check_problems({{"accept = \"no\";", "3:10: error: 'accept' is true or false, not a string"}});
}

TEST(ConfigReader, AnOwnerAcceptsWhateverIsSaidOfItsRouter) {
    const std::string text = with_defaults("accept = false;", "owner = { r1 = true; };");
    CHECK_TRUE(router_on("r1", text).accepts);
    CHECK_FALSE(router_on("r2", text).accepts);
}

TEST(ConfigReader, WordsAreOneOfAFew) {
    check_problems({
        {"checksum = \"rfc9658\";",
         "3:12: error: 'checksum' is \"auto\" or \"rfc9568\" or \"rfc5798\", not \"rfc9658\"; did "
         "you mean 'rfc9568'?"},
        {"checksum = true;",
         "3:12: error: 'checksum' is \"auto\" or \"rfc9568\" or \"rfc5798\", not true or false"},
        {"transport = \"broadcast\";",
         "3:13: error: 'transport' is \"multicast\" or \"unicast\", not \"broadcast\""},
        {"vrrp = 2; auth = { type = \"ah\"; password = \"x\"; };",
         "3:27: error: 'type' is \"text\", not \"ah\""},
    });
}

TEST(ConfigReader, DurationsHaveAUnitOrAreWholeSeconds) {
    CHECK(router_with("advertise = 2;").advertise == support::centiseconds(200));
    CHECK(router_with("preempt = { after = 30; };").preempt.after == 30s);
    check_problems({
        {"advertise = \"1x\";",
         "3:13: error: \"1x\" is not a duration [write a number and a unit, as in \"100ms\", "
         "\"1.5s\", \"2m\" or \"1h\"]"},
        {"advertise = \"10\";", "3:13: error: \"10\" has no unit [write \"10s\" or \"10ms\"]"},
        {"advertise = 1.5;",
         "3:13: error: 'advertise' is a duration such as \"1.5s\", not a number with a decimal "
         "point"},
        {"garp = { again_after = \"61m\"; };", "3:24: error: 'again_after' is 0s to 1h, not 61m"},
        {"garp = { again_after = -1; };", "3:24: error: 'again_after' is 0s to 1h, not -1s"},
        {"preempt = { after = \"25h\"; };", "3:21: error: 'after' is 0s to 24h, not 25h"},
    });
}

TEST(ConfigReader, PreemptIsASwitchOrADelay) {
    CHECK(router_with("preempt = false;").preempt == (Preempt{false, 0s}));
    CHECK(router_with("preempt = true;").preempt == (Preempt{true, 0s}));
    CHECK(router_with("preempt = { after = \"0s\"; };").preempt == (Preempt{true, 0s}));
    check_problems({
        {"preempt = 30;",
         "3:11: error: 'preempt' is true, false or { after = \"30s\"; }, not a whole number"},
        {"preempt = {};", "3:1: error: routers.lan.preempt has no 'after' [add after = ...;]"},
        {"preempt = { aftr = \"30s\"; };",
         "3:1: error: routers.lan.preempt has no 'after' [add after = ...;]\n"
         "3:13: error: unknown setting 'aftr' in routers.lan.preempt; did you mean 'after'?"},
    });
}

TEST(ConfigReader, AnInterfaceNameIsOneThatLinuxTakes) {
    for (const char* name : {"eth0", "bond0.120", "a", "br-lan_2", "123456789012345"}) {
        const Router router =
            router_on("r1", with_router(fmt::format("interface = \"{}\"; vrid = 1; addresses = [ "
                                                    "\"192.0.2.1/24\" ];",
                                                    name)));
        STRCMP_EQUAL(name, router.interface.c_str());
    }
    for (const char* name :
         {"", "1234567890123456", "eth 0", "eth0:1", "a/b", ".", "..", "eth\\t0", "\xc3\xa4"}) {
        const auto outcome =
            load_text(with_router(fmt::format(
                          "interface = \"{}\"; vrid = 1; addresses = [ \"192.0.2.1/24\" ];", name)),
                      "r1");
        LONGS_EQUAL(1, outcome.diagnostics.size());
        const auto& problem = outcome.diagnostics.front();
        LONGS_EQUAL(31, problem.column);
        CHECK_TEXT(problem.text.ends_with("cannot be an interface's name"), name);
        STRCMP_EQUAL("1 to 15 characters, no blanks, no '/' and no ':'", problem.hint.c_str());
    }
}

TEST(ConfigReader, SectionsAndRoutersAreGroups) {
    const auto outcome =
        load_text("nodes: { r1: {}; };\ndefaults = 1;\nrouters: { lan = 5; };", "r1");
    STRCMP_EQUAL(
        "2:12: error: 'defaults' is a group { }, not a whole number\n"
        "3:1: warning: no routers: tandem has nothing to do\n"
        "3:18: error: 'routers.lan' is a group { }, not a whole number",
        lines_of(outcome.diagnostics).c_str());
}

TEST(ConfigReader, DefaultsFillWhatARouterDoesNotSay) {
    const Router router = router_on(
        "r1",
        with_defaults("advertise = \"2s\"; preempt = false; checksum = \"rfc9568\"; "
                      "transport = \"multicast\"; vrrp = 3; garp = { count = 2; again_after "
                      "= \"1s\"; refresh = \"2s\"; refresh_count = 3; gap = \"1s\"; rate = 9; "
                      "form = \"reply\"; };",
                      "garp = { count = 3; }; preempt = true;"));
    CHECK(router.advertise == support::centiseconds(200));
    CHECK(router.preempt == (Preempt{true, 0s}));
    CHECK(router.checksum == Checksum::rfc9568);
    CHECK(router.announcement == (config::Announcement{.count = 3,
                                                       .again_after = 1s,
                                                       .refresh = 2s,
                                                       .refresh_count = 3,
                                                       .gap = 1s,
                                                       .rate = 9,
                                                       .form = config::ArpForm::reply}));
}

TEST(ConfigReader, DefaultsHaveTheSettingsOfTheProtocolToo) {
    const Router router = router_on(
        "r1", with_defaults("vrrp = \"2+3\"; auth = { type = \"text\"; password = \"x\"; }; "
                            "transport = \"unicast\"; peers = [ \"192.0.2.3\" ]; ttl = 9;",
                            "ttl = 10;"));
    CHECK_TRUE(router.speaks_v2_too);
    CHECK(router.authentication.type == vrrp::AuthType::simple_text);
    CHECK(router.transport == config::Transport::unicast);
    CHECK(router.peers == std::vector{support::address("192.0.2.3")});
    LONGS_EQUAL(10, router.least_ttl);
}

TEST(ConfigReader, PriorityIsTheRoutersThenTheNodesThenTheDefaultsThen100) {
    struct Precedence {
        const char* node;
        const char* defaults;
        const char* router;
        int expected;
    };
    const std::vector<Precedence> cases{
        {"priority = 200;", "priority = 50;", "priority = 10;", 10},
        {"priority = 200;", "priority = 50;", "", 200},
        {"", "priority = 50;", "", 50},
        {"", "", "", 100},
        {"priority = 200;", "priority = 50;", "priority = { a = 7; };", 7},
        {"priority = 200;", "priority = 50;", "priority = { b = 7; };", 200},
        {"", "priority = { a = 51; b = 52; };", "", 51},
        {"", "priority = { b = 52; };", "", 100},
    };
    for (const Precedence& one : cases) {
        const auto outcome = load_text(
            fmt::format("nodes: {{ a: {{ {} }}; b: {{ priority = 1; }}; }}; defaults: {{ {} }};"
                        "routers: {{ lan: {{ interface = \"e\"; vrid = 1; addresses = [ "
                        "\"192.0.2.1/24\" ]; {} }}; }};",
                        one.node, one.defaults, one.router),
            "a");
        CHECK_TRUE(outcome.config.has_value());
        LONGS_EQUAL(one.expected, outcome.config->routers.front().priority.wire());
    }
}
