#include <string>
#include <vector>

#include "config/load.hpp"
#include "config_support.hpp"

#include <CppUTest/TestHarness.h>

namespace {

// The node that a machine finds itself to be, or what is wrong.
std::string found_node(const std::string& nodes, const config::Request& request) {
    const auto outcome = config::load_sources(
        {{"main.conf", "nodes: { " + nodes + " }; " + "routers: {};"}}, request);
    if (outcome.config) return outcome.config->node;
    return config_test::line_of(outcome.diagnostics.front());
}

std::string by_host(const std::string& nodes, const std::string& host) {
    return found_node(nodes, {"main.conf", "", host});
}

std::string by_name(const std::string& nodes, const std::string& name) {
    return found_node(nodes, {"main.conf", name, "no-such-host"});
}

const std::string plain = "r1: {}; r2: {};";
const std::string with_hosts =
    "gw1: { hostname = \"gw1.ams.example.net\"; }; gw2: { hostname = \"edge\"; };";

}  // namespace

TEST_GROUP(ConfigNodes){};

TEST(ConfigNodes, AMachineIsTheNodeWithItsHostName) {
    struct Case {
        const std::string& nodes;
        const char* host;
        const char* expected;
    };
    const std::vector<Case> cases{
        {plain, "r2", "r2"},
        {plain, "r2.example.net", "r2"},
        {with_hosts, "gw1.ams.example.net", "gw1"},
        {with_hosts, "gw1", "gw1"},
        {with_hosts, "edge", "gw2"},
        {with_hosts, "edge.example.net", "gw2"},
    };
    for (const Case& one : cases) STRCMP_EQUAL(one.expected, by_host(one.nodes, one.host).c_str());
}

TEST(ConfigNodes, AMachineThatIsNoNodeIsToldWhatToDo) {
    const std::string expected =
        "1:1: error: no node is this machine, whose host name is 'r3'; the nodes are r1, r2: give "
        "one of them hostname = \"r3\", or start with --node NAME";
    STRCMP_EQUAL(expected.c_str(), by_host(plain, "r3").c_str());
    CHECK(by_host(plain, "R1").find("no node is this machine") != std::string::npos);
    CHECK(by_host(plain, "").find("no node is this machine") != std::string::npos);
    CHECK(by_host(with_hosts, "gw1.lon.example.net").find("no node") != std::string::npos);
    // Its host name is another one than its name.
    CHECK(by_host(with_hosts, "gw2").find("no node is this machine") != std::string::npos);
}

TEST(ConfigNodes, AnExactHostNameWinsOverOneThatOnlyFits) {
    STRCMP_EQUAL(
        "b",
        by_host("a: { hostname = \"gw\"; }; b: { hostname = \"gw.x.net\"; };", "gw.x.net").c_str());
    STRCMP_EQUAL(
        "a", by_host("a: { hostname = \"gw\"; }; b: { hostname = \"gw.x.net\"; };", "gw").c_str());
}

TEST(ConfigNodes, TwoNodesThatFitAreOneTooMany) {
    STRCMP_EQUAL(
        "1:1: error: nodes 'a' and 'b' both fit the host name 'gw': start with --node NAME",
        by_host("a: { hostname = \"gw.x.net\"; }; b: { hostname = \"gw.y.net\"; };", "gw").c_str());
}

TEST(ConfigNodes, TheNodeOptionWinsOverTheHostName) {
    STRCMP_EQUAL("r1", by_name(plain, "r1").c_str());
    STRCMP_EQUAL(
        "1:1: error: no node is called 'r9' as --node says; did you mean 'r1'?; the nodes "
        "are r1, r2",
        by_name(plain, "r9").c_str());
    STRCMP_EQUAL("1:1: error: no node is called 'london' as --node says; the nodes are r1, r2",
                 by_name(plain, "london").c_str());
}

TEST(ConfigNodes, OneNodeAloneIsFine) {
    STRCMP_EQUAL("solo", by_name("solo: {};", "solo").c_str());
}

TEST(ConfigNodes, ThereMustBeNodes) {
    const std::string text =
        "error: no nodes: name the machines that take part, as in nodes: { r1: { priority = 200; "
        "}; r2: { priority = 100; }; };";
    STRCMP_EQUAL(("1:1: " + text).c_str(), by_name("", "r1").c_str());
    const auto outcome = config_test::load_text("routers: {};", "r1");
    STRCMP_EQUAL(text.c_str(), config_test::line_of(outcome.diagnostics.front()).c_str());
}

TEST(ConfigNodes, SettingsOfANodeAreChecked) {
    struct Case {
        const char* node;
        const char* expected;
    };
    const std::vector<Case> cases{
        {"priority = 0;", "2:16: error: 'priority' is a whole number from 1 to 254, not 0"},
        {"priority = \"1\";",
         "2:16: error: 'priority' is a whole number from 1 to 254, not a string"},
        {"priority = { a = 1; };",
         "2:16: error: 'priority' is a whole number from 1 to 254, not a group { }"},
        {"hostname = 1;", "2:16: error: 'hostname' is a host name in quotes, not a whole number"},
        {"hostname = \"a b\";",
         "2:16: error: \"a b\" cannot be a host name [write what the command 'hostname' prints]"},
        {"hostname = \"\";",
         "2:16: error: \"\" cannot be a host name [write what the command 'hostname' prints]"},
        {"prio = 1;", "2:5: error: unknown setting 'prio' in nodes.a; did you mean 'priority'?"},
        {"prioritty = 1;",
         "2:5: error: unknown setting 'prioritty' in nodes.a; did you mean 'priority'?"},
    };
    for (const Case& one : cases) {
        const auto outcome = config_test::load_text(
            fmt::format("nodes:{{\na:{{ {} }}; }};\nrouters: {{ }};", one.node), "a");
        STRCMP_EQUAL(
            (std::string{one.expected} + "\n3:1: warning: no routers: tandem has nothing to do")
                .c_str(),
            config_test::lines_of(outcome.diagnostics).c_str());
    }
}

TEST(ConfigNodes, ANodeIsAGroup) {
    STRCMP_EQUAL("1:15: error: 'nodes.r1' is a group { }, not a whole number",
                 by_name("r1 = 200;", "r1").c_str());
}

TEST(ConfigNodes, TwoNodesHaveTwoHostNames) {
    STRCMP_EQUAL(
        "1:33: error: nodes 'a' and 'b' have the same host name 'a' [no machine could tell "
        "which one it is]",
        by_name("a: {}; b: { hostname = \"a\"; };", "b").c_str());
}

TEST(ConfigNodes, TheConfigListsAllNodesWithTheirHostNames) {
    const auto outcome = config_test::load_text("nodes: { " + with_hosts + " };", "gw2");
    CHECK_TRUE(outcome.config.has_value());
    CHECK(outcome.config->nodes ==
          (std::vector<config::Node>{{"gw1", "gw1.ams.example.net"}, {"gw2", "edge"}}));
    STRCMP_EQUAL("gw2", outcome.config->node.c_str());
}
