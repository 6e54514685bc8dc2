// What is in the kernel, whoever else works there.
#include <algorithm>
#include <cerrno>

#include "lan_test.hpp"

using namespace sim;

namespace {
using Texts = std::set<std::string>;
}

TEST_GROUP_BASE(Addresses,
                LanTest){void start_alone(const std::vector<std::string_view>& addresses){
    lan.add({with_addresses(router(100), addresses)});
lan.run_for(5s);
}
[[nodiscard]] std::size_t count_requests(std::string_view text) {
    return static_cast<std::size_t>(std::ranges::count(lan.kernel(0).requests(), text));
}
}
;

TEST(Addresses, AnAddressThatSomebodyDeletesIsRestoredAtOnceWithoutATransition) {
    start_alone({"192.0.2.1/24", "10.1.0.1/24"});
    lan.kernel(0).uninstall("eth0", "192.0.2.1/24");
    lan.run_for(1ms);
    CHECK(lan.kernel(0).marked("eth0") == (Texts{"10.1.0.1/24", "192.0.2.1/24"}));
    LONGS_EQUAL(2, transitions(0));
    LONGS_EQUAL(1, lan.session(0).counters().restored);
    LONGS_EQUAL(1, lan.count_told(0, "address removed by somebody else; restoring it"));
}

TEST(Addresses, ARestoredAddressIsAnnouncedLikeAClaimedOne) {
    start_alone({"192.0.2.1/24"});
    lan.run_for(30s);
    const std::size_t before = lan.count_announcements(0);
    lan.kernel(0).uninstall("eth0", "192.0.2.1/24");
    lan.run_for(30s);
    LONGS_EQUAL(before + 10, lan.count_announcements(0));
}

TEST(Addresses, AFlushThatGoesOnWhileItFindsSomethingIsOneRemoval) {
    start_alone({"192.0.2.1/24", "192.0.2.7/32"});
    for (int flush = 0; flush < 4; ++flush) {
        const Instant begun = lan.now();
        for (int round = 0; round < 10; ++round) {
            const bool is_over = lan.kernel(0).marked("eth0").empty();
            if (is_over) break;
            for (const auto& text : lan.kernel(0).marked("eth0"))
                lan.kernel(0).uninstall("eth0", text);
            lan.run_for(1ms);
        }
        CHECK_TRUE(lan.now() - begun < 5ms);
        lan.run_for(50ms);
        LONGS_EQUAL(2, lan.kernel(0).marked("eth0").size());
        lan.run_for(1s);
    }
    LONGS_EQUAL(2, transitions(0));
}

TEST(Addresses, AFightOverAnAddressIsToldOnceAMinute) {
    start_alone({"192.0.2.1/24"});
    for (int i = 0; i < 5; ++i) {
        lan.kernel(0).uninstall("eth0", "192.0.2.1/24");
        lan.run_for(50ms);
        CHECK(lan.kernel(0).has("eth0", "192.0.2.1/24"));
    }
    LONGS_EQUAL(5, lan.session(0).counters().restored);
    LONGS_EQUAL(1, lan.count_told(0, "address removed by somebody else; restoring it"));
}

TEST(Addresses, AnAddressThatIsFoughtOverIsGivenUpForAMinuteAndShown) {
    start_alone({"192.0.2.1/24"});
    for (int i = 0; i < 6; ++i) {
        lan.kernel(0).uninstall("eth0", "192.0.2.1/24");
        lan.run_for(50ms);
    }
    CHECK(lan.session(0).shown_state() == app::ShownState::fault);
    STRCMP_EQUAL("addresses-lost", lan.session(0).last_transition().reason.c_str());
    LONGS_EQUAL(1, lan.session(0).counters().priority_zero_sent);
    lan.run_for(59s);
    CHECK_FALSE(lan.kernel(0).has("eth0", "192.0.2.1/24"));
    CHECK(lan.engine(0).problems().size() == 1);
    lan.run_for(6s);
    CHECK(lan.kernel(0).has("eth0", "192.0.2.1/24"));
    CHECK(lan.engine(0).problems().empty());
}

TEST(Addresses, WhoGivesUpForTheSecondTimeDoesSoForLonger) {
    start_alone({"192.0.2.1/24"});
    const auto fight = [&] {
        for (int i = 0; i < 6; ++i) {
            lan.kernel(0).uninstall("eth0", "192.0.2.1/24");
            lan.run_for(50ms);
        }
    };
    fight();
    lan.run_for(70s);
    CHECK(is_alone(0));
    fight();
    lan.run_for(119s);
    CHECK(lan.session(0).shown_state() == app::ShownState::fault);
    lan.run_for(6s);
    CHECK(is_alone(0));
}

