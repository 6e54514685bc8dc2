// The section `groups`, and who names which check.
#include <string>
#include <vector>

#include "config/load.hpp"
#include "config_support.hpp"
#include "support.hpp"

#include <CppUTest/TestHarness.h>

using config_test::lines_of;
using config_test::load_text;

namespace {

// Two nodes, two routers (lines 2 and 3) and a check; the groups stand in line 5.
struct Text {
    std::string a{};
    std::string b{};
    std::string groups{};
    std::string checks = "x: { type = \"process\"; name = \"p\"; on_fail = \"fault\"; };";
};

std::string text_of(const Text& text) {
    return "nodes: { r1: { priority = 200; }; r2: { priority = 100; }; };\n"
           "routers: { a: { interface = \"e\"; vrid = 1; addresses = [ \"192.0.2.1/24\" ]; " +
           text.a +
           " };\n"
           "b: { interface = \"f\"; vrid = 2; addresses = [ \"198.51.100.1/24\" ]; " +
           text.b + " }; };\nchecks: { " + text.checks + " };\ngroups: { " + text.groups + " };\n";
}

std::string problems_of(const Text& text) {
    return lines_of(load_text(text_of(text), "r1").diagnostics);
}

config::Config config_of(const Text& text) {
    const auto outcome = load_text(text_of(text), "r1");
    STRCMP_EQUAL("", lines_of(outcome.diagnostics).c_str());
    return outcome.config.value();
}

const std::string both = "members = [ \"a\", \"b\" ];";

}  // namespace

TEST_GROUP(ConfigGroups){};

TEST(ConfigGroups, AGroupHasItsMembersAndChecks) {
    const auto config = config_of(
        {.a = "checks = [ \"x\" ];", .groups = "g: { " + both + " checks = [ \"x\" ]; };"});
    LONGS_EQUAL(1, config.groups.size());
    STRCMP_EQUAL("g", config.groups[0].name.c_str());
    CHECK((config.groups[0].members == std::vector<std::string>{"a", "b"}));
    CHECK((config.groups[0].checks == std::vector<std::string>{"x"}));
    CHECK((config.routers[0].checks == std::vector<std::string>{"x"}));
    LONGS_EQUAL(1, config.checks.size());
}

TEST(ConfigGroups, TheConfigHasTheChecksOfThisNodeOnly) {
    const std::string text =
        text_of({.a = "checks = { r2 = [ \"x\" ]; };", .groups = "g: { " + both + " };"});
    LONGS_EQUAL(0, load_text(text, "r1").config.value().checks.size());
    LONGS_EQUAL(1, load_text(text, "r2").config.value().checks.size());
}

TEST(ConfigGroups, TheConfigHasThePrioritiesOfAllNodes) {
    const auto config = config_of(
        {.a = "checks = [ \"x\" ];", .b = "priority = { r2 = 201; }; owner = { r1 = true; };"});
    CHECK(config.priorities.at("a").at("r1") == support::priority(200));
    CHECK(config.priorities.at("a").at("r2") == support::priority(100));
    CHECK(config.priorities.at("b").at("r1") == vrrp::Priority::owner());
    CHECK(config.priorities.at("b").at("r2") == support::priority(201));
}

TEST(ConfigGroups, NamesThatNobodyHasAreRefused) {
    STRCMP_EQUAL("2:92: error: no check is called 'y' [there are x]",
                 problems_of({.a = "checks = [ \"x\", \"y\" ];"}).c_str());
    STRCMP_EQUAL("2:87: error: no check is called 'prox'; did you mean 'proxy'? [there are proxy]",
                 problems_of({.a = "checks = [ \"prox\" ];",
                              .b = "checks = [ \"proxy\" ];",
                              .checks = "proxy: { type = \"process\"; name = \"p\"; "
                                        "on_fail = \"fault\"; };"})
                     .c_str());
    STRCMP_EQUAL(
        "2:87: error: no check is called 'y' "
        "[there is none: write checks: { y: { ... }; };]",
        problems_of({.a = "checks = [ \"y\" ];", .checks = ""}).c_str());
    STRCMP_EQUAL(
        "5:33: error: no router is called 'c' [there are a, b]",
        problems_of({.a = "checks = [ \"x\" ];", .groups = "g: { members = [ \"a\", \"c\" ]; };"})
            .c_str());
}

TEST(ConfigGroups, AListOfNamesHasEachOnce) {
    STRCMP_EQUAL("2:92: error: \"x\" is here twice; the first is in line 2 [remove one of them]",
                 problems_of({.a = "checks = [ \"x\", \"x\" ];"}).c_str());
    STRCMP_EQUAL(
        "2:85: error: 'checks' is an array of names such as [ \"a\", \"b\" ], not a "
        "string",
        problems_of({.a = "checks = \"x\";"}).c_str());
}

TEST(ConfigGroups, ACheckThatNobodyNamesIsToldOf) {
    const auto outcome = load_text(text_of({}), "r1");
    STRCMP_EQUAL("4:11: warning: no router and no group names check 'x': it is not run",
                 lines_of(outcome.diagnostics).c_str());
    CHECK_TRUE(outcome.config.has_value());
    CHECK_TRUE(outcome.config->checks.empty());
}

