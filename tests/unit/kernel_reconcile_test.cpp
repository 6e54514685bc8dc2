#include "kernel/reconcile.hpp"

#include <CppUTest/TestHarness.h>

using namespace kernel;

namespace {

constexpr LinkIndex eth0{2};
constexpr LinkIndex eth1{3};
constexpr AddressFacts ours{.protocol = our_address_protocol};
constexpr AddressFacts our_secondary{.protocol = our_address_protocol, .is_secondary = true};
constexpr AddressFacts theirs{};
constexpr AddressFacts their_secondary{.is_secondary = true};

AddressKey key(std::string_view text, LinkIndex index = eth0) {
    return {index, base::InterfaceAddress::parse(text).value()};
}

AddressWish wish(std::string_view text, LinkIndex index = eth0) {
    return {.key = key(text, index), .how = {}};
}

Plan removal_of(std::string_view text, Secondaries secondaries) {
    return {.requests = {RemoveAddress{key(text), secondaries}}};
}

Plan addition_of(std::string_view text) { return {.requests = {AddAddress{wish(text)}}}; }

}  // namespace

TEST_GROUP(Reconcile) {
    View view;
    Desired desired;

    void has(const AddressKey& which, const AddressFacts& facts) {
        view.apply(event::AddressSet{which, facts});
    }
    [[nodiscard]] Plan plan() const { return reconcile(desired, view); }
};

TEST(Reconcile, NothingDesiredAndNothingThereIsNoWork) { CHECK(plan() == Plan{}); }

TEST(Reconcile, WhatIsDesiredAndThereIsNoWork) {
    desired.addresses = {wish("192.0.2.1/24"), wish("192.0.2.2/24")};
    has(key("192.0.2.1/24"), ours);
    has(key("192.0.2.2/24"), our_secondary);
    CHECK(plan() == Plan{});
}

TEST(Reconcile, WhatIsMissingIsAdded) {
    desired.addresses = {wish("192.0.2.1/24"), wish("192.0.2.2/24")};
    has(key("192.0.2.1/24"), ours);
    CHECK(plan() == addition_of("192.0.2.2/24"));
}

TEST(Reconcile, AnotherLengthOrAnotherLinkIsMissing) {
    desired.addresses = {wish("192.0.2.1/24")};
    has(key("192.0.2.1/32"), theirs);
    has(key("192.0.2.1/24", eth1), theirs);
    CHECK(plan() == addition_of("192.0.2.1/24"));
}

TEST(Reconcile, WhatIsOursAndNotDesiredIsRemovedFromAnyLink) {
    has(key("192.0.2.1/24", eth1), ours);
    const Plan expected{
        .requests = {RemoveAddress{key("192.0.2.1/24", eth1), Secondaries::none_at_risk}}};
    CHECK(plan() == expected);
}

TEST(Reconcile, WhatIsNotOursIsNeverTouched) {
    has(key("192.0.2.1/24"), theirs);
    has(key("192.0.2.2/24"), {.protocol = 18});
    CHECK(plan() == Plan{});
}

TEST(Reconcile, ADesiredAddressOfSomebodyElseCountsAsPresent) {
    desired.addresses = {wish("192.0.2.1/24")};
    has(key("192.0.2.1/24"), theirs);
    CHECK(plan() == Plan{});
}

TEST(Reconcile, AnAddressMovesBetweenLinks) {
    desired.addresses = {wish("192.0.2.1/24", eth1)};
    has(key("192.0.2.1/24", eth0), ours);
    const Plan moved{.requests = {RemoveAddress{key("192.0.2.1/24", eth0)},
                                  AddAddress{wish("192.0.2.1/24", eth1)}}};
    CHECK(plan() == moved);
}

TEST(Reconcile, APrimaryWithSomebodysSecondaryIsRemovedWithPromotion) {
    has(key("192.0.2.1/24"), ours);
    has(key("192.0.2.50/24"), their_secondary);
    CHECK(plan() == removal_of("192.0.2.1/24", Secondaries::promote));
}

TEST(Reconcile, APrimaryWithADesiredSecondaryIsRemovedWithPromotion) {
    desired.addresses = {wish("192.0.2.50/24")};
    has(key("192.0.2.1/24"), ours);
    has(key("192.0.2.50/24"), our_secondary);
    CHECK(plan() == removal_of("192.0.2.1/24", Secondaries::promote));
}