TEST(Addresses, TheHealthyPeerTakesWhatIsFoughtOverHere) {
    lan.add({router(200)});
    lan.add({router(100)});
    lan.run_for(10s);
    for (int i = 0; i < 6; ++i) {
        lan.kernel(0).uninstall("eth0", "192.0.2.1/24");
        lan.run_for(50ms);
    }
    lan.run_for(1s);
    CHECK(is_alone(1));
}

TEST(Addresses, ReleasingSeveralAddressesOfASubnetKeepsWhatHangsOnThem) {
    start_alone({"10.1.0.1/24", "10.1.0.2/24"});
    lan.kernel(0).install("eth0", "10.1.0.50/24", 0);
    lan.run_for(1s);
    lan.stop(0);
    lan.run_for(1s);
    CHECK(lan.kernel(0).has("eth0", "10.1.0.50/24"));
}

TEST(Addresses, AReleaseIsNoRestoration) {
    start_alone({"192.0.2.1/24"});
    lan.add({router(200)});
    lan.run_for(10s);
    CHECK(is_alone(1));
    lan.crash(1);
    lan.run_for(10s);
    CHECK(is_alone(0));
    LONGS_EQUAL(0, lan.session(0).counters().restored);
}

TEST(Addresses, AWholeSubnetThatIsFlushedComesBack) {
    start_alone({"10.1.0.1/24", "10.1.0.2/24", "10.1.0.3/24"});
    lan.kernel(0).set_promotion("eth0", Promotion::off);
    lan.kernel(0).uninstall("eth0", "10.1.0.1/24");  // takes its secondaries along
    CHECK(lan.kernel(0).marked("eth0").empty());
    lan.run_for(1ms);
    CHECK(lan.kernel(0).marked("eth0") == (Texts{"10.1.0.1/24", "10.1.0.2/24", "10.1.0.3/24"}));
    LONGS_EQUAL(3, lan.session(0).counters().restored);
}

TEST(Addresses, MarkedLeftoversAreRemovedAtStartAndUnmarkedNeverTouched) {
    lan.add({router(100)});
    lan.crash(0);
    FakeKernel& kernel = lan.kernel(0);
    kernel.add_link("eth1");
    kernel.install("eth0", "192.0.2.77/24", kernel::our_address_protocol);
    kernel.install("eth1", "10.9.0.1/24", kernel::our_address_protocol);
    kernel.install("eth1", "10.9.0.2/24", 0);
    kernel.install("eth0", "192.0.2.78/24", 18);
    lan.start(0);
    lan.run_for(1ms);
    CHECK(kernel.marked("eth0").empty());
    CHECK(kernel.marked("eth1").empty());
    CHECK(kernel.unmarked("eth1") == Texts{"10.9.0.2/24"});
    CHECK(kernel.unmarked("eth0") == (Texts{"192.0.2.11/24", "192.0.2.78/24"}));
    CHECK(kernel.lost().empty());
}

TEST(Addresses, AVirtualAddressThatSomebodyElseConfiguredCountsAndStays) {
    lan.add({router(100)});
    lan.kernel(0).install("eth0", "192.0.2.1/24", 0);
    lan.run_for(1s);
    CHECK(lan.engine(0).problems().size() == 1);
    lan.run_for(5s);
    CHECK(is_alone(0));
    CHECK(lan.engine(0).problems().empty());
    LONGS_EQUAL(0, count_requests("add 192.0.2.1/24"));
    CHECK(lan.count_announcements(0) > 0);
    lan.stop(0);
    lan.run_for(1s);
    CHECK(lan.kernel(0).has("eth0", "192.0.2.1/24"));
}

// proves: 9568-5.1.1.1-a
TEST(Addresses, AVirtualAddressIsNeverTheSource) {
    lan.add_at("", {router(100)});
    lan.kernel(0).install("eth0", "192.0.2.1/24", 0);
    lan.run_for(5s);
    STRCMP_EQUAL("waiting", lan.state(0).c_str());
    lan.kernel(0).install("eth0", "192.0.2.50/24", 0);
    lan.run_for(5s);
    CHECK(is_alone(0));
    STRCMP_EQUAL("192.0.2.50", lan.session(0).readiness().source->text().c_str());
}

TEST(Addresses, ReleasingAPrimaryAddressKeepsWhatHangsOnIt) {
    start_alone({"10.1.0.1/24"});
    lan.kernel(0).install("eth0", "10.1.0.50/24", 0);
    lan.run_for(1s);
    lan.stop(0, app::Stop::at_once);
    lan.run_for(1s);
    CHECK(lan.kernel(0).has("eth0", "10.1.0.50/24"));
    CHECK_FALSE(lan.kernel(0).has("eth0", "10.1.0.1/24"));
    CHECK(lan.kernel(0).lost().empty());
}

