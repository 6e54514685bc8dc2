// Drains and hand-overs that an operator asks for.
#include <algorithm>
#include <cerrno>

#include "lan_test.hpp"

using namespace sim;
using app::Instruction;
using app::Operation;
using Verb = Instruction::Verb;

namespace {

Instruction drain(std::string name = "lan") {
    return {.verb = Verb::drain, .name = std::move(name)};
}
Instruction undrain(std::string name = "lan") {
    return {.verb = Verb::undrain, .name = std::move(name)};
}
Instruction handover(std::string name = "lan") {
    return {.verb = Verb::handover, .name = std::move(name)};
}
Instruction forced(Instruction instruction) {
    instruction.force = Instruction::Force::yes;
    return instruction;
}
Instruction for_time(Duration span) {
    Instruction instruction = drain();
    instruction.span = span;
    return instruction;
}
Instruction because(std::string reason) {
    Instruction instruction = drain();
    instruction.reason = std::move(reason);
    return instruction;
}

config::Notify hook() {
    return {.command = {"/hook"}, .timeout = 2s, .prepares = false, .drains = true};
}

config::Config edge(int priority) {
    config::Config config{
        .file = "sim.conf", .hash = "00000000", .node = "", .nodes = {}, .routers = {}};
    for (const int number : {0, 1}) {
        config::Router made = router(priority);
        made.name = number == 0 ? "public" : "private";
        made.interface = number == 0 ? "eth0" : "eth1";
        made.addresses = {interface_address(number == 0 ? "192.0.2.1/24" : "192.0.3.1/24")};
        config.routers.push_back(made);
    }
    config.groups.push_back({.name = "edge", .members = {"public", "private"}});
    return config;
}

}  // namespace

struct DrainTest : public LanTest {
    // h0 is Active, h1 Backup.
    void pair() {
        lan.add({router(200)});
        lan.add({router(100)});
        lan.run_for(10s);
        CHECK(is_alone(0));
    }
    // The number of the operation; 0 when there is none.
    std::uint64_t ask(HostId id, const Instruction& instruction) {
        const auto operation = lan.instruct(id, instruction);
        CHECK_TEXT(operation.has_value(), operation ? "" : operation.error().c_str());
        return operation.value_or(0);
    }
    [[nodiscard]] std::string refusal(HostId id, const Instruction& instruction) {
        const auto operation = lan.instruct(id, instruction);
        return operation ? "" : operation.error();
    }
    [[nodiscard]] const Operation::Part& part(HostId id, std::uint64_t operation) const {
        return lan.engine(id).maintenance().operation(operation)->parts.front();
    }
    [[nodiscard]] bool is_done(HostId id, std::uint64_t operation) const {
        return part(id, operation).state == Operation::State::done;
    }
    [[nodiscard]] bool is_refused(HostId id, std::uint64_t operation) const {
        return part(id, operation).state == Operation::State::refused;
    }
    [[nodiscard]] bool says(HostId id, std::uint64_t operation, std::string_view words) const {
        return part(id, operation).text.contains(words);
    }
    // At every instant one of the two has the address.
    void check_served_for(Duration span) {
        const Instant end = lan.now() + span;
        while (lan.step(end))
            CHECK(lan.kernel(0).has("eth0", virtual_address) ||
                  lan.kernel(1).has("eth0", virtual_address));
    }
    // A successor whose announcements are heard.
    void announce(HostId heard_by) {
        lan.claim(heard_by, {interface_address("192.0.2.1/24").address(), {{2, 0, 0, 0, 0, 12}}});
    }
};

TEST_GROUP_BASE(Drain, DrainTest){};

// At every instant somebody has the address.
TEST(Drain, WhoIsActiveHandsOverBeforeItGivesItsAddressesUp) {
    pair();
    const auto operation = ask(0, drain());
    lan.run_for(skew(100) - 10ms);
    STRCMP_EQUAL("resigning", lan.state(0).c_str());
    CHECK(lan.kernel(0).has("eth0", virtual_address));
    CHECK_FALSE(is_done(0, operation));
    check_served_for(2s);
    CHECK(is_done(0, operation));
    CHECK(says(0, operation, "192.0.2.12 (priority 100) has taken over after "));
    STRCMP_EQUAL("192.0.2.12 (priority 100)", part(0, operation).successor.c_str());
    STRCMP_EQUAL("drained", lan.state(0).c_str());
    CHECK(lan.kernel(0).marked("eth0").empty());
    CHECK(is_alone(1));
}

