// Who becomes Active when checks fail.
#include <string>
#include <vector>

#include "config/load.hpp"
#include "config/outcomes.hpp"
#include "config_support.hpp"

#include <CppUTest/TestHarness.h>

using config::Failure;
using config::Unit;
using config::Verdict;
using config_test::lines_of;
using config_test::load_text;

namespace {

using Effect = Unit::Effect;
constexpr Effect fault{Effect::Kind::fault, 0};

constexpr Effect penalty(int points) { return {Effect::Kind::penalty, points}; }

// A unit with these priorities, whose checks do the same on every node.
Unit unit(const std::vector<int>& priorities, const std::vector<Effect>& effects) {
    Unit unit{.name = "router 'lan'",
              .nodes = {},
              .members = {"lan"},
              .priorities = {priorities},
              .checks = {}};
    for (std::size_t node = 0; node < priorities.size(); ++node)
        unit.nodes.push_back(std::string{"r"} + std::to_string(node + 1));
    for (const Effect& effect : effects)
        unit.checks.push_back({std::string{"c"} + std::to_string(unit.checks.size()),
                               std::vector<Effect>(priorities.size(), effect)});
    return unit;
}

// "r1", "nobody", "tie" or "split".
std::string active(const Unit& unit, const std::vector<Failure>& failures) {
    const Verdict verdict = config::verdict_on(unit, failures);
    switch (verdict.kind) {
        case Verdict::Kind::one: return unit.nodes[verdict.node];
        case Verdict::Kind::nobody: return "nobody";
        case Verdict::Kind::tie: return "tie";
        case Verdict::Kind::split: return "split";
    }
    return {};
}

void check_active(const char* expected, const Unit& unit, const std::vector<Failure>& failures) {
    STRCMP_EQUAL(expected, active(unit, failures).c_str());
}

// Two nodes of 200 and 100; the checks stand in line 3, the router's other settings in line 5.
std::string text_of(const std::string& checks, const std::string& settings) {
    return "nodes: { r1: { priority = 200; }; r2: { priority = 100; }; };\n"
           "checks: {\n" +
           checks +
           "\n};\n"
           "routers: { lan: { interface = \"e\"; vrid = 1; addresses = [ \"192.0.2.1/24\" ];\n" +
           settings + " }; };\n";
}

std::string check_named(const std::string& name, const std::string& on_fail) {
    return name + ": { type = \"process\"; name = \"p\"; on_fail = " + on_fail + "; }; ";
}

std::string problems_of(const std::string& checks, const std::string& settings) {
    return lines_of(load_text(text_of(checks, settings), "r1").diagnostics);
}

}  // namespace

TEST_GROUP(ConfigOutcomes){};

TEST(ConfigOutcomes, ThePriorityDecidesAndAFaultIsOut) {
    const Unit pair = unit({200, 100}, {fault});
    check_active("r1", pair, {});
    check_active("r2", pair, {{0, 0}});
    check_active("r1", pair, {{1, 0}});
    check_active("nobody", pair, {{0, 0}, {1, 0}});
}

TEST(ConfigOutcomes, PenaltiesAreOffThePriority) {
    const Unit pair = unit({150, 100}, {penalty(30), penalty(25)});
    check_active("r1", pair, {{0, 0}});
    check_active("r1", pair, {{0, 1}});
    check_active("r2", pair, {{0, 0}, {0, 1}});
    check_active("r1", pair, {{0, 0}, {0, 1}, {1, 0}});
}

TEST(ConfigOutcomes, OfEqualsTheActiveOneStays) {
    check_active("r1", unit({150, 100}, {penalty(50)}), {{0, 0}});
    check_active("r2", unit({100, 150}, {penalty(50)}), {{1, 0}});
    check_active("r2", unit({150, 100}, {penalty(51)}), {{0, 0}});
}

TEST(ConfigOutcomes, EqualsOfWhomNobodyWasActiveAreATie) {
    check_active("tie", unit({100, 100}, {fault}), {});
    check_active("r2", unit({100, 100}, {fault}), {{0, 0}});
    check_active("tie", unit({200, 100, 100}, {fault}), {{0, 0}});
}

TEST(ConfigOutcomes, NoPenaltyLeavesTheRange) {
    // Both are at 1: the one that was Active stays.
    check_active("r1", unit({200, 100}, {penalty(254)}), {{0, 0}, {1, 0}});
    // An owner keeps its 255.
    check_active("r1", unit({255, 254}, {penalty(254)}), {{0, 0}});
}

