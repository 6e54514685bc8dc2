// Links that come, go, and lose their carrier.
#include <algorithm>
#include <cerrno>

#include "lan_test.hpp"

using namespace sim;

TEST_GROUP_BASE(Interface, LanTest){void start_pair(){lan.add({router(200)});
lan.add({router(100)});
lan.run_for(10s);
}
}
;

TEST(Interface, CarrierLossIsAFaultAndReleasesAtOnce) {
    start_pair();
    lan.kernel(0).set_carrier("eth0", Carrier::off);
    lan.run_for(1ms);
    STRCMP_EQUAL("fault", lan.state(0).c_str());
    STRCMP_EQUAL("link-down", reason(0).c_str());
    CHECK(lan.kernel(0).marked("eth0").empty());
    STRCMP_EQUAL("lan (ipv4): fault: interface eth0 has no carrier",
                 lan.engine(0).problems().at(0).c_str());
    CHECK(time_until_active(1, 10s) <= active_down(100));
}

// `ip link set eth0 master bond0`: the kernel wants it to be down for that, and the bond sets it
// up.
TEST(Interface, ALinkThatIsMovedIntoABondIsAFaultUntilItLeavesIt) {
    start_pair();
    lan.kernel(0).set_down("eth0");
    lan.kernel(0).set_master("eth0", "bond");
    lan.kernel(0).set_up("eth0");
    lan.run_for(1ms);
    STRCMP_EQUAL("fault", lan.state(0).c_str());
    STRCMP_EQUAL("link-port", reason(0).c_str());
    STRCMP_EQUAL(
        "lan (ipv4): fault: interface eth0 is a port of a bond; its traffic belongs to that",
        lan.engine(0).problems().at(0).c_str());
    CHECK(lan.kernel(0).marked("eth0").empty());
    CHECK(time_until_active(1, 10s) <= active_down(100));
    lan.run_for(10s);
    lan.kernel(0).set_master("eth0", "");
    lan.run_for(10s);
    CHECK(is_alone(0));
    LONGS_EQUAL(1, lan.kernel(0).marked("eth0").size());
}

// A link that is up when it becomes a port says goodbye.
TEST(Interface, APortSaysGoodbye) {
    start_pair();
    lan.kernel(0).set_master("eth0", "bond");
    lan.run_for(1ms);
    STRCMP_EQUAL("link-port", reason(0).c_str());
    LONGS_EQUAL(1, lan.session(0).counters().priority_zero_sent);
    CHECK(time_until_active(1, 10s) <= skew(100));
}

TEST(Interface, ASourceThatIsAwayForAMomentChangesNothing) {
    start_pair();
    for (int i = 0; i < 5; ++i) {
        lan.kernel(0).uninstall("eth0", "192.0.2.11/24");
        lan.run_for(50ms);
        lan.kernel(0).install("eth0", "192.0.2.11/24", 0);
        lan.run_for(1s);
    }
    CHECK(is_alone(0));
    LONGS_EQUAL(2, transitions(0));
    LONGS_EQUAL(1, transitions(1));
}

TEST(Interface, OneReasonThatIsOverDoesNotEndAnother) {
    start_pair();
    lan.kernel(0).set_carrier("eth0", Carrier::off);
    lan.kernel(0).uninstall("eth0", "192.0.2.11/24");
    lan.run_for(5s);
    lan.kernel(0).set_carrier("eth0", Carrier::on);
    lan.run_for(10s);
    STRCMP_EQUAL("waiting", lan.state(0).c_str());
    CHECK(is_alone(1));
    lan.kernel(0).install("eth0", "192.0.2.11/24", 0);
    lan.run_for(10s);
    CHECK(is_alone(0));
}

TEST(Interface, CarrierThatComesBackMakesABackupThatPreempts) {
    start_pair();
    lan.kernel(0).set_carrier("eth0", Carrier::off);
    lan.run_for(10s);
    CHECK(is_alone(1));
    lan.kernel(0).set_carrier("eth0", Carrier::on);
    lan.run_for(1ms);
    STRCMP_EQUAL("backup", lan.state(0).c_str());
    CHECK(time_until_active(0, 10s) <= active_down(200));
    lan.run_for(1ms);
    CHECK(is_alone(0));
}

TEST(Interface, AFlappingCarrierNeverMakesASecondActive) {
    start_pair();
    for (int i = 0; i < 100; ++i) {
        lan.kernel(1).set_carrier("eth0", i % 2 == 0 ? Carrier::off : Carrier::on);
        lan.run_for(200ms);
    }
    CHECK(is_alone(0));
    LONGS_EQUAL(0, lan.count_adverts(1));
}

TEST(Interface, AMissingInterfaceIsWaitedFor) {
    lan.add({router(100)});
    lan.kernel(0).remove_link("eth0");
    lan.run_for(5s);
    STRCMP_EQUAL("waiting", lan.state(0).c_str());
    STRCMP_EQUAL("interface-missing", reason(0).c_str());
    STRCMP_EQUAL("lan (ipv4): waiting: interface eth0 does not exist",
                 lan.engine(0).problems().at(0).c_str());
    lan.kernel(0).add_link("eth0");
    lan.run_for(1s);
    STRCMP_EQUAL("no-source-address", reason(0).c_str());
    lan.kernel(0).install("eth0", "192.0.2.11/24", 0);
    lan.run_for(5s);
    CHECK(is_alone(0));
    CHECK(lan.engine(0).problems().empty());
}

