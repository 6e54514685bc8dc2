#include "health/schedule.hpp"

#include <chrono>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>

#include <CppUTest/TestHarness.h>

using namespace health;
using namespace std::chrono_literals;
using Needs = Schedule::Needs;
using Room = Schedule::Room;

namespace {

constexpr base::Instant start{1000s};

// Checks that end as soon as they have begun, and when they looked.
struct Quick {
    Schedule schedule;
    std::map<CheckId, std::vector<base::Instant>> looks;

    void run_until(base::Instant end) {
        while (schedule.deadline() && *schedule.deadline() < end) {
            const base::Instant now = *schedule.deadline();
            while (const auto check = schedule.next(now, Room::some)) {
                looks[*check].push_back(now);
                schedule.ended(*check, now);
            }
        }
    }
};

// All that are to look now, without ending.
std::vector<CheckId> due(Schedule& schedule, base::Instant now, Room room) {
    std::vector<CheckId> out;
    while (const auto check = schedule.next(now, room)) out.push_back(*check);
    return out;
}

}  // namespace

TEST_GROUP(Schedule) {
    Schedule schedule;
    void add(std::uint32_t number, Schedule::Pace pace) {
        schedule.add(CheckId{number}, fmt::format("check {}", number), pace, start);
    }
};

TEST(Schedule, TheFirstLookIsSoonThoughTheIntervalIsLong) {
    add(1, {10min, 1s, Needs::nothing});
    CHECK(*schedule.deadline() >= start);
    CHECK(*schedule.deadline() <= start + 200ms);
}

TEST(Schedule, ACheckLooksOnceEachInterval) {
    Quick quick;
    quick.schedule.add(CheckId{1}, "a", {100ms, 1s, Needs::nothing}, start);
    quick.run_until(start + 10s);
    const auto& looks = quick.looks[CheckId{1}];
    CHECK(looks.size() >= 98 && looks.size() <= 101);
    for (std::size_t i = 2; i < looks.size(); ++i)
        CHECK(looks[i] - looks[i - 1] == base::Duration{100ms});
    CHECK(looks[1] - looks[0] >= base::Duration{50ms});
}

TEST(Schedule, ManyChecksAreSpreadOverTheInterval) {
    Quick quick;
    for (std::uint32_t i = 0; i < 500; ++i)
        quick.schedule.add(CheckId{i}, fmt::format("check {}", i), {1s, 1s, Needs::nothing}, start);
    quick.run_until(start + 10s);
    std::map<base::Duration::rep, int> in_tenth;
    for (const auto& [check, looks] : quick.looks)
        ++in_tenth[looks.back().time_since_epoch() % 1s / 100ms];
    LONGS_EQUAL(10, in_tenth.size());
    for (const auto& [tenth, count] : in_tenth) CHECK(count > 20 && count < 100);
}

TEST(Schedule, ManyChecksOfOneIntervalShareAFewTurns) {
    Quick quick;
    for (std::uint32_t i = 0; i < 500; ++i)
        quick.schedule.add(CheckId{i}, fmt::format("check {}", i), {100ms, 1s, Needs::nothing},
                           start + base::Duration{i});
    quick.run_until(start + 10s);
    std::set<base::Instant> turns;
    for (const auto& [check, looks] : quick.looks)
        turns.insert(looks.begin() + 50, looks.begin() + 51);
    CHECK(turns.size() <= 40);
}

TEST(Schedule, TheSameNameHasTheSamePlace) {
    Schedule other;
    schedule.add(CheckId{1}, "a", {1s, 1s, Needs::nothing}, start);
    other.add(CheckId{9}, "a", {1s, 1s, Needs::nothing}, start);
    CHECK(schedule.deadline() == other.deadline());
}

