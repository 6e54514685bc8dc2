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
    lan.stop(0);
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
    lan.stop(0);
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
    lan.stop(0);
    lan.run_for(1999ms);
    CHECK(lan.is_running(0));
    lan.run_for(2ms);
    CHECK_FALSE(lan.is_running(0));
}

TEST(Stop, NothingStartsAgainWhileItStops) {
    lan.add({router(100)});
    lan.run_for(10s);
    lan.kernel(0).faults.remove = EPERM;
    lan.stop(0);
    lan.run_for(10ms);
    lan.kernel(0).set_carrier("eth0", Carrier::off);
    lan.run_for(10ms);
    lan.kernel(0).set_carrier("eth0", Carrier::on);
    const std::size_t before = lan.count_adverts(0);
    lan.run_for(1s);
    LONGS_EQUAL(before, lan.count_adverts(0));
    STRCMP_EQUAL("init", lan.state(0).c_str());
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
