#include "app/damper.hpp"

#include "app_support.hpp"

#include <CppUTest/TestHarness.h>

using namespace support;
using namespace std::chrono_literals;
using app::Damper;

namespace {

const config::Damping settings{.transitions = 2, .within = 10s, .hold = 5s, .most = 12s};

}  // namespace

TEST_GROUP(Damper) {
    Damper damper{settings};
    // So many times at this instant; whether the last one was too often.
    bool become_active(int times, base::Instant at) {
        bool was_too_often = false;
        for (int i = 0; i < times; ++i) was_too_often = damper.note_active(at);
        return was_too_often;
    }
};

TEST(Damper, SoManyTimesAreAllowedAndOneMoreIsNot) {
    CHECK_FALSE(become_active(2, noon));
    CHECK_FALSE(damper.holds_back(noon));
    CHECK_TRUE(become_active(1, noon));
    CHECK_TRUE(damper.holds_back(noon));
    CHECK(damper.until(noon) == noon + 5s);
    CHECK_FALSE(damper.holds_back(noon + 5s));
}

TEST(Damper, WhatIsLongAgoDoesNotCount) {
    become_active(2, noon);
    CHECK_FALSE(become_active(1, noon + 11s));
}

TEST(Damper, EachTimeItHoldsBackTwiceAsLongUpToTheMost) {
    become_active(3, noon);
    become_active(3, noon + 6s);
    CHECK(damper.until(noon + 6s) == noon + 16s);
    become_active(3, noon + 17s);
    CHECK(damper.until(noon + 17s) == noon + 29s);
}

TEST(Damper, WhoWasQuietForAsLongAsItHeldBackBeginsAnew) {
    become_active(3, noon);
    become_active(3, noon + 6s);
    become_active(3, noon + 27s);
    CHECK(damper.until(noon + 27s) == noon + 32s);
}

TEST(Damper, WithoutSettingsItNeverHoldsBack) {
    damper = Damper{std::nullopt};
    CHECK_FALSE(become_active(1000, noon));
    CHECK_FALSE(damper.holds_back(noon));
}
