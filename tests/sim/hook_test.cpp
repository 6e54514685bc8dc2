// Hooks: who is told what, in which order, and what waits for it.
#include "lan_test.hpp"

using namespace sim;

namespace {

using Finding = Lan::Finding;

config::Config node(int priority, const config::Notify& notify) {
    config::Router made = router(priority);
    made.notify = notify;
    made.checks = {"web"};
    config::Config config{
        .file = "sim.conf", .hash = "00000000", .node = "", .nodes = {}, .routers = {made}};
    config.checks = {{.name = "web",
                      .probe = config::probe::Process{"x"},
                      .start = config::Check::Start::passed,
                      .on_fail = config::on_fail::Penalty{150}}};
    config.priorities["lan"] = {{"h0", vrrp::Priority::from(200).value()},
                                {"h1", vrrp::Priority::from(100).value()}};
    return config;
}

const config::Notify plain{.command = {"/hook"}};
const config::Notify with_phases{.command = {"/hook"}, .prepares = true, .drains = true};

}  // namespace

TEST_GROUP_BASE(Hooks, LanTest) {
    std::vector<std::string> told;  // "h0 active" of all that was run, in order

    // Runs, and notes what is started on h0.
    void pass(Duration span) {
        const Instant end = lan.now() + span;
        while (lan.step(end)) note_orders();
        lan.run_for(end - lan.now());
    }
    void note_orders() {
        for (const health::RunMessage& run : lan.hooks(0)) {
            if (run.id <= last_) continue;
            last_ = run.id;
            const auto state = run.environment.find("TANDEM_STATE");
            told.push_back(state != run.environment.end() ? state->second : run.command.back());
        }
    }
    // The last record with this message; empty when there is none.
    [[nodiscard]] std::string log_of(std::string_view message) const {
        std::string found;
        for (const Told& each : lan.told())
            if (each.record.message == message) found = each.record.text();
        return found;
    }
    std::uint64_t last_ = 0;
};

TEST(Hooks, EveryStateIsToldInOrder) {
    lan.add_wide(1, node(200, plain));
    pass(10s);
    lan.kernel(0).set_carrier("eth0", Carrier::off);
    pass(1s);
    lan.kernel(0).set_carrier("eth0", Carrier::on);
    pass(10s);
    lan.stop(0, app::Stop::at_once);
    pass(1s);
    CHECK((told ==
           std::vector<std::string>{"backup", "active", "fault", "backup", "active", "stop"}));
    CHECK_FALSE(lan.is_running(0));
}

TEST(Hooks, WhatIsToldSaysWhoAndWhy) {
    lan.hook_time = -1s;
    lan.add_wide(1, node(200, plain));
    pass(1s);
    const health::RunMessage first = lan.hooks(0).front();
    CHECK((first.command == std::vector<std::string>{"/hook", "INSTANCE", "lan", "backup", "200"}));
    STRCMP_EQUAL("1", first.environment.at("TANDEM_INITIAL").c_str());
    STRCMP_EQUAL("startup", first.environment.at("TANDEM_REASON").c_str());
    CHECK(first.input.find(R"("new":"backup")") != std::string::npos);
    lan.end_hook(0);
    pass(10s);
    const health::RunMessage second = lan.hooks(0).front();
    STRCMP_EQUAL("backup", second.environment.at("TANDEM_PREVIOUS").c_str());
    STRCMP_EQUAL("0", second.environment.at("TANDEM_INITIAL").c_str());
    CHECK(second.input.find(R"("sequence":2)") != std::string::npos);
}

TEST(Hooks, KeepalivedsWordsForKeepalivedsScripts) {
    config::Notify notify = plain;
    notify.form = config::Notify::Form::keepalived;
    lan.add_wide(1, node(200, notify));
    lan.hook_time = -1s;
    pass(1s);
    CHECK((lan.hooks(0).front().command ==
           std::vector<std::string>{"/hook", "INSTANCE", "lan", "BACKUP", "200"}));
}

TEST(Hooks, OneAtATimeAndTheNewestSupersedesWhatWaits) {
    lan.hook_time = -1s;  // the first one does not end
    lan.add_wide(1, node(200, plain));
    pass(4s);
    LONGS_EQUAL(1, lan.hooks(0).size());
    for (int i = 0; i < 100; ++i) {
        lan.kernel(0).set_carrier("eth0", Carrier::off);
        pass(5ms);
        lan.kernel(0).set_carrier("eth0", Carrier::on);
        pass(5ms);
    }
    pass(4s);
    LONGS_EQUAL(1, lan.hooks(0).size());
    lan.end_hook(0);
    pass(1ms);
    // Of two hundred states the last.
    CHECK((told == std::vector<std::string>{"backup", "active"}));
    LONGS_EQUAL(1, lan.hooks(0).size());
    lan.end_hook(0);
    pass(1s);
    LONGS_EQUAL(0, lan.hooks(0).size());
    CHECK(lan.engine(0).units().front().hooks.front().superseded() > 100);
}

