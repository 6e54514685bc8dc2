#include "app/rate_limiter.hpp"

#include "app_support.hpp"

#include <CppUTest/TestHarness.h>

using namespace support;
using app::Occasion;
using app::RateLimiter;

TEST_GROUP(RateLimiter) { RateLimiter limiter; };

TEST(RateLimiter, TheFirstOccurrenceIsTold) {
    LONGS_EQUAL(0, limiter.admit(1, noon, Occasion::ours).value());
}

TEST(RateLimiter, OthersOfThatMinuteAreNot) {
    (void)limiter.admit(1, noon, Occasion::ours);
    CHECK_FALSE(limiter.admit(1, noon, Occasion::ours).has_value());
    CHECK_FALSE(limiter.admit(1, noon + 59s, Occasion::ours).has_value());
}

TEST(RateLimiter, TheNextMinuteTellsHowManyWereKeptQuiet) {
    for (int i = 0; i < 10; ++i) (void)limiter.admit(1, noon, Occasion::ours);
    LONGS_EQUAL(9, limiter.admit(1, noon + 1min, Occasion::ours).value());
    CHECK_FALSE(limiter.admit(1, noon + 2min - 1ns, Occasion::ours).has_value());
    LONGS_EQUAL(1, limiter.admit(1, noon + 2min, Occasion::ours).value());
}

TEST(RateLimiter, CausesAreLimitedEachForItself) {
    (void)limiter.admit(1, noon, Occasion::ours);
    LONGS_EQUAL(0, limiter.admit(2, noon, Occasion::ours).value());
}

// A packet that waited in a socket is older than the last line.
TEST(RateLimiter, AnInstantBeforeTheLastLineIsKeptQuiet) {
    (void)limiter.admit(1, noon, Occasion::ours);
    CHECK_FALSE(limiter.admit(1, noon - 5s, Occasion::ours).has_value());
}

TEST(RateLimiter, PacketsHaveFewLinesAMinuteWhateverTheirCauses) {
    int told = 0;
    for (int cause = 0; cause < 20; ++cause)
        if (limiter.admit(cause, noon + std::chrono::seconds{cause}, Occasion::packet)) ++told;
    LONGS_EQUAL(RateLimiter::lines_for_packets, told);
    CHECK_FALSE(limiter.admit(5, noon + 59s, Occasion::packet).has_value());
    LONGS_EQUAL(2, limiter.admit(5, noon + 1min, Occasion::packet).value());
    CHECK_FALSE(limiter.admit(6, noon + 1min, Occasion::packet).has_value());
}

TEST(RateLimiter, PacketsHideNothingOfOurs) {
    for (int cause = 0; cause < 20; ++cause) (void)limiter.admit(cause, noon, Occasion::packet);
    LONGS_EQUAL(0, limiter.admit(100, noon, Occasion::ours).value());
}
