// A process that dies and another one in its place: who may go on as Active, and who may not.
#include "lan_test.hpp"
#include "wire.hpp"

using namespace sim;

namespace {

using Finding = Lan::Finding;

config::Config with_check(int priority) {
    config::Router made = router(priority);
    made.checks.push_back("web");
    made.notify = config::Notify{.command = {"/bin/tell"}, .prepares = true};
    config::Config config{.file = "sim.conf",
                          .hash = "00000000",
                          .node = "",
                          .nodes = {},
                          .routers = {std::move(made)}};
    config.checks = {
        {.name = "web", .probe = config::probe::Process{"x"}, .on_fail = config::on_fail::Fault{}}};
    return config;
}

}  // namespace

TEST_GROUP_BASE(Resume, LanTest){
    void start_pair(){for (const int priority : {200, 100}) lan.add({router(priority)});
lan.run_for(10s);
}
void start_pair_with_checks() {
    for (const int priority : {200, 100}) lan.add_wide(1, with_check(priority));
    lan.run_for(100ms);
    for (const HostId id : {0U, 1U}) lan.find(id, "web", Finding::passed);
    lan.run_for(20s);
}
void crash_for(Duration span) {
    lan.crash(0);
    lan.run_for(span);
    lan.resume(0);
    lan.run_for(1ms);
}
void check_refused(const char* why) {
    CHECK(!lan.is_active(0));
    CHECK(lan.kernel(0).marked("eth0").empty());
    for (const Told& told : lan.told())
        if (told.record.text().find("does not go on as Active") != std::string::npos) {
            STRCMP_CONTAINS(why, told.record.text().c_str());
            return;
        }
    FAIL("nothing was told");
}
void check_nobody_noticed() const {
    CHECK(is_alone(0));
    LONGS_EQUAL(0, lan.count_told(1, "lan is active"));
    LONGS_EQUAL(0, lan.count_adverts(1));
}
// The longest that no advert came from host 0.
[[nodiscard]] Duration longest_pause() const {
    Duration longest{};
    Instant last = lan.adverts().front().at;
    for (const SentAdvert& advert : lan.adverts()) {
        longest = std::max(longest, advert.at - last);
        last = advert.at;
    }
    return longest;
}
}
;

TEST(Resume, GoesOnAsActiveAndNobodyNotices) {
    start_pair();
    lan.run_for(500ms);  // an advert has just gone out
    crash_for(700ms);
    CHECK(lan.is_active(0));
    STRCMP_EQUAL("resumed", reason(0).c_str());
    LONGS_EQUAL(1, transitions(0));
    lan.run_for(20s);
    check_nobody_noticed();
    CHECK(longest_pause() <= 1s + 5ms);
    CHECK(!lan.kernel(0).marked("eth0").empty());
}

TEST(Resume, AnAdvertThatWasMissedGoesOutAtOnce) {
    start_pair();
    crash_for(2s);
    CHECK(last_advert_of(0) >= lan.now() - 1ms);
    lan.run_for(20s);
    check_nobody_noticed();
}

TEST(Resume, IsDoneAgainAndAgain) {
    start_pair();
    for (int i = 0; i < 50; ++i) crash_for(600ms);
    lan.run_for(20s);
    check_nobody_noticed();
}

// The new process may not renew a lease before it has shown that it can send; but then at once.
TEST(Resume, RenewsTheLeaseThatTheOtherProcessHasLeft) {
    start_pair();
    lan.run_for(600ms);
    crash_for(2500ms);
    lan.run_for(30s);
    check_nobody_noticed();
    LONGS_EQUAL(0, lan.session(0).counters().restored);
    LONGS_EQUAL(0, lan.count_told(0, "the lease of an address has ended"));
}

TEST(Resume, WithoutAWordFromTheOtherProcessItStartsAsABackup) {
    start_pair();
    lan.crash(0);
    lan.run_for(700ms);
    lan.start(0);
    lan.run_for(1ms);
    STRCMP_EQUAL("backup", lan.state(0).c_str());
    CHECK(lan.kernel(0).marked("eth0").empty());
}

