#include "health/plan.hpp"

#include <chrono>
#include <string>
#include <vector>

#include <CppUTest/TestHarness.h>

using namespace health;
using namespace std::chrono_literals;

namespace {

constexpr base::Instant start{1000s};

CheckMessage file_check(const std::string& name, const std::string& path) {
    return {.name = name, .kind = kind::File{path}, .every = 100ms, .timeout = 1s};
}

}  // namespace

TEST_GROUP(Plan) {
    base::Result<Reactor> reactor = Reactor::open();
    Children children{*reactor, {}};
    Instruments instruments{*reactor, children};
    Plan plan{*reactor, instruments};
    base::Instant now = start;

    void run_for(base::Duration duration) {
        const base::Instant end = now + duration;
        while (plan.deadline() && *plan.deadline() <= end) {
            now = *plan.deadline();
            plan.work(0, now);
        }
        now = end;
    }
    std::vector<ResultMessage> results() { return plan.take_results(); }
};

TEST(Plan, ChecksLookAndTheirResultsAreTold) {
    plan.replace(7, {file_check("there", "/"), file_check("away", "/none")}, now);
    CHECK(results().empty());
    run_for(300ms);
    const auto told = results();
    LONGS_EQUAL(2, told.size());
    for (const ResultMessage& result : told) {
        LONGS_EQUAL(7, result.plan);
        CHECK(result.verdict == (result.check == "there" ? Verdict::passed : Verdict::failed));
    }
}

TEST(Plan, ACheckThatStaysKeepsItsCountersAndIsToldAnew) {
    plan.replace(1, {file_check("a", "/")}, now);
    run_for(2s);
    (void)results();
    CheckMessage same = file_check("a", "/");
    same.counts_as = Verdict::failed;  // we know better
    plan.replace(2, {same, file_check("b", "/")}, now);
    const auto told = results();
    LONGS_EQUAL(1, told.size());
    LONGS_EQUAL(2, told.front().plan);
    CHECK(told.front().runs >= 19);
    CHECK(told.front().verdict == Verdict::passed);
}

TEST(Plan, OneThatLooksAtSomethingElseStartsAnew) {
    plan.replace(1, {file_check("a", "/")}, now);
    run_for(2s);
    (void)results();
    plan.replace(2, {file_check("a", "/none")}, now);
    CHECK(results().empty());
    run_for(300ms);
    const auto told = results();
    LONGS_EQUAL(1, told.front().runs);
    CHECK(told.front().verdict == Verdict::failed);
}

TEST(Plan, AnotherPaceForgetsNothing) {
    plan.replace(1, {file_check("a", "/")}, now);
    run_for(2s);
    (void)results();
    CheckMessage slower = file_check("a", "/");
    slower.every = 10s;
    plan.replace(2, {slower}, now);
    const auto told = results();
    CHECK(told.front().runs >= 19);
    run_for(20s);
    CHECK(plan.deadline() > now);
    CHECK(plan.deadline() <= now + 10s);
}

TEST(Plan, WhatIsNoMorePlannedLooksNoMore) {
    plan.replace(1, {file_check("a", "/"), file_check("b", "/")}, now);
    run_for(1s);
    plan.replace(2, {}, now);
    (void)results();
    CHECK_FALSE(plan.deadline().has_value());
}

TEST(Plan, OfTwoOfOneNameTheFirstCounts) {
    plan.replace(1, {file_check("a", "/"), file_check("a", "/none")}, now);
    run_for(1s);
    for (const ResultMessage& result : results()) CHECK(result.verdict == Verdict::passed);
}

TEST(Plan, ProgramsWaitWhileThereIsNoRoom) {
    CheckMessage program = file_check("program", "/");
    program.kind = kind::Exec{.command = {"/bin/true", "x"}};
    plan.replace(1, {program, file_check("file", "/")}, now);
    run_for(1s);
    LONGS_EQUAL(1, plan.queued());
    LONGS_EQUAL(0, children.count());
    LONGS_EQUAL(1, results().size());
    plan.work(1, now);
    LONGS_EQUAL(0, plan.queued());
    LONGS_EQUAL(1, children.count());
}