TEST(Drain, ADrainedRouterIsSilentEvenWhenNobodyElseIsThere) {
    pair();
    ask(0, drain());
    lan.run_for(5s);
    const std::size_t before = lan.count_adverts(0);
    const auto received = lan.session(0).counters().received;
    lan.run_for(5s);
    CHECK(lan.session(0).counters().received > received);  // still counted
    lan.crash(1);
    lan.run_for(60s);
    STRCMP_EQUAL("drained", lan.state(0).c_str());
    LONGS_EQUAL(before, lan.count_adverts(0));
}

TEST(Drain, WhoIsAloneStaysActiveWithoutABreak) {
    lan.add({router(100)});
    lan.run_for(10s);
    const auto operation = ask(0, drain());
    const Instant end = lan.now() + active_down(100) + 1s;
    while (lan.step(end)) CHECK(lan.kernel(0).has("eth0", virtual_address));
    CHECK(is_refused(0, operation));
    CHECK(says(0, operation, "stays Active here and is not drained: nobody has taken over"));
    CHECK(lan.is_active(0));
    STRCMP_EQUAL("not-relieved", reason(0).c_str());
    CHECK(lan.engine(0).maintenance().drains().empty());
    STRCMP_EQUAL("", lan.disk(0).text.c_str());
}

TEST(Drain, ByForceWhoIsAloneIsDrainedAllTheSame) {
    lan.add({router(100)});
    lan.run_for(10s);
    const auto operation = ask(0, forced(drain()));
    lan.run_for(active_down(100) - 10ms);
    CHECK(lan.kernel(0).has("eth0", virtual_address));
    lan.run_for(20ms);
    CHECK(is_done(0, operation));
    CHECK(says(0, operation, "nobody has its addresses"));
    CHECK(lan.kernel(0).marked("eth0").empty());
    // It has never been Active again in between.
    LONGS_EQUAL(0, lan.adverts().back().priority);
    lan.run_for(20s);
    STRCMP_EQUAL("drained", lan.state(0).c_str());
}

TEST(Drain, ForceDoesNotSpareTheHandOver) {
    pair();
    const auto operation = ask(0, forced(drain()));
    lan.run_for(skew(100) - 10ms);
    CHECK(lan.kernel(0).has("eth0", virtual_address));
    lan.run_for(2s);
    CHECK(says(0, operation, "has taken over"));
}

TEST(Drain, ABackupIsDrainedAtOnceAndDoesNotTakeOver) {
    pair();
    const auto operation = ask(1, drain());
    lan.run_for(1ms);
    CHECK(is_done(1, operation));
    CHECK(says(1, operation, "it was backup, and 192.0.2.11 (priority 200) was heard"));
    lan.crash(0);
    lan.run_for(60s);
    STRCMP_EQUAL("drained", lan.state(1).c_str());
    LONGS_EQUAL(0, lan.count_adverts(1));
}

TEST(Drain, ABackupWhoseTimeHasJustComeIsDrained) {
    pair();
    lan.crash(0);
    lan.stall(1, 20s);
    lan.run_for(10s);
    ask(1, drain());
    lan.run_for(11s);
    STRCMP_EQUAL("drained", lan.state(1).c_str());
    LONGS_EQUAL(0, lan.count_adverts(1));
}

TEST(Drain, WhatIsBrokenIsDrainedAtOnceAndShownAsDrained) {
    pair();
    lan.kernel(1).set_carrier("eth0", Carrier::off);
    lan.run_for(1s);
    STRCMP_EQUAL("fault", lan.state(1).c_str());
    const auto operation = ask(1, drain());
    lan.run_for(1ms);
    CHECK(is_done(1, operation));
    STRCMP_EQUAL("drained", lan.state(1).c_str());
    const auto problems = lan.engine(1).problems();
    CHECK(std::ranges::any_of(problems, [](const std::string& problem) {
        return problem.contains("ended by: tandemctl undrain lan");
    }));
    ask(1, undrain());
    lan.run_for(1ms);
    STRCMP_EQUAL("fault", lan.state(1).c_str());
}