TEST(Resume, ABackupIsABackupAgain) {
    start_pair();
    lan.crash(1);
    lan.run_for(700ms);
    lan.resume(1);
    lan.run_for(20s);
    CHECK(is_alone(0));
    LONGS_EQUAL(0, lan.count_adverts(1));
}

TEST(Resume, IsRefusedWhenTheLeaseIsOver) {
    start_pair();
    lan.crash_with_sockets(0);
    lan.kernel(1).set_carrier("eth0", Carrier::off);  // nobody takes over
    lan.run_for(20s);
    lan.resume(0);
    lan.run_for(1ms);
    check_refused("192.0.2.1/24 is not there any more");
}

TEST(Resume, IsRefusedWhenAnotherRouterMayHaveTakenOver) {
    start_pair();
    lan.crash(1);
    lan.run_for(200ms);
    crash_for(3100ms);
    check_refused("another router may have taken over");
}

TEST(Resume, SocketsThatWereKeptProveThatNobodyHas) {
    start_pair();
    lan.crash(1);
    lan.crash_with_sockets(0);
    lan.run_for(3700ms);
    lan.resume(0);
    lan.run_for(1ms);
    CHECK(lan.is_active(0));
}

TEST(Resume, IsRefusedWhenTheyHoldAnAdvertOfAnotherActiveRouter) {
    start_pair();
    lan.crash_with_sockets(0);
    lan.inject(0, packet({.source = "192.0.2.12", .priority = 100}));
    lan.run_for(500ms);
    lan.resume(0);
    lan.run_for(1ms);
    check_refused("192.0.2.12 has taken over");
    LONGS_EQUAL(0, lan.session(0).counters().priority_zero_sent);
}

TEST(Resume, WhoHasNotReadItsSocketsToTheEndHasProvedNothing) {
    start_pair();
    lan.crash_with_sockets(0);
    lan.run_for(3700ms);
    lan.memories(0)[0].last_advert -= 1s;
    lan.kernel(0).keep_open({});
    lan.resume(0);
    lan.run_for(1ms);
    CHECK(!lan.is_active(0));
}

TEST(Resume, ARouterThatHasTakenOverMeanwhileIsOnlyReplacedAsByTheRules) {
    for (const int priority : {200, 100})
        lan.add({with_preempt(router(priority), {.enabled = false})});
    lan.run_for(10s);
    lan.crash_with_sockets(0);
    lan.run_for(4s);
    CHECK(lan.is_active(1));
    lan.resume(0);
    lan.run_for(20s);
    CHECK(is_alone(1));
    LONGS_EQUAL(2, transitions(1));
}

// Nothing is queued where nobody has kept the sockets. The election decides, as after a split.
TEST(Resume, AStrongerRouterThatHasComeMeanwhileWins) {
    start_pair();
    crash_for(700ms);
    lan.add({router(250)});
    lan.run_for(20s);
    lan.crash(2);
    lan.run_for(200ms);
    lan.resume(2);
    lan.run_for(20s);
    CHECK(is_alone(2));
    LONGS_EQUAL(1, transitions(1));
}

TEST(Resume, IsRefusedWhenTheConfigurationOfTheSessionIsAnotherOneAndTheOthersAreTold) {
    start_pair();
    lan.crash(0);
    lan.config(0).routers[0].addresses.push_back(interface_address("192.0.2.7/24"));
    lan.run_for(700ms);
    lan.resume(0);
    lan.run_for(1ms);
    check_refused("its configuration has changed");
    LONGS_EQUAL(1, lan.session(0).counters().priority_zero_sent);
    lan.run_for(skew(100) + 5ms);
    CHECK(lan.is_active(1));
}

TEST(Resume, AnotherPriorityIsNoOtherSession) {
    start_pair();
    lan.crash(0);
    lan.config(0).routers[0].priority = vrrp::Priority::from(150).value();
    lan.run_for(700ms);
    lan.resume(0);
    lan.run_for(20s);
    check_nobody_noticed();
    LONGS_EQUAL(150, lan.adverts().back().priority);
}

