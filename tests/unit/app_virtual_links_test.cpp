#include "app/virtual_links.hpp"

#include <cerrno>

#include "app_support.hpp"

#include <CppUTest/TestHarness.h>

using namespace std::chrono_literals;
using app::VirtualLinks;
using kernel::LinkIndex;
using support::noon;

namespace {

config::Router router_with_vmac(const std::string& name, int vrid) {
    config::Router router = support::router({"192.0.2.1/24"});
    router.name = name;
    router.vrid = support::vrid(vrid);
    router.virtual_mac = config::VirtualMac{.ipv4_link = fmt::format("vrrp4.{}", vrid),
                                            .ipv6_link = fmt::format("vrrp6.{}", vrid)};
    return router;
}

kernel::Link macvlan(int index, const std::string& name, const std::string& alias) {
    return {.index = LinkIndex{index},
            .name = name,
            .mac = {{0x00, 0x00, 0x5e, 0x00, 0x01, 0x33}},
            .alias = alias,
            .macvlan_on = support::eth0().index};
}

}  // namespace

TEST_GROUP(VirtualLinks) {
    support::RememberingPorts ports;
    kernel::View view = support::view_with(support::eth0(), {"192.0.2.2/24"});
    VirtualLinks links;

    void setup() override { links.want(0, router_with_vmac("lan", 51), base::Family::ipv4); }
    void follow(base::Instant now = noon) { links.follow(view, ports, now); }
    void power(bool is_active, base::Instant now = noon) {
        (void)links.set_power({is_active, is_active}, view, ports, now);
    }
    void asked(const std::vector<std::string>& expected) {
        STRCMP_EQUAL(fmt::format("{}", fmt::join(expected, ", ")).c_str(),
                     fmt::format("{}", fmt::join(ports.asked, ", ")).c_str());
        ports.asked.clear();
    }
};

TEST(VirtualLinks, ARouterWithoutAVirtualMacHasNone) {
    links.want(1, support::router({"192.0.2.1/24"}), base::Family::ipv4);
    CHECK(links.of(1) == nullptr);
    CHECK(links.of(0) != nullptr);
}

TEST(VirtualLinks, OneIsMadeOnceAndSetsUpItsParentAfterwards) {
    ports.arp = {.ignore = 2, .filter = 0, .announce = 1};
    follow();
    asked({"make vrrp4.51", "arp 1 1 2"});
    CHECK(links.of(0)->link == LinkIndex{100});
    STRCMP_EQUAL("00:00:5e:00:01:33", links.of(0)->mac.text().c_str());
    STRCMP_EQUAL("tandem lan ipv4 arp_ignore=2 arp_filter=0 arp_announce=1",
                 view.link(LinkIndex{100})->alias.c_str());
    follow();
    asked({});
    CHECK(links.parent_of(LinkIndex{100}, view) == support::eth0().index);
    CHECK(links.parent_of(LinkIndex{7}, view) == LinkIndex{7});
}

TEST(VirtualLinks, IsUpOnlyForAnActiveSession) {
    follow();
    ports.asked.clear();
    power(false);
    asked({});
    power(true);
    asked({"raise 100"});
    power(true);
    asked({});
    power(false);
    asked({"lower 100"});
}

TEST(VirtualLinks, WithoutTheParentThereIsNothingToDoAndNothingWrong) {
    view.apply(kernel::event::LinkGone{support::eth0().index});
    follow();
    asked({});
    STRCMP_EQUAL("", links.of(0)->fault.c_str());
}

TEST(VirtualLinks, OneThatIsDeletedIsMadeAgainWithTheParentsFirstSettings) {
    follow();
    ports.asked.clear();
    view.apply(kernel::event::LinkGone{LinkIndex{100}});
    links.forget(LinkIndex{100}, ports);
    follow();
    asked({"make vrrp4.51", "arp 1 1 2"});
    STRCMP_EQUAL("tandem lan ipv4 arp_ignore=0 arp_filter=0 arp_announce=0",
                 view.link("vrrp4.51")->alias.c_str());
}

TEST(VirtualLinks, ThatOfAProcessBeforeUsIsTakenOver) {
    ports.arp = kernel::parent_settings;
    view.apply(kernel::event::LinkSet{
        macvlan(9, "vrrp4.51", "tandem lan ipv4 arp_ignore=3 arp_filter=0 arp_announce=0")});
    follow();
    asked({"arp 1 1 2"});
    CHECK(links.of(0)->link == LinkIndex{9});
    links.end(view, ports, noon);
    asked({"arp 3 0 0", "remove 9"});
}

