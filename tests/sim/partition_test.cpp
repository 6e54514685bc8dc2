// Cuts, and what is left when they are mended.
#include <fmt/format.h>

#include "lan_test.hpp"
#include "wire.hpp"

using namespace sim;

TEST_GROUP_BASE(Partition, LanTest){void setup() override{lan.add({router(200)});
lan.add({router(100)});
lan.run_for(10s);
}
// Runs up to the first advert of this host from now on.
void run_until_advert_of(HostId id) {
    const std::size_t before = lan.count_adverts(id);
    while (lan.count_adverts(id) == before && lan.step(lan.now() + 5s)) {
    }
}
}
;

TEST(Partition, EachSideHasAnActiveRouter) {
    lan.partition({0});
    lan.run_for(10s);
    CHECK(lan.actives() == (std::set<HostId>{0, 1}));
}

TEST(Partition, HealingLeavesTheStrongerWithinARoundTripOfTheFirstAdvert) {
    lan.partition({0});
    lan.run_for(10s);
    lan.heal();
    const std::size_t before = lan.adverts().size();
    while (lan.adverts().size() == before && lan.step(lan.now() + 5s)) {
    }
    lan.run_for(2 * lan.link.delay_max);
    CHECK(is_alone(0));
}

TEST(Partition, TheStrongerAnnouncesItsAddressesAgainWhenItHearsTheWeaker) {
    lan.partition({0});
    run_until_advert_of(0);  // the next one to speak is the weaker
    lan.run_for(10s + 1ms);
    lan.heal();
    const std::size_t announced = lan.count_announcements(0);
    const std::size_t adverts = lan.count_adverts(0);
    run_until_advert_of(1);
    lan.run_for(2 * lan.link.delay_max);
    CHECK(is_alone(0));
    LONGS_EQUAL(announced + 1, lan.count_announcements(0));
    LONGS_EQUAL(adverts + 1, lan.count_adverts(0));
}

// proves: 9568-6.4.3-u
TEST(Partition, TheStrongerAnnouncesThemAlsoWhenItSpeaksFirst) {
    lan.partition({0});
    lan.run_for(20s);
    run_until_advert_of(1);
    lan.heal();
    const std::size_t announced = lan.count_announcements(0);
    run_until_advert_of(0);
    lan.run_for(4 * lan.link.delay_max);
    CHECK(is_alone(0));
    LONGS_EQUAL(announced + 1, lan.count_announcements(0));
}

// proves: 9568-6.4.3-s
TEST(Partition, WhoCannotHearBecomesActiveAndIsContradictedOnceAnInterval) {
    lan.cut(0, 1);
    lan.run_for(10s);
    CHECK(lan.is_active(1));
    const std::size_t before = lan.count_adverts(0);
    const std::size_t announced = lan.count_announcements(0);
    lan.run_for(60s);
    CHECK(lan.count_adverts(0) - before <= 121);  // its schedule, and as many answers
    CHECK(lan.count_announcements(0) - announced <= 60 * 5 + 10);  // a burst for each answer
    lan.heal();
    lan.run_for(1s + 5ms);
    CHECK(is_alone(0));
}

TEST(Partition, WhoCannotBeHeardYieldsToNobodyAndHarmsNobody) {
    lan.cut(1, 0);
    lan.run_for(60s);
    CHECK(is_alone(0));
    LONGS_EQUAL(0, lan.count_adverts(1));
}

TEST(Partition, EveryIslandElectsItsStrongest) {
    lan.add({router(150)});
    lan.add({router(50)});
    lan.run_for(10s);
    lan.partition({1, 3});
    lan.run_for(10s);
    CHECK(lan.actives() == (std::set<HostId>{0, 1}));
    lan.heal();
    lan.run_for(1s + 5ms);
    CHECK(is_alone(0));
}

TEST(Partition, LossOfOneAdvertInThreeChangesNothingForLong) {
    lan.link.loss = 0.33;
    lan.run_for(5min);
    lan.link.loss = 0;
    lan.run_for(5s);
    CHECK(is_alone(0));
}

TEST(Partition, DuplicatedAdvertsChangeNothing) {
    lan.link.duplication = 1.0;
    lan.run_for(60s);
    CHECK(is_alone(0));
    LONGS_EQUAL(1, transitions(1));
    lan.stop(0);
    lan.run_for(skew(100) + 1ms);
    CHECK(is_alone(1));
}

// Two hosts with one address: neither can tell the other's adverts from its own that come back.
// proves: 9568-6.4.3-t
TEST(Partition, TwoRoutersWithOneAddressDoNotStorm) {
    Lan same{1};
    for (const int priority : {100, 100}) same.add_at("192.0.2.11/24", {router(priority)});
    same.run_for(60s);
    CHECK_FALSE(same.stormed());
    CHECK(same.adverts().size() <= 2 * 60);
    const auto own = static_cast<std::size_t>(vrrp::Discard::own_packet);
    CHECK(same.session(0).counters().discarded[own] > 50);
}

// Both would answer the other's adverts without end, were the answer not limited to one an
// interval.
TEST(Partition, TwoStrictDialectsDoNotStorm) {
    Lan strict{1};
    strict.add({with_checksum(router(200), config::Checksum::rfc9568)});
    strict.add({with_checksum(router(100), config::Checksum::rfc5798)});
    strict.run_for(60s);
    CHECK_FALSE(strict.stormed());
    CHECK(strict.adverts().size() <= 2 * 60);
}

TEST(Partition, AnEchoOfForeignAdvertsDoesNotStorm) {
    const std::size_t before = lan.count_adverts(0);
    for (int i = 0; i < 1000; ++i) {
        lan.inject(0, packet({.source = "192.0.2.12", .priority = 100}));
        lan.run_for(10ms);
    }
    CHECK(lan.count_adverts(0) - before <= 21);
}