TEST(Resume, IsRefusedWithoutCarrier) {
    start_pair();
    lan.crash(0);
    lan.kernel(0).set_carrier("eth0", Carrier::off);
    lan.run_for(700ms);
    lan.resume(0);
    lan.run_for(1ms);
    check_refused("interface eth0 has no carrier");
}

TEST(Resume, WhoeverIsToldToStopAtOnceDoesNotGoOn) {
    start_pair();
    lan.crash(0);
    lan.run_for(500ms);
    lan.resume(0);
    lan.stop(0);
    lan.run_for(1ms);
    check_refused("it is to end");
}

TEST(Resume, WhoWasAboutToHandOverDoesNotGoOn) {
    start_pair();
    lan.cut(0, 1);  // the other router does not hear it
    lan.stop(0);
    lan.run_for(1ms);
    STRCMP_EQUAL("resigning", lan.state(0).c_str());
    crash_for(100ms);
    STRCMP_EQUAL("backup", lan.state(0).c_str());
}

TEST(Resume, TheFutureIsNotBelieved) {
    start_pair();
    lan.crash(0);
    lan.memories(0)[0].last_advert = lan.now() + 1h;
    lan.resume(0);
    lan.run_for(1ms);
    STRCMP_EQUAL("backup", lan.state(0).c_str());
}

// --- both families ---

TEST(Resume, BothFamiliesGoOnTogether) {
    lan.add_dual({with_addresses(router(200), {"192.0.2.1/24", "fe80::1/64"})});
    lan.add_dual({with_addresses(router(100), {"192.0.2.1/24", "fe80::1/64"})});
    lan.run_for(10s);
    crash_for(700ms);
    for (const app::Session& session : lan.engine(0).sessions()) CHECK(session.wants_addresses());
    lan.run_for(20s);
    check_nobody_noticed();
}

TEST(Resume, OneFamilyAloneDoesNot) {
    lan.add_dual({with_addresses(router(200), {"192.0.2.1/24", "fe80::1/64"})});
    lan.run_for(10s);
    lan.crash(0);
    lan.memories(0).pop_back();
    lan.run_for(700ms);
    lan.resume(0);
    lan.run_for(1ms);
    check_refused("not all of it was Active");
}

// --- checks and hooks ---

TEST(Resume, AwaitsNoResultOfACheckBeforeItGoesOn) {
    start_pair_with_checks();
    const std::size_t hooks = lan.count_told(0, "notify done");
    crash_for(700ms);
    CHECK(lan.is_active(0));
    lan.run_for(500ms);
    lan.find(0, "web", Finding::passed);
    lan.run_for(30s);
    check_nobody_noticed();
    // What was told before is not told again.
    LONGS_EQUAL(hooks, lan.count_told(0, "notify done"));
}

TEST(Resume, LeavesWhenACheckFails) {
    start_pair_with_checks();
    crash_for(700ms);
    lan.find(0, "web", Finding::failed);
    lan.run_for(10ms);
    STRCMP_EQUAL("fault", lan.state(0).c_str());
    lan.run_for(skew(100) + 5ms);
    CHECK(is_alone(1));
}

TEST(Resume, LeavesWhenACheckComesToNothing) {
    start_pair_with_checks();
    crash_for(700ms);
    lan.run_for(1s);
    CHECK(lan.is_active(0));
    lan.run_for(30s);
    STRCMP_EQUAL("waiting", lan.state(0).c_str());
    CHECK(is_alone(1));
}

TEST(Resume, HooksThatWereNotDoneAreRunAsAfterATakeover) {
    lan.hook_time = -1s;
    for (const int priority : {200, 100}) lan.add_wide(1, with_check(priority));
    lan.run_for(100ms);
    for (const HostId id : {0U, 1U}) lan.find(id, "web", Finding::passed);
    while (!lan.is_active(0)) lan.run_for(100ms);
    lan.run_for(1ms);
    crash_for(300ms);
    CHECK(lan.is_active(0));
    LONGS_EQUAL(1, lan.hooks(0).size());
    STRCMP_EQUAL("prepare", lan.hooks(0).front().environment.at("TANDEM_STATE").c_str());
}
