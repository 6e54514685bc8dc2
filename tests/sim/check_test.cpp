// Checks: what a failed one does to a pair, for each of its consequences and each way to preempt.
#include <fmt/format.h>

#include "lan_test.hpp"

using namespace sim;

namespace {

using Finding = Lan::Finding;

config::Check check(std::string name, config::OnFail on_fail) {
    return {.name = std::move(name), .probe = config::probe::Process{"x"}, .on_fail = on_fail};
}

const config::OnFail fault = config::on_fail::Fault{};
const config::OnFail warning = config::on_fail::Warn{};
config::OnFail penalty(std::uint8_t points) { return config::on_fail::Penalty{points}; }

config::Config node(config::Router router, const std::vector<config::Check>& checks) {
    for (const config::Check& one : checks) router.checks.push_back(one.name);
    config::Config made{.file = "sim.conf",
                        .hash = "00000000",
                        .node = "",
                        .nodes = {},
                        .routers = {std::move(router)}};
    made.checks = checks;
    made.priorities["lan"] = {{"h0", vrrp::Priority::from(200).value()},
                              {"h1", vrrp::Priority::from(100).value()}};
    return made;
}

}  // namespace

TEST_GROUP_BASE(Checks, LanTest){
    // h0 with priority 200 and these checks, h1 with 100 and the same; all of them pass.
    void start_pair(const std::vector<config::Check>& checks, const config::Preempt& preempt = {}){
        lan.add_wide(1, node(with_preempt(router(200), preempt), checks));
lan.add_wide(1, node(with_preempt(router(100), preempt), checks));
lan.run_for(100ms);
for (const config::Check& one : checks)
    for (const HostId id : {0U, 1U}) lan.find(id, one.name, Finding::passed);
lan.run_for(20s);
}
// The longest that the address was on no host, while this runs.
Duration longest_gap(Duration span) {
    const Instant end = lan.now() + span;
    Instant last_held = lan.now();
    Duration longest{};
    while (lan.step(end)) {
        for (HostId id = 0; id < lan.size(); ++id)
            if (!lan.kernel(id).marked("eth0").empty()) last_held = lan.now();
        longest = std::max(longest, lan.now() - last_held);
    }
    return longest;
}
[[nodiscard]] int priority(HostId id) const { return lan.session(id).effective_priority().wire(); }
}
;

TEST(Checks, TheFirstResultsAreAwaitedBeforeARouterTakesPart) {
    lan.add_wide(1, node(router(200), {check("web", fault), check("disk", penalty(10))}));
    lan.run_for(20s);
    STRCMP_EQUAL("waiting", lan.state(0).c_str());
    STRCMP_EQUAL("check-awaited", reason(0).c_str());
    lan.find(0, "web", Finding::passed);
    lan.run_for(20s);
    STRCMP_EQUAL("waiting", lan.state(0).c_str());
    lan.find(0, "disk", Finding::failed);
    lan.run_for(20s);
    STRCMP_EQUAL("active", lan.state(0).c_str());
    LONGS_EQUAL(190, priority(0));
}

TEST(Checks, OneThatOnlyWarnsIsNotAwaitedAndChangesNothing) {
    lan.add_wide(1, node(router(200), {check("web", warning)}));
    lan.run_for(20s);
    STRCMP_EQUAL("active", lan.state(0).c_str());
    lan.find(0, "web", Finding::failed);
    lan.run_for(1s);
    STRCMP_EQUAL("active", lan.state(0).c_str());
    LONGS_EQUAL(200, priority(0));
    LONGS_EQUAL(1, lan.engine(0).problems().size());
}

TEST(Checks, AFaultReleasesAtOnceAndThePeerHasTheAddressesAfterItsSkewTime) {
    start_pair({check("web", fault)});
    CHECK(is_alone(0));
    lan.find(0, "web", Finding::failed);
    const Duration taken = time_until_active(1, 10s);
    CHECK(taken <= skew(100) + 2ms);
    STRCMP_EQUAL("fault", lan.state(0).c_str());
    STRCMP_EQUAL("check-failed", reason(0).c_str());
    lan.find(0, "web", Finding::passed);
    lan.run_for(20s);
    CHECK(is_alone(0));
}

