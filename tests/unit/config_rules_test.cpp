#include <chrono>
#include <string>

#include "config/load.hpp"
#include "config_support.hpp"

#include <CppUTest/TestHarness.h>

using config_test::lines_of;
using config_test::load_text;
using config_test::problems_of;
using config_test::router;
using config_test::router_on;
using config_test::with_defaults;
using config_test::with_router;
using config_test::with_settings;

TEST_GROUP(ConfigRules){};

TEST(ConfigRules, AnIntervalThatTheVersionCannotSayIsRefused) {
    const auto problems = [](const std::string& settings) {
        return lines_of(load_text(with_settings(settings), "r1").diagnostics);
    };
    STRCMP_EQUAL(
        "3:13: error: VRRP version 3 advertises every 10ms to 40.95s, in steps of 10ms, not 1005ms",
        problems("advertise = \"1.005s\";").c_str());
    STRCMP_EQUAL("3:23: error: VRRP version 2 advertises in whole seconds, 1s to 255s, not 200ms",
                 problems("vrrp = 2; advertise = \"200ms\";").c_str());
    STRCMP_EQUAL("", problems("vrrp = 2; advertise = \"60s\";").c_str());
    STRCMP_EQUAL(
        "1:25: error: VRRP version 2 (router 'lan') advertises in whole seconds, 1s to 255s, not "
        "200ms",
        lines_of(load_text(with_defaults("advertise = \"200ms\";", "vrrp = 2;"), "r1").diagnostics)
            .c_str());
}

TEST(ConfigRules, BothVersionsTogetherAdvertiseInSecondsOrFaster) {
    const auto problems = [](const std::string& settings) {
        return lines_of(load_text(with_settings("vrrp = \"2+3\"; " + settings), "r1").diagnostics);
    };
    STRCMP_EQUAL("", problems("advertise = \"40s\";").c_str());
    STRCMP_EQUAL(
        "3:27: error: VRRP \"2+3\" advertises in whole seconds, 1s to 40s, or every 10ms to 990ms, "
        "not 1500ms",
        problems("advertise = \"1.5s\";").c_str());
    STRCMP_EQUAL(
        "3:27: warning: VRRP \"2+3\" every 200ms says 1s in version 2 and may be too much for old "
        "peers; 1s or more is better until all speak version 3",
        problems("advertise = \"200ms\";").c_str());
}

TEST(ConfigRules, ALeaseOutlivesSeveralAdverts) {
    using Kind = config::Lease::Kind;
    const auto lease = [](const std::string& settings) {
        return config_test::router_with(settings).lease;
    };
    CHECK(lease("") == config::Lease{});
    CHECK(lease("lease = \"auto\";") == config::Lease{});
    CHECK(lease("lease = \"off\";").kind == Kind::off);
    CHECK(lease("lease = \"20s\";") == (config::Lease{Kind::fixed, std::chrono::seconds{20}}));
    for (const std::string bad : {"1s", "2500ms", "25h"})
        STRCMP_EQUAL(
            ("3:9: error: 'lease' is \"auto\", \"off\" or whole seconds from 2s to 24h, "
             "not " +
             bad)
                .c_str(),
            lines_of(load_text(with_settings("lease = \"" + bad + "\";"), "r1").diagnostics)
                .c_str());
    config_test::check_problems({
        {"lease = true;",
         "3:9: error: 'lease' is \"auto\", \"off\" or a duration such as \"20s\", not true or "
         "false"},
        {"advertise = \"3s\"; lease = \"14s\";",
         "3:27: error: a lease of 14s is too short for adverts every 3s [write lease = \"auto\"; "
         "or "
         "at least five times that]"},
    });
}

