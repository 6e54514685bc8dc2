#include "app/readiness.hpp"

#include <array>

#include "app_support.hpp"

#include <CppUTest/TestHarness.h>

using namespace support;
using app::Blocker;

TEST_GROUP(Readiness) {
    config::Router lan = router({"192.0.2.1/24"});
    app::VirtualAddresses virtual_addresses;
    kernel::Link link = eth0();

    void setup() override { virtual_addresses.insert(lan); }
    [[nodiscard]] app::Readiness readiness(const kernel::View& view) const {
        return app::readiness_of(lan, base::Family::ipv4, virtual_addresses, view);
    }
    [[nodiscard]] app::Readiness with(const std::vector<std::string_view>& addresses) const {
        return readiness(view_with(link, addresses));
    }
    // The only blocker's text.
    static std::string blocker(const app::Readiness& readiness) {
        LONGS_EQUAL(1, readiness.blockers.size());
        return readiness.blockers.at(0).text;
    }
    static std::string source(const app::Readiness& readiness) {
        return readiness.source ? readiness.source->text() : "none";
    }
};

TEST(Readiness, ALinkWithAnAddressOfItsOwnIsReady) {
    const app::Readiness ready = with({"192.0.2.11/24"});
    CHECK(ready.blockers.empty());
    CHECK(ready.link == kernel::LinkIndex{2});
    STRCMP_EQUAL("192.0.2.11", source(ready).c_str());
}

TEST(Readiness, AMissingInterfaceIsNamed) {
    const app::Readiness missing = readiness({});
    STRCMP_EQUAL("interface eth0 does not exist", blocker(missing).c_str());
    CHECK(missing.blockers[0].kind == Blocker::Kind::interface_missing);
    CHECK_FALSE(missing.link.has_value());
    CHECK_FALSE(missing.source.has_value());
}

TEST(Readiness, AnInterfaceThatIsDownIsNotAskedForItsCarrier) {
    link.is_up = false;
    link.has_carrier = false;
    STRCMP_EQUAL("interface eth0 is down", blocker(with({"192.0.2.11/24"})).c_str());
}

TEST(Readiness, AMissingCarrierIsNamed) {
    link.has_carrier = false;
    STRCMP_EQUAL("interface eth0 has no carrier", blocker(with({"192.0.2.11/24"})).c_str());
}

TEST(Readiness, APortOfABondIsNoInterfaceOfARouter) {
    link.port_of = "bond";
    const app::Readiness port = with({"192.0.2.11/24"});
    STRCMP_EQUAL("interface eth0 is a port of a bond; its traffic belongs to that",
                 blocker(port).c_str());
    CHECK(port.blockers[0].kind == Blocker::Kind::link_port);
}

TEST(Readiness, AllReasonsAreGiven) {
    link.has_carrier = false;
    const app::Readiness bad = with({});
    LONGS_EQUAL(2, bad.blockers.size());
    CHECK(bad.blockers[0].kind == Blocker::Kind::link_down);
    CHECK(bad.blockers[1].kind == Blocker::Kind::no_source_address);
}

TEST(Readiness, WithoutAnAddressOfItsOwnThereIsNoSource) {
    STRCMP_EQUAL("interface eth0 has no IPv4 address of its own to send from",
                 blocker(with({})).c_str());
    STRCMP_EQUAL("interface eth0 has no IPv4 address of its own to send from",
                 blocker(with({"2001:db8::11/64"})).c_str());
}

TEST(Readiness, TheFirstOwnAddressIsTheSource) {
    STRCMP_EQUAL("192.0.2.12", source(with({"192.0.2.12/24", "192.0.2.11/24"})).c_str());
}

TEST(Readiness, AVirtualAddressIsNeverTheSource) {
    STRCMP_EQUAL("none", source(with({"192.0.2.1/24"})).c_str());
    STRCMP_EQUAL("192.0.2.11", source(with({"192.0.2.1/32", "192.0.2.11/24"})).c_str());
}

TEST(Readiness, AMarkedAddressIsNeverTheSource) {
    kernel::View view = view_with(link, {});
    view.apply(kernel::event::AddressSet{{link.index, with_prefix("192.0.2.77/24")},
                                         {.protocol = kernel::our_address_protocol}});
    STRCMP_EQUAL("none", source(readiness(view)).c_str());
}

TEST(Readiness, ATentativeAddressIsNotTheSourceYet) {
    kernel::View view = view_with(link, {});
    view.apply(kernel::event::AddressSet{{link.index, with_prefix("192.0.2.11/24")},
                                         {.is_tentative = true}});
    STRCMP_EQUAL("none", source(readiness(view)).c_str());
}

TEST(Readiness, AConfiguredSourceIsTakenWhereverItStands) {
    lan.sources.ipv4 = address("192.0.2.12");
    STRCMP_EQUAL("192.0.2.12", source(with({"192.0.2.11/24", "192.0.2.12/24"})).c_str());
}

TEST(Readiness, AConfiguredSourceThatIsMissingIsNamed) {
    lan.sources.ipv4 = address("192.0.2.12");
    STRCMP_EQUAL("source 192.0.2.12 is not on interface eth0",
                 blocker(with({"192.0.2.11/24"})).c_str());
}

