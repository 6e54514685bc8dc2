// Who becomes Active, and when: RFC 9568 section 6.4 with whole routers.
#include "lan_test.hpp"

using namespace sim;

TEST_GROUP_BASE(Election, LanTest){};

TEST(Election, StartUpElectsTheStrongest) {
    for (const int priority : {100, 200, 150}) lan.add({router(priority)});
    lan.run_for(5s);
    CHECK(is_alone(1));
    CHECK(lan.kernel(1).marked("eth0") == std::set<std::string>{"192.0.2.1/24"});
    CHECK(lan.kernel(0).marked("eth0").empty());
    CHECK(lan.kernel(2).marked("eth0").empty());
    STRCMP_EQUAL("silence", reason(1).c_str());
}

TEST(Election, TheFirstAdvertOfANewActiveLeavesAtOnceAndTheNextAfterOneInterval) {
    lan.add({router(200)});
    lan.add({router(100)});
    lan.run_for(10s);
    const Instant promoted = lan.session(0).last_transition().at;
    CHECK(lan.adverts().at(0).at == promoted);
    for (std::size_t i = 1; i < lan.adverts().size(); ++i)
        CHECK(lan.adverts()[i].at == promoted + 1s * static_cast<int>(i));
    LONGS_EQUAL(0, lan.count_adverts(1));
}

// proves: 9568-6.2-a
TEST(Election, CrashIsNoticedWithinActiveDownIntervalAndNotEarlier) {
    for (const int priority : {100, 150, 200}) lan.add({router(priority)});
    lan.run_for(10s);
    lan.crash(2);
    const Instant last_advert = last_advert_of(2);
    time_until_active(1, 10s);
    const Duration taken = lan.now() - last_advert;
    CHECK(taken >= active_down(150) + lan.link.delay_min);
    CHECK(taken <= active_down(150) + lan.link.delay_max);
    lan.run_for(5s);
    CHECK(is_alone(1));
    STRCMP_EQUAL("silence", reason(1).c_str());
}

// proves: 9568-5.2.4-e, 9568-6.4.2-l
TEST(Election, APlannedStopIsFollowedAfterTheSkewTime) {
    for (const int priority : {100, 150, 200}) lan.add({router(priority)});
    lan.run_for(10s);
    lan.stop(2);
    const Duration taken = time_until_active(1, 10s);
    CHECK(taken >= skew(150) + lan.link.delay_min);
    CHECK(taken <= skew(150) + lan.link.delay_max);
    STRCMP_EQUAL("released", reason(1).c_str());
    STRCMP_EQUAL("192.0.2.13 gave up with priority 0",
                 lan.session(1).last_transition().text.c_str());
}

// proves: 9568-6.4.2-r
TEST(Election, AStrongerRouterThatStartsTakesOverWithinItsActiveDownInterval) {
    lan.add({router(100)});
    lan.run_for(10s);
    lan.add({router(200)});
    const Duration taken = time_until_active(1, 10s);
    CHECK(taken <= active_down(200));
    lan.run_for(10ms);
    CHECK(is_alone(1));
    STRCMP_EQUAL("preempted", reason(1).c_str());
    STRCMP_EQUAL("stronger-advert", reason(0).c_str());
}

// proves: 9568-6.4.2-n
TEST(Election, WithoutPreemptAStrongerRouterWaitsUntilTheActiveOneGoes) {
    const config::Preempt never{.enabled = false};
    lan.add({with_preempt(router(100), never)});
    lan.run_for(10s);
    lan.add({with_preempt(router(200), never)});
    lan.run_for(60s);
    CHECK(is_alone(0));
    lan.crash(0);
    CHECK(time_until_active(1, 10s) <= active_down(200));
    STRCMP_EQUAL("silence", reason(1).c_str());
}

TEST(Election, PreemptAfterWaitsForThatTimeInGoodHealth) {
    lan.add({router(100)});
    lan.run_for(10s);
    lan.add({with_preempt(router(200), {.enabled = true, .after = 30s})});
    const Duration taken = time_until_active(1, 60s);
    CHECK(taken >= 30s);
    CHECK(taken <= 30s + active_down(200) + 1s);
}

