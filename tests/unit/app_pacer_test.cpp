#include "app/pacer.hpp"

#include "app_support.hpp"

#include <CppUTest/TestHarness.h>

using namespace support;
using app::Pacer;

TEST_GROUP(Pacer) {
    Pacer pacer;

    // Sends whatever is allowed whenever something is, and counts it.
    std::size_t sent_within(base::Duration span) {
        std::size_t sent = 0;
        for (base::Instant now = noon; now < noon + span;) {
            const std::size_t allowed = pacer.allowance(now);
            pacer.take(allowed, now);
            sent += allowed;
            now = pacer.ready_at(now);
        }
        return sent;
    }
};

TEST(Pacer, AtFirstABurstMayLeave) {
    pacer.set_rate(1000);
    LONGS_EQUAL(Pacer::burst, pacer.allowance(noon));
    pacer.take(Pacer::burst, noon);
    LONGS_EQUAL(0, pacer.allowance(noon));
}

TEST(Pacer, ThenSoManyASecond) {
    for (const int rate : {1, 7, 100, 1000, 33333}) {
        pacer = {};
        pacer.set_rate(rate);
        const std::size_t sent = sent_within(10s);
        const auto even = static_cast<std::size_t>(10 * rate);
        CHECK(sent >= even + Pacer::burst - even / 100 - 1);
        CHECK(sent <= even + Pacer::burst + even / 100);
    }
}

TEST(Pacer, ALongRestMakesNoLargerBurst) {
    pacer.set_rate(1000);
    pacer.take(Pacer::burst, noon);
    LONGS_EQUAL(Pacer::burst, pacer.allowance(noon + 1h));
}

TEST(Pacer, ItIsReadyForAFewAtATime) {
    pacer.set_rate(1000);
    pacer.take(Pacer::burst, noon);
    CHECK(pacer.ready_at(noon) == noon + 10ms);
    LONGS_EQUAL(10, pacer.allowance(noon + 10ms));
    pacer.set_rate(2);
    pacer.take(Pacer::burst, noon + 1h);
    LONGS_EQUAL(1, pacer.allowance(pacer.ready_at(noon + 1h)));
}

TEST(Pacer, WithoutARateEverythingLeavesAtOnce) {
    pacer.take(1'000'000, noon);
    CHECK(pacer.allowance(noon) > 1'000'000);
    CHECK(pacer.ready_at(noon) == noon);
}

TEST(Pacer, MoreThanWasAllowedIsPaidBack) {
    pacer.set_rate(100);
    pacer.take(Pacer::burst + 10, noon);
    LONGS_EQUAL(0, pacer.allowance(noon));
    CHECK(pacer.ready_at(noon) == noon + 110ms);
}

TEST(Pacer, ALowerRateCountsAtOnce) {
    pacer.set_rate(1000);
    pacer.take(32, noon);
    pacer.set_rate(1'000'000);
    LONGS_EQUAL(0, pacer.allowance(noon));
}

TEST(Pacer, AnInterfaceThatRefusesIsLeftAloneForLongerEachTime) {
    base::Instant now = noon;
    for (const auto wait : {10ms, 20ms, 40ms, 80ms, 160ms, 320ms, 640ms, 1000ms, 1000ms}) {
        pacer.close(now);
        LONGS_EQUAL(0, pacer.allowance(now + wait - 1ms));
        CHECK(pacer.ready_at(now) == now + wait);
        now += wait;
        CHECK(pacer.allowance(now) > 0);
    }
    pacer.open();
    pacer.close(now);
    CHECK(pacer.ready_at(now) == now + 10ms);
}