TEST(Drain, UndrainFollowsThePreemptRules) {
    for (const bool preempts : {true, false}) {
        Lan own{1};
        own.add({with_preempt(router(200), {.enabled = preempts})});
        own.add({router(100)});
        own.run_for(10s);
        CHECK(own.instruct(0, drain()).has_value());
        own.run_for(5s);
        CHECK(own.actives() == std::set<HostId>{1});
        CHECK(own.instruct(0, undrain()).has_value());
        own.run_for(1ms);
        STRCMP_EQUAL("backup", own.state(0).c_str());
        own.run_for(10s);
        CHECK(own.actives() == std::set<HostId>{preempts ? HostId{0} : HostId{1}});
    }
}

TEST(Drain, UndrainOfWhatIsNotDrainedSaysSo) {
    pair();
    const auto operation = ask(1, undrain());
    CHECK(is_done(1, operation));
    CHECK(says(1, operation, "is not drained (backup)"));
}

TEST(Drain, TheSecondDrainChangesReasonAndTime) {
    pair();
    ask(0, because("new kernel"));
    lan.run_for(5s);
    const auto operation = ask(0, for_time(1min));
    lan.run_for(1ms);
    CHECK(is_done(0, operation));
    const app::Drain& standing = *lan.engine(0).maintenance().drain_of("lan");
    STRCMP_EQUAL("new kernel", standing.reason.c_str());
    CHECK(standing.until.has_value());
    CHECK(lan.session(0).readiness().blockers.front().text.contains(" until "));
    ask(0, because("disk"));
    lan.run_for(2min);
    STRCMP_EQUAL("disk", lan.engine(0).maintenance().drain_of("lan")->reason.c_str());
    STRCMP_EQUAL("drained", lan.state(0).c_str());  // the time went with the order before
}

TEST(Drain, ItEndsByItselfAfterItsTime) {
    pair();
    ask(0, for_time(1min));
    lan.run_for(59s);
    STRCMP_EQUAL("drained", lan.state(0).c_str());
    lan.run_for(15s);
    CHECK(is_alone(0));
    CHECK_FALSE(lan.disk(0).text.contains("lan"));
}

TEST(Drain, AWallClockThatIsSetDoesNotEndIt) {
    pair();
    ask(0, for_time(1h));
    lan.run_for(5s);
    lan.step_clock(0, 2h);
    lan.run_for(1min);
    STRCMP_EQUAL("drained", lan.state(0).c_str());
}

TEST(Drain, ItIsKeptOverACrashAndOverTheRestOfItsTime) {
    pair();
    Instruction instruction = for_time(1min);
    instruction.reason = "new kernel";
    ask(0, instruction);
    lan.run_for(5s);
    lan.crash(0);
    lan.start(0);
    lan.run_for(1ms);
    STRCMP_EQUAL("drained", lan.state(0).c_str());
    STRCMP_EQUAL("new kernel", lan.engine(0).maintenance().drain_of("lan")->reason.c_str());
    lan.run_for(50s);
    STRCMP_EQUAL("drained", lan.state(0).c_str());
    lan.run_for(20s);
    CHECK(is_alone(0));
}

TEST(Drain, WhoseTimeIsOverWhileNothingRunsIsNotDrained) {
    pair();
    ask(0, for_time(1min));
    lan.run_for(5s);
    lan.crash(0);
    lan.run_for(1h);
    lan.start(0);
    lan.run_for(10s);
    CHECK(is_alone(0));
    LONGS_EQUAL(1, lan.count_told(0, "lan was drained and is no longer"));
    CHECK_FALSE(lan.disk(0).text.contains("lan"));
}

TEST(Drain, ADiskThatRefusesIsTold) {
    pair();
    lan.disk(0).error = "No space left on device";
    ask(0, drain());
    lan.run_for(5s);
    STRCMP_EQUAL("drained", lan.state(0).c_str());
    const auto problems = lan.engine(0).unit_problems();
    CHECK(std::ranges::find(
              problems, "what is drained is not kept over a restart: No space left on device") !=
          problems.end());
    lan.disk(0).error.clear();
    lan.run_for(31s);
    CHECK(lan.engine(0).unit_problems().empty());
    CHECK(lan.disk(0).text.contains("lan"));
}

TEST(Drain, ARunnerThatDiesIsToldAgain) {
    pair();
    lan.silence_runner(1);
    lan.runner_says(1, health::Died{"signal 9"});
    lan.disk(1).error = "lost";  // whatever the dead one answers
    ask(1, drain());
    lan.run_for(10ms);
    lan.disk(1).error.clear();
    lan.revive_runner(1);
    lan.run_for(10ms);
    CHECK(lan.engine(1).ledger().is_settled());
    CHECK(lan.disk(1).text.contains("lan"));
}