TEST(Hooks, AnnouncementsWaitForPrepareAndAddressesDoNot) {
    lan.hook_time = -1s;
    lan.add_wide(1, node(200, with_phases));
    pass(1s);
    lan.end_hook(0);  // backup
    pass(5s);
    CHECK(lan.is_active(0));
    CHECK_FALSE(lan.kernel(0).marked("eth0").empty());
    LONGS_EQUAL(0, lan.count_announcements(0));
    lan.end_hook(0);
    pass(1ms);
    CHECK(lan.count_announcements(0) > 0);
    CHECK((told == std::vector<std::string>{"backup", "prepare", "active"}));
}

TEST(Hooks, AnnouncementsDoNotWaitForeverForPrepare) {
    lan.hook_time = -1s;
    lan.add_wide(1, node(200, with_phases));
    pass(1s);
    lan.end_hook(0);
    pass(10s);
    LONGS_EQUAL(0, lan.count_announcements(0));
    pass(5s);  // 10 s from the takeover
    CHECK(lan.count_announcements(0) > 0);
}

TEST(Hooks, AHandOverWaitsForDrain) {
    lan.add_wide(1, node(200, with_phases));
    lan.add_wide(1, node(100, plain));  // which would preempt at once if it knew
    pass(20s);
    lan.hook_time = -1s;
    lan.find(0, "web", Finding::failed);
    pass(5s);
    CHECK(is_alone(0));
    STRCMP_EQUAL("drain", told.back().c_str());
    lan.end_hook(0);
    pass(2s);
    CHECK(is_alone(1));
    STRCMP_EQUAL("backup", told.back().c_str());
}

TEST(Hooks, AStopWaitsForDrainBeforeItHandsOver) {
    lan.hook_time = 2s;
    lan.add_wide(1, node(200, with_phases));
    lan.add_wide(1, node(100, plain));
    pass(20s);
    CHECK(is_alone(0));
    lan.stop(0);
    pass(1s);
    CHECK(is_alone(0));
    STRCMP_EQUAL("drain", told.back().c_str());
    pass(2500ms);
    CHECK(is_alone(1));
    STRCMP_EQUAL("stop", told.back().c_str());
    pass(2s);
    CHECK_FALSE(lan.is_running(0));
}

TEST(Hooks, AHandOverDoesNotWaitForeverForDrain) {
    lan.add_wide(1, node(200, with_phases));
    lan.add_wide(1, node(100, plain));
    pass(20s);
    lan.hook_time = -1s;
    lan.find(0, "web", Finding::failed);
    pass(9s);
    CHECK(is_alone(0));
    pass(3s);
    CHECK(is_alone(1));
}

TEST(Hooks, WhoIsWellAgainWhenTheDrainEndsHandsNothingOver) {
    lan.add_wide(1, node(200, with_phases));
    lan.add_wide(1, node(100, plain));
    pass(20s);
    lan.hook_time = -1s;
    lan.find(0, "web", Finding::failed);
    pass(2s);
    lan.find(0, "web", Finding::passed);
    pass(2s);
    lan.end_hook(0);
    lan.hook_time = 10ms;
    pass(2s);
    CHECK(is_alone(0));
    STRCMP_EQUAL("active", told.back().c_str());
}

TEST(Hooks, AStopWaitsForItsHookAndNotForever) {
    lan.add_wide(1, node(200, plain));
    pass(10s);
    lan.hook_time = 3s;
    lan.stop(0, app::Stop::at_once);
    pass(2s);
    CHECK(lan.is_running(0));
    CHECK(lan.kernel(0).marked("eth0").empty());
    pass(2s);
    CHECK_FALSE(lan.is_running(0));
    lan.start(0);
    pass(10s);
    lan.hook_time = -1s;
    lan.stop(0, app::Stop::at_once);
    pass(11s);
    CHECK_FALSE(lan.is_running(0));
}

TEST(Hooks, ARunnerThatDiesTakesItsHookAlongAndTheNextOneIsRun) {
    lan.hook_time = -1s;
    lan.add_wide(1, node(200, plain));
    pass(10s);
    lan.runner_says(0, health::HookStarted{lan.hooks(0).front().id});
    lan.runner_says(0, health::Hello{3});
    pass(10ms);
    STRCMP_EQUAL("active", told.back().c_str());
}

TEST(Hooks, ConntrackdCommitsBeforeTheAnnouncementAndResyncsAfterIt) {
    config::Config config = node(200, plain);
    config.routers.front().notify.reset();
    config.groups = {{.name = "edge", .members = {"lan"}, .conntrackd = config::Conntrackd{}}};
    lan.hook_time = 50ms;
    lan.add_wide(1, config);
    pass(3200ms);
    CHECK((told == std::vector<std::string>{"-t", "-n"}));
    told.clear();
    pass(60ms);
    CHECK((told == std::vector<std::string>{"-c"}));
    LONGS_EQUAL(0, lan.count_announcements(0));
    pass(1s);
    CHECK((told == std::vector<std::string>{"-c", "-f", "-R", "-B"}));
    CHECK(lan.count_announcements(0) > 0);
}