TEST(Addresses, AFailingRequestIsTriedAgainLaterEachTime) {
    lan.add({with_addresses(router(100), {"192.0.2.1/24", "10.1.0.1/24"})});
    lan.kernel(0).install("eth0", "10.1.0.1/24", 0);  // it has one, so it stays
    lan.kernel(0).faults.add = ENOBUFS;
    lan.run_for(active_down(100));
    CHECK(is_alone(0));
    lan.run_for(60s);
    // 0.1, 0.2, 0.4 ... 6.4, then every 10 s.
    const std::size_t tries = count_requests("add 192.0.2.1/24");
    CHECK(tries >= 11);
    CHECK(tries <= 13);
    const auto failed = lan.engine(0).failed(lan.session(0));
    LONGS_EQUAL(1, failed.size());
    STRCMP_EQUAL("add 192.0.2.1/24: No buffer space available", failed[0].error.c_str());
    STRCMP_EQUAL("lan (ipv4): add 192.0.2.1/24: No buffer space available",
                 lan.engine(0).problems().at(0).c_str());
    LONGS_EQUAL(1, lan.count_told(0, "address request failed; trying again"));

    lan.kernel(0).faults.add = 0;
    lan.run_for(10s);
    CHECK(lan.kernel(0).has("eth0", "192.0.2.1/24"));
    CHECK(lan.engine(0).failed(lan.session(0)).empty());
    CHECK(lan.engine(0).problems().empty());
    CHECK(lan.count_announcements(0) >= 5);
}

// proves: 9568-8.1.2-b
TEST(Addresses, AddressesThatAreNotThereAreNotAnnounced) {
    lan.add({router(100)});
    lan.kernel(0).faults.add = EPERM;
    lan.run_for(60s);
    LONGS_EQUAL(0, lan.count_announcements(0));
}

TEST(Addresses, WhoMayNotHaveAnyLetsAnotherRouterHaveThem) {
    lan.add({router(200)});
    lan.add({router(100)});
    lan.kernel(0).faults.add = EPERM;
    lan.run_for(10s);
    CHECK(lan.session(0).shown_state() == app::ShownState::fault);
    CHECK(is_alone(1));
    lan.kernel(0).faults.add = 0;
    lan.run_for(70s);
    CHECK(is_alone(0));
}

TEST(Addresses, AFailingReleaseIsTriedAgain) {
    start_alone({"192.0.2.1/24"});
    lan.kernel(0).faults.remove = ENOBUFS;
    lan.add({router(200)});
    lan.run_for(5s);
    CHECK(is_alone(1));
    CHECK(lan.kernel(0).has("eth0", "192.0.2.1/24"));
    LONGS_EQUAL(1, lan.engine(0).failed(lan.session(0)).size());
    lan.kernel(0).faults.remove = 0;
    lan.run_for(2s);  // before the end of the lease
    LONGS_EQUAL(0, lan.kernel(0).expiries());
    CHECK_FALSE(lan.kernel(0).has("eth0", "192.0.2.1/24"));
    CHECK(lan.engine(0).problems().empty());
}

// The address came between the last notification and our request.
TEST(Addresses, AnAddressThatExistsAlreadyIsNoLastingFailure) {
    lan.add({router(100)});
    lan.kernel(0).faults.add = EEXIST;
    lan.run_for(active_down(100) + 10ms);
    LONGS_EQUAL(1, lan.engine(0).failed(lan.session(0)).size());
    lan.kernel(0).faults.add = 0;
    lan.kernel(0).install("eth0", "192.0.2.1/24", 0);
    lan.run_for(1ms);
    CHECK(lan.engine(0).failed(lan.session(0)).empty());
    CHECK(lan.kernel(0).unmarked("eth0").contains("192.0.2.1/24"));
}

TEST(Addresses, LostNotificationsAreMadeUpForByADump) {
    start_alone({"192.0.2.1/24"});
    lan.kernel(0).uninstall("eth0", "192.0.2.1/24");
    lan.lose_notifications(0);
    lan.run_for(1ms);
    CHECK(lan.kernel(0).has("eth0", "192.0.2.1/24"));
    LONGS_EQUAL(1, lan.session(0).counters().restored);
}

TEST(Addresses, OfAKilledRouterAreDroppedByItsKernelAlone) {
    start_alone({"192.0.2.1/24", "10.1.0.1/24"});
    lan.kernel(0).install("eth0", "10.1.0.50/24", 0);
    lan.run_for(60s);
    LONGS_EQUAL(0, lan.kernel(0).expiries());
    lan.crash(0);
    lan.run_for(5s);
    CHECK(lan.kernel(0).marked("eth0").empty());
    CHECK(lan.kernel(0).has("eth0", "10.1.0.50/24"));
}