TEST(Drain, WithoutARunnerItIsKnownNotToBeKept) {
    pair();
    lan.lose_runner(1, app::Care::none);
    ask(1, drain());
    lan.run_for(10ms);
    CHECK(lan.engine(1).ledger().is_settled());
    CHECK(lan.engine(1).ledger().error().contains("restart tandemd"));
}

TEST(Drain, HooksOfTheDrainRunFirst) {
    config::Router strong = router(200);
    strong.notify = hook();
    lan.hook_time = -1s;
    lan.add({strong});
    lan.add({router(100)});
    lan.run_for(10s);
    while (!lan.hooks(0).empty()) lan.end_hook(0);
    lan.run_for(10ms);
    const auto operation = ask(0, drain());
    lan.run_for(1s);
    CHECK(lan.is_active(0));
    STRCMP_EQUAL("drain", lan.hooks(0).front().environment.at("TANDEM_STATE").c_str());
    lan.end_hook(0);
    lan.run_for(2s);
    CHECK(is_done(0, operation));
    STRCMP_EQUAL("drained", lan.hooks(0).front().environment.at("TANDEM_STATE").c_str());
    STRCMP_EQUAL("drain", lan.hooks(0).front().environment.at("TANDEM_PREVIOUS").c_str());
}

TEST(Drain, AFaultMeanwhileDrainsWithoutASuccessor) {
    pair();
    lan.cut(0, 1);
    const auto operation = ask(0, drain());
    lan.run_for(10ms);
    lan.kernel(0).set_carrier("eth0", Carrier::off);
    lan.run_for(1s);
    CHECK(is_done(0, operation));
    CHECK(says(0, operation, "it has given its addresses up meanwhile"));
    STRCMP_EQUAL("drained", lan.state(0).c_str());
    lan.kernel(0).set_carrier("eth0", Carrier::on);
    lan.run_for(10s);
    STRCMP_EQUAL("drained", lan.state(0).c_str());
}

TEST(Drain, AStopComesFirst) {
    pair();
    const auto operation = ask(0, drain());
    lan.run_for(10ms);
    lan.stop(0);
    lan.run_for(10ms);
    CHECK(is_refused(0, operation));
    CHECK(refusal(0, drain()).contains("being stopped"));
    lan.run_for(5s);
    CHECK_FALSE(lan.is_running(0));
    CHECK(is_alone(1));
    STRCMP_EQUAL("", lan.disk(0).text.c_str());
}

TEST(Drain, OneThatHandsOverAlreadyIsJoined) {
    pair();
    const auto first = ask(0, handover());
    lan.run_for(10ms);
    const auto second = ask(0, drain());
    lan.run_for(5s);
    CHECK(is_done(0, first));
    CHECK(is_done(0, second));
    STRCMP_EQUAL("drained", lan.state(0).c_str());
    LONGS_EQUAL(1, lan.session(0).counters().priority_zero_sent);
}

TEST(Drain, AWeakerRouterThatIsBeingRelievedIsJoined) {
    config::Config strong{.file = "sim.conf", .hash = "0", .node = "", .nodes = {}, .routers = {}};
    strong.routers = {router(200)};
    strong.routers.front().checks = {"up"};
    strong.checks = {{.name = "up",
                      .probe = config::probe::Process{"x"},
                      .on_fail = config::on_fail::Penalty{150}}};
    strong.priorities = {
        {"lan",
         {{"h0", vrrp::Priority::from(200).value()}, {"h1", vrrp::Priority::from(100).value()}}}};
    lan.add_wide(1, strong);
    lan.add({router(100)});
    lan.run_for(100ms);
    lan.find(0, "up", Lan::Finding::passed);
    lan.run_for(10s);
    CHECK(is_alone(0));
    lan.find(0, "up", Lan::Finding::failed);
    lan.run_for(10ms);
    STRCMP_EQUAL("resigning", lan.state(0).c_str());
    const auto operation = ask(0, drain());
    lan.run_for(5s);
    CHECK(is_done(0, operation));
    STRCMP_EQUAL("drained", lan.state(0).c_str());
    LONGS_EQUAL(1, lan.session(0).counters().priority_zero_sent);
}

