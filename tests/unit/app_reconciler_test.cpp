#include "app/reconciler.hpp"

#include <algorithm>
#include <cerrno>

#include "reconciler_support.hpp"

using namespace support;
using app::Upkeep;
using What = app::Upkeep::What;

TEST_GROUP_BASE(Reconciler, ReconcilerTest){};

TEST(Reconciler, WorksInSlicesTheFirstOfWhichIsSmall) {
    want(200);
    LONGS_EQUAL(200, work_all().size());
    const std::vector<std::size_t> expected{16, 64, 64, 56};
    std::vector<std::size_t> sizes;
    for (const auto& slice : ports.slices) sizes.push_back(slice.size());
    CHECK(sizes == expected);
    LONGS_EQUAL(200, view.addresses().size());
    CHECK_FALSE(reconciler.deadline(now).has_value());
}

TEST(Reconciler, WhatIsThereIsNotAskedForAgain) {
    want(3);
    work_all();
    reconciler.look_again();
    CHECK(work_all().empty());
    LONGS_EQUAL(3, count_of_requests());
}

TEST(Reconciler, ALossIsToldAndMadeGood) {
    want(3);
    work_all();
    somebody_removes(1);
    const auto told = work_all();
    LONGS_EQUAL(2, told.size());
    CHECK(told[0].what == What::lost);
    CHECK(told[1].what == What::installed);
    CHECK(told[0].object == kernel::Object{wish(1).key});
}

TEST(Reconciler, WhatWasNeverThereIsNoLoss) {
    ports.error = EPERM;
    want(1);
    CHECK(work().front().what == What::refused);
    ports.error = 0;
    now += 100ms;
    const auto told = work();
    LONGS_EQUAL(1, told.size());
    CHECK(told.front().what == What::installed);
}

TEST(Reconciler, TheSixthLossWithinAMinuteIsOneTooMany) {
    want(1);
    work_all();
    for (int i = 0; i < 5; ++i) {
        now += 1s;
        somebody_removes(0);
        CHECK(work_all().front().what == What::lost);
    }
    CHECK(reconciler.surrender_of(0, now).empty());
    now += 1s;
    somebody_removes(0);
    const auto told = work_all();
    LONGS_EQUAL(1, told.size());
    CHECK(told.front().what == What::given_up);
    STRCMP_EQUAL(
        "somebody else removes 10.0.0.1/16 again and again (6 times within a minute); given up for "
        "60 s",
        reconciler.surrender_of(0, now).c_str());
    CHECK(reconciler.next_attempt(now) == now + 60s);
    CHECK(reconciler.surrender_of(0, now + 60s).empty());
}

TEST(Reconciler, LossesOfDifferentMinutesDoNotAddUp) {
    want(1);
    work_all();
    for (int i = 0; i < 12; ++i) {
        for (int half = 0; half < 2; ++half) {
            now += 6s;
            reconciler.advert_was_sent(0, 5s, now);
            work_all();
        }
        somebody_removes(0);
        CHECK(work_all().front().what == What::lost);
    }
}

TEST(Reconciler, TheKernelIsAskedAgainLaterEachTime) {
    ports.error = EPERM;
    want(1);
    work();
    std::vector<base::Duration> waits;
    for (int i = 0; i < 9; ++i) {
        const auto next = reconciler.deadline(now);
        CHECK(next.has_value() && *next > now);
        waits.push_back(*next - now);
        now = *next;
        CHECK(std::ranges::none_of(work(), [](const Upkeep& fact) {  // it was told
            return fact.what == What::refused;
        }));
    }
    const std::vector<base::Duration> expected{100ms,  200ms,  400ms, 800ms, 1600ms,
                                               3200ms, 6400ms, 10s,   10s};
    CHECK(waits == expected);
    STRCMP_EQUAL("try: Operation not permitted", reconciler.error_of(wish(0).key)->c_str());
}

TEST(Reconciler, ASolvedRefusalIsForgotten) {
    ports.error = EPERM;
    want(1);
    work();
    view.apply(kernel::event::AddressSet{wish(0).key, {}});  // somebody else was faster
    reconciler.look_again();
    CHECK(work().front().what == What::installed);
    CHECK(reconciler.error_of(wish(0).key) == nullptr);
    CHECK_FALSE(reconciler.deadline(now).has_value());
}

TEST(Reconciler, LeasesAreRenewedWithAnAdvertWhenTheyAreOldEnough) {
    want(100);
    work_all();
    now += 4s;
    reconciler.advert_was_sent(0, 5s, now);
    work_all();
    LONGS_EQUAL(0, count_of<kernel::RenewAddress>());
    now += 1s;
    work_all();
    LONGS_EQUAL(0, count_of<kernel::RenewAddress>());  // no advert, no renewal
    reconciler.advert_was_sent(0, 5s, now);
    work_all();
    LONGS_EQUAL(100, count_of<kernel::RenewAddress>());
    now += 4s;
    reconciler.advert_was_sent(0, 5s, now);
    work_all();
    LONGS_EQUAL(100, count_of<kernel::RenewAddress>());
}

TEST(Reconciler, ARefusedRenewalIsTriedAgainWithTheNextAdvertAndItsLossIsNobodysFault) {
    want(1);
    work_all();
    now += 6s;
    ports.error = ENOMEM;
    reconciler.advert_was_sent(0, 5s, now);
    CHECK(work().front().what == What::refused);
    now += 1s;
    reconciler.advert_was_sent(0, 5s, now);
    (void)work();
    LONGS_EQUAL(2, count_of<kernel::RenewAddress>());
    now += 4s;  // the first lease has ended
    ports.error = 0;
    somebody_removes(0);
    CHECK(work_all().front().what == What::expired);
}

TEST(Reconciler, WhatSomebodyElseConfiguredIsNotRenewed) {
    view.apply(kernel::event::AddressSet{wish(0).key, {}});
    want(2);
    work_all();
    now += 6s;
    reconciler.advert_was_sent(0, 5s, now);
    work_all();
    LONGS_EQUAL(1, count_of<kernel::RenewAddress>());
}

TEST(Reconciler, WhatTheKernelDroppedAtTheEndOfItsLeaseIsNoFight) {
    want(1);
    work_all();
    for (int i = 0; i < 8; ++i) {
        now += 11s;
        somebody_removes(0);
        CHECK(work_all().front().what == What::expired);
        CHECK(reconciler.surrender_of(0, now).empty());
    }
}

TEST(Reconciler, TheSettingOfTheLinkIsGivenBackAfterTheLastAddress) {
    kernel::Link link = eth0();
    link.promotion = kernel::Promotion::off;
    view.apply(kernel::event::LinkSet{link});
    want(2);
    work_all();
    CHECK(std::get<kernel::SetPromotion>(ports.slices.front().front()).promotion ==
          kernel::Promotion::on);
    ports.slices.clear();
    want(0);
    work_all();
    CHECK(std::get<kernel::SetPromotion>(ports.slices.back().back()).promotion ==
          kernel::Promotion::off);
    LONGS_EQUAL(2, count_of<kernel::RemoveAddress>());
    CHECK(view.addresses().empty());
}
