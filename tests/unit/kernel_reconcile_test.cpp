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

Plan removal_of(std::string_view text, Secondaries secondaries) {
    return {.remove = {{key(text), secondaries}}, .add = {}};
}

}  // namespace

TEST_GROUP(Reconcile) {
    View view;
    Desired desired;

    void has(const AddressKey& which, const AddressFacts& facts) {
        view.apply(event::AddressSet{which, facts});
    }
    [[nodiscard]] Plan plan() const { return reconcile(desired, view); }
};

TEST(Reconcile, NothingDesiredAndNothingThereIsNoWork) { CHECK(plan().is_empty()); }

TEST(Reconcile, WhatIsDesiredAndThereIsNoWork) {
    desired = {key("192.0.2.1/24"), key("192.0.2.2/24")};
    has(key("192.0.2.1/24"), ours);
    has(key("192.0.2.2/24"), our_secondary);
    CHECK(plan().is_empty());
}

TEST(Reconcile, WhatIsMissingIsAdded) {
    desired = {key("192.0.2.1/24"), key("192.0.2.2/24")};
    has(key("192.0.2.1/24"), ours);
    CHECK(plan() == (Plan{.remove = {}, .add = {key("192.0.2.2/24")}}));
}

TEST(Reconcile, AnotherLengthOrAnotherLinkIsMissing) {
    desired = {key("192.0.2.1/24")};
    has(key("192.0.2.1/32"), theirs);
    has(key("192.0.2.1/24", eth1), theirs);
    CHECK(plan() == (Plan{.remove = {}, .add = {key("192.0.2.1/24")}}));
}

TEST(Reconcile, WhatIsOursAndNotDesiredIsRemovedFromAnyLink) {
    has(key("192.0.2.1/24", eth1), ours);
    const Plan expected{.remove = {{key("192.0.2.1/24", eth1), Secondaries::none_at_risk}},
                        .add = {}};
    CHECK(plan() == expected);
}

TEST(Reconcile, WhatIsNotOursIsNeverTouched) {
    has(key("192.0.2.1/24"), theirs);
    has(key("192.0.2.2/24"), {.protocol = 18});
    CHECK(plan().is_empty());
}

TEST(Reconcile, ADesiredAddressOfSomebodyElseCountsAsPresent) {
    desired = {key("192.0.2.1/24")};
    has(key("192.0.2.1/24"), theirs);
    CHECK(plan().is_empty());
}

TEST(Reconcile, AnAddressMovesBetweenLinks) {
    desired = {key("192.0.2.1/24", eth1)};
    has(key("192.0.2.1/24", eth0), ours);
    const Plan moved = plan();
    LONGS_EQUAL(1, moved.remove.size());
    CHECK(moved.add == std::vector{key("192.0.2.1/24", eth1)});
}

TEST(Reconcile, APrimaryWithSomebodysSecondaryIsRemovedWithPromotion) {
    has(key("192.0.2.1/24"), ours);
    has(key("192.0.2.50/24"), their_secondary);
    CHECK(plan() == removal_of("192.0.2.1/24", Secondaries::promote));
}

TEST(Reconcile, APrimaryWithADesiredSecondaryIsRemovedWithPromotion) {
    desired = {key("192.0.2.50/24")};
    has(key("192.0.2.1/24"), ours);
    has(key("192.0.2.50/24"), our_secondary);
    CHECK(plan() == removal_of("192.0.2.1/24", Secondaries::promote));
}

TEST(Reconcile, PromotionIsOfNoUseWhenTheSecondariesGoToo) {
    has(key("192.0.2.1/24"), ours);
    has(key("192.0.2.50/24"), our_secondary);
    for (const Removal& removal : plan().remove)
        CHECK(removal.secondaries == Secondaries::none_at_risk);
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