TEST(ConfigRules, Version2HasNoIpv6) {
    const std::string text =
        "error: VRRP version 2 (line {}) has no IPv6 [write vrrp = 3; or vrrp = \"2+3\"; in this "
        "router]";
    STRCMP_EQUAL(
        ("2:86: " + fmt::format(fmt::runtime(text), 2)).c_str(),
        lines_of(load_text(with_router("interface = \"e\"; vrid = 1; vrrp = 2; addresses = [ "
                                       "\"192.0.2.1/24\", \"2001:db8::1/64\", \"fe80::1/64\" ];"),
                           "r1")
                     .diagnostics)
            .c_str());
    STRCMP_EQUAL(("2:67: " + fmt::format(fmt::runtime(text), 1)).c_str(),
                 lines_of(load_text("defaults: { vrrp = 2; }; " +
                                        with_router("interface = \"eth1000\"; vrid = 1; "
                                                    "addresses  = [ \"fe80::1/64\" ];"),
                                    "r1")
                              .diagnostics)
                     .c_str());
    const config::Router both =
        router_on("r1", with_router("interface = \"e\"; vrid = 1; vrrp = \"2+3\"; addresses = [ "
                                    "\"192.0.2.1/24\", \"fe80::1/64\" ];"));
    CHECK_TRUE(both.speaks_v2_too);
}

TEST(ConfigRules, Version3HasNoAuthentication) {
    const std::string text =
        "error: VRRP version 3 has no authentication [remove it; vrrp = 2; and vrrp = \"2+3\"; "
        "have "
        "it]";
    const std::string auth = "auth = { type = \"text\"; password = \"x\"; };";
    STRCMP_EQUAL(("3:8: " + text).c_str(),
                 lines_of(load_text(with_settings(auth), "r1").diagnostics).c_str());
    // In `defaults` as well, when no router has use for it.
    STRCMP_EQUAL(("1:20: " + text).c_str(),
                 lines_of(load_text(with_defaults(auth, ""), "r1").diagnostics).c_str());
    STRCMP_EQUAL("3:8: error: 'vrrp' is 2, 3 or \"2+3\", not 5",
                 lines_of(load_text(with_settings("vrrp = 5; " + auth), "r1").diagnostics).c_str());
}

TEST(ConfigRules, APasswordForAllRoutersIsForThoseOfVersion2) {
    const auto outcome = load_text(
        "defaults: { auth = { type = \"text\"; password = \"x\"; }; }; nodes: { r1: {}; };\n"
        "routers: {\n" +
            router("old",
                   "interface = \"a\"; vrid = 1; vrrp = 2; addresses = [ \"192.0.2.1/24\" ];") +
            router("new", "interface = \"a\"; vrid = 2; addresses = [ \"192.0.2.2/24\" ];") + "};",
        "r1");
    STRCMP_EQUAL("", lines_of(outcome.diagnostics).c_str());
    CHECK(outcome.config->routers[0].authentication.type == vrrp::AuthType::simple_text);
    CHECK(outcome.config->routers[1].authentication == vrrp::Authentication{});
}

TEST(ConfigRules, AnOwnerHasNoOtherPriority) {
    STRCMP_EQUAL(
        "3:36: error: node 'r1' is the owner (line 3), whose priority is 255 [remove it, or name "
        "the "
        "other nodes: priority = { NODE = 100; };]",
        lines_of(
            load_text(with_settings("owner = { r1 = true; }; priority = 100;"), "r2").diagnostics)
            .c_str());
    const std::string others = "owner = { r1 = true; }; priority = { r2 = 7; };";
    LONGS_EQUAL(255, router_on("r1", with_settings(others)).priority.wire());
    LONGS_EQUAL(7, router_on("r2", with_settings(others)).priority.wire());
}

TEST(ConfigRules, DefaultsAreCheckedWithoutAnyRouterToo) {
    STRCMP_EQUAL(
        "1:25: error: VRRP version 3 advertises every 10ms to 40.95s, in steps of 10ms, not 1m\n"
        "3:1: warning: no routers: tandem has nothing to do",
        lines_of(load_text("defaults: { advertise = \"60s\"; };\nnodes: { r1: {}; };\nrouters: {};",
                           "r1")
                     .diagnostics)
            .c_str());
}