TEST(Reconcile, PromotionIsOfNoUseWhenTheSecondariesGoToo) {
    has(key("192.0.2.1/24"), ours);
    has(key("192.0.2.50/24"), our_secondary);
    LONGS_EQUAL(2, plan().requests.size());
    for (const Request& request : plan().requests)
        CHECK(std::get<RemoveAddress>(request).secondaries == Secondaries::none_at_risk);
}

// Promoted when its primary goes, it would be the primary of the rest, and take that along.
TEST(Reconcile, SecondariesGoBeforeTheirPrimary) {
    has(key("192.0.2.1/24"), ours);
    has(key("192.0.2.50/24"), our_secondary);
    has(key("192.0.2.51/24"), their_secondary);
    const Plan secondary_first{
        .requests = {RemoveAddress{key("192.0.2.50/24"), Secondaries::none_at_risk},
                     RemoveAddress{key("192.0.2.1/24"), Secondaries::promote}}};
    CHECK(plan() == secondary_first);
}

TEST(Reconcile, ASecondaryHasNoSecondaries) {
    has(key("192.0.2.11/24"), theirs);
    has(key("192.0.2.1/24"), our_secondary);
    has(key("192.0.2.50/24"), their_secondary);
    CHECK(plan() == removal_of("192.0.2.1/24", Secondaries::none_at_risk));
}

TEST(Reconcile, OtherSubnetsLengthsAndLinksAreNotAtRisk) {
    has(key("192.0.2.1/24"), ours);
    has(key("198.51.100.50/24"), their_secondary);
    has(key("192.0.2.50/25"), their_secondary);
    has(key("192.0.2.51/24", eth1), their_secondary);
    has(key("192.0.2.52/24"), theirs);
    CHECK(plan() == removal_of("192.0.2.1/24", Secondaries::none_at_risk));
}

TEST(Reconcile, Ipv6KnowsNoSecondaries) {
    has(key("2001:db8::1/64"), ours);
    has(key("2001:db8::2/64"), their_secondary);
    CHECK(plan() == removal_of("2001:db8::1/64", Secondaries::none_at_risk));
}

TEST(Reconcile, TheLimitCutsThePlanOffAndSaysSo) {
    desired.addresses = {wish("192.0.2.1/24"), wish("192.0.2.2/24"), wish("192.0.2.3/24")};
    const Plan cut = reconcile(desired, view, 2);
    LONGS_EQUAL(2, cut.requests.size());
    CHECK_FALSE(cut.is_complete);
    CHECK(reconcile(desired, view, 3).is_complete);
}

TEST(Reconcile, AnIpv6AddressOfSomebodyElseCountsWhateverItsLength) {
    desired.addresses = {wish("2001:db8::1/64")};
    has(key("2001:db8::1/128"), theirs);
    CHECK(plan() == Plan{});
}

TEST(Reconcile, OurOwnAtAnotherLengthIsReplaced) {
    desired.addresses = {wish("2001:db8::1/64")};
    has(key("2001:db8::1/128"), ours);
    const Plan replaced{
        .requests = {RemoveAddress{key("2001:db8::1/128")}, AddAddress{wish("2001:db8::1/64")}}};
    CHECK(plan() == replaced);
}

TEST(Reconcile, WhatFailedDuplicateAddressDetectionIsPutThereAnew) {
    desired.addresses = {wish("2001:db8::1/64")};
    has(key("2001:db8::1/64"),
        {.protocol = our_address_protocol, .is_tentative = true, .has_failed_dad = true});
    const Plan anew{
        .requests = {RemoveAddress{key("2001:db8::1/64")}, AddAddress{wish("2001:db8::1/64")}}};
    CHECK(plan() == anew);
}

TEST(Reconcile, ALeaseThatMayEndUnwatchedProtectsWhatHangsOnTheAddress) {
    Link link{.index = eth0, .name = "eth0", .mac = {}, .port_of = {}};
    link.promotion = Promotion::off;
    view.apply(event::LinkSet{link});
    AddressWish leased = wish("192.0.2.1/24");
    leased.how.lease = std::chrono::seconds{5};
    desired.addresses = {leased};
    const Plan expected{.requests = {SetPromotion{eth0, Promotion::on}, AddAddress{leased}}};
    CHECK(plan() == expected);
    view.set_promotion(eth0, Promotion::on);
    CHECK(plan() == (Plan{.requests = {AddAddress{leased}}}));
}