TEST(ConfigGroups, AGroupOfFewIsToldOf) {
    STRCMP_EQUAL(
        "5:30: warning: group 'g' has one member: nothing moves with it",
        problems_of({.a = "checks = [ \"x\" ];", .groups = "g: {     members = [ \"a\" ]; };"})
            .c_str());
    const auto outcome =
        load_text(text_of({.a = "checks = [ \"x\" ];", .groups = "g: { members = [ ]; };"}), "r1");
    STRCMP_EQUAL("5:26: warning: group 'g' has no members: it does nothing",
                 lines_of(outcome.diagnostics).c_str());
    CHECK_TRUE(outcome.config.value().groups.empty());
}

TEST(ConfigGroups, AGroupNeedsMembers) {
    STRCMP_EQUAL("5:11: error: groups.g has no 'members' [add members = ...;]",
                 problems_of({.a = "checks = [ \"x\" ];", .groups = "g: { };"}).c_str());
}

TEST(ConfigGroups, ARouterIsInOneGroup) {
    STRCMP_EQUAL(
        "5:65: error: router 'b' is already in group 'g' (line 5) "
        "[a router is in one group at most; put all of them into one]",
        problems_of({.a = "checks = [ \"x\" ];",
                     .b = "}; c: { interface = \"g\"; vrid = 3; addresses = [ "
                          "\"203.0.113.1/24\" ];",
                     .groups = "g: { " + both + " }; h: { members = [ \"c\", \"b\" ]; };"})
            .c_str());
}

TEST(ConfigGroups, FamiliesOfAMemberCannotBeApart) {
    STRCMP_EQUAL(
        "3:79: error: router 'b' is in group 'g' (line 5), whose members move as one "
        "[write families = \"together\"; there, or take it out of the group]",
        problems_of({.a = "checks = [ \"x\" ];",
                     .b = "families = \"apart\";",
                     .groups = "g: { " + both + " };"})
            .c_str());
}

TEST(ConfigGroups, TheMembersAreTheSameOnAllNodes) {
    STRCMP_EQUAL(
        "5:11: error: group 'g' has other members on node 'r2' than on node 'r1' "
        "[name the same on all nodes]",
        problems_of({.a = "checks = [ \"x\" ]; ",
                     .b = "}; c: { interface = \"g\"; vrid = 3; addresses = [ "
                          "\"203.0.113.1/24\" ];",
                     .groups = "g: { members = { r1 = [ \"a\", \"b\" ]; "
                               "r2 = [ \"b\", \"a\", \"c\" ]; }; };"})
            .c_str());
}

TEST(ConfigGroups, AGroupAndARouterHaveDifferentNames) {
    STRCMP_EQUAL(
        "5:11: error: 'a' is already the name of a router (line 2) "
        "[give the group another name]",
        problems_of({.a = "checks = [ \"x\" ];", .groups = "a: { " + both + " };"}).c_str());
}

TEST(ConfigGroups, MembersPreemptAndHoldBackAlike) {
    const std::string text =
        "their group has it once [give all members the same, best in "
        "'defaults']";
    STRCMP_EQUAL(
        ("5:33: error: routers 'a' and 'b' of group 'g' differ in 'damping', and " + text +
         "\n5:33: error: routers 'a' and 'b' of group 'g' differ in 'preempt', and " + text)
            .c_str(),
        problems_of({.a = "checks = [ \"x\" ]; damping = { transitions = 6; };",
                     .b = "preempt = { after = \"1s\"; };",
                     .groups = "g: { " + both + " };"})
            .c_str());
    STRCMP_EQUAL("", problems_of({.a = "checks = [ \"x\" ]; preempt = true; damping = true;",
                                  .groups = "g: { " + both + " };"})
                         .c_str());
}

TEST(ConfigGroups, MembersPreferTheSameNodes) {
    STRCMP_EQUAL(
        "5:33: error: routers 'a' and 'b' of group 'g' prefer nodes 'r1' and 'r2' in "
        "another order: the group would split "
        "[give the members the same priorities, best those of their nodes]",
        problems_of({.a = "checks = [ \"x\" ];",
                     .b = "priority = { r1 = 50; };",
                     .groups = "g: { " + both + " };"})
            .c_str());
}

TEST(ConfigGroups, WordsOfKeepalivedHaveTheirCure) {
    STRCMP_EQUAL(
        "5:16: error: unknown setting 'group' in groups.g "
        "[write members = [ \"lan\", \"wan\" ];]",
        problems_of(
            {.a = "checks = [ \"x\" ];", .groups = "g: { group = [ \"a\" ]; " + both + " };"})
            .c_str());
    const std::string problems = lines_of(
        load_text("vrrp_sync_group: { };\n" + config_test::with_settings("track_script = \"x\";"),
                  "r1")
            .diagnostics);
    STRCMP_EQUAL(
        "1:1: error: unknown setting 'vrrp_sync_group' "
        "[write groups: { NAME: { members = [ \"lan\", \"wan\" ]; }; };]\n"
        "4:1: error: unknown setting 'track_script' in routers.lan "
        "[write checks = [ \"NAME\" ];]",
        problems.c_str());
}
