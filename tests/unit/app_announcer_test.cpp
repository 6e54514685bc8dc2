#include "app/announcer.hpp"

#include <algorithm>
#include <set>

#include "app_support.hpp"

#include <CppUTest/TestHarness.h>

using namespace support;
using app::Announcer;
using app::Urgency;

namespace {

const base::IpAddress first = address("192.0.2.1");
const base::IpAddress second = address("192.0.2.2");

config::Announcement policy(int count, base::Duration again_after,
                            base::Duration refresh = base::Duration::zero()) {
    return {
        .count = static_cast<std::uint8_t>(count), .again_after = again_after, .refresh = refresh};
}

// Whatever is due, the urgent ones first.
std::optional<base::IpAddress> next(Announcer& announcer, base::Instant now) {
    for (const Urgency urgency : {Urgency::first, Urgency::later})
        while (announcer.has_due(urgency, now))
            if (auto address = announcer.take(urgency, now)) return address;
    return std::nullopt;
}

std::vector<base::IpAddress> all_due(Announcer& announcer, base::Instant now) {
    std::vector<base::IpAddress> due;
    while (const auto address = next(announcer, now)) due.push_back(*address);
    return due;
}

}  // namespace

TEST_GROUP(Announcer) {
    Announcer announcer{policy(3, 5s)};

    // Takes what is due at each deadline until there is none, or for this long; the instants since
    // noon.
    static std::vector<base::Duration> schedule(Announcer & which, base::Duration until = 1h) {
        std::vector<base::Duration> instants;
        while (const auto deadline = which.deadline()) {
            if (*deadline - noon > until) break;
            for (std::size_t i = all_due(which, *deadline).size(); i > 0; --i)
                instants.push_back(*deadline - noon);
        }
        return instants;
    }
};

TEST(Announcer, HasNothingToSayAtFirst) {
    CHECK_FALSE(announcer.deadline().has_value());
    CHECK(all_due(announcer, noon).empty());
}

TEST(Announcer, TwoBurstsOfFramesThatAreSpread) {
    announcer.present(first, noon);
    const std::vector<base::Duration> expected{0s, 100ms, 200ms, 5s, 5100ms, 5200ms};
    CHECK(schedule(announcer) == expected);
}

TEST(Announcer, TheGapBetweenFramesIsThatOfThePolicy) {
    config::Announcement slow = policy(2, 0s);
    slow.gap = 3s;
    Announcer which{slow};
    which.present(first, noon);
    CHECK(schedule(which) == (std::vector<base::Duration>{0s, 3s}));
}

TEST(Announcer, WithoutASecondBurstThereIsOne) {
    Announcer once{policy(2, 0s)};
    once.present(first, noon);
    CHECK(schedule(once) == (std::vector<base::Duration>{0s, 100ms}));
}

TEST(Announcer, TheSecondBurstWaitsForTheFirst) {
    Announcer hasty{policy(3, 50ms)};
    hasty.present(first, noon);
    CHECK(schedule(hasty) == (std::vector<base::Duration>{0s, 100ms, 200ms, 300ms, 400ms, 500ms}));
}

TEST(Announcer, AnAddressThatStaysIsNotAnnouncedAnew) {
    announcer.present(first, noon);
    schedule(announcer);
    announcer.present(first, noon + 1min);
    CHECK_FALSE(announcer.deadline().has_value());
}

TEST(Announcer, AnAddressThatIsAddedStartsAtOnceAndDisturbsNoOther) {
    announcer.present(first, noon);
    (void)next(announcer, noon);
    announcer.present(second, noon + 10ms);
    CHECK(all_due(announcer, noon + 10ms) == std::vector{second});
    CHECK(*announcer.deadline() == noon + 100ms);
}

TEST(Announcer, AnAddressThatGoesIsSilent) {
    announcer.present(first, noon);
    announcer.present(second, noon);
    announcer.forget(first);
    CHECK(all_due(announcer, noon) == std::vector{second});
    announcer.clear();
    CHECK_FALSE(announcer.deadline().has_value());
}

TEST(Announcer, AnAddressThatCameBackStartsAnew) {
    announcer.present(first, noon);
    schedule(announcer);
    announcer.forget(first);
    announcer.present(first, noon + 2min);
    LONGS_EQUAL(6, schedule(announcer).size());
}