TEST_GROUP(ReconcileRoutes) {
    View view;
    Desired desired;
    const Route route{.place = {*base::InterfaceAddress::parse("10.0.0.0/8"), 254, 0},
                      .via = base::IpAddress::parse("192.0.2.254")};
    const Rule rule{.family = base::Family::ipv4, .priority = 1000, .table = 100};

    [[nodiscard]] Route on(LinkIndex link) const {
        Route placed = route;
        placed.link = link;
        return placed;
    }
    [[nodiscard]] Plan plan() const { return reconcile(desired, view); }
};

TEST(ReconcileRoutes, ComeAfterTheAddressesAndGoBeforeThem) {
    desired.addresses = {wish("192.0.2.1/24")};
    desired.routes = {{route}};
    desired.rules = {{rule}};
    CHECK((plan() == Plan{.requests = {AddAddress{wish("192.0.2.1/24")}, AddRoute{{route}},
                                       AddRule{{rule}}}}));
    desired = {};
    view.apply(event::AddressSet{key("192.0.2.1/24"), ours});
    view.apply(event::RouteSet{on(eth0)});
    view.apply(event::RuleSet{rule});
    CHECK((plan() == Plan{.requests = {RemoveRule{rule}, RemoveRoute{on(eth0)},
                                       RemoveAddress{key("192.0.2.1/24")}}}));
}

TEST(ReconcileRoutes, OnWhateverLinkTheKernelHasPutItItIsThere) {
    desired.routes = {{route}};
    view.apply(event::RouteSet{on(eth1)});
    CHECK(plan() == Plan{});
    desired.routes = {{on(eth0)}};
    CHECK((plan() == Plan{.requests = {RemoveRoute{on(eth1)}, AddRoute{{on(eth0)}}}}));
}

TEST(ReconcileRoutes, WhoWantsAnObjectIsKnown) {
    desired.addresses = {wish("192.0.2.1/24")};
    desired.routes = {{route, 7}};
    desired.rules = {{rule, 8}};
    desired.put_in_order();
    CHECK(desired.owner_of(route) == 7U);
    CHECK(desired.owner_of(rule) == 8U);
    CHECK(desired.owner_of(key("192.0.2.1/24")) == 0U);
    CHECK_FALSE(desired.owner_of(on(eth0)).has_value());
    CHECK_FALSE(desired.owner_of(eth0).has_value());
}

TEST(ReconcileRoutes, ALinkOrAnAddressThatGoesTakesThemAlong) {
    Route sourced = on(eth0);
    sourced.source = base::IpAddress::parse("198.51.100.1");
    sourced.place.metric = 9;
    const Link up{.index = eth0, .name = "eth0", .mac = {}, .is_up = true, .port_of = {}};
    Link down = up;
    down.is_up = false;
    const auto fill = [&] {
        view.apply(event::LinkSet{up});
        view.apply(event::AddressSet{key("192.0.2.2/24"), theirs});
        view.apply(event::AddressSet{key("192.0.2.3/24"), their_secondary});
        view.apply(event::AddressSet{key("198.51.100.1/32", eth1), theirs});
        view.apply(event::RouteSet{on(eth0)});
        view.apply(event::RouteSet{sourced});
    };
    const auto count = [&] { return view.own_routes().routes().size(); };
    fill();
    view.apply(event::LinkSet{down});
    LONGS_EQUAL(0, count());
    CHECK(view.own_routes().was_taken_along(route));
    fill();
    CHECK_FALSE(view.own_routes().was_taken_along(route));
    view.apply(event::AddressGone{key("198.51.100.1/32", eth1)});
    LONGS_EQUAL(1, count());
    view.apply(event::AddressGone{key("192.0.2.3/24")});
    LONGS_EQUAL(1, count());
    view.apply(event::AddressGone{key("192.0.2.2/24")});
    LONGS_EQUAL(0, count());
    fill();
    view.apply(event::LinkGone{eth0});
    LONGS_EQUAL(0, count());
}