TEST(Checks, APenaltyThatMakesTheActiveOneTheWeakerHandsOverWithoutAGap) {
    start_pair({check("web", penalty(150))});
    lan.find(0, "web", Finding::failed);
    const Instant failed = lan.now();
    LONGS_EQUAL(0, longest_gap(10s) / 1ms);
    CHECK(is_alone(1));
    CHECK(lan.session(1).last_transition().at - failed <= skew(100) + 2ms);
    STRCMP_EQUAL("handed-over", reason(0).c_str());
    lan.find(0, "web", Finding::passed);
    LONGS_EQUAL(0, longest_gap(20s) / 1ms);
    CHECK(is_alone(0));
}

TEST(Checks, APenaltyThatLeavesItTheStrongerIsAdvertisedAtOnceAndChangesNothingElse) {
    start_pair({check("web", penalty(50))});
    const auto before = lan.count_adverts(0);
    lan.find(0, "web", Finding::failed);
    lan.run_for(1ms);
    LONGS_EQUAL(before + 1, lan.count_adverts(0));
    LONGS_EQUAL(150, lan.adverts().back().priority);
    const auto changes = transitions(0);
    lan.run_for(20s);
    CHECK(is_alone(0));
    LONGS_EQUAL(changes, transitions(0));
}

TEST(Checks, NobodyThereToRelieveItAndItGoesOnUninterrupted) {
    start_pair({check("web", penalty(150))});
    lan.crash(1);
    lan.find(0, "web", Finding::failed);
    lan.run_for(10ms);
    STRCMP_EQUAL("resigning", lan.state(0).c_str());
    LONGS_EQUAL(0, longest_gap(10s) / 1ms);
    CHECK(is_alone(0));
    STRCMP_EQUAL("not-relieved", reason(0).c_str());
    lan.run_for(120s);
    STRCMP_EQUAL("not-relieved", reason(0).c_str());
    LONGS_EQUAL(50, priority(0));
    // The peer comes back, preempts, and is obeyed.
    lan.start(1);
    lan.run_for(100ms);
    lan.find(1, "web", Finding::passed);
    lan.run_for(20s);
    CHECK(is_alone(1));
}

TEST(Checks, ASickRouterIsRelievedByOneThatDoesNotPreemptAndComesLater) {
    start_pair({check("web", penalty(150))}, {.enabled = false, .after = {}});
    CHECK(is_alone(0));
    lan.crash(1);
    lan.find(0, "web", Finding::failed);
    lan.run_for(10s);
    lan.start(1);
    lan.run_for(100ms);
    lan.find(1, "web", Finding::passed);
    LONGS_EQUAL(0, longest_gap(60s) / 1ms);
    CHECK(is_alone(1));
    // And with `preempt = false` it stays there when the first one is well again.
    lan.find(0, "web", Finding::passed);
    lan.run_for(60s);
    CHECK(is_alone(1));
}

TEST(Checks, TruthTableOfPreemptConsequenceAndNumber) {
    struct Row {
        bool preempts;
        config::OnFail first;
        std::optional<config::OnFail> second;
        bool fails_second;
        HostId active_when_failed;
        HostId active_when_well;
    };
    const std::vector<Row> rows{
        // preempt, first, second, also second fails | who is Active, then and afterwards
        {true, fault, {}, false, 1, 0},
        {true, penalty(150), {}, false, 1, 0},
        {true, penalty(60), {}, false, 0, 0},
        {true, fault, fault, false, 1, 0},
        {true, fault, fault, true, 1, 0},
        {true, penalty(60), penalty(60), false, 0, 0},
        {true, penalty(60), penalty(60), true, 1, 0},
        {true, fault, penalty(60), false, 1, 0},
        {true, penalty(60), fault, true, 1, 0},
        {false, fault, {}, false, 1, 1},
        {false, penalty(150), {}, false, 1, 1},
        {false, penalty(60), {}, false, 0, 0},
        {false, fault, fault, false, 1, 1},
        {false, fault, fault, true, 1, 1},
        {false, penalty(60), penalty(60), false, 0, 0},
        {false, penalty(60), penalty(60), true, 1, 1},
        {false, fault, penalty(60), false, 1, 1},
        {false, penalty(60), fault, true, 1, 1},
    };
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const Row& row = rows[i];
        lan = Lan{1};
        std::vector<config::Check> checks{check("a", row.first)};
        if (row.second) checks.push_back(check("b", *row.second));
        start_pair(checks, {.enabled = row.preempts, .after = {}});
        lan.find(0, "a", Finding::failed);
        if (row.fails_second) lan.find(0, "b", Finding::failed);
        lan.run_for(20s);
        const std::string text = fmt::format("row {}", i);
        CHECK_TEXT(is_alone(row.active_when_failed), text.c_str());
        lan.find(0, "a", Finding::passed);
        if (row.fails_second) lan.find(0, "b", Finding::passed);
        lan.run_for(20s);
        CHECK_TEXT(is_alone(row.active_when_well), text.c_str());
    }
}