TEST(Announcer, WhatIsNotTakenStaysDue) {
    announcer.present(first, noon);
    announcer.present(second, noon);
    CHECK(announcer.take(Urgency::first, noon) == first);
    CHECK(*announcer.deadline() == noon);
    CHECK(announcer.take(Urgency::first, noon) == second);
    CHECK(*announcer.deadline() == noon + 100ms);
}

TEST(Announcer, OnlyTheFirstFrameIsUrgent) {
    announcer.present(first, noon);
    CHECK_TRUE(announcer.has_due(Urgency::first, noon));
    CHECK_FALSE(announcer.has_due(Urgency::later, noon));
    (void)next(announcer, noon);
    CHECK_FALSE(announcer.has_due(Urgency::first, noon + 1h));
    CHECK_TRUE(announcer.has_due(Urgency::later, noon + 1h));
}

TEST(Announcer, ALateFrameDoesNotMakeTheRestAVolley) {
    announcer.present(first, noon);
    LONGS_EQUAL(1, all_due(announcer, noon + 1s).size());
    CHECK(*announcer.deadline() == noon + 1100ms);
}

// --- frames that did not leave ---

TEST(Announcer, AFrameThatDidNotLeaveIsDueAgainAndAsUrgent) {
    announcer.present(first, noon);
    CHECK(announcer.take(Urgency::first, noon) == first);
    announcer.put_back(first, Urgency::first, noon + 5ms);
    CHECK_TRUE(announcer.has_due(Urgency::first, noon + 5ms));
    LONGS_EQUAL(6, schedule(announcer).size());
}

TEST(Announcer, TheLastFrameOfABurstIsPutBackToo) {
    Announcer once{policy(1, 0s)};
    once.present(first, noon);
    CHECK(next(once, noon) == first);
    CHECK_FALSE(once.deadline().has_value());
    once.put_back(first, Urgency::first, noon);
    CHECK(schedule(once) == std::vector<base::Duration>{0s});
}

TEST(Announcer, WhatHasGoneMeanwhileIsNotPutBack) {
    announcer.present(first, noon);
    (void)next(announcer, noon);
    announcer.forget(first);
    announcer.put_back(first, Urgency::first, noon);
    CHECK_FALSE(announcer.deadline().has_value());
}

// --- the refresh ---

TEST(Announcer, TheRefreshGoesOnForAsLongAsTheAddressIsThere) {
    Announcer slow{policy(1, 0s, 60s)};
    slow.present(first, noon);
    const auto instants = schedule(slow, 1h);
    CHECK(instants.size() >= 55 && instants.size() <= 67);
    for (std::size_t i = 1; i < instants.size(); ++i) {
        const auto distance = instants[i] - instants[i - 1];
        CHECK(distance >= 54s && distance <= 66s);
    }
    slow.forget(first);
    CHECK_FALSE(slow.deadline().has_value());
}

TEST(Announcer, ARefreshIsOfAsManyFramesAsThePolicySays) {
    config::Announcement twice = policy(1, 5s, 60s);
    twice.refresh_count = 2;
    Announcer slow{twice};
    slow.present(first, noon);
    const auto instants = schedule(slow, 72s);
    LONGS_EQUAL(4, instants.size());  // the claim, again after 5 s, the refresh
    CHECK(instants[1] == 5s);
    CHECK(instants[3] - instants[2] == 100ms);
}

TEST(Announcer, RefreshesOfManyAddressesAreSpreadAndAlwaysInTheSameWay) {
    std::vector<std::set<base::Duration>> runs;
    for (int run = 0; run < 2; ++run) {
        Announcer slow{policy(1, 0s, 60s)};
        for (std::uint32_t i = 0; i < 1000; ++i)
            slow.present(base::IpAddress::v4(0x0a000000 + i), noon);
        LONGS_EQUAL(1000, all_due(slow, noon).size());
        const auto instants = schedule(slow, 100s);
        LONGS_EQUAL(1000, instants.size());
        for (int tenth = 0; tenth < 10; ++tenth) {  // of the 12 seconds that they may take
            const auto from = 54s + tenth * 1200ms;
            const auto there = std::ranges::count_if(
                instants, [&](const auto at) { return at >= from && at < from + 1200ms; });
            CHECK(there > 50 && there < 200);
        }
        runs.emplace_back(instants.begin(), instants.end());
    }
    CHECK(runs[0] == runs[1]);
}

// --- repetitions ---

TEST(Announcer, ARepetitionIsABurstForEachAddressAtRest) {
    announcer.present(first, noon);
    announcer.present(second, noon);
    schedule(announcer);
    announcer.repeat(noon + 9s);
    CHECK(schedule(announcer) ==
          (std::vector<base::Duration>{9s, 9s, 9100ms, 9100ms, 9200ms, 9200ms}));
}

