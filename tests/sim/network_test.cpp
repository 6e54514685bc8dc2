// Unicast, packets that overtake each other, and clocks that step.
#include <algorithm>
#include <cerrno>

#include "lan_test.hpp"
#include "wire.hpp"

using namespace sim;

namespace {

config::Router unicast(int priority, const std::vector<std::string_view>& peers) {
    config::Router made = router(priority);
    made.transport = config::Transport::unicast;
    for (const std::string_view peer : peers) made.peers.push_back(address(peer));
    return made;
}

}  // namespace

TEST_GROUP_BASE(Network, LanTest){};

TEST(Network, UnicastAdvertsReachThePeersThatAreNamedAndNobodyElse) {
    const std::vector<std::string_view> peers{"192.0.2.11", "192.0.2.12"};
    lan.add({unicast(200, peers)});
    lan.add({unicast(100, peers)});
    lan.add({router(50)});  // the same VRID by multicast: another virtual router
    lan.run_for(10s);
    CHECK(lan.actives() == (std::set<HostId>{0, 2}));
    CHECK(lan.session(2).peer() == nullptr);
    LONGS_EQUAL(0, lan.session(2).counters().received);
    lan.crash(0);
    CHECK(time_until_active(1, 10s) <= active_down(100));
}

TEST(Network, AUnicastRouterHearsItsPeersOnly) {
    const std::vector<std::string_view> peers{"192.0.2.11", "192.0.2.12"};
    lan.add({unicast(100, peers)});
    lan.add({unicast(50, peers)});
    lan.add({unicast(200, {"192.0.2.11", "192.0.2.12", "192.0.2.13"})});
    lan.run_for(10s);
    CHECK(lan.actives() == (std::set<HostId>{0, 2}));
    const auto unknown = static_cast<std::size_t>(vrrp::Discard::unknown_source);
    CHECK(lan.session(1).counters().discarded[unknown] >= 5);
}

TEST(Network, UnicastCarriesBothFamilies) {
    for (const int priority : {200, 100}) {
        config::Router made =
            with_addresses(unicast(priority, {"192.0.2.11", "192.0.2.12", "fe80::11", "fe80::12"}),
                           {"192.0.2.1/24", "fe80::5652:5250:0:33/64"});
        lan.add_dual({made});
    }
    lan.run_for(10s);
    CHECK(is_alone(0));
    for (const app::Session& session : lan.engine(1).sessions())
        CHECK(session.peers().last()->seen > lan.now() - 2s);
}

// Its peers have gone, or are on the other side of a split: nobody else could serve its clients.
TEST(Network, AUnicastRouterWithoutARouteToItsPeersKeepsItsAddresses) {
    lan.add({unicast(200, {"192.0.2.11", "192.0.2.12"})});
    lan.run_for(10s);
    for (const int error : {ENETUNREACH, EHOSTUNREACH}) {
        lan.kernel(0).faults.advert = error;
        lan.run_for(60s);
        CHECK(is_alone(0));
        CHECK(lan.kernel(0).has("eth0", "192.0.2.1/24"));
    }
    LONGS_EQUAL(0, lan.kernel(0).expiries());
    LONGS_EQUAL(2, transitions(0));
    STRCMP_EQUAL("lan (ipv4): no peer can be reached: send an advert on eth0: No route to host",
                 lan.engine(0).problems().at(0).c_str());
    lan.kernel(0).faults.advert = 0;
    lan.run_for(2s);
    CHECK(lan.engine(0).problems().empty());
}

TEST(Network, AUnicastRouterWithoutARouteToAPeerThatItHearsGivesUp) {
    const std::vector<std::string_view> peers{"192.0.2.11", "192.0.2.12"};
    lan.add({unicast(200, peers)});
    lan.add({unicast(100, peers)});
    lan.run_for(10s);
    lan.kernel(0).faults.advert = ENETUNREACH;
    lan.run_for(6s);
    CHECK(is_alone(1));
    CHECK(lan.kernel(0).marked("eth0").empty());
    STRCMP_EQUAL("addresses-lost", reason(0).c_str());
}

// The peers cannot hear it, but each other.
TEST(Network, ARouterThatAFirewallSilencesGivesUp) {
    lan.add({unicast(200, {"192.0.2.11", "192.0.2.12"})});
    lan.run_for(10s);
    lan.kernel(0).faults.advert = EPERM;
    lan.run_for(6s);
    CHECK(lan.kernel(0).marked("eth0").empty());
    STRCMP_EQUAL("addresses-lost", reason(0).c_str());
}

TEST(Network, AMulticastRouterThatReachesNobodyGivesUp) {
    lan.add({router(200)});
    lan.run_for(10s);
    lan.kernel(0).faults.advert = ENETUNREACH;
    lan.run_for(6s);
    CHECK(lan.kernel(0).marked("eth0").empty());
}

// The advert of a router that has given up comes after its priority 0: one Active_Down_Interval is
// what that can cost.
TEST(Network, AnAdvertThatIsOvertakenByPriorityZeroDelaysTheTakeOverByOneInterval) {
    lan.add({router(200)});
    lan.add({router(100)});
    lan.run_for(10s);
    const Instant last = last_advert_of(0);
    lan.link.reordering = 1.0;
    lan.stop(0);
    lan.run_for(1ms);
    lan.link.reordering = 0.0;
    lan.inject(1, packet({.source = "192.0.2.11", .priority = 200}));
    time_until_active(1, 10s);
    CHECK(lan.now() - last <= 1s + lan.link.held_back_max + active_down(100));
}

TEST(Network, ReorderingAloneMovesNothing) {
    for (const int priority : {200, 150, 100}) lan.add({with_interval(router(priority), 10)});
    lan.link.reordering = 0.5;
    lan.run_for(10min);
    CHECK(is_alone(0));
    LONGS_EQUAL(1, transitions(1));
    LONGS_EQUAL(1, transitions(2));
}

TEST(Network, AWallClockThatStepsMovesNothingAndATransitionKeepsTheTimeThatItHad) {
    lan.add({router(200)});
    lan.add({router(100)});
    lan.run_for(10s);
    const std::size_t told = lan.told().size();
    const auto wall = lan.session(0).last_transition().wall;
    for (const Duration step : {-24h, 1h, 48h, -1h}) {
        lan.step_clock(0, step);
        lan.step_clock(1, -step);
        lan.run_for(10s);
    }
    CHECK(is_alone(0));
    LONGS_EQUAL(told, lan.told().size());
    CHECK(lan.session(0).last_transition().wall == wall);
}