TEST(Checks, ReasonsAreASetAndOneThatPassesDoesNotLiftTheOther) {
    start_pair({check("a", fault), check("b", fault)});
    lan.find(0, "a", Finding::failed);
    lan.find(0, "b", Finding::failed);
    lan.run_for(5s);
    lan.find(0, "a", Finding::passed);
    lan.run_for(5s);
    STRCMP_EQUAL("fault", lan.state(0).c_str());
    lan.find(0, "b", Finding::passed);
    lan.run_for(10s);
    CHECK(is_alone(0));
}

TEST(Checks, AFileSaysHowMuchIsTakenOff) {
    config::Check file = check("load", penalty(1));
    file.probe = config::probe::File{"/x", config::probe::File::Want::penalty};
    start_pair({file});
    lan.find(0, "load", Finding::failed, 30);
    lan.run_for(1s);
    LONGS_EQUAL(170, priority(0));
    lan.find(0, "load", Finding::failed, 120);
    lan.run_for(10s);
    LONGS_EQUAL(80, priority(0));
    CHECK(is_alone(1));
}

TEST(Checks, ARunnerThatDiesChangesNothingForItsGraceAndThenEveryCheckHasFailed) {
    start_pair({check("web", fault)});
    lan.silence_runner(0);
    lan.runner_says(0, health::Died{"signal 9"});
    lan.run_for(25s);
    CHECK(is_alone(0));
    CHECK(!lan.engine(0).problems().empty());
    lan.run_for(20s);
    CHECK(is_alone(1));
    STRCMP_EQUAL("fault", lan.state(0).c_str());
    lan.revive_runner(0);
    lan.run_for(100ms);
    lan.find(0, "web", Finding::passed);
    lan.run_for(20s);
    CHECK(is_alone(0));
}

TEST(Checks, ARunnerThatIsLostForGoodIsToldAtOnceAndItsChecksFailAfterTheGrace) {
    start_pair({check("web", fault)});
    lan.lose_runner(0, app::Care::none);
    lan.run_for(25s);
    CHECK(is_alone(0));
    const std::string lost =
        "checks and hooks cannot run until tandemd is restarted: their runner and its keeper have "
        "died";
    LONGS_EQUAL(1, lan.count_told(0, lost));
    STRCMP_EQUAL(lost.c_str(), lan.engine(0).problems().front().c_str());
    lan.run_for(20s);
    CHECK(is_alone(1));
    STRCMP_EQUAL((lost + "; every check counts as failed").c_str(),
                 lan.engine(0).problems().front().c_str());
    STRCMP_EQUAL("not run: the runner has died",
                 lan.engine(0).checks().facts().at("web").text.c_str());
}

TEST(Checks, AKeeperThatIsLostIsToldAndTheRunnerGoesOn) {
    start_pair({check("web", fault)});
    lan.lose_runner(0, app::Care::without_keeper);
    lan.run_for(60s);
    CHECK(is_alone(0));
    LONGS_EQUAL(1, lan.engine(0).problems().size());
    STRCMP_CONTAINS("the keeper of the runner has died", lan.engine(0).problems().front().c_str());
    lan.find(0, "web", Finding::failed);
    lan.run_for(20s);
    CHECK(is_alone(1));
}

TEST(Checks, ARunnerThatIsBackInTimeChangesNothing) {
    start_pair({check("web", fault)});
    const auto changes = transitions(0);
    for (int i = 0; i < 100; ++i) {
        lan.silence_runner(0);
        lan.runner_says(0, health::Died{"signal 9"});
        lan.run_for(500ms);
        lan.revive_runner(0);
        lan.run_for(500ms);
    }
    CHECK(is_alone(0));
    LONGS_EQUAL(changes, transitions(0));
}

