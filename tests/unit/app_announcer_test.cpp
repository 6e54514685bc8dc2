#include "app/announcer.hpp"

#include <algorithm>

#include "app_support.hpp"

#include <CppUTest/TestHarness.h>

using namespace support;
using app::Announcer;

namespace {

const base::IpAddress first = address("192.0.2.1");
const base::IpAddress second = address("192.0.2.2");
constexpr std::size_t no_limit = 1000;

}  // namespace

TEST_GROUP(Announcer) {
    Announcer announcer{{.count = 3, .again_after = 5s}};

    // Takes what is due at each deadline until there is none; the instants since noon.
    static std::vector<base::Duration> schedule(Announcer & which) {
        std::vector<base::Duration> instants;
        while (const auto deadline = which.deadline()) {
            for (std::size_t i = which.take_due(*deadline, no_limit).size(); i > 0; --i)
                instants.push_back(*deadline - noon);
        }
        return instants;
    }
};

TEST(Announcer, HasNothingToSayAtFirst) {
    CHECK_FALSE(announcer.deadline().has_value());
    CHECK(announcer.take_due(noon, no_limit).empty());
}

TEST(Announcer, TwoBurstsOfFramesThatAreSpread) {
    announcer.present(first, noon);
    const std::vector<base::Duration> expected{0s, 100ms, 200ms, 5s, 5100ms, 5200ms};
    CHECK(schedule(announcer) == expected);
}

TEST(Announcer, WithoutASecondBurstThereIsOne) {
    Announcer once{{.count = 2, .again_after = 0s}};
    once.present(first, noon);
    CHECK(schedule(once) == (std::vector<base::Duration>{0s, 100ms}));
}

TEST(Announcer, TheSecondBurstNeverOvertakesTheFirst) {
    Announcer hasty{{.count = 3, .again_after = 50ms}};
    hasty.present(first, noon);
    const auto instants = schedule(hasty);
    LONGS_EQUAL(6, instants.size());
    CHECK(std::ranges::is_sorted(instants));
}

TEST(Announcer, AnAddressThatStaysIsNotAnnouncedAnew) {
    announcer.present(first, noon);
    schedule(announcer);
    announcer.present(first, noon + 1min);
    CHECK_FALSE(announcer.deadline().has_value());
}

TEST(Announcer, AnAddressThatIsAddedStartsAtOnceAndDisturbsNoOther) {
    announcer.present(first, noon);
    (void)announcer.take_due(noon, no_limit);
    announcer.present(first, noon + 10ms);
    announcer.present(second, noon + 10ms);
    CHECK(announcer.take_due(noon + 10ms, no_limit) == std::vector{second});
    CHECK(*announcer.deadline() == noon + 100ms);
}

TEST(Announcer, AnAddressThatGoesIsSilent) {
    announcer.present(first, noon);
    announcer.present(second, noon);
    announcer.forget(first);
    CHECK(announcer.take_due(noon, no_limit) == std::vector{second});
}

TEST(Announcer, AnAddressThatCameBackStartsAnew) {
    announcer.present(first, noon);
    schedule(announcer);
    announcer.clear();
    announcer.present(first, noon + 2min);
    LONGS_EQUAL(6, schedule(announcer).size());
}

TEST(Announcer, TheLimitIsKeptAndTheRestStaysDue) {
    announcer.present(first, noon);
    announcer.present(second, noon);
    CHECK(announcer.take_due(noon, 0).empty());
    CHECK(announcer.take_due(noon, 1) == std::vector{first});
    CHECK(*announcer.deadline() == noon);
    CHECK(announcer.take_due(noon, 1) == std::vector{second});
    CHECK(*announcer.deadline() == noon + 100ms);
}

TEST(Announcer, ALateFrameDoesNotMakeTheRestAVolley) {
    announcer.present(first, noon);
    LONGS_EQUAL(1, announcer.take_due(noon + 1s, no_limit).size());
    CHECK(*announcer.deadline() == noon + 1100ms);
}

TEST(Announcer, ARepetitionIsABurstForEachAddressAtRest) {
    announcer.present(first, noon);
    announcer.present(second, noon);
    schedule(announcer);
    announcer.repeat(noon);
    CHECK(schedule(announcer) == (std::vector<base::Duration>{0s, 0s, 100ms, 100ms, 200ms, 200ms}));
}

TEST(Announcer, ARepetitionStartsABurstAnew) {
    announcer.present(first, noon);
    (void)announcer.take_due(noon, no_limit);
    announcer.repeat(noon + 10ms);
    const std::vector<base::Duration> expected{10ms, 110ms, 210ms, 5s, 5100ms, 5200ms};
    CHECK(schedule(announcer) == expected);
}

TEST(Announcer, ARepetitionBetweenTheBurstsIsABurst) {
    announcer.present(first, noon);
    for (const auto at : {0ms, 100ms, 200ms}) (void)announcer.take_due(noon + at, no_limit);
    announcer.repeat(noon + 1s);
    for (const auto at : {1000ms, 1100ms, 1200ms})
        LONGS_EQUAL(1, announcer.take_due(noon + at, no_limit).size());
}

TEST(Announcer, AnAddressThatIsForgottenIsNewWhenItIsPresentAgain) {
    announcer.present(first, noon);
    schedule(announcer);
    announcer.forget(first);
    CHECK_FALSE(announcer.deadline().has_value());
    announcer.present(first, noon + 1min);
    LONGS_EQUAL(6, schedule(announcer).size());
}

TEST(Announcer, WithoutAddressesARepetitionIsSilent) {
    announcer.repeat(noon);
    CHECK_FALSE(announcer.deadline().has_value());
}