TEST(ConfigOutcomes, MembersThatDoNotAgreeAreSplit) {
    Unit group = unit({200, 100}, {penalty(70)});
    group.members.emplace_back("wan");
    group.priorities.push_back({150, 100});
    check_active("r1", group, {});
    check_active("split", group, {{0, 0}});
    check_active("r1", group, {{0, 0}, {1, 0}});
}

TEST(ConfigOutcomes, APenaltyCountsAloneOrTogether) {
    CHECK_TRUE(config::can_change_something(unit({150, 100}, {penalty(51)}), 0));
    CHECK_FALSE(config::can_change_something(unit({150, 100}, {penalty(50)}), 0));
    CHECK_FALSE(config::can_change_something(unit({150, 100}, {penalty(2)}), 0));
    // Together they are enough, and neither without the other.
    const Unit two = unit({150, 100}, {penalty(30), penalty(21)});
    CHECK_TRUE(config::can_change_something(two, 0));
    CHECK_TRUE(config::can_change_something(two, 1));
    const Unit too_little = unit({150, 100}, {penalty(30), penalty(20)});
    CHECK_FALSE(config::can_change_something(too_little, 0));
    CHECK_FALSE(config::can_change_something(too_little, 1));
    // A fault beside it changes nothing about that.
    CHECK_FALSE(config::can_change_something(unit({150, 100}, {penalty(2), fault}), 0));
    CHECK_TRUE(config::can_change_something(unit({150, 100}, {penalty(2), fault}), 1));
}

TEST(ConfigOutcomes, APenaltyOfTheWeakerNodeCounts) {
    // r1 with 51 off is behind r2, and r2 with 2 off is behind r1 again.
    CHECK_TRUE(config::can_change_something(unit({150, 100}, {penalty(51), penalty(2)}), 1));
    // 60 off: r2 stays ahead whatever.
    CHECK_FALSE(config::can_change_something(unit({150, 100}, {penalty(60), penalty(2)}), 1));
}

TEST(ConfigOutcomes, TheFirstOneIsActiveAgainWhenTheSecondComesDownToIt) {
    const auto apart = [](int of_first, int of_second) {
        Unit pair = unit({150, 100}, {});
        pair.checks = {{"c0", {penalty(of_first), {}}}, {"c1", {{}, penalty(of_second)}}};
        return pair;
    };
    check_active("r2", apart(51, 1), {{0, 0}});
    check_active("r1", apart(51, 1), {{0, 0}, {1, 1}});
    CHECK_TRUE(config::can_change_something(apart(51, 1), 1));
    CHECK_FALSE(config::can_change_something(apart(52, 1), 1));
}

TEST(ConfigOutcomes, EqualsLetEveryPenaltyCount) {
    CHECK_TRUE(config::can_change_something(unit({100, 100}, {penalty(1)}), 0));
}

TEST(ConfigOutcomes, AThirdNodeMayBeTheOneThatItMattersTo) {
    // Enough between r2 and r3, when r1 is down.
    CHECK_TRUE(config::can_change_something(unit({200, 110, 100}, {penalty(20)}), 0));
    CHECK_FALSE(config::can_change_something(unit({200, 110, 100}, {penalty(9)}), 0));
}

TEST(ConfigOutcomes, AnythingThatAFileMayHoldCounts) {
    const Effect of_file{Effect::Kind::up_to, 254};
    CHECK_TRUE(config::can_change_something(unit({150, 100}, {of_file}), 0));
    CHECK_TRUE(config::can_change_something(unit({150, 100}, {of_file, penalty(1)}), 1));
}

TEST(ConfigOutcomes, TheTableHasWhatIsNotPlain) {
    const Unit pair = unit({200, 100}, {fault, penalty(120), penalty(120)});
    const std::string text = config::outlook_text({pair});
    STRCMP_EQUAL(
        "\n"
        "Who is Active for router 'lan':\n"
        "  nothing fails -> r1\n"
        "  one check fails:\n"
        "    r1: c0        -> r2\n"
        "    r1: c1 or c2  -> r2\n"
        "  two fail, and it is not as with one of them:\n"
        "    r1: c0 + r2: c0              -> nobody\n"
        "    r1: c1 or c2 + r2: c0        -> r1\n"
        "    r1: c1 or c2 + r2: c1 or c2  -> r1\n"
        "  8 other pairs: as with one of them\n",
        text.c_str());
}