TEST(Schedule, ACheckThatLooksIsNotStartedAgain) {
    add(1, {50ms, 10s, Needs::nothing});
    LONGS_EQUAL(1, due(schedule, start + 200ms, Room::some).size());
    LONGS_EQUAL(0, due(schedule, start + 5s, Room::some).size());
    schedule.hurry(CheckId{1}, start + 5s);
    LONGS_EQUAL(0, due(schedule, start + 5s, Room::some).size());
    schedule.ended(CheckId{1}, start + 5s);
    LONGS_EQUAL(0, due(schedule, start + 5s, Room::some).size());
    LONGS_EQUAL(1, due(schedule, start + 5050ms, Room::some).size());
    schedule.ended(CheckId{1}, start + 5050ms);
    LONGS_EQUAL(0, due(schedule, start + 5050ms, Room::some).size());  // what it missed is over
}

TEST(Schedule, ALookThatTakesTooLongIsNamedOnce) {
    add(1, {1s, 300ms, Needs::nothing});
    const base::Instant begun = *schedule.deadline();
    LONGS_EQUAL(1, due(schedule, begun, Room::some).size());
    CHECK(schedule.deadline() == begun + 300ms);
    CHECK_FALSE(schedule.overdue(begun + 299ms).has_value());
    CHECK(schedule.overdue(begun + 300ms) == CheckId{1});
    CHECK_FALSE(schedule.overdue(begun + 300ms).has_value());
    CHECK(schedule.is_looking(CheckId{1}));
    CHECK_FALSE(schedule.deadline().has_value());
    schedule.ended(CheckId{1}, begun + 400ms);
    CHECK(schedule.deadline().has_value());
}

TEST(Schedule, ChildrenWaitForRoomAndOthersDoNot) {
    add(1, {1s, 1s, Needs::child});
    add(2, {1s, 1s, Needs::nothing});
    const auto begun = due(schedule, start + 200ms, Room::none);
    LONGS_EQUAL(1, begun.size());
    CHECK(begun.front() == CheckId{2});
    LONGS_EQUAL(1, schedule.queued());
    CHECK(schedule.next(start + 300ms, Room::some) == CheckId{1});
    LONGS_EQUAL(0, schedule.queued());
}

TEST(Schedule, EveryCheckGetsItsTurnWhenThereIsRoomForOneOnly) {
    for (std::uint32_t i = 0; i < 100; ++i) add(i, {50ms, 1s, Needs::child});
    std::map<CheckId, int> turns;
    base::Instant now = start + 1s;
    for (int i = 0; i < 1000; ++i, now += 20ms) {
        const auto check = schedule.next(now, Room::some);
        CHECK(check.has_value());
        ++turns[*check];
        schedule.ended(*check, now + 20ms);
    }
    LONGS_EQUAL(100, turns.size());
    for (const auto& [check, count] : turns) LONGS_EQUAL(10, count);
}

TEST(Schedule, WhatIsInAHurryIsDueAtOnce) {
    add(1, {10min, 1s, Needs::nothing});
    LONGS_EQUAL(1, due(schedule, start + 200ms, Room::some).size());
    schedule.ended(CheckId{1}, start + 200ms);
    schedule.hurry(CheckId{1}, start + 3s);
    CHECK(schedule.next(start + 3s, Room::some) == CheckId{1});
    schedule.ended(CheckId{1}, start + 3s);
    CHECK(*schedule.deadline() > start + 3s);
}

TEST(Schedule, WhatIsRemovedIsForgottenInEveryState) {
    add(1, {1s, 1s, Needs::child});
    add(2, {1s, 1s, Needs::nothing});
    add(3, {1s, 1s, Needs::nothing});
    (void)due(schedule, start + 200ms, Room::none);
    for (std::uint32_t i = 1; i <= 3; ++i) schedule.remove(CheckId{i});
    CHECK_FALSE(schedule.deadline().has_value());
    LONGS_EQUAL(0, schedule.queued());
    schedule.ended(CheckId{2}, start + 1s);
    LONGS_EQUAL(0, due(schedule, start + 10s, Room::some).size());
}
