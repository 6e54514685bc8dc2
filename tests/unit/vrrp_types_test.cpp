#include "vrrp/types.hpp"

#include <concepts>
#include <limits>

#include "support.hpp"

#include <CppUTest/TestHarness.h>

using namespace vrrp;

// A VRID where a priority belongs, or a bare number where either does, must not compile.
namespace {

template <typename Left, typename Right>
concept Comparable = requires(const Left& left, const Right& right) { left == right; } ||
                     requires(const Left& left, const Right& right) { left < right; };

template <typename Left, typename Right>
concept Mixable = Comparable<Left, Right> || std::constructible_from<Left, Right> ||
                  std::constructible_from<Right, Left> || std::assignable_from<Left&, Right> ||
                  std::assignable_from<Right&, Left>;

template <typename Type>
concept Separate =
    !std::default_initializable<Type> && !Mixable<Type, int> && !Mixable<Type, std::uint8_t> &&
    !Mixable<Type, std::uint16_t> && !Mixable<Type, Duration> && !Mixable<Type, Centiseconds> &&
    std::totally_ordered<Type> && std::copyable<Type>;

static_assert(Mixable<int, long>, "the concept must be able to say yes");
static_assert(Separate<Vrid>);
static_assert(Separate<Priority>);
static_assert(Separate<AdvertInterval>);
static_assert(!Mixable<Vrid, Priority>);
static_assert(!Mixable<Vrid, AdvertInterval>);
static_assert(!Mixable<Priority, AdvertInterval>);
static_assert(!Mixable<Version, Vrid>);
static_assert(!Mixable<Version, int>);
static_assert(!Mixable<ChecksumDialect, Version>);
static_assert(!Comparable<Instant, Duration>);
static_assert(!std::convertible_to<Duration, Instant>);
static_assert(!std::convertible_to<int, Duration>);

constexpr std::int64_t huge = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t tiny = std::numeric_limits<std::int64_t>::min();

}  // namespace

TEST_GROUP(VridRange){};

TEST(VridRange, IsOneTo255) {
    for (int value = 1; value <= 255; ++value) LONGS_EQUAL(value, Vrid::from(value)->wire());
}

TEST(VridRange, EndsThere) {
    for (const std::int64_t value : {tiny, std::int64_t{-1}, std::int64_t{0}, std::int64_t{256},
                                     std::int64_t{257}, std::int64_t{1} << 32, huge})
        CHECK_FALSE(Vrid::from(value).has_value());
}

TEST_GROUP(PriorityRange){};

TEST(PriorityRange, IsOneTo254ForAConfiguration) {
    for (int value = 1; value <= 254; ++value) LONGS_EQUAL(value, Priority::from(value)->wire());
}

TEST(PriorityRange, LeavesTheReservedValuesToTheirNames) {
    for (const std::int64_t value : {tiny, std::int64_t{-1}, std::int64_t{0}, std::int64_t{255},
                                     std::int64_t{256}, std::int64_t{356}, huge})
        CHECK_FALSE(Priority::from(value).has_value());
    LONGS_EQUAL(0, Priority::releasing().wire());
    LONGS_EQUAL(100, Priority::usual().wire());
    LONGS_EQUAL(255, Priority::owner().wire());
}

TEST(PriorityRange, IsEveryOctetOnTheWire) {
    for (int value = 0; value <= 255; ++value)
        LONGS_EQUAL(value, Priority::from_wire(static_cast<std::uint8_t>(value)).wire());
}

TEST(PriorityRange, IsOrderedAsItsNumbers) {
    CHECK_TRUE(Priority::releasing() < support::priority(1));
    CHECK_TRUE(support::priority(127) < support::priority(128));
    CHECK_TRUE(support::priority(254) < Priority::owner());
    CHECK_TRUE(support::priority(100) == Priority::usual());
}

TEST_GROUP(IntervalRange){};

TEST(IntervalRange, IsTheTwelveBitFieldOfVersion3) {
    for (int value = 1; value <= 4095; ++value)
        LONGS_EQUAL(value, AdvertInterval::from(Centiseconds{value})->value().count());
}

TEST(IntervalRange, EndsThere) {
    for (const int value : {std::numeric_limits<int>::min(), -1, 0, 4096, 4097, 65636})
        CHECK_FALSE(AdvertInterval::from(Centiseconds{value}).has_value());
}

TEST(IntervalRange, IsTheEightBitFieldOfVersion2InSeconds) {
    for (int value = 1; value <= 255; ++value)
        LONGS_EQUAL(value * 100, AdvertInterval::from_seconds(value)->value().count());
    for (const std::int64_t value :
         {tiny, std::int64_t{-1}, std::int64_t{0}, std::int64_t{256}, std::int64_t{1} << 32, huge})
        CHECK_FALSE(AdvertInterval::from_seconds(value).has_value());
}

TEST(IntervalRange, KnowsWhatVersion2CanSay) {
    CHECK_TRUE(AdvertInterval::one_second().is_whole_seconds());
    CHECK_TRUE(support::centiseconds(4000).is_whole_seconds());
    for (const int value : {1, 50, 99, 101, 4095})
        CHECK_FALSE(support::centiseconds(value).is_whole_seconds());
}

TEST(IntervalRange, HasOneSecondByName) {
    CHECK_TRUE(AdvertInterval::one_second() == support::centiseconds(100));
    CHECK_TRUE(AdvertInterval::one_second() == support::seconds(1));
}

TEST_GROUP(ProtocolWords){};

TEST(ProtocolWords, ForTheVersionsAreTheirNumbers) {
    LONGS_EQUAL(2, static_cast<int>(Version::v2));
    LONGS_EQUAL(3, static_cast<int>(Version::v3));
}

TEST(ProtocolWords, ForTheDialectsAreTheRfcsThatTheyCameWith) {
    CHECK_TRUE(name_of(ChecksumDialect::rfc9568) == "rfc9568");
    CHECK_TRUE(name_of(ChecksumDialect::rfc5798) == "rfc5798");
}