TEST(ConfigOutcomes, TheTableHasPairsOfOneNode) {
    const std::string text = config::outlook_text({unit({150, 100}, {penalty(30), penalty(30)})});
    CHECK_TEXT(text.find("  no single failure changes that\n") != std::string::npos, text.c_str());
    CHECK_TEXT(text.find("    r1: two of c0 or c1  -> r2\n") != std::string::npos, text.c_str());
    const std::string other = config::outlook_text({unit({150, 100}, {penalty(30), penalty(40)})});
    CHECK_TEXT(other.find("    r1: c0 + c1  -> r2\n") != std::string::npos, other.c_str());
}

TEST(ConfigOutcomes, UnitsWithOneOutlookShareATable) {
    std::vector<Unit> units;
    for (int i = 0; i < 7; ++i) {
        units.push_back(unit({200, 100}, {fault}));
        units.back().name = "router '" + std::to_string(i) + "'";
    }
    units.push_back(unit({200, 100}, {}));
    units.push_back(unit({200}, {fault}));
    const std::string text = config::outlook_text(units);
    CHECK_TEXT(text.starts_with("\nWho is Active for router '0', router '1', router '2', "
                                "router '3', router '4' and 2 more:\n"),
               text.c_str());
    LONGS_EQUAL(0, text.find("Who is", 2) != std::string::npos);
}

TEST(ConfigOutcomes, ATableThatNobodyCouldReadIsLeftOut) {
    std::vector<Effect> effects;
    for (int i = 1; i <= 20; ++i) effects.push_back(penalty(i));
    STRCMP_EQUAL("\nWho is Active for router 'lan':\n  too many nodes and checks for a table\n",
                 config::outlook_text({unit(std::vector<int>(64, 100), effects)}).c_str());
}

TEST(ConfigOutcomes, TheUnitsOfAConfigurationAreItsGroupsAndOtherRouters) {
    const auto outcome = load_text(
        "nodes: { r1: { priority = 200; }; r2: { priority = 100; }; };\n"
        "checks: { " +
            check_named("x", "\"fault\"") + check_named("y", "\"warn\"") +
            check_named("z", "{ r1 = { penalty = 150; }; r2 = \"fault\"; }") +
            " };\n"
            "routers: { a: { interface = \"e\"; vrid = 1; addresses = [ \"192.0.2.1/24\" ]; "
            "checks = [ \"x\", \"y\" ]; };\n"
            "b: { interface = \"f\"; vrid = 2; addresses = [ \"198.51.100.1/24\" ]; };\n"
            "c: { interface = \"g\"; vrid = 3; addresses = [ \"203.0.113.1/24\" ]; }; };\n"
            "groups: { g: { members = [ \"b\", \"a\" ]; checks = [ \"z\", \"x\" ]; }; };\n",
        "r1");
    STRCMP_EQUAL("", lines_of(outcome.diagnostics).c_str());
    LONGS_EQUAL(2, outcome.units.size());
    const Unit& group = outcome.units[0];
    STRCMP_EQUAL("group 'g'", group.name.c_str());
    CHECK((group.members == std::vector<std::string>{"b", "a"}));
    CHECK((group.checks ==
           std::vector<Unit::Check>{{"x", {fault, fault}}, {"z", {penalty(150), fault}}}));
    STRCMP_EQUAL("router 'c'", outcome.units[1].name.c_str());
    CHECK_TRUE(outcome.units[1].checks.empty());
}

TEST_GROUP(ConfigOutcomeRules){};

TEST(ConfigOutcomeRules, ACheckThatCanChangeNothingIsRefused) {
    STRCMP_EQUAL(
        "3:58: error: check 'x' can change nothing in router 'lan': it takes 100 off, and "
        "node 'r1' is 100 ahead of node 'r2' "
        "[write penalty = 101; or more, or on_fail = \"fault\";]",
        problems_of(check_named("x", "{ penalty = 100; }"), "checks = [ \"x\" ];").c_str());
    STRCMP_EQUAL(
        "", problems_of(check_named("x", "{ penalty = 101; }"), "checks = [ \"x\" ];").c_str());
    STRCMP_EQUAL("", problems_of(check_named("x", "\"warn\""), "checks = [ \"x\" ];").c_str());
    STRCMP_EQUAL("", problems_of(check_named("x", "{ penalty = 60; }") +
                                     check_named("y", "{ penalty = 60; }"),
                                 "checks = [ \"x\", \"y\" ];")
                         .c_str());
}

