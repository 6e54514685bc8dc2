#include <string>

#include "config/load.hpp"
#include "config_support.hpp"

#include <CppUTest/TestHarness.h>

using config_test::lines_of;
using config_test::load_text;
using config_test::with_settings;

namespace {

std::string problems_with(const std::string& settings) {
    return lines_of(load_text(with_settings(settings), "r1").diagnostics);
}

}  // namespace

TEST_GROUP(ConfigNodeRules){};

TEST(ConfigNodeRules, EqualPrioritiesAreAWarning) {
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

TEST(ConfigNodeRules, EachOfThreeNodesIsComparedWithTheOthers) {
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

TEST(ConfigNodeRules, NodesWithTheSameSourceAreAWarning) {
    STRCMP_EQUAL(
        "3:10: warning: nodes 'r1' and 'r2' have the same source 192.0.2.2; give each its "
        "own: source = { r1 = \"...\"; r2 = \"...\"; };",
        lines_of(load_text(with_settings("source = \"192.0.2.2\";"), "r1").diagnostics).c_str());
}

TEST(ConfigNodeRules, NodesWithTheSameSourceAreAnErrorWithUnicast) {
    STRCMP_EQUAL(
        "3:33: error: nodes 'r1' and 'r2' have the same source 192.0.2.2 [give each its own: "
        "source "
        "= { r1 = \"...\"; r2 = \"...\"; };]",
        problems_with("transport = \"unicast\"; source = \"192.0.2.2\";").c_str());
}

TEST(ConfigNodeRules, SourcesOfBothFamiliesAreCompared) {
    STRCMP_EQUAL(
        "3:50: warning: nodes 'r1' and 'r2' have the same source fe80::2; give each its own: "
        "source "
        "= { r1 = \"...\"; r2 = \"...\"; };",
        problems_with("source = { r1 = [ \"192.0.2.2\", \"fe80::2\" ]; r2 = \"fe80::2\"; };")
            .c_str());
}

TEST(ConfigNodeRules, ARouterHasOneOwner) {
    STRCMP_EQUAL(
        "3:9: error: nodes 'r1' and 'r2' are both the owner of router 'lan' [there is one at most: "
        "owner = { r1 = true; };]",
        problems_with("owner = true;").c_str());
    STRCMP_EQUAL("", problems_with("owner = { r1 = false; r2 = true; };").c_str());
}

TEST(ConfigNodeRules, NodesThatDoNotHearEachOtherAreAWarning) {
    const std::string who =
        "2:12: warning: nodes 'r1' and 'r2' do not hear each other in router 'lan': ";
    STRCMP_EQUAL(
        (who + "one has unicast and the other multicast").c_str(),
        problems_with("transport = { r1 = \"unicast\"; }; source = { r2 = \"192.0.2.3\"; };")
            .c_str());
    STRCMP_EQUAL((who + "one speaks VRRP version 2 and the other version 3").c_str(),
                 problems_with("vrrp = { r1 = 2; };").c_str());
    STRCMP_EQUAL("", problems_with("vrrp = { r1 = 2; r2 = \"2+3\"; };").c_str());
    STRCMP_EQUAL("", problems_with("vrrp = { r1 = \"2+3\"; r2 = 2; };").c_str());
    STRCMP_EQUAL((who + "their version 2 passwords are different").c_str(),
                 problems_with("vrrp = 2; auth = { r1 = { type = \"text\"; password = \"x\"; }; };")
                     .c_str());
}