TEST(Drain, AStrongerRouterThatComesWhileHooksRunIsASuccessor) {
    config::Router weak = router(100);
    weak.notify = hook();
    weak.notify->timeout = 1min;
    lan.hook_time = -1s;
    lan.add({weak});
    lan.run_for(10s);
    while (!lan.hooks(0).empty()) lan.end_hook(0);
    const auto operation = ask(0, drain());
    lan.add({router(200)});
    lan.run_for(10s);
    CHECK(is_done(0, operation));
    CHECK(says(0, operation, "192.0.2.12 (priority 200) has taken over"));
    STRCMP_EQUAL("drained", lan.state(0).c_str());
}

TEST(Drain, UndrainComesInBetween) {
    pair();
    const auto operation = ask(0, drain());
    lan.run_for(10ms);
    ask(0, undrain());
    lan.run_for(1ms);
    CHECK(is_refused(0, operation));
    lan.run_for(20s);
    CHECK(is_alone(0));  // it preempts
    CHECK(lan.engine(0).maintenance().drains().empty());
}

TEST(Drain, WithoutANameItIsEveryUnit) {
    lan.add_wide(2, [] {
        config::Config config = edge(200);
        config.groups.clear();
        return config;
    }());
    lan.add_wide(2, [] {
        config::Config config = edge(100);
        config.groups.clear();
        return config;
    }());
    lan.run_for(10s);
    const auto operation = ask(0, drain(""));
    lan.run_for(5s);
    LONGS_EQUAL(2, lan.engine(0).maintenance().operation(operation)->parts.size());
    for (const app::Session& session : lan.engine(0).sessions())
        CHECK(app::ShownState::drained == session.shown_state());
    for (const app::Session& session : lan.engine(1).sessions())
        CHECK(app::ShownState::active == session.shown_state());
}

TEST(Drain, AGroupIsDrainedAsAWhole) {
    lan.add_wide(2, edge(200));
    lan.add_wide(2, edge(100));
    lan.run_for(10s);
    CHECK(refusal(0, drain("public")).contains("is a member of the group edge"));
    CHECK(refusal(0, drain("edgy")).contains("edge"));
    const auto operation = ask(0, drain("edge"));
    const Instant end = lan.now() + 5s;
    while (lan.step(end))
        for (const auto& [link, address] :
             {std::pair{"eth0", "192.0.2.1/24"}, {"eth1", "192.0.3.1/24"}})
            CHECK(lan.kernel(0).has(link, address) || lan.kernel(1).has(link, address));
    CHECK(is_done(0, operation));
    for (const app::Session& session : lan.engine(0).sessions())
        CHECK(app::ShownState::drained == session.shown_state());
}

TEST(Drain, BothFamiliesAreDrainedTogether) {
    lan.add_dual({with_addresses(router(200), {"192.0.2.1/24", "fe80::1/64"})});
    lan.add_dual({with_addresses(router(100), {"192.0.2.1/24", "fe80::1/64"})});
    lan.run_for(10s);
    const auto operation = ask(0, drain());
    lan.run_for(5s);
    CHECK(is_done(0, operation));
    for (const app::Session& session : lan.engine(0).sessions())
        CHECK(app::ShownState::drained == session.shown_state());
    CHECK(lan.kernel(0).marked("eth0").empty());
    CHECK(is_alone(1));
}

TEST_GROUP_BASE(HandOver, DrainTest){};

TEST(HandOver, TheStrongerRouterDoesNotTakeItBack) {
    pair();
    const auto operation = ask(0, handover());
    lan.run_for(2s);
    CHECK(is_done(0, operation));
    CHECK(says(0, operation, "is handed over; 192.0.2.12 (priority 100) has taken over after "));
    STRCMP_EQUAL("backup", lan.state(0).c_str());
    lan.run_for(60s);
    CHECK(is_alone(1));
    CHECK(lan.engine(0).maintenance().hold_of("lan") != nullptr);
}

TEST(HandOver, WhenTheOtherOneGoesItTakesOverAndPreemptsAgain) {
    pair();
    ask(0, handover());
    lan.run_for(10s);
    lan.crash(1);
    const Duration taken = time_until_active(0, 10s);
    CHECK(taken <= active_down(200) + 10ms);
    CHECK(lan.engine(0).maintenance().hold_of("lan") == nullptr);
    lan.start(1);
    lan.run_for(10s);
    CHECK(is_alone(0));
}

TEST(HandOver, PriorityZeroOfTheOtherOneIsEnough) {
    pair();
    ask(0, handover());
    lan.run_for(10s);
    lan.stop(1);
    lan.run_for(2s);
    CHECK(is_alone(0));
}

