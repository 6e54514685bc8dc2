#include "app/wishes.hpp"

#include "app_support.hpp"
#include "vrrp/timing.hpp"

#include <CppUTest/TestHarness.h>

using namespace support;
using base::Family;

namespace {

constexpr kernel::LinkIndex lan{2};
constexpr kernel::LinkIndex other{7};

std::vector<std::string> texts(const std::vector<kernel::AddressWish>& wishes) {
    std::vector<std::string> found;
    for (const auto& wish : wishes) found.push_back(wish.key.address.text());
    return found;
}

}  // namespace

TEST_GROUP(Wishes) {
    config::Router router = support::router({"192.0.2.2/24", "192.0.2.1/24"});
    kernel::View view = view_with(eth0(), {});

    [[nodiscard]] std::vector<kernel::AddressWish> wishes(Family family) const {
        return app::wishes_of(router, family, {lan, 5s, 3}, view);
    }
};

TEST(Wishes, AreAllAddressesOfTheFamilyByKey) {
    router.more_addresses = {with_prefix("10.0.0.1/8")};
    CHECK(texts(wishes(Family::ipv4)) ==
          (std::vector<std::string>{"10.0.0.1/8", "192.0.2.1/24", "192.0.2.2/24"}));
    const kernel::AddressWish first = wishes(Family::ipv4).front();
    CHECK(first.key.link == lan);
    CHECK(first.how.lease == 5s);
    LONGS_EQUAL(3, first.owner);
}

TEST(Wishes, AFamilyThatIsNotAdvertisedBelongsToTheOtherSession) {
    router.more_addresses = {with_prefix("2001:db8::1/64")};
    LONGS_EQUAL(3, wishes(Family::ipv4).size());
    router.addresses.push_back(with_prefix("fe80::1/64"));
    LONGS_EQUAL(2, wishes(Family::ipv4).size());
    CHECK(texts(wishes(Family::ipv6)) ==
          (std::vector<std::string>{"2001:db8::1/64", "fe80::1/64"}));
}

TEST(Wishes, AnAddressMayGoElsewhereOnceThatIsThere) {
    router.placements[router.addresses[1]] = {"eth7", "eth7:x", 253};
    CHECK(texts(wishes(Family::ipv4)) == std::vector<std::string>{"192.0.2.2/24"});
    kernel::Link link = eth0();
    link.index = other;
    link.name = "eth7";
    view.apply(kernel::event::LinkSet{link});
    const kernel::AddressWish moved = wishes(Family::ipv4).back();
    CHECK(moved.key.link == other);
    STRCMP_EQUAL("eth7:x", moved.how.label.c_str());
    CHECK(moved.how.scope == std::uint8_t{253});
}

TEST(Wishes, ALeaseIsLongerThanTheTimeAfterWhichOthersTakeOver) {
    CHECK(app::lease_of(router, Family::ipv4) == 5s);  // 3.609 s
    router.advertise = *vrrp::AdvertInterval::from(base::Centiseconds{10});
    CHECK(app::lease_of(router, Family::ipv4) == 2s);
    router.advertise = *vrrp::AdvertInterval::from(base::Centiseconds{1000});
    CHECK(app::lease_of(router, Family::ipv4) == 50s);
    router.lease = {config::Lease::Kind::fixed, 20s};
    CHECK(app::lease_of(router, Family::ipv4) == 20s);
    router.lease = {config::Lease::Kind::off, {}};
    CHECK_FALSE(app::lease_of(router, Family::ipv4).has_value());
}

TEST(Wishes, WhatIsLeftOfALeaseOutlivesTheTakeover) {
    for (const int centiseconds : {1, 10, 50, 100, 1000}) {
        router.advertise = *vrrp::AdvertInterval::from(base::Centiseconds{centiseconds});
        const base::Duration interval{router.advertise.value()};
        const auto lease = *app::lease_of(router, Family::ipv4);
        const base::Duration oldest = app::renewal_age(router, lease) + interval;
        const auto slowest =
            vrrp::active_down_interval(vrrp::Version::v3, priority(1), router.advertise);
        CHECK(lease - oldest >= slowest);
    }
}

TEST(Wishes, ManyAddressesHaveALongerLease) {
    for (int i = 0; i < 5000; ++i)
        router.more_addresses.push_back(
            with_prefix(fmt::format("10.{}.{}.1/32", i / 250, i % 250)));
    CHECK(app::lease_of(router, Family::ipv4) == 15s);  // 500 renewals a second
}

// A link-local one has no other route to its own link.
TEST(Wishes, OnAVirtualMacOnlyLinkLocalAddressesBringTheirRoute) {
    router.addresses = {with_prefix("192.0.2.1/24"), with_prefix("fe80::1/64"),
                        with_prefix("2001:db8::1/64")};
    const auto route_of = [&](Family family, std::size_t which) {
        return app::wishes_of(router, family, {lan, 5s, 3, kernel::PrefixRoute::no}, view)
            .at(which)
            .how.prefix_route;
    };
    CHECK(route_of(Family::ipv4, 0) == kernel::PrefixRoute::no);
    CHECK(route_of(Family::ipv6, 0) == kernel::PrefixRoute::no);   // 2001:db8::1
    CHECK(route_of(Family::ipv6, 1) == kernel::PrefixRoute::yes);  // fe80::1
    CHECK(wishes(Family::ipv4).front().how.prefix_route == kernel::PrefixRoute::yes);
}