TEST(Interface, ARecreatedInterfaceGetsANewSocket) {
    start_pair();
    lan.kernel(1).remove_link("eth0");
    lan.run_for(1s);
    lan.kernel(1).add_link("eth0");
    lan.kernel(1).install("eth0", "192.0.2.12/24", 0);
    lan.run_for(10s);
    STRCMP_EQUAL("backup", lan.state(1).c_str());
    CHECK(lan.session(1).peer()->seen > lan.now() - 2s);
    LONGS_EQUAL(2, std::ranges::count(lan.kernel(1).requests(), "listen eth0"));
    LONGS_EQUAL(1, lan.kernel(1).open_sockets());
}

TEST(Interface, ARenamedInterfaceIsAnotherOne) {
    start_pair();
    lan.kernel(0).rename_link("eth0", "wan0");
    lan.run_for(1ms);
    STRCMP_EQUAL("interface-missing", reason(0).c_str());
    CHECK(lan.kernel(0).marked("wan0").empty());
    LONGS_EQUAL(0, lan.kernel(0).open_sockets());
    lan.kernel(0).rename_link("wan0", "eth0");
    lan.run_for(10s);
    CHECK(is_alone(0));
}

TEST(Interface, OneThatIsRecreatedWithinATurnKeepsTheRouterActive) {
    start_pair();
    lan.kernel(0).remove_link("eth0");
    lan.kernel(0).add_link("eth0");
    lan.kernel(0).install("eth0", "192.0.2.11/24", 0);
    lan.run_for(1ms);
    CHECK(is_alone(0));
    CHECK(lan.kernel(0).has("eth0", "192.0.2.1/24"));
    const std::size_t before = lan.count_adverts(0);
    lan.run_for(10s);
    LONGS_EQUAL(before + 10, lan.count_adverts(0));
}

TEST(Interface, OneThatIsRecreatedWithinATurnIsAnnouncedWithItsNewMac) {
    start_pair();
    lan.run_for(30s);
    const std::size_t before = lan.count_announcements(0);
    lan.kernel(0).remove_link("eth0");
    lan.kernel(0).add_link("eth0");
    lan.kernel(0).install("eth0", "192.0.2.11/24", 0);
    lan.run_for(1s);
    CHECK(is_alone(0));
    LONGS_EQUAL(before + 5, lan.count_announcements(0));
    LONGS_EQUAL(1, lan.count_told(0, "MAC address changed"));
}

TEST(Interface, ARouterOnAnotherInterfaceIsNotDisturbed) {
    config::Router other = with_addresses(router(100), {"10.1.0.1/24"});
    other.name = "other";
    other.interface = "eth1";
    lan.add({router(100), other});
    lan.kernel(0).add_link("eth1");
    lan.kernel(0).install("eth1", "10.1.0.11/24", 0);
    lan.run_for(5s);
    lan.kernel(0).remove_link("eth1");
    lan.run_for(5s);
    CHECK(is_alone(0));
    LONGS_EQUAL(2, transitions(0));
    CHECK(app::ShownState::waiting == lan.engine(0).sessions().at(1).shown_state());
}

TEST(Interface, ASourceAddressThatGoesIsWaitedForAndNothingStaysClaimed) {
    start_pair();
    lan.kernel(0).uninstall("eth0", "192.0.2.11/24");
    lan.run_for(101ms);  // it might have come back at once
    STRCMP_EQUAL("waiting", lan.state(0).c_str());
    LONGS_EQUAL(1, lan.session(0).counters().priority_zero_sent);
    CHECK(lan.kernel(0).marked("eth0").empty());
    lan.run_for(10s);
    CHECK(is_alone(1));
    lan.kernel(0).install("eth0", "192.0.2.11/24", 0);
    lan.run_for(10s);
    CHECK(is_alone(0));
}

TEST(Interface, ASourceAddressThatChangesIsSentFromAtOnce) {
    start_pair();
    lan.kernel(0).set_promotion("eth0", Promotion::on);
    lan.kernel(0).install("eth0", "192.0.2.21/24", 0);
    lan.kernel(0).uninstall("eth0", "192.0.2.11/24");
    lan.run_for(10s);
    CHECK(is_alone(0));
    STRCMP_EQUAL("192.0.2.21", lan.session(1).peer()->address.text().c_str());
    LONGS_EQUAL(1, lan.count_told(0, "source address changed"));
    LONGS_EQUAL(2, transitions(0));
}

TEST(Interface, ASocketThatCannotBeOpenedIsTriedAgain) {
    lan.add({router(100)});
    lan.kernel(0).faults.listen = EPERM;
    lan.run_for(60s);
    STRCMP_EQUAL("fault", lan.state(0).c_str());
    STRCMP_EQUAL("socket", reason(0).c_str());
    STRCMP_EQUAL("lan (ipv4): fault: create a raw socket on eth0: Operation not permitted",
                 lan.engine(0).problems().at(0).c_str());
    const auto tries = std::ranges::count(lan.kernel(0).requests(), "listen eth0");
    CHECK(tries >= 11);
    CHECK(tries <= 13);
    lan.kernel(0).faults.listen = 0;
    lan.run_for(10s + active_down(100));
    CHECK(is_alone(0));
}

TEST(Interface, AdvertsThatCannotBeSentAreCountedAndToldOnceAMinute) {
    config::Router lasting = router(200);
    lasting.lease.kind = config::Lease::Kind::off;  // else it would give up
    lan.add({lasting});
    lan.add({router(100)});
    lan.run_for(10s);
    lan.kernel(0).faults.advert = ENOBUFS;
    const std::uint64_t sent = lan.session(0).counters().sent;
    lan.run_for(60s);
    // The other router does not hear us, takes over, and is answered: as much again.
    CHECK(lan.session(0).counters().send_errors >= 60);
    CHECK(lan.session(0).counters().send_errors <= 121);
    LONGS_EQUAL(sent, lan.session(0).counters().sent);
    LONGS_EQUAL(1, lan.count_told(0, "sending failed"));
}
