// IPv6, and routers with both families, which are elected as one.
#include <algorithm>

#include "lan_test.hpp"
#include "wire.hpp"

using namespace sim;

namespace {

using Texts = std::set<std::string>;
const std::vector<std::string_view> ipv6_addresses{"fe80::5652:5250:0:33/64", "2001:db8::1/64"};
const std::vector<std::string_view> both{"192.0.2.1/24", "fe80::5652:5250:0:33/64",
                                         "2001:db8::1/64"};
const Texts all_texts{both.begin(), both.end()};

config::Router dual(int priority) { return with_addresses(router(priority), both); }

}  // namespace

TEST_GROUP_BASE(Families, LanTest){void start_pair(){lan.add_dual({dual(200)});
lan.add_dual({dual(100)});
lan.run_for(10s);
}
// Active in both families, with all addresses, and nobody else in any.
bool has_all(HostId id) {
    for (HostId other = 0; other < lan.size(); ++other) {
        if (!lan.is_running(other)) continue;
        for (const app::Session& session : lan.engine(other).sessions())
            if (session.wants_addresses() != (other == id)) return false;
    }
    return lan.kernel(id).marked("eth0") == all_texts;
}
}
;

TEST(Families, AnIpv6RouterElectsAnnouncesAndFailsOver) {
    lan.add_dual({with_addresses(router(200), ipv6_addresses)});
    lan.add_dual({with_addresses(router(100), ipv6_addresses)});
    lan.run_for(10s);
    CHECK(is_alone(0));
    CHECK(lan.kernel(0).marked("eth0") == (Texts{ipv6_addresses.begin(), ipv6_addresses.end()}));
    CHECK(std::ranges::any_of(lan.announcements(), [](const SentAnnouncement& announcement) {
        return announcement.address == address("2001:db8::1");
    }));
    CHECK(lan.adverts().back().route.source == address("fe80::11"));
    CHECK(lan.adverts().back().route.destination == address("ff02::12"));
    lan.crash(0);
    CHECK(time_until_active(1, 10s) <= active_down(100));
}

TEST(Families, BothAreClaimedAndReleasedTogether) {
    start_pair();
    CHECK(has_all(0));
    lan.stop(0, app::Stop::at_once);
    lan.run_for(skew(100) + 2ms);
    CHECK(has_all(1));
}

TEST(Families, ACrashIsNoticedInBothAtOnce) {
    start_pair();
    lan.crash(0);
    CHECK(time_until_active(1, 10s) <= active_down(100));
    lan.run_for(1ms);
    CHECK(has_all(1));
}

TEST(Families, LosingTheAdvertsOfOneMovesNothing) {
    start_pair();
    for (const base::Family family : {base::Family::ipv4, base::Family::ipv6}) {
        lan.link.lost_family = family;
        lan.run_for(60s);
        CHECK(has_all(0));
        LONGS_EQUAL(1, transitions(1));
    }
}

TEST(Families, ACrashWhileOneFamilyIsLostIsStillNoticed) {
    start_pair();
    lan.link.lost_family = base::Family::ipv6;
    lan.run_for(60s);
    lan.crash(0);
    CHECK(time_until_active(1, 10s) <= active_down(100));
}

TEST(Families, WhatKeepsOneFromTakingPartKeepsBoth) {
    start_pair();
    lan.kernel(0).set_tentative("eth0", "fe80::11/64", Tentative::yes);
    lan.run_for(10s);
    STRCMP_EQUAL("waiting", lan.state(0).c_str());
    CHECK(lan.kernel(0).marked("eth0").empty());
    CHECK(has_all(1));
    lan.kernel(0).set_tentative("eth0", "fe80::11/64", Tentative::no);
    lan.run_for(10s);
    CHECK(has_all(0));
}

// IPv4 says h1, IPv6 says h0.
TEST(Families, ATieIsDecidedOnceWhenTheAddressesSortTheOtherWayRound) {
    for (const std::string_view own : {"fe80::ff/64", "fe80::1/64"}) {
        const HostId id = lan.add({dual(100)});
        lan.kernel(id).install("eth0", own, 0);
    }
    lan.run_for(10s);
    CHECK(has_all(1));
    lan.partition({0});
    lan.run_for(10s);
    lan.heal();
    lan.run_for(5s);
    CHECK(has_all(1));
}

TEST(Families, AFloodOfOneDoesNotHoldUpARouterOfTheOther) {
    config::Router other = with_addresses(router(100), ipv6_addresses);
    other.name = "other";
    other.vrid = vrrp::Vrid::from(52).value();
    lan.add_dual({router(200)});
    lan.add_dual({router(100), other});
    lan.run_for(10s);
    lan.pace(1) = {.turn_cost = 1ms, .packets_a_turn = 4, .socket_capacity = 100'000};
    lan.crash(0);
    const Instant last_advert = last_advert_of(0);
    for (int i = 0; i < 50'000; ++i) {
        lan.inject(1,
                   packet({.source = "fe80::99", .vrid = 52, .addresses = {"fe80::1"}, .ttl = 64}));
        lan.run_for(100us);
    }
    const Duration taken = lan.session(1).last_transition().at - last_advert;
    CHECK(lan.is_active(1));
    CHECK(taken >= active_down(100));
    CHECK(taken <= active_down(100) + 5ms);
}
