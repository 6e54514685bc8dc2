#include "kernel/view.hpp"

#include "support.hpp"

#include <CppUTest/TestHarness.h>

using namespace kernel;
using support::address;

namespace {

constexpr LinkIndex eth0{2};
constexpr LinkIndex eth1{3};

base::InterfaceAddress with_prefix(std::string_view text) {
    return base::InterfaceAddress::parse(text).value();
}

Link link(LinkIndex index, std::string name) {
    return {.index = index,
            .name = std::move(name),
            .mac = {},
            .is_up = true,
            .has_carrier = true,
            .port_of = {}};
}

AddressKey key(LinkIndex index, std::string_view text) { return {index, with_prefix(text)}; }

}  // namespace

TEST_GROUP(View) {
    View view;

    void has(LinkIndex index, std::string_view text) {
        view.apply(event::AddressSet{key(index, text), {}});
    }
    [[nodiscard]] std::string order_on(LinkIndex index) const {
        std::string texts;
        for (const auto& entry : view.own_addresses_on(index)) texts += entry.text() + " ";
        return texts;
    }
};

TEST(View, IsEmptyAtFirst) {
    CHECK(view.link("eth0") == nullptr);
    CHECK(view.link(eth0) == nullptr);
    CHECK(view.addresses().empty());
    CHECK(view.own_addresses_on(eth0).empty());
    CHECK_FALSE(view.is_own_source(address("192.0.2.1"), kernel::LinkIndex{2}));
}

TEST(View, FindsALinkByNameAndByIndex) {
    view.apply(event::LinkSet{link(eth0, "eth0")});
    view.apply(event::LinkSet{link(eth1, "eth1")});
    CHECK(view.link("eth1")->index == eth1);
    STRCMP_EQUAL("eth0", view.link(eth0)->name.c_str());
}

TEST(View, TheLastWordAboutALinkCounts) {
    view.apply(event::LinkSet{link(eth0, "eth0")});
    Link changed = link(eth0, "wan0");
    changed.has_carrier = false;
    view.apply(event::LinkSet{changed});
    CHECK(view.link("eth0") == nullptr);
    CHECK(*view.link("wan0") == changed);
}

TEST(View, ALinkThatGoesTakesItsAddressesAlong) {
    view.apply(event::LinkSet{link(eth0, "eth0")});
    view.apply(event::LinkSet{link(eth1, "eth1")});
    has(eth0, "192.0.2.1/24");
    has(eth1, "192.0.2.2/24");
    view.apply(event::LinkGone{eth0});
    CHECK(view.link("eth0") == nullptr);
    CHECK(view.own_addresses_on(eth0).empty());
    LONGS_EQUAL(1, view.addresses().size());
    CHECK_FALSE(view.is_own_source(address("192.0.2.1"), kernel::LinkIndex{2}));
    CHECK(view.is_own_source(address("192.0.2.2"), kernel::LinkIndex{2}));
}

TEST(View, AnAddressIsKnownByLinkAddressAndLength) {
    view.apply(event::LinkSet{link(eth0, "eth0")});
    view.apply(event::AddressSet{key(eth0, "192.0.2.1/24"), {.protocol = 112}});
    CHECK(view.address(key(eth0, "192.0.2.1/24"))->is_ours());
    CHECK(view.address(key(eth0, "192.0.2.1/32")) == nullptr);
    CHECK(view.address(key(eth1, "192.0.2.1/24")) == nullptr);
}

TEST(View, OnlyOurProtocolMarksAnAddressAsOurs) {
    for (const int protocol : {0, 1, 2, 3, 18, 111, 113, 255})
        CHECK_FALSE(AddressFacts{.protocol = static_cast<std::uint8_t>(protocol)}.is_ours());
    CHECK(AddressFacts{.protocol = our_address_protocol}.is_ours());
}

TEST(View, TheLastWordAboutAnAddressCounts) {
    has(eth0, "192.0.2.1/24");
    view.apply(event::AddressSet{key(eth0, "192.0.2.1/24"), {.is_secondary = true}});
    CHECK(view.address(key(eth0, "192.0.2.1/24"))->is_secondary);
    LONGS_EQUAL(1, view.own_addresses_on(eth0).size());
}

TEST(View, KeepsTheOrderOfArrivalForEachLink) {
    has(eth0, "192.0.2.9/24");
    has(eth1, "192.0.2.8/24");
    has(eth0, "192.0.2.3/24");
    has(eth0, "192.0.2.9/24");  // told again: keeps its place
    STRCMP_EQUAL("192.0.2.9/24 192.0.2.3/24 ", order_on(eth0).c_str());
    view.apply(event::AddressGone{key(eth0, "192.0.2.9/24")});
    has(eth0, "192.0.2.9/24");
    STRCMP_EQUAL("192.0.2.3/24 192.0.2.9/24 ", order_on(eth0).c_str());
}

TEST(View, WhatIsNotThereCanGo) {
    view.apply(event::AddressGone{key(eth0, "192.0.2.1/24")});
    view.apply(event::LinkGone{eth0});
    CHECK(view.own_addresses_on(eth0).empty());
}

TEST(View, HasAnAddressOnAnyLinkWithAnyLength) {
    for (const LinkIndex index : {eth0, eth1}) view.apply(event::LinkSet{link(index, "x")});
    has(eth0, "192.0.2.1/0");
    has(eth1, "192.0.2.2/32");
    has(eth1, "2001:db8::1/64");
    CHECK(view.is_own_source(address("192.0.2.1"), kernel::LinkIndex{2}));
    CHECK(view.is_own_source(address("192.0.2.2"), kernel::LinkIndex{2}));
    CHECK(view.is_own_source(address("2001:db8::1"), kernel::LinkIndex{2}));
    CHECK_FALSE(view.is_own_source(address("192.0.2.3"), kernel::LinkIndex{2}));
    CHECK_FALSE(view.is_own_source(address("2001:db8::2"), kernel::LinkIndex{2}));
}

TEST(View, ForwardingIsOfTheLinkUntilAnotherWordAboutIt) {
    view.apply(event::LinkSet{link(eth0, "eth0")});
    CHECK_FALSE(view.link(eth0)->forwards_ipv6.has_value());
    CHECK_TRUE(view.apply(event::ForwardingSet{eth0, true}));
    CHECK_FALSE(view.apply(event::ForwardingSet{eth0, true}));
    CHECK_FALSE(view.apply(event::ForwardingSet{eth1, true}));
    view.apply(event::LinkSet{link(eth0, "renamed")});  // says nothing of it
    CHECK(view.link(eth0)->forwards_ipv6 == true);
    Link other = link(eth0, "eth0");
    other.forwards_ipv6 = false;
    view.apply(event::LinkSet{other});
    CHECK(view.link(eth0)->forwards_ipv6 == false);
}