TEST(VirtualLinks, WhatIsOursAndNotWantedIsRemoved) {
    const std::string alias = "tandem old ipv4 arp_ignore=0 arp_filter=0 arp_announce=0";
    view.apply(kernel::event::LinkSet{macvlan(8, "old", alias)});
    kernel::Link unfinished = macvlan(9, "vrrp4.51", "");
    unfinished.group = kernel::unfinished_link_group;
    view.apply(kernel::event::LinkSet{unfinished});
    follow();
    asked({"arp 0 0 0", "remove 8", "remove 9", "make vrrp4.51", "arp 1 1 2"});
}

TEST(VirtualLinks, WhatIsNotOursIsLeftAloneAndAFault) {
    view.apply(kernel::event::LinkSet{macvlan(9, "vrrp4.51", "somebody's")});
    view.apply(kernel::event::LinkSet{macvlan(10, "other", "")});
    follow();
    power(true);
    asked({});
    STRCMP_EQUAL("interface vrrp4.51 is there and is not tandem's", links.of(0)->fault.c_str());
    view.apply(kernel::event::LinkGone{LinkIndex{9}});
    follow();
    STRCMP_EQUAL("", links.of(0)->fault.c_str());
    CHECK(links.of(0)->link.has_value());
}

TEST(VirtualLinks, SiblingsShareTheirParentsSettingsAndTheLastRestoresThem) {
    links.want(1, router_with_vmac("other", 52), base::Family::ipv4);
    ports.arp = {.ignore = 2};
    follow();
    asked({"make vrrp4.51", "arp 1 1 2", "make vrrp4.52", "arp 1 1 2"});
    STRCMP_EQUAL("tandem other ipv4 arp_ignore=2 arp_filter=0 arp_announce=0",
                 view.link("vrrp4.52")->alias.c_str());
    links.end(view, ports, noon);
    asked({"remove 100", "arp 2 0 0", "remove 101"});
}

TEST(VirtualLinks, WhatTheKernelRefusesIsAFaultAndTriedAgainLater) {
    ports.make_error = EBUSY;
    follow();
    CHECK(links.of(0)->fault.starts_with("make vrrp4.51"));
    LONGS_EQUAL(1, links.take_troubles().size());
    CHECK(links.deadline() == noon + 100ms);
    ports.asked.clear();
    follow(noon + 50ms);
    asked({});
    follow(noon + 100ms);
    asked({"make vrrp4.51"});
    CHECK(links.deadline() == noon + 300ms);
    LONGS_EQUAL(0, links.take_troubles().size());  // the same again
    ports.make_error = 0;
    follow(noon + 300ms);
    STRCMP_EQUAL("", links.of(0)->fault.c_str());
    CHECK_FALSE(links.deadline().has_value());
}

TEST(VirtualLinks, OneThatCannotBeSetUpIsAFault) {
    follow();
    ports.raise_error = EINVAL;
    CHECK_TRUE(links.set_power({true}, view, ports, noon));
    CHECK_FALSE(links.of(0)->fault.empty());
    ports.asked.clear();
    power(true, noon + 9s);
    asked({});
    ports.raise_error = 0;
    CHECK_TRUE(links.set_power({true}, view, ports, noon + 10s));
    STRCMP_EQUAL("", links.of(0)->fault.c_str());
}

// Once it is gone nobody knows what the parent's settings were.
TEST(VirtualLinks, AStrayThatCannotBeRemovedIsTriedAgain) {
    const std::string alias = "tandem old ipv4 arp_ignore=0 arp_filter=0 arp_announce=0";
    view.apply(kernel::event::LinkSet{macvlan(8, "old", alias)});
    ports.remove_error = EPERM;
    follow();
    CHECK(view.link("old") != nullptr);
    CHECK(links.deadline() == noon + 10s);
    ports.remove_error = 0;
    follow(noon + 10s);
    CHECK(view.link("old") == nullptr);
}

TEST_GROUP(LinkNews){};

// Linux notifies nobody of an alias that a link gets while it is down.
TEST(LinkNews, OldNewsDoNotTakeTheAliasAway) {
    kernel::View view;
    view.apply(kernel::event::LinkSet{macvlan(9, "vrrp4.51", "tandem lan ipv4")});
    kernel::Link before = macvlan(9, "vrrp4.51", "");
    before.group = kernel::unfinished_link_group;
    CHECK_FALSE(view.apply(kernel::event::LinkSet{before}));
    STRCMP_EQUAL("tandem lan ipv4", view.link("vrrp4.51")->alias.c_str());
    view.apply(kernel::event::LinkSet{macvlan(9, "vrrp4.51", "")});
    STRCMP_EQUAL("", view.link("vrrp4.51")->alias.c_str());
}
