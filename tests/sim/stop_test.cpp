// The planned end: priority 0 first, addresses after it, then the process goes.
#include <algorithm>
#include <cerrno>

#include "lan_test.hpp"

using namespace sim;

TEST_GROUP_BASE(Stop,
                LanTest){// Where in the host's requests this one stands; the end when it does not.
                         [[nodiscard]] std::ptrdiff_t position(std::string_view request){
                             const auto& all = lan.kernel(0).requests();
return std::ranges::find(all, request) - all.begin();
}
}
;

// proves: 9568-6.4.3-g
TEST(Stop, PriorityZeroLeavesBeforeAnythingIsRemoved) {
    lan.add({with_addresses(router(100), {"192.0.2.1/24", "192.0.2.2/24"})});
    lan.run_for(10s);
    lan.stop(0, app::Stop::at_once);
    lan.run_for(1ms);
    CHECK_FALSE(lan.is_running(0));
    LONGS_EQUAL(0, lan.adverts().back().priority);
    CHECK(position("advert 0") < position("remove 192.0.2.1/24"));
    CHECK(position("remove 192.0.2.2/24") < std::ssize(lan.kernel(0).requests()));
    CHECK(lan.kernel(0).marked("eth0").empty());
}

// proves: 9568-6.4.2-g
TEST(Stop, ABackupGoesWithoutAWord) {
    lan.add({router(200)});
    lan.add({router(100)});
    lan.run_for(10s);
    lan.stop(1);
    lan.run_for(1ms);
    CHECK_FALSE(lan.is_running(1));
    LONGS_EQUAL(0, lan.count_adverts(1));
}

TEST(Stop, ARouterThatWaitsGoesAtOnce) {
    lan.add_at("", {router(100)});
    lan.run_for(1s);
    lan.stop(0);
    lan.run_for(1ms);
    CHECK_FALSE(lan.is_running(0));
}

TEST(Stop, TheEndComesAfterTheLastAddress) {
    lan.add({with_addresses(router(100), {"192.0.2.1/24"})});
    lan.run_for(10s);
    lan.kernel(0).faults.remove = ENOBUFS;
    lan.stop(0, app::Stop::at_once);
    lan.run_for(150ms);
    CHECK(lan.is_running(0));
    lan.kernel(0).faults.remove = 0;
    lan.run_for(300ms);
    CHECK_FALSE(lan.is_running(0));
    CHECK(lan.kernel(0).marked("eth0").empty());
}

TEST(Stop, AKernelThatReleasesNothingEndsThePatience) {
    lan.add({router(100)});
    lan.run_for(10s);
    lan.kernel(0).faults.remove = EPERM;
    lan.stop(0, app::Stop::at_once);
    lan.run_for(1999ms);
    CHECK(lan.is_running(0));
    lan.run_for(2ms);
    CHECK_FALSE(lan.is_running(0));
}

TEST(Stop, NothingStartsAgainWhileItStops) {
    lan.add({router(100)});
    lan.run_for(10s);
    lan.kernel(0).faults.remove = EPERM;
    lan.stop(0, app::Stop::at_once);
    lan.run_for(10ms);
    lan.kernel(0).set_carrier("eth0", Carrier::off);
    lan.run_for(10ms);
    lan.kernel(0).set_carrier("eth0", Carrier::on);
    const std::size_t before = lan.count_adverts(0);
    lan.run_for(1s);
    LONGS_EQUAL(before, lan.count_adverts(0));
    STRCMP_EQUAL("init", lan.state(0).c_str());
}

// The addresses are always somewhere: at both for the moment that priority 0 needs.
TEST(Stop, WhoeverIsActiveStaysUntilSomebodyElseIs) {
    lan.add({router(200)});
    lan.add({router(100)});
    lan.run_for(10s);
    lan.stop(0);
    lan.run_for(skew(100) - 10ms);
    CHECK(lan.kernel(0).has("eth0", "192.0.2.1/24"));
    STRCMP_EQUAL("resigning", lan.state(0).c_str());
    lan.run_for(20ms);
    CHECK(lan.kernel(1).has("eth0", "192.0.2.1/24"));
    LONGS_EQUAL(1, lan.session(1).counters().priority_zero_received);
    // The neighbours may not know yet.
    CHECK(lan.kernel(0).has("eth0", "192.0.2.1/24"));
    const std::size_t announced = lan.count_announcements(0);
    lan.claim(0, {interface_address("192.0.2.1/24").address(), {{2, 0, 0, 0, 0, 12}}});
    lan.run_for(1ms);
    CHECK(lan.kernel(0).has("eth0", "192.0.2.1/24"));
    lan.run_for(60ms);
    CHECK_FALSE(lan.is_running(0));
    CHECK(lan.kernel(0).marked("eth0").empty());
    LONGS_EQUAL(announced, lan.count_announcements(0));
}

