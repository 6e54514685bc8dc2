#include "app/clock.hpp"

#include "app_support.hpp"

#include <CppUTest/TestHarness.h>

using namespace support;
using app::arrival_instant;
using app::iso8601;
using app::Time;
using app::WallClock;

namespace {

constexpr WallClock wall{std::chrono::sys_days{std::chrono::year{2026} / 3 / 5} + 11h + 40min};
constexpr Time reading{noon, wall};
constexpr base::Instant long_ago = noon - 1h;

}  // namespace

TEST_GROUP(ArrivalInstant){};

TEST(ArrivalInstant, WithoutAStampAPacketCameNow) {
    CHECK(arrival_instant(std::nullopt, reading, long_ago) == noon);
}

TEST(ArrivalInstant, AStampIsAsOldOnOurTimeLine) {
    CHECK(arrival_instant(wall - 2s, reading, long_ago) == noon - 2s);
    CHECK(arrival_instant(wall, reading, long_ago) == noon);
}

TEST(ArrivalInstant, APacketThatCameAfterTheClockWasReadCameNow) {
    CHECK(arrival_instant(wall + 5us, reading, long_ago) == noon);
}

// The clock was set forward after the packet came: its stamp looks too old.
TEST(ArrivalInstant, NoPacketIsOlderThanTheLastTimeTheSocketWasEmpty) {
    CHECK(arrival_instant(wall - 1h, reading, noon - 100ms) == noon - 100ms);
}

// The clock was set back: its stamp is in the future.
TEST(ArrivalInstant, NoPacketComesFromTheFuture) {
    CHECK(arrival_instant(wall + 1h, reading, noon - 100ms) == noon);
}

TEST(ArrivalInstant, ASocketThatWasEmptyLaterThanNowChangesNothing) {
    CHECK(arrival_instant(wall - 1s, reading, noon + 1s) == noon);
}

TEST_GROUP(Iso8601){};

TEST(Iso8601, IsUtcWithMicroseconds) {
    STRCMP_EQUAL("2026-03-05T11:40:02.118042Z", iso8601(wall + 2s + 118042us).c_str());
    STRCMP_EQUAL("2026-03-05T11:40:00.000000Z", iso8601(wall).c_str());
}

TEST(Iso8601, RoundsTowardsThePast) {
    STRCMP_EQUAL("2026-03-05T11:40:00.000000Z", iso8601(wall + 999ns).c_str());
    STRCMP_EQUAL("2026-03-05T11:39:59.999999Z", iso8601(wall - 1ns).c_str());
}

TEST(Iso8601, KnowsTheEpochAndWhatIsBeforeIt) {
    STRCMP_EQUAL("1970-01-01T00:00:00.000000Z", iso8601(WallClock{}).c_str());
    STRCMP_EQUAL("1969-12-31T23:59:59.500000Z", iso8601(WallClock{-500ms}).c_str());
}

TEST(Iso8601, IgnoresTheTimeZone) {
    const Environment zone{"TZ", "America/New_York"};
    STRCMP_EQUAL("2026-03-05T11:40:00.000000Z", iso8601(wall).c_str());
}

TEST_GROUP(ReadClock){};

TEST(ReadClock, MovesForward) {
    const Time first = app::read_clock();
    const Time second = app::read_clock();
    CHECK(second.now >= first.now);
    CHECK(second.now - first.now < 10s);
}