TEST(ConfigOutcomeRules, WhereNoPenaltyIsEnoughAFaultIsTheCure) {
    STRCMP_EQUAL(
        "3:58: error: check 'x' can change nothing in router 'lan': it takes 254 off, and "
        "node 'r1' is 199 ahead of node 'r2' [write on_fail = \"fault\";]",
        problems_of(check_named("x", "{ penalty = 254; }"),
                    "checks = [ \"x\" ]; priority = { r2 = 1; };")
            .c_str());
}

TEST(ConfigOutcomeRules, APenaltyOfTheLastNodeAloneIsRefused) {
    STRCMP_EQUAL(
        "3:58: error: check 'x' can change nothing in router 'lan': node 'r2' is the last "
        "one anyway [name it on the other nodes too, or write on_fail = \"warn\";]",
        problems_of(check_named("x", "{ penalty = 50; }"), "checks = { r2 = [ \"x\" ]; };")
            .c_str());
}

TEST(ConfigOutcomeRules, OneNodeAloneHasNoElection) {
    const auto outcome =
        load_text("nodes: { r1: { }; };\nchecks: {\n" + check_named("x", "{ penalty = 1; }") +
                      "\n};\nrouters: { lan: { interface = \"e\"; vrid = 1; preempt = false;\n"
                      "addresses = [ \"192.0.2.1/24\" ]; checks = [ \"x\" ]; }; };",
                  "r1");
    STRCMP_EQUAL("", lines_of(outcome.diagnostics).c_str());
}

TEST(ConfigOutcomeRules, WithoutPreemptionPenaltiesAloneAreRefused) {
    const std::string penalties = check_named("x", "{ penalty = 150; }");
    STRCMP_EQUAL(
        "6:11: error: router 'lan' does not preempt, and its checks take points off only: "
        "no failure is sure to end its turn (x) "
        "[write on_fail = \"fault\"; in one of them, or remove 'preempt']",
        problems_of(penalties, "preempt = false; checks = [ \"x\" ];").c_str());
    STRCMP_EQUAL("",
                 problems_of(penalties, "preempt = { after = 9; }; checks = [ \"x\" ];").c_str());
    STRCMP_EQUAL("", problems_of(penalties + check_named("y", "\"fault\""),
                                 "preempt = false; checks = [ \"x\", \"y\" ];")
                         .c_str());
    STRCMP_EQUAL(
        "",
        problems_of(check_named("x", "\"warn\""), "preempt = false; checks = [ \"x\" ];").c_str());
}

TEST(ConfigOutcomeRules, NothingIsOffAnOwnersPriority) {
    STRCMP_EQUAL(
        "3:58: error: check 'x' cannot take anything off 255, the priority of node 'r1', "
        "which owns the addresses of router 'lan' [write on_fail = \"fault\";]",
        problems_of(check_named("x", "{ penalty = 150; }"),
                    "owner = { r1 = true; }; checks = [ \"x\" ];")
            .c_str());
    STRCMP_EQUAL("", problems_of(check_named("x", "\"fault\""),
                                 "owner = { r1 = true; }; checks = [ \"x\" ];")
                         .c_str());
}

TEST(ConfigOutcomeRules, AGroupThatAPenaltyWouldSplitIsRefused) {
    const std::string problems = lines_of(
        load_text(
            "nodes: { r1: { priority = 200; }; r2: { priority = 100; }; };\n"
            "checks: { " +
                check_named("x", "{ penalty = 70; }") +
                " };\n"
                "routers: { a: { interface = \"e\"; vrid = 1; addresses = [ "
                "\"192.0.2.1/24\" ]; priority = { r1 = 150; }; };\n"
                "b: { interface = \"f\"; vrid = 2; addresses = [ \"198.51.100.1/24\" ]; }; };\n"
                "groups: { g: { members = [ \"a\", \"b\" ]; checks = [ \"x\" ]; }; };\n",
            "r1")
            .diagnostics);
    STRCMP_EQUAL(
        "5:11: error: group 'g' would split when these fail: x on r1 "
        "[give its members the same priorities, best those of their nodes]",
        problems.c_str());
}

TEST(ConfigOutcomeRules, WhatIsNotKnownIsNotJudged) {
    // The penalty would be too small for the priority that was refused.
    STRCMP_EQUAL("6:19: error: 'priority' is a whole number from 1 to 254, not 0",
                 problems_of(check_named("x", "{ penalty = 1; }"),
                             "priority = { r1 = 0; }; checks = [ \"x\" ];")
                     .c_str());
    STRCMP_EQUAL(
        "6:17: error: no check is called 'y' [there are x]",
        problems_of(check_named("x", "{ penalty = 1; }"), "checks = [ \"x\", \"y\" ];").c_str());
}
