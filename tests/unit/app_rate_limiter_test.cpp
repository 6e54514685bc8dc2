#include "app/rate_limiter.hpp"

#include "app_support.hpp"

#include <CppUTest/TestHarness.h>

using namespace support;

TEST_GROUP(RateLimiter) { app::RateLimiter limiter; };

TEST(RateLimiter, TheFirstOccurrenceIsTold) { LONGS_EQUAL(0, limiter.admit(1, noon).value()); }

TEST(RateLimiter, OthersOfThatMinuteAreNot) {
    (void)limiter.admit(1, noon);
    CHECK_FALSE(limiter.admit(1, noon).has_value());
    CHECK_FALSE(limiter.admit(1, noon + 59s).has_value());
}

TEST(RateLimiter, TheNextMinuteTellsHowManyWereKeptQuiet) {
    for (int i = 0; i < 10; ++i) (void)limiter.admit(1, noon);
    LONGS_EQUAL(9, limiter.admit(1, noon + 1min).value());
    CHECK_FALSE(limiter.admit(1, noon + 2min - 1ns).has_value());
    LONGS_EQUAL(1, limiter.admit(1, noon + 2min).value());
}

TEST(RateLimiter, CausesAreLimitedEachForItself) {
    (void)limiter.admit(1, noon);
    LONGS_EQUAL(0, limiter.admit(2, noon).value());
}

// A packet that waited in a socket is older than the last line.
TEST(RateLimiter, AnInstantBeforeTheLastLineIsKeptQuiet) {
    (void)limiter.admit(1, noon);
    CHECK_FALSE(limiter.admit(1, noon - 5s).has_value());
}