TEST(ConfigRules, AVersion2RouterHasNoChecksumOfItsOwn) {
    const std::string text = "error: VRRP version 2 has only one checksum [remove this setting]";
    STRCMP_EQUAL(
        ("3:22: " + text).c_str(),
        lines_of(load_text(with_settings("vrrp = 2; checksum = \"auto\";"), "r1").diagnostics)
            .c_str());
    STRCMP_EQUAL(
        ("4:12: " + text).c_str(),
        lines_of(
            load_text("defaults: { vrrp = 2; };\n" + with_settings("checksum = \"rfc5798\";"), "r1")
                .diagnostics)
            .c_str());
    STRCMP_EQUAL(
        ("1:34: " + text).c_str(),
        lines_of(load_text(with_defaults("vrrp = 2; checksum = \"auto\";", ""), "r1").diagnostics)
            .c_str());
}

TEST(ConfigRules, AChecksumForAllDoesNotHurtARouterOfVersion2) {
    const auto outcome = load_text(with_defaults("checksum = \"rfc5798\";", "vrrp = 2;"), "r1");
    STRCMP_EQUAL("", lines_of(outcome.diagnostics).c_str());
    CHECK(outcome.config->routers.front().checksum == config::Checksum::automatic);
    CHECK(outcome.config->routers.front().version == vrrp::Version::v2);
}

TEST(ConfigRules, AVridIsThereOnceOnAnInterface) {
    STRCMP_EQUAL(
        "4:35: error: VRID 10 on eth1 is already that of router 'lan' (line 3) [give each router "
        "of an interface a VRID of its own]",
        problems_of(
            router("lan", R"(interface = "eth1"; vrid = 10; addresses = [ "192.0.2.1/24" ];)") +
            router("dmz", R"(interface = "eth1"; vrid = 10; addresses = [ "192.0.2.2/24" ];)"))
            .c_str());
    STRCMP_EQUAL(
        "", problems_of(
                router("lan", R"(interface = "eth1"; vrid = 10; addresses = [ "192.0.2.1/24" ];)") +
                router("dmz", R"(interface = "eth2"; vrid = 10; addresses = [ "192.0.2.2/24" ];)") +
                router("wan", R"(interface = "eth1"; vrid = 11; addresses = [ "192.0.2.3/24" ];)"))
                .c_str());
}

TEST(ConfigRules, EachFamilyHasVridsOfItsOwn) {
    const std::string ipv4 = R"(interface = "a"; vrid = 1; addresses = [ "192.0.2.1/24" ];)";
    const std::string ipv6 = R"(interface = "a"; vrid = 1; addresses = [ "fe80::1/64" ];)";
    STRCMP_EQUAL("", problems_of(router("lan4", ipv4) + router("lan6", ipv6)).c_str());
    const std::string mixed =
        R"(interface = "a"; vrid = 1; addresses = [ "192.0.2.9/24", "fe80::9/64" ];)";
    const std::string clash = "VRID 1 on a is already that of router ";
    CHECK(problems_of(router("lan4", ipv4) + router("lan", mixed)).find(clash + "'lan4'") !=
          std::string::npos);
    CHECK(problems_of(router("lan6", ipv6) + router("lan", mixed)).find(clash + "'lan6'") !=
          std::string::npos);
}

TEST(ConfigRules, AVridClashOnAnotherNodeIsFoundHereToo) {
    const std::string problems =
        problems_of(router("lan", R"(interface = { r1 = "a"; r2 = "b"; }; vrid = 1;
                         addresses = [ "192.0.2.1/24" ];)") +
                    router("dmz", R"(interface = "b"; vrid = 1; addresses = [ "192.0.2.2/24" ];)"));
    CHECK(problems.find("VRID 1 on b is already that of router 'lan' (line 3)") !=
          std::string::npos);
}

TEST(ConfigRules, NoRoutersIsAWarning) {
    const auto empty = load_text("nodes: { r1: {}; };\nrouters: {};", "r1");
    STRCMP_EQUAL("2:1: warning: no routers: tandem has nothing to do",
                 lines_of(empty.diagnostics).c_str());
    CHECK_TRUE(empty.config.has_value());
    const auto none = load_text("nodes: { r1: {}; };", "r1");
    STRCMP_EQUAL("warning: no routers: tandem has nothing to do",
                 lines_of(none.diagnostics).c_str());
    CHECK_TRUE(none.config.has_value());
}