TEST(HandOver, UndrainLetsItPreemptAgain) {
    pair();
    ask(0, handover());
    lan.run_for(10s);
    const auto operation = ask(0, undrain());
    CHECK(says(0, operation, "may preempt again"));
    lan.run_for(10s);
    CHECK(is_alone(0));
}

TEST(HandOver, ItIsNotKeptOverARestart) {
    pair();
    ask(0, handover());
    lan.run_for(10s);
    lan.crash(0);
    lan.start(0);
    lan.run_for(10s);
    CHECK(is_alone(0));
}

TEST(HandOver, AloneItIsRefusedAndNothingHappens) {
    lan.add({router(100)});
    lan.run_for(10s);
    const auto operation = ask(0, handover());
    const Instant end = lan.now() + active_down(100) + 1s;
    while (lan.step(end)) CHECK(lan.kernel(0).has("eth0", virtual_address));
    CHECK(is_refused(0, operation));
    CHECK(lan.is_active(0));
    CHECK(lan.engine(0).maintenance().hold_of("lan") == nullptr);
}

TEST(HandOver, WhoIsNotActiveSaysWhoIs) {
    pair();
    const auto operation = ask(1, handover());
    lan.run_for(1ms);
    CHECK(is_refused(1, operation));
    CHECK(says(1, operation, "is not Active here (backup); last heard: 192.0.2.11 (priority 200)"));
    STRCMP_EQUAL("nothing is Active here", refusal(1, handover("")).c_str());
}

TEST(HandOver, AnOwnerIsToBeDrainedInstead) {
    config::Router owner = router(100);
    owner.priority = vrrp::Priority::owner();
    lan.add({owner});
    lan.kernel(0).install("eth0", virtual_address, 0);
    lan.run_for(10s);
    const auto operation = ask(0, handover());
    CHECK(is_refused(0, operation));
    CHECK(says(0, operation, "drain it instead"));
}

TEST(HandOver, WhileADrainRunsItIsRefused) {
    pair();
    ask(0, drain());
    lan.run_for(10ms);
    const auto operation = ask(0, handover());
    CHECK(is_refused(0, operation));
    lan.run_for(5s);
    STRCMP_EQUAL("drained", lan.state(0).c_str());
}

TEST(HandOver, TwoInOneGoAreOne) {
    pair();
    const auto first = ask(0, handover());
    const auto second = ask(0, handover());
    lan.run_for(5s);
    CHECK(is_done(0, first));
    CHECK(is_done(0, second));
    LONGS_EQUAL(1, lan.session(0).counters().priority_zero_sent);
}

TEST(HandOver, AFaultMeanwhileIsNone) {
    pair();
    const auto operation = ask(0, handover());
    lan.run_for(10ms);
    lan.kernel(0).set_carrier("eth0", Carrier::off);
    lan.run_for(10ms);
    CHECK(is_refused(0, operation));
    CHECK(lan.engine(0).maintenance().hold_of("lan") == nullptr);
}

// The neighbours listen to whoever has taken over for a moment.
TEST(Drain, WhoeverGetsTheAddressesBackAnnouncesThem) {
    pair();
    ask(0, handover());
    lan.run_for(skew(100) + 100ms);
    STRCMP_EQUAL("active", lan.state(1).c_str());
    STRCMP_EQUAL("resigning", lan.state(0).c_str());
    const std::size_t before = lan.count_announcements(0);
    ask(1, handover());
    lan.run_for(2s);
    CHECK(is_alone(0));
    CHECK(lan.count_announcements(0) > before);
    CHECK(lan.announcements().back().host == 0);
}

// It has not learned yet that the other one advertises, and repeats priority 0, twice as often.
// proves: 9568-6.4.2-s
TEST(Drain, WhoHasJustBeenUndrainedRelievesAFasterRouter) {
    lan.add({with_interval(router(200), 50)});
    lan.add({router(20)});
    lan.run_for(10s);
    ask(1, drain());
    lan.run_for(3s);
    ask(1, undrain());
    lan.run_for(1ms);
    lan.stop(0);
    check_served_for(10s);
    CHECK(is_alone(1));
}

// Its last chance, and that of a router that has only just come.
TEST(Drain, AStopMeanwhileWaitsForAWholeActiveDownIntervalMore) {
    lan.add({router(200)});
    lan.run_for(10s);
    ask(0, drain());
    lan.run_for(2500ms);
    lan.add({router(20)});
    lan.run_for(200ms);
    lan.stop(0);
    check_served_for(10s);
    CHECK(is_alone(1));
}