TEST(Election, PreemptAfterDoesNotDelayTheTakeOverOfASilentRouter) {
    lan.add({router(100)});
    lan.run_for(10s);
    lan.add({with_preempt(router(200), {.enabled = true, .after = 10min})});
    lan.run_for(5s);
    lan.crash(0);
    CHECK(time_until_active(1, 10s) <= active_down(200));
}

// proves: 9568-6.4.3-n
TEST(Election, EqualPrioritiesTieByAddress) {
    for (int i = 0; i < 3; ++i) lan.add({router(100)});
    lan.run_for(5s);
    CHECK(is_alone(2));
    STRCMP_EQUAL("tie-lost", reason(0).c_str());
}

TEST(Election, AnEqualRouterWithAHigherAddressDoesNotPreempt) {
    lan.add({router(100)});
    lan.run_for(10s);
    lan.add({router(100)});
    lan.run_for(30s);
    CHECK(is_alone(0));
}

// proves: 9568-6.4.2-o
TEST(Election, ABackupLearnsTheIntervalOfTheActiveRouter) {
    lan.add({with_interval(router(200), 300)});
    lan.add({router(100)});
    lan.run_for(30s);
    CHECK(is_alone(0));
    lan.crash(0);
    const Duration silence = 3 * 3s + Duration{3s} * (256 - 100) / 256;
    const Instant last_advert = last_advert_of(0);
    time_until_active(1, 20s);
    CHECK(lan.now() - last_advert >= silence);
    CHECK(lan.now() - last_advert <= silence + 1ms);
}

// proves: 9568-6.4-a
TEST(Election, RoutersOfOneHostAreElectedEachForItself) {
    const auto two = [](int first, int second) {
        config::Router other = with_addresses(router(second), {"192.0.2.2/24"});
        other.name = "other";
        other.vrid = vrrp::Vrid::from(52).value();
        return std::vector{router(first), other};
    };
    lan.add(two(200, 100));
    lan.add(two(100, 200));
    lan.run_for(10s);
    CHECK(lan.kernel(0).marked("eth0") == std::set<std::string>{"192.0.2.1/24"});
    CHECK(lan.kernel(1).marked("eth0") == std::set<std::string>{"192.0.2.2/24"});
}

TEST(Election, AVersion2PairElectsAndFailsOver) {
    const auto version2 = [](int priority) {
        config::Router made = router(priority);
        made.version = vrrp::Version::v2;
        return made;
    };
    lan.add({version2(200)});
    lan.add({version2(100)});
    lan.run_for(10s);
    CHECK(is_alone(0));
    lan.stop(0);
    CHECK(time_until_active(1, 5s) <= skew(100) + 1ms);
}

// proves: 9568-8.3.2-b
TEST(Election, TheFastestIntervalLeavesOneActive) {
    for (const int priority : {253, 254, 100}) lan.add({with_interval(router(priority), 1)});
    lan.link = {.delay_min = 10us, .delay_max = 50us};
    lan.run_for(2s);
    CHECK(is_alone(1));
    LONGS_EQUAL(1, transitions(0));
    lan.crash(1);
    CHECK(time_until_active(0, 1s) <= 31ms);
}

TEST(Election, ALanAtRestSleeps) {
    for (const int priority : {200, 150, 100}) lan.add({router(priority)});
    lan.run_for(60s);
    const std::size_t before = lan.steps();
    lan.run_for(60s);
    LONGS_EQUAL(60 + 2 * 60 + 1, lan.steps() - before);  // one sends, two hear; and a refresh
}

TEST(Election, SameSeedSameTrace) {
    const auto trace_of = [](std::uint64_t seed) {
        Lan seeded{seed};
        seeded.link.loss = 0.3;
        seeded.link.duplication = 0.2;
        for (const int priority : {100, 100, 150}) seeded.add({router(priority)});
        seeded.run_for(60s);
        seeded.stop(2);
        seeded.run_for(60s);
        return seeded.trace();
    };
    CHECK(trace_of(7) == trace_of(7));
    CHECK(trace_of(7) != trace_of(8));
}
