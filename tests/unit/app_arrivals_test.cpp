// How near the longest gap between two adverts has come to a failover.
#include "app/arrivals.hpp"

#include "app_support.hpp"

#include <CppUTest/TestHarness.h>

using namespace support;

// Priority 100, an interval of 1 s: RFC 9568 section 6.1 gives 3.609 s.
TEST_GROUP(Arrivals) {
    app::Arrivals arrivals;
    base::Instant now = noon;
    static constexpr base::Duration limit = 3609ms;

    bool gap(base::Duration length) {
        now += length;
        return arrivals.note(length, centiseconds(100), limit, now);
    }
    app::Arrivals::Worst worst() { return arrivals.worst(now).value(); }
};

TEST(Arrivals, NothingIsKnownBeforeTheFirstGap) {
    CHECK_FALSE(arrivals.worst(now).has_value());
    LONGS_EQUAL(0, arrivals.histogram().gaps);
}

TEST(Arrivals, UsualGapsAreNearNothing) {
    for (int i = 0; i < 10; ++i) CHECK_FALSE(gap(1001ms));
    CHECK(worst().gap == 1001ms);
    CHECK(worst().limit == limit);
    CHECK(worst().lateness == 1ms);
    LONGS_EQUAL(0, worst().missing);
    LONGS_EQUAL(10, arrivals.histogram().gaps);
    LONGS_EQUAL(10, arrivals.histogram().counts[7]);  // up to 1,050 ms
    CHECK(arrivals.histogram().sum == 10010ms);
}

TEST(Arrivals, OneMissingAdvertIsNoNearFailover) {
    CHECK_FALSE(gap(2000ms));
    LONGS_EQUAL(1, worst().missing);
    CHECK(worst().lateness == 0ms);
}

TEST(Arrivals, TwoMissingAdvertsAre) {
    CHECK_TRUE(gap(3000ms));
    LONGS_EQUAL(2, worst().missing);
}

// RFC 9568 section 6.1: the Skew_Time of priority 254 is 2/256 of an interval, of priority 1
// 255/256.
TEST(Arrivals, PrioritiesDoNotChangeWhatIsNear) {
    CHECK_FALSE(arrivals.note(2000ms, centiseconds(100), 3008ms, now));
    CHECK_TRUE(arrivals.note(3000ms, centiseconds(100), 3996ms, now));
}

TEST(Arrivals, AnAdvertThatIsLateIsNotMissing) {
    CHECK_FALSE(gap(1600ms));
    LONGS_EQUAL(0, worst().missing);
    CHECK(worst().lateness == 600ms);
}

TEST(Arrivals, CopiesOfAnAdvertInAnotherFormAreNoGaps) {
    CHECK_FALSE(gap(1ms));
    LONGS_EQUAL(0, arrivals.histogram().gaps);
    CHECK_FALSE(arrivals.worst(now).has_value());
}

TEST(Arrivals, EachBoundIsInItsOwnBucket) {
    CHECK_FALSE(gap(1050ms));
    CHECK_FALSE(gap(1051ms));
    LONGS_EQUAL(1, arrivals.histogram().counts[7]);
    LONGS_EQUAL(1, arrivals.histogram().counts[8]);
}

TEST(Arrivals, WhatIsLongerThanAllBoundsIsCountedToo) {
    arrivals.note(40s, centiseconds(4000), 144s, now);
    LONGS_EQUAL(1, arrivals.histogram().counts.back());
}

TEST(Arrivals, TheWorstIsForgottenAfterTenMinutes) {
    gap(3000ms);
    for (int i = 0; i < 4 * 60; ++i) gap(1000ms);
    CHECK(worst().gap == 3000ms);
    for (int i = 0; i < 5 * 60; ++i) gap(1000ms);
    CHECK(worst().gap == 3000ms);
    for (int i = 0; i < 2 * 60; ++i) gap(1000ms);
    CHECK(worst().gap == 1000ms);
    CHECK_FALSE(arrivals.worst(now + 11min).has_value());
}

// The greatest gap is not the nearest to a failover when the limit has changed.
TEST(Arrivals, TheWorstIsTheOneThatLeftLeast) {
    arrivals.note(300ms, centiseconds(10), 361ms, now);
    arrivals.note(1000ms, centiseconds(100), limit, now);
    CHECK(worst().gap == 300ms);
    CHECK(worst().limit == 361ms);
}

TEST(Arrivals, AnIntervalIsLeastWhenLateAdvertsLeavePatience) {
    const double patience = 3.609;
    const auto least = [&](app::Arrivals::Worst worst) {
        const auto interval = app::Arrivals::least_interval(worst, patience);
        return interval ? interval->value().count() : -1;
    };
    LONGS_EQUAL(1, least({1000ms, limit, 0ms, 0}));
    LONGS_EQUAL(1, least({1000ms, limit, 15ms, 0}));
    LONGS_EQUAL(2, least({1000ms, limit, 16ms, 0}));
    LONGS_EQUAL(3, least({1000ms, limit, 15ms, 1}));
    LONGS_EQUAL(-1, least({3000ms, limit, 0ms, 2}));
    LONGS_EQUAL(-1, least({3000ms, limit, 1000s, 0}));
}

TEST(Arrivals, TheProgramAfterGoesOnCounting) {
    gap(1000ms);
    app::Arrivals after = app::Arrivals::resumed(arrivals.histogram());
    LONGS_EQUAL(1, after.histogram().gaps);
    CHECK_FALSE(after.worst(now).has_value());
}
