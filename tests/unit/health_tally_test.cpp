#include "health/tally.hpp"

#include <chrono>

#include <CppUTest/TestHarness.h>

using namespace health;
using namespace std::chrono_literals;

namespace {

constexpr base::Instant start{1000s};

CheckMessage check(int rise, int fall, std::optional<Verdict> counts_as) {
    return {.name = "c",
            .kind = kind::Process{"x"},
            .every = 100ms,
            .timeout = 1s,
            .rise = rise,
            .fall = fall,
            .counts_as = counts_as};
}

bool is_told(Tally& tally, Outcome outcome, base::Instant now) {
    return tally.take(std::move(outcome), 1ms, now) == Tally::Telling::due;
}

const Outcome well{.is_well = true, .text = "well"};
const Outcome unwell{.is_well = false, .text = "unwell"};

Outcome holding(int penalty) {
    return {.is_well = false, .text = "holds a number", .penalty = penalty};
}

}  // namespace

TEST_GROUP(Tally){};

TEST(Tally, TheFirstResultIsToldWhateverItCountedAs) {
    Tally fresh{check(1, 1, {})};
    CHECK_FALSE(fresh.message(1).has_value());
    CHECK(is_told(fresh, well, start));
    Tally known{check(1, 1, Verdict::passed)};
    CHECK(is_told(known, well, start));
}

TEST(Tally, WhatStaysTheSameIsToldOnce) {
    Tally tally{check(1, 1, {})};
    CHECK(is_told(tally, well, start));
    CHECK_FALSE(is_told(tally, well, start + 10s));
}

TEST(Tally, AnotherVerdictIsToldAtOnce) {
    Tally tally{check(1, 2, {})};
    CHECK(is_told(tally, well, start));
    (void)is_told(tally, unwell, start + 1ms);
    CHECK(tally.message(1)->verdict == Verdict::passed);
    CHECK(is_told(tally, unwell, start + 2ms));
    CHECK(tally.message(1)->verdict == Verdict::failed);
}

TEST(Tally, AnotherTextIsToldOnceASecond) {
    Tally tally{check(1, 1, {})};
    CHECK(is_told(tally, {.is_well = true, .text = "0.1 ms"}, start));
    CHECK_FALSE(is_told(tally, {.is_well = true, .text = "0.2 ms"}, start + 999ms));
    CHECK(is_told(tally, {.is_well = true, .text = "0.3 ms"}, start + 1s));
    CHECK_FALSE(is_told(tally, {.is_well = true, .text = "0.4 ms"}, start + 1999ms));
}

TEST(Tally, AnotherPenaltyIsToldAtOnce) {
    Tally tally{check(1, 1, {})};
    CHECK(is_told(tally, holding(30), start));
    LONGS_EQUAL(30, *tally.message(1)->penalty);
    CHECK(is_told(tally, holding(50), start + 1ms));
    LONGS_EQUAL(50, *tally.message(1)->penalty);
    CHECK(is_told(tally, unwell, start + 2ms));
    CHECK_FALSE(tally.message(1)->penalty.has_value());
}

TEST(Tally, APenaltyHoldsUntilTheCheckHasPassed) {
    Tally tally{check(2, 1, {})};
    (void)is_told(tally, holding(30), start);
    (void)is_told(tally, well, start + 1s);
    LONGS_EQUAL(30, *tally.message(1)->penalty);
    (void)is_told(tally, well, start + 2s);
    CHECK_FALSE(tally.message(1)->penalty.has_value());
}

TEST(Tally, ItCountsRunsAndFailures) {
    Tally tally{check(1, 9, Verdict::passed)};
    for (int i = 0; i < 3; ++i) (void)is_told(tally, unwell, start);
    (void)is_told(tally, well, start);
    const auto message = tally.message(7);
    LONGS_EQUAL(7, message->plan);
    LONGS_EQUAL(4, message->runs);
    LONGS_EQUAL(3, message->failures);
    CHECK(message->duration == 1ms);
}