TEST(Readiness, AddressesOfOtherInterfacesDoNotCount) {
    kernel::View view = view_with(link, {});
    view.apply(kernel::event::AddressSet{{kernel::LinkIndex{9}, with_prefix("192.0.2.11/24")}, {}});
    STRCMP_EQUAL("none", source(readiness(view)).c_str());
}

TEST(Readiness, WhatIsNotThereYetIsWaitedForAndWhatIsBrokenIsAFault) {
    CHECK(app::is_absence(Blocker::Kind::interface_missing));
    CHECK_FALSE(app::is_absence(Blocker::Kind::virtual_link));
    CHECK(app::is_absence(Blocker::Kind::no_source_address));
    CHECK_FALSE(app::is_absence(Blocker::Kind::link_down));
    CHECK_FALSE(app::is_absence(Blocker::Kind::socket));
}

TEST(Readiness, KindsHaveTheNamesOfTheLog) {
    CHECK(name_of(Blocker::Kind::interface_missing) == "interface-missing");
    CHECK(name_of(Blocker::Kind::virtual_link) == "virtual-mac");
    CHECK(name_of(Blocker::Kind::link_down) == "link-down");
    CHECK(name_of(Blocker::Kind::no_source_address) == "no-source-address");
    CHECK(name_of(Blocker::Kind::socket) == "socket");
}

TEST(Readiness, Ipv6SendsFromALinkLocalAddressThatIsNotVirtualHere) {
    lan = router({"fe80::1/64"});
    config::Router other = router({"fe80::2/64"});
    other.interface = "eth1";
    virtual_addresses.insert(lan);
    virtual_addresses.insert(other);
    const auto source_of = [&](const std::vector<std::string_view>& addresses) {
        return source(app::readiness_of(lan, base::Family::ipv6, virtual_addresses,
                                        view_with(link, addresses)));
    };
    STRCMP_EQUAL("none", source_of({"2001:db8::2/64", "fe80::1/64"}).c_str());
    STRCMP_EQUAL("fe80::2", source_of({"2001:db8::2/64", "fe80::1/64", "fe80::2/64"}).c_str());
}

TEST(Readiness, AnOwnerNeedsTheAddressesAndAnotherToSendFrom) {
    lan.priority = vrrp::Priority::owner();
    STRCMP_EQUAL("this node is the owner, but interface eth0 does not have 192.0.2.1 of its own",
                 blocker(with({"192.0.2.11/24"})).c_str());
    STRCMP_EQUAL(
        "interface eth0 has no IPv4 address of its own to send from besides the virtual "
        "ones",
        blocker(with({"192.0.2.1/24"})).c_str());
    CHECK(with({"192.0.2.1/24", "192.0.2.11/24"}).blockers.empty());
}

TEST(Readiness, AnAddressThatFailedDuplicateDetectionMakesNoOwner) {
    lan = router({"fe80::1/64"});
    lan.priority = vrrp::Priority::owner();
    kernel::View view = view_with(link, {"fe80::2/64", "fe80::1/64"});
    CHECK(app::readiness_of(lan, base::Family::ipv6, virtual_addresses, view).blockers.empty());
    view.apply(
        kernel::event::AddressSet{{link.index, with_prefix("fe80::1/64")}, {.is_tentative = true}});
    const auto blocked = app::readiness_of(lan, base::Family::ipv6, virtual_addresses, view);
    CHECK(blocked.blockers.front().kind == Blocker::Kind::not_owner);
}

TEST(Readiness, AnAddressThatWePutThereMakesNoOwner) {
    lan.priority = vrrp::Priority::owner();
    kernel::View view = view_with(link, {"192.0.2.11/24"});
    view.apply(kernel::event::AddressSet{{link.index, with_prefix("192.0.2.1/24")},
                                         {.protocol = kernel::our_address_protocol}});
    CHECK(readiness(view).blockers.front().kind == Blocker::Kind::not_owner);
}

TEST(Readiness, WhatKeepsOneFamilyOutKeepsOutTheOther) {
    const std::array<std::string, 2> names{"this", "the other family of this router"};
    std::array<app::Readiness, 2> unit{with({"192.0.2.11/24"}), with({})};
    app::share_blockers(unit, names);
    CHECK(unit[0].blockers.front().kind == Blocker::Kind::mate_waiting);
    STRCMP_EQUAL(
        "the other family of this router cannot take part: interface eth0 has no IPv4 "
        "address of its own to send from",
        unit[0].blockers.front().text.c_str());
    LONGS_EQUAL(1, unit[1].blockers.size());
    std::array<app::Readiness, 2> ready{with({"192.0.2.11/24"}), with({"192.0.2.11/24"})};
    app::share_blockers(ready, names);
    CHECK(ready[0].blockers.empty() && ready[1].blockers.empty());
}

TEST(Readiness, UnicastComesFromTheOwnAddressThatThePeersList) {
    lan.transport = config::Transport::unicast;
    lan.peers = {address("192.0.2.12"), address("192.0.2.13")};
    STRCMP_EQUAL("192.0.2.12", source(with({"192.0.2.11/24", "192.0.2.12/24"})).c_str());
    STRCMP_EQUAL("192.0.2.11", source(with({"192.0.2.11/24"})).c_str());
}
