#include "health/debounce.hpp"

#include <chrono>

#include <CppUTest/TestHarness.h>

using health::Carrier;
using health::Debounce;
using namespace std::chrono_literals;

namespace {

constexpr base::Instant at(base::Duration after) { return base::Instant{1h + after}; }

}  // namespace

TEST_GROUP(HealthDebounce){};

TEST(HealthDebounce, WhatIsSeenFirstCountsAtOnce) {
    for (const Carrier carrier : {Carrier::up, Carrier::down}) {
        Debounce debounce{10s, 10s};
        debounce.observe(carrier, at(0s));
        CHECK(debounce.at(at(0s)) == carrier);
    }
}

TEST(HealthDebounce, WithoutTimesAChangeCountsAtOnce) {
    Debounce debounce{0s, 0s};
    debounce.observe(Carrier::up, at(0s));
    debounce.observe(Carrier::down, at(1s));
    CHECK(debounce.at(at(1s)) == Carrier::down);
    debounce.observe(Carrier::up, at(1s));
    CHECK(debounce.at(at(1s)) == Carrier::up);
}

TEST(HealthDebounce, UpCountsWhenItHasLasted) {
    Debounce debounce{10s, 0s};
    debounce.observe(Carrier::down, at(0s));
    debounce.observe(Carrier::up, at(1s));
    CHECK(debounce.at(at(10999ms)) == Carrier::down);
    CHECK(debounce.at(at(11s)) == Carrier::up);
}

TEST(HealthDebounce, DownCountsWhenItHasLasted) {
    Debounce debounce{0s, 2s};
    debounce.observe(Carrier::up, at(0s));
    debounce.observe(Carrier::down, at(1s));
    CHECK(debounce.at(at(2999ms)) == Carrier::up);
    CHECK(debounce.at(at(3s)) == Carrier::down);
}

TEST(HealthDebounce, AnInterruptionStartsTheTimeAnew) {
    Debounce debounce{10s, 0s};
    debounce.observe(Carrier::down, at(0s));
    debounce.observe(Carrier::up, at(1s));
    debounce.observe(Carrier::down, at(10s));
    debounce.observe(Carrier::up, at(10s));
    CHECK(debounce.at(at(19s)) == Carrier::down);
    CHECK(debounce.at(at(20s)) == Carrier::up);
}

TEST(HealthDebounce, SeeingTheSameAgainChangesNothing) {
    Debounce debounce{10s, 0s};
    debounce.observe(Carrier::down, at(0s));
    for (base::Duration after = 1s; after < 11s; after += 1s)
        debounce.observe(Carrier::up, at(after));
    CHECK(debounce.at(at(11s)) == Carrier::up);
}

TEST(HealthDebounce, WhatHasLastedCountsEvenWhenNobodyAskedMeanwhile) {
    Debounce debounce{10s, 5s};
    debounce.observe(Carrier::down, at(0s));
    debounce.observe(Carrier::up, at(1s));
    debounce.observe(Carrier::down, at(12s));  // it was up for 11 s
    CHECK(debounce.at(at(13s)) == Carrier::up);
    CHECK(debounce.at(at(17s)) == Carrier::down);
}