TEST(Hooks, ATargetOfSystemdFollowsTheRouter) {
    config::Config config = node(200, plain);
    config.routers.front().notify.reset();
    config.routers.front().has_target = true;
    lan.add_wide(1, config);
    lan.run_for(10s);
    lan.kernel(0).set_carrier("eth0", Carrier::off);
    lan.run_for(1s);
    CHECK((lan.targets(0) == std::vector<std::string>{"stopped", "started", "stopped"}));
}

TEST(Hooks, ADrainDuringAPreparationEndsBoth) {
    lan.hook_time = -1s;
    lan.add_wide(1, node(200, with_phases));
    lan.run_for(1s);
    lan.end_hook(0);
    pass(5s);  // Active, preparing
    lan.find(0, "web", Finding::failed);
    pass(60s);
    CHECK_FALSE(lan.stormed());
    CHECK(lan.count_announcements(0) > 0);
}

TEST(Hooks, WhatADeadRunnerHadNotBegunWithIsRunByTheNext) {
    lan.hook_time = -1s;
    lan.add_wide(1, node(200, plain));
    pass(1s);
    LONGS_EQUAL(1, lan.hooks(0).size());
    lan.runner_says(0, health::Hello{3});
    pass(1s);
    CHECK((told == std::vector<std::string>{"backup", "backup"}));
    lan.runner_says(0, health::HookStarted{lan.hooks(0).back().id});
    lan.runner_says(0, health::Hello{4});
    pass(1s);
    LONGS_EQUAL(2, told.size());
}

TEST(Hooks, AreRunOnceMoreOnDemand) {
    lan.add_wide(1, node(200, plain));
    pass(10s);
    LONGS_EQUAL(0, lan.rerun_hooks(0, "nobody"));
    LONGS_EQUAL(1, lan.rerun_hooks(0, "lan"));
    pass(1s);
    CHECK((told == std::vector<std::string>{"backup", "active", "active"}));
}

TEST(Hooks, WhoeverAsksForANameThatNobodyHasIsToldWhoHasOne) {
    config::Config config = node(200, plain);
    config.groups = {{.name = "edge", .members = {"lan"}}};
    lan.add_wide(1, config);
    const app::Engine& engine = lan.engine(0);
    STRCMP_EQUAL("", engine.unknown_name("lan").c_str());
    STRCMP_EQUAL("", engine.unknown_name("edge").c_str());
    STRCMP_EQUAL("there is no router and no group 'egde'; did you mean 'edge'?",
                 engine.unknown_name("egde").c_str());
    STRCMP_EQUAL("there is no router and no group 'somebody'; there are: lan, edge",
                 engine.unknown_name("somebody").c_str());
}

TEST(Hooks, AFailureSaysWhoseItIsWhichProgramAndHow) {
    config::Config config = node(200, {.command = {"/etc/tandem/router.sh"}});
    config.groups = {{.name = "edge",
                      .members = {"lan"},
                      .notify = config::Notify{.command = {"/bin/sh", "-c", "exit 3"}}}};
    lan.hook_time = -1s;
    lan.add_wide(1, config);
    pass(1s);
    LONGS_EQUAL(2, lan.hooks(0).size());
    const std::deque<health::RunMessage> running = lan.hooks(0);
    lan.runner_says(0, health::HookEnded{.id = running[0].id, .status = 3, .output = "no route"});
    lan.runner_says(0, health::HookEnded{.id = running[1].id, .timed_out = true});
    pass(1ms);
    const auto problems = lan.engine(0).unit_problems();
    LONGS_EQUAL(2, problems.size());
    STRCMP_EQUAL("edge: notify failed in phase backup (exit 3 exited with 3): no route",
                 problems[0].c_str());
    STRCMP_EQUAL("lan: notify failed in phase backup (router.sh ran out of time and was killed)",
                 problems[1].c_str());
}

TEST(Hooks, AStopThatWaitsNoLongerSaysSo) {
    lan.add_wide(1, node(200, plain));
    pass(10s);
    lan.hook_time = -1s;
    lan.stop(0, app::Stop::at_once);
    pass(11s);
    CHECK_FALSE(lan.is_running(0));
    STRCMP_CONTAINS("phase=stop", log_of("notify failed").c_str());
    STRCMP_CONTAINS("ending=\"ran out of time and was killed\"", log_of("notify failed").c_str());
}

TEST(Hooks, NobodyIsThereToRunThemAndNothingWaits) {
    lan.hook_time = -1s;
    lan.add_wide(1, node(200, with_phases));
    pass(1s);
    lan.lose_runner(0, app::Care::none);
    pass(1ms);
    STRCMP_CONTAINS("phase=backup", log_of("notify failed").c_str());
    pass(5s);
    CHECK(lan.is_active(0));
    CHECK(lan.count_announcements(0) > 0);
    CHECK((told == std::vector<std::string>{"backup"}));
    lan.stop(0, app::Stop::at_once);
    pass(1s);
    CHECK_FALSE(lan.is_running(0));
    STRCMP_CONTAINS("phase=stop", log_of("notify failed").c_str());
    STRCMP_CONTAINS("restart tandemd", log_of("notify failed").c_str());
}