TEST(Addresses, OfARouterThatSendsNoAdvertAreNotRenewedAndDoNotComeBackBeforeOneIsSent) {
    start_alone({"192.0.2.1/24"});
    lan.kernel(0).faults.advert = ENOBUFS;
    lan.run_for(8s);
    CHECK(lan.kernel(0).marked("eth0").empty());
    CHECK(lan.session(0).shown_state() == app::ShownState::fault);
    STRCMP_EQUAL(
        "lan (ipv4): fault: no advert could be sent for 5 s: send an advert on eth0: No buffer "
        "space "
        "available; given up for 10 s",
        lan.engine(0).problems().front().c_str());
    const auto adds = count_requests("add 192.0.2.1/24");
    lan.run_for(60s);
    LONGS_EQUAL(adds, count_requests("add 192.0.2.1/24"));
    LONGS_EQUAL(0, lan.session(0).counters().restored);
    lan.kernel(0).faults.advert = 0;
    lan.run_for(60s);
    CHECK(lan.kernel(0).has("eth0", "192.0.2.1/24"));
}

TEST(Addresses, OfBothFamiliesLeaveARouterThatCannotSpeakInOne) {
    lan.add_dual({with_addresses(router(200), {"192.0.2.1/24", "fe80::1/64"})});
    lan.add_dual({with_addresses(router(100), {"192.0.2.1/24", "fe80::1/64"})});
    lan.run_for(10s);
    CHECK(lan.kernel(0).has("eth0", "192.0.2.1/24"));
    lan.kernel(0).faults.advert_ipv4 = EPERM;
    lan.run_for(12s);
    CHECK(lan.kernel(0).marked("eth0").empty());
    CHECK(lan.kernel(1).has("eth0", "192.0.2.1/24"));
    CHECK(lan.kernel(1).has("eth0", "fe80::1/64"));
}

TEST(Addresses, AreRenewedWhileTheKernelRefusesToAndStaysAtIt) {
    start_alone({"192.0.2.1/24"});
    lan.kernel(0).faults.renew = ENOMEM;
    lan.run_for(4s);
    LONGS_EQUAL(1, lan.count_told(0, "address request failed; trying again"));
    lan.kernel(0).faults.renew = 0;
    lan.run_for(60s);
    CHECK(lan.kernel(0).has("eth0", "192.0.2.1/24"));
}

TEST(Addresses, OfAKilledRouterStayUntilAnotherOneHasThem) {
    lan.add({router(200)});
    lan.add({router(1)});  // the slowest heir
    lan.run_for(10s);
    for (int phase = 0; phase < 30; ++phase) {
        lan.run_for(phase * 70ms);
        CHECK(is_alone(0));
        lan.crash(0);
        CHECK(time_until_active(1, 10s) <= active_down(1));
        CHECK(lan.kernel(0).has("eth0", "192.0.2.1/24"));
        lan.start(0);
        lan.run_for(10s);
    }
}

TEST(Addresses, WithoutALeaseStayWhereTheyAre) {
    config::Router lasting = router(100);
    lasting.lease.kind = config::Lease::Kind::off;
    lan.add({lasting});
    lan.run_for(5s);
    lan.crash(0);
    lan.run_for(1h);
    CHECK(lan.kernel(0).has("eth0", "192.0.2.1/24"));
}

TEST(Addresses, OfARouterThatWasNotScheduledComeBackWhenNobodyElseHasThem) {
    start_alone({"192.0.2.1/24"});
    lan.stall(0, 30s);
    lan.run_for(20s);
    CHECK(lan.kernel(0).marked("eth0").empty());
    lan.run_for(11s);
    CHECK(lan.kernel(0).has("eth0", "192.0.2.1/24"));
    LONGS_EQUAL(0, lan.session(0).counters().restored);
    LONGS_EQUAL(2, transitions(0));
}

TEST(Addresses, EachIsAnnouncedFiveTimesAndAgainAfterFiveSeconds) {
    lan.add({with_addresses(router(100), {"192.0.2.1/24", "192.0.2.2/24"})});
    lan.run_for(active_down(100) + 1s);
    LONGS_EQUAL(10, lan.count_announcements(0));
    lan.run_for(60s);
    LONGS_EQUAL(20, lan.count_announcements(0));
}

// proves: 9568-8.1.2-b
TEST(Addresses, AnnouncementsFollowTheAdvertAndTheAddress) {
    start_alone({"192.0.2.1/24"});
    const auto& requests = lan.kernel(0).requests();
    const std::vector<std::string> expected{"listen eth0", "advert 100", "promotion on",
                                            "add 192.0.2.1/24", "arp 192.0.2.1"};
    CHECK(std::ranges::equal(expected, std::vector(requests.begin(), requests.begin() + 5)));
}
