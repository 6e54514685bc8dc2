#include <string>
#include <vector>

#include "config/load.hpp"
#include "config/rules.hpp"
#include "config_support.hpp"
#include "support.hpp"

#include <CppUTest/TestHarness.h>

using config_test::lines_of;
using config_test::load_text;
using config_test::with_defaults;
using config_test::with_settings;

using namespace std::chrono_literals;

namespace {

// Problems of two nodes and the routers given, which begin in line 2.
std::string problems_of(const std::string& routers) {
    return lines_of(load_text("nodes: { r1: { priority = 200; }; r2: { priority = 100; }; };\n"
                              "routers: {\n" +
                                  routers + "\n};",
                              "r1")
                        .diagnostics);
}

std::string router(const std::string& name, const std::string& rest) {
    return name + ": { " + rest + " };\n";
}

}  // namespace

TEST_GROUP(ConfigRules){};

TEST(ConfigRules, AnIntervalIsWhatItsVersionCanSay) {
    struct Case {
        base::Duration duration;
        vrrp::Version version;
        bool fits;
    };
    const std::vector<Case> cases{
        {10ms, vrrp::Version::v3, true},     {9ms, vrrp::Version::v3, false},
        {15ms, vrrp::Version::v3, false},    {0ms, vrrp::Version::v3, false},
        {-10ms, vrrp::Version::v3, false},   {40950ms, vrrp::Version::v3, true},
        {40960ms, vrrp::Version::v3, false}, {1h, vrrp::Version::v3, false},
        {1s, vrrp::Version::v2, true},       {255s, vrrp::Version::v2, true},
        {256s, vrrp::Version::v2, false},    {0s, vrrp::Version::v2, false},
        {1500ms, vrrp::Version::v2, false},  {10ms, vrrp::Version::v2, false},
    };
    for (const Case& one : cases)
        CHECK_EQUAL(one.fits, config::interval_of(one.duration, one.version).has_value());
    CHECK(config::interval_of(40950ms, vrrp::Version::v3) == support::centiseconds(4095));
    CHECK(config::interval_of(255s, vrrp::Version::v2) == support::seconds(255));
}

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

TEST(ConfigRules, AVridClashOnAnotherNodeIsFoundHereToo) {
    const std::string problems =
        problems_of(router("lan", R"(interface = { r1 = "a"; r2 = "b"; }; vrid = 1;
                         addresses = [ "192.0.2.1/24" ];)") +
                    router("dmz", R"(interface = "b"; vrid = 1; addresses = [ "192.0.2.2/24" ];)"));
    CHECK(problems.find("VRID 1 on b is already that of router 'lan' (line 3)") !=
          std::string::npos);
}

TEST(ConfigRules, AnAddressIsThereOnce) {
    const std::string twice = problems_of(router(
        "lan",
        "interface = \"a\"; vrid = 1; addresses = [ \"192.0.2.1/24\",\n\"192.0.2.1/32\" ];"));
    STRCMP_EQUAL("4:1: error: 192.0.2.1 is here twice; the first is in line 3 [remove one of them]",
                 twice.c_str());
    const std::string shared = problems_of(
        router("lan", "interface = \"a\"; vrid = 1; addresses = [ \"192.0.2.1/24\" ];") +
        router("dmz", "interface = \"b\"; vrid = 1; addresses = [\n\"192.0.2.1/24\" ];"));
    STRCMP_EQUAL(
        "5:1: error: 192.0.2.1 is also an address of router 'lan' (line 3) [remove one of them]",
        shared.c_str());
}

TEST(ConfigRules, ASourceIsNoVirtualAddress) {
    const std::string problems = problems_of(
        router("lan", "interface = \"a\"; vrid = 1; addresses = [ \"192.0.2.1/24\" ];") +
        router("dmz",
               "interface = \"b\"; vrid = 1; addresses = [ \"192.0.2.9/24\" ]; source =\n"
               "{ r1 = \"192.0.2.8\"; r2 = \"192.0.2.1\"; };"));
    STRCMP_EQUAL(
        "5:26: error: 192.0.2.1 is a virtual address of router 'lan' (line 3) and cannot be "
        "a source [a source is this node's own address]",
        problems.c_str());
}

TEST(ConfigRules, EqualPrioritiesAreAWarning) {
    const auto problems = [](const std::string& nodes, const std::string& settings) {
        const auto outcome =
            load_text("nodes: { " + nodes +
                          " };\nrouters: { lan: { interface = \"a\"; vrid = 1;\naddresses = "
                          "[ \"192.0.2.1/24\" ];\n" +
                          settings + " }; };",
                      "a");
        CHECK_TRUE(outcome.config.has_value());
        return lines_of(outcome.diagnostics);
    };
    const std::string cure = "; give one a higher one, or the greater source address wins";
    STRCMP_EQUAL(("1:17: warning: nodes 'a' and 'b' have the same priority 100" + cure).c_str(),
                 problems("a: {}; b: {};", "").c_str());
    STRCMP_EQUAL(("1:54: warning: nodes 'a' and 'b' have the same priority 7" + cure).c_str(),
                 problems("a: { priority = 7; }; b: {       priority = 7; };", "").c_str());
    STRCMP_EQUAL(
        ("4:12: warning: nodes 'a' and 'b' have the same priority 5 in router 'lan'" + cure)
            .c_str(),
        problems("a: { priority = 7; }; b: { priority = 8; };", "priority = 5;").c_str());
    STRCMP_EQUAL(
        ("4:25: warning: nodes 'a' and 'b' have the same priority 5 in router 'lan'" + cure)
            .c_str(),
        problems("a: {}; b: {};", "priority = { a = 5; b = 5; };").c_str());
    STRCMP_EQUAL("", problems("a: {}; b: {};", "priority = { a = 5; b = 6; };").c_str());
    STRCMP_EQUAL("", problems("a: {};", "").c_str());
}

TEST(ConfigRules, EachOfThreeNodesIsComparedWithTheOthers) {
    const auto outcome = load_text(
        "nodes: { a: { priority = 1; }; b: { priority = 2; };\nc: { priority = 1; }; };\n"
        "routers: { x: { interface = \"a\"; vrid = 1; addresses = [ \"192.0.2.1/24\" ]; };\n"
        "y: { interface = \"a\"; vrid = 2; addresses = [ \"192.0.2.2/24\" ]; }; };",
        "a");
    STRCMP_EQUAL(
        "2:17: warning: nodes 'a' and 'c' have the same priority 1; give one a higher one, "
        "or the greater source address wins",
        lines_of(outcome.diagnostics).c_str());
}

TEST(ConfigRules, NodesWithTheSameSourceAreAWarning) {
    STRCMP_EQUAL(
        "3:10: warning: nodes 'r1' and 'r2' have the same source 192.0.2.2; give each its "
        "own: source = { r1 = \"...\"; r2 = \"...\"; };",
        lines_of(load_text(with_settings("source = \"192.0.2.2\";"), "r1").diagnostics).c_str());
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
