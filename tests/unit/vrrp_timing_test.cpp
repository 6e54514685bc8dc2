#include "vrrp/timing.hpp"

#include <string>

#include "support.hpp"

#include <CppUTest/TestHarness.h>

using namespace vrrp;
using support::centiseconds;
using support::priority;
using support::seconds;

namespace {

struct Row {
    Version version;
    AdvertInterval interval;
    int priority;
    std::int64_t skew_ns;
    std::int64_t down_ns;
};

std::int64_t skew_ns(Version version, int from, AdvertInterval interval) {
    return skew_time(version, priority(from), interval).count();
}

}  // namespace

TEST_GROUP(Rfc9568_6_1){};

TEST(Rfc9568_6_1, SkewAndDownIntervalAreExactToTheNanosecond) {
    for (const Row& row : {
             Row{Version::v3, centiseconds(100), 100, 609'375'000, 3'609'375'000},
             Row{Version::v3, centiseconds(100), 200, 218'750'000, 3'218'750'000},
             Row{Version::v3, centiseconds(100), 254, 7'812'500, 3'007'812'500},
             Row{Version::v3, centiseconds(10), 100, 60'937'500, 360'937'500},
             Row{Version::v3, centiseconds(10), 200, 21'875'000, 321'875'000},
             Row{Version::v3, centiseconds(1), 100, 6'093'750, 36'093'750},
             Row{Version::v3, centiseconds(1), 254, 78'125, 30'078'125},
             Row{Version::v3, centiseconds(4095), 100, 24'953'906'250, 147'803'906'250},
             // The ends of the ranges.
             Row{Version::v3, centiseconds(100), 1, 996'093'750, 3'996'093'750},
             Row{Version::v3, centiseconds(100), 255, 3'906'250, 3'003'906'250},
             Row{Version::v3, centiseconds(1), 255, 39'062, 30'039'062},
             Row{Version::v3, centiseconds(4095), 1, 40'790'039'062, 163'640'039'062},
         }) {
        const std::string text = fmt::format("priority {}", row.priority);
        LONGS_EQUAL_TEXT(row.skew_ns, skew_ns(row.version, row.priority, row.interval),
                         text.c_str());
        LONGS_EQUAL_TEXT(
            row.down_ns,
            active_down_interval(row.version, priority(row.priority), row.interval).count(),
            text.c_str());
    }
}

TEST(Rfc9568_6_1, NeighbouringPrioritiesNeverFireTogether) {
    for (int interval = 1; interval <= 4095; ++interval)
        for (int weaker = 1; weaker < 255; ++weaker)
            CHECK_TRUE(skew_ns(Version::v3, weaker, centiseconds(interval)) >
                       skew_ns(Version::v3, weaker + 1, centiseconds(interval)));
}

TEST(Rfc9568_6_1, NothingIsLostButAFractionOfANanosecond) {
    for (int interval = 1; interval <= 4095; ++interval)
        for (int value = 1; value <= 255; ++value) {
            const std::int64_t exact_times_256 =
                std::int64_t{10'000'000} * interval * (256 - value);
            const std::int64_t lost =
                exact_times_256 - 256 * skew_ns(Version::v3, value, centiseconds(interval));
            CHECK_TRUE(lost >= 0 && lost < 256);
        }
}

TEST_GROUP(Rfc3768_6_1){};

TEST(Rfc3768_6_1, SkewAndDownIntervalAreExactToTheNanosecond) {
    for (const Row& row : {
             Row{Version::v2, seconds(1), 100, 609'375'000, 3'609'375'000},
             Row{Version::v2, seconds(3), 100, 609'375'000, 9'609'375'000},
             Row{Version::v2, seconds(1), 254, 7'812'500, 3'007'812'500},
             Row{Version::v2, seconds(255), 1, 996'093'750, 765'996'093'750},
         }) {
        LONGS_EQUAL(row.skew_ns, skew_ns(row.version, row.priority, row.interval));
        LONGS_EQUAL(
            row.down_ns,
            active_down_interval(row.version, priority(row.priority), row.interval).count());
    }
}

TEST(Rfc3768_6_1, SkewDoesNotDependOnTheInterval) {
    for (int value = 1; value <= 255; ++value)
        LONGS_EQUAL(skew_ns(Version::v2, value, seconds(1)),
                    skew_ns(Version::v2, value, seconds(255)));
}