TEST(Announcer, ARepetitionStartsABurstAnew) {
    announcer.present(first, noon);
    (void)next(announcer, noon);
    announcer.repeat(noon + 10ms);
    const std::vector<base::Duration> expected{10ms, 110ms, 210ms, 5s, 5100ms, 5200ms};
    CHECK(schedule(announcer) == expected);
}

TEST(Announcer, ARepetitionBetweenTheBurstsLeavesTheSecondOne) {
    announcer.present(first, noon);
    for (const auto at : {0ms, 100ms, 200ms}) LONGS_EQUAL(1, all_due(announcer, noon + at).size());
    announcer.repeat(noon + 1s);
    const std::vector<base::Duration> expected{1s, 1100ms, 1200ms, 5s, 5100ms, 5200ms};
    CHECK(schedule(announcer) == expected);
}

TEST(Announcer, ARepetitionGoesBeforeARefreshAndDelaysIt) {
    Announcer slow{policy(1, 0s, 60s)};
    slow.present(first, noon);
    (void)next(slow, noon);
    slow.repeat(noon + 50s);
    const auto instants = schedule(slow, 117s);
    LONGS_EQUAL(2, instants.size());
    CHECK(instants[0] == 50s);
    CHECK(instants[1] >= 104s);
}

TEST(Announcer, RepetitionsThatComeFasterThanFramesMayLeaveStarveNobody) {
    constexpr int addresses = 100;
    for (std::uint32_t i = 0; i < addresses; ++i)
        announcer.present(base::IpAddress::v4(0x0a000000 + i), noon);
    schedule(announcer);
    std::set<base::IpAddress> heard;
    for (int i = 0; i < 2 * addresses; ++i) {
        announcer.repeat(noon + 1h + i * 10ms);
        heard.insert(next(announcer, noon + 1h + i * 10ms).value());
    }
    LONGS_EQUAL(addresses, heard.size());
}

TEST(Announcer, WithoutAddressesARepetitionIsSilent) {
    announcer.repeat(noon);
    CHECK_FALSE(announcer.deadline().has_value());
    CHECK(all_due(announcer, noon).empty());
}

TEST(Announcer, ARepetitionSurvivesWhatGoesAndComesMeanwhile) {
    for (std::uint32_t i = 0; i < 20; ++i)
        announcer.present(base::IpAddress::v4(0x0a000000 + i), noon);
    schedule(announcer);
    announcer.repeat(noon + 1min);
    (void)next(announcer, noon + 1min);
    for (std::uint32_t i = 0; i < 20; i += 2) announcer.forget(base::IpAddress::v4(0x0a000000 + i));
    announcer.present(first, noon + 1min);
    std::map<base::IpAddress, int> frames;
    while (const auto deadline = announcer.deadline())
        for (const auto& address : all_due(announcer, *deadline)) ++frames[address];
    LONGS_EQUAL(11, frames.size());
    for (const auto& [address, count] : frames) LONGS_EQUAL(address == first ? 6 : 3, count);
}

// --- answers ---

TEST(Announcer, AClaimIsAnsweredWithOneFrameASecond) {
    announcer.present(first, noon);
    schedule(announcer);
    std::vector<base::Duration> answers;
    for (base::Duration at = 60s; at < 63s; at += 10ms) {
        CHECK_TRUE(announcer.answer(first, noon + at));
        while (next(announcer, noon + at)) answers.push_back(at);
    }
    CHECK(answers == (std::vector<base::Duration>{60s, 61s, 62s}));
    CHECK(schedule(announcer) == std::vector<base::Duration>{63s});  // and the last word is ours
}

TEST(Announcer, AnAnswerTakesNothingFromTheBursts) {
    announcer.present(first, noon);
    for (const auto at : {0ms, 100ms, 200ms}) LONGS_EQUAL(1, all_due(announcer, noon + at).size());
    announcer.answer(first, noon + 1s);
    CHECK(schedule(announcer) == (std::vector<base::Duration>{1s, 5s, 5100ms, 5200ms}));
}

TEST(Announcer, AClaimOfSomethingElseIsNotAnswered) {
    announcer.present(first, noon);
    schedule(announcer);
    CHECK_FALSE(announcer.answer(second, noon));
    CHECK_FALSE(announcer.deadline().has_value());
}