TEST(Checks, ARunnerThatWasSilentAndGoesOnIsAskedForEverythingOnceMore) {
    start_pair({check("web", fault)});
    lan.silence_runner(0);
    lan.run_for(40s);
    STRCMP_EQUAL("fault", lan.state(0).c_str());
    lan.wake_runner(0);  // the same one, which has nothing new to say
    lan.run_for(20s);
    CHECK(is_alone(0));
}

TEST(Checks, AHostThatWasSuspendedFailsNoCheckForIt) {
    start_pair({check("web", fault)});
    lan.stall(0, 120s);
    lan.run_for(140s);
    CHECK(is_alone(0));
    LONGS_EQUAL(0, lan.count_told(0, "lan is in fault"));
}

TEST(Checks, WhoBecomesActiveWhileSickYieldsToOneThatDoesNotPreempt) {
    start_pair({check("web", penalty(150))}, {.enabled = false, .after = {}});
    lan.crash(0);
    lan.crash(1);
    lan.start(0);
    lan.run_for(100ms);
    lan.find(0, "web", Finding::failed);
    lan.run_for(20s);
    CHECK(is_alone(0));
    lan.start(1);
    lan.run_for(100ms);
    lan.find(1, "web", Finding::passed);
    LONGS_EQUAL(0, longest_gap(90s) / 1ms);
    CHECK(is_alone(1));
}

TEST(Checks, TwoSickRoutersSettleWithTheLessSickOne) {
    for (const bool preempts : {true, false}) {
        lan = Lan{1};
        start_pair({check("web", penalty(150))}, {.enabled = preempts, .after = {}});
        lan.find(0, "web", Finding::failed);
        lan.find(1, "web", Finding::failed);
        lan.run_for(120s);
        CHECK(is_alone(0));
        const auto changes = transitions(0);
        lan.run_for(300s);
        CHECK(is_alone(0));
        // Offers to a router that does not preempt, less and less often.
        CHECK(transitions(0) - changes <= (preempts ? 0U : 8U));
    }
}

TEST(Checks, AnOwnerNeverHoldsBack) {
    config::Router owner = router(100);
    owner.priority = vrrp::Priority::owner();
    lan.add_wide(1, node(owner, {check("web", fault)}));
    lan.kernel(0).install("eth0", virtual_address, 0);
    lan.run_for(1s);
    for (int i = 0; i < 10; ++i) {
        lan.find(0, "web", Finding::failed);
        lan.run_for(1s);
        lan.find(0, "web", Finding::passed);
        lan.run_for(1s);
    }
    LONGS_EQUAL(255, priority(0));
}

TEST(Checks, AnOldRunnersLastWordsAreNotBelieved) {
    start_pair({check("web", fault)});
    lan.runner_says(0, health::Hello{7});
    lan.runner_says(
        0, health::ResultMessage{
               .plan = 1, .check = "web", .verdict = health::Verdict::failed, .text = "old"});
    lan.run_for(5s);
    CHECK(is_alone(0));
}

TEST(Checks, WhoBecomesActiveTooOftenHoldsBackUntilItHasBeenQuiet) {
    start_pair({check("web", fault)});
    for (int i = 0; i < 8; ++i) {
        lan.find(0, "web", Finding::failed);
        lan.run_for(2s);
        lan.find(0, "web", Finding::passed);
        lan.run_for(5s);
    }
    CHECK(is_alone(1));
    LONGS_EQUAL(1, priority(0));
    // The only healthy one: it takes over.
    lan.crash(1);
    lan.run_for(6s);
    CHECK(is_alone(0));
    LONGS_EQUAL(200, priority(0));
}

TEST(Checks, WhoHeldBackComesBackByItself) {
    start_pair({check("web", fault)});
    for (int i = 0; i < 8; ++i) {
        lan.find(0, "web", Finding::failed);
        lan.run_for(2s);
        lan.find(0, "web", Finding::passed);
        lan.run_for(5s);
    }
    CHECK(is_alone(1));
    lan.run_for(60s);
    CHECK(is_alone(0));
}