TEST(Stop, ASuccessorThatIsNotHeardToAnnounceIsGivenItsTime) {
    lan.add({router(200)});
    lan.add({router(100)});
    lan.run_for(10s);
    lan.stop(0);
    lan.run_for(skew(100) + 480ms);
    CHECK(lan.is_running(0));
    CHECK(lan.kernel(0).has("eth0", "192.0.2.1/24"));
    lan.run_for(40ms);
    CHECK_FALSE(lan.is_running(0));
}

// The one that has said that it takes over leaves before it has announced anything.
TEST(Stop, ASuccessorThatLeavesAtOnceIsNone) {
    lan.add({router(200)});
    lan.add({router(100)});
    lan.run_for(10s);
    lan.stop(0);
    lan.run_for(skew(100) + 10ms);
    lan.stop(1, app::Stop::at_once);
    lan.run_for(1ms);
    CHECK(lan.kernel(0).has("eth0", "192.0.2.1/24"));
    lan.run_for(1s);
    CHECK_FALSE(lan.is_running(0));
    LONGS_EQUAL(0, lan.adverts().back().priority);
}

TEST(Stop, WhoIsAloneWaitsForAnActiveDownIntervalAndGoes) {
    lan.add({router(100)});
    lan.run_for(10s);
    lan.stop(0);
    lan.run_for(active_down(100) - 10ms);
    CHECK(lan.kernel(0).has("eth0", "192.0.2.1/24"));
    lan.run_for(20ms);
    CHECK_FALSE(lan.is_running(0));
    CHECK(lan.kernel(0).marked("eth0").empty());
    LONGS_EQUAL(0, lan.adverts().back().priority);
}

TEST(Stop, TheSecondRequestDoesNotWait) {
    lan.add({router(100)});
    lan.run_for(10s);
    lan.stop(0);
    lan.run_for(100ms);
    CHECK(lan.is_running(0));
    lan.stop(0, app::Stop::at_once);
    lan.run_for(1ms);
    CHECK_FALSE(lan.is_running(0));
    CHECK(lan.kernel(0).marked("eth0").empty());
}

TEST(Stop, WhatIsNotActiveNeitherWaitsNorTakesOver) {
    lan.add({router(200)});
    lan.add({router(100)});
    lan.run_for(10s);
    lan.stop(0);
    lan.stop(1);
    lan.run_for(active_down(200) + 10ms);
    LONGS_EQUAL(0, lan.count_adverts(1));
    CHECK_FALSE(lan.is_running(0));
    CHECK_FALSE(lan.is_running(1));
}

TEST(Stop, AFaultDoesNotWaitForARelief) {
    lan.add({router(200)});
    lan.add({router(100)});
    lan.run_for(10s);
    lan.stop(0);
    lan.run_for(10ms);
    lan.kernel(0).set_carrier("eth0", Carrier::off);
    lan.run_for(1ms);
    CHECK_FALSE(lan.is_running(0));
}

// It hears of a successor that has fallen silent since.
TEST(Stop, WhoIsRelievedDoesNotTakeOverAgain) {
    lan.add({router(200)});
    lan.add({router(100)});
    lan.run_for(10s);
    lan.stall(0, 20s);
    lan.run_for(10s);
    lan.crash(1);
    lan.stop(0);
    lan.run_for(11s + active_down(200));
    CHECK_FALSE(lan.is_running(0));
}

TEST(Stop, ARestartRemovesWhatACrashLeft) {
    lan.add({router(100)});
    lan.run_for(10s);
    lan.crash(0);
    CHECK(lan.kernel(0).has("eth0", "192.0.2.1/24"));
    lan.start(0);
    lan.run_for(1ms);
    CHECK(lan.kernel(0).marked("eth0").empty());
    lan.run_for(5s);
    CHECK(lan.kernel(0).has("eth0", "192.0.2.1/24"));
}

TEST(Stop, AHostThatStopsOftenLeavesTheLanWithOneActive) {
    lan.add({router(200)});
    lan.add({router(100)});
    for (int i = 0; i < 10; ++i) {
        lan.run_for(10s);
        CHECK(is_alone(0));
        lan.stop(0);
        lan.run_for(5s);
        CHECK(is_alone(1));
        lan.start(0);
    }
    LONGS_EQUAL(10, lan.session(1).counters().priority_zero_received);
}
