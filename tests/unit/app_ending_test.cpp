#include "app/ending.hpp"

#include <csignal>

#include "app_support.hpp"

#include <CppUTest/TestHarness.h>

using namespace support;
using app::Ending;
using Order = Ending::Order;

TEST_GROUP(Ending) {
    Ending ending{Ending::Manager::systemd};
    void expect(Order order, base::Instant at) { CHECK(ending.take_order(at) == order); }
};

TEST(Ending, SaysNothingBeforeASignal) {
    expect(Order::none, noon);
    CHECK_FALSE(ending.take_question());
    CHECK_FALSE(ending.deadline().has_value());
}

TEST(Ending, AsksOnceAndWaitsForTheAnswer) {
    ending.note_signal(SIGTERM, noon);
    CHECK(ending.take_question());
    CHECK_FALSE(ending.take_question());
    expect(Order::none, noon + 99ms);
}

TEST(Ending, ARestartLeavesTheAddresses) {
    for (const char* const type : {"restart", "try-restart"}) {
        ending = Ending{Ending::Manager::systemd};
        ending.note_signal(SIGTERM, noon);
        ending.note({.type = type});
        expect(Order::leave, noon);
        expect(Order::none, noon);
    }
}

TEST(Ending, AnyOtherJobAndNoneHandsOver) {
    for (const char* const type : {"stop", "start", ""}) {
        ending = Ending{Ending::Manager::systemd};
        ending.note_signal(SIGTERM, noon);
        ending.note({.type = type});
        expect(Order::hand_over, noon);
    }
}

TEST(Ending, NoAnswerInTimeHandsOverAndALateOneChangesNothing) {
    ending.note_signal(SIGTERM, noon);
    CHECK(ending.deadline() == noon + 100ms);
    expect(Order::hand_over, noon + 100ms);
    ending.note({.type = "restart"});
    expect(Order::none, noon + 101ms);
}

TEST(Ending, ASecondSignalWaitsForNothing) {
    ending.note_signal(SIGTERM, noon);
    ending.note_signal(SIGTERM, noon);
    ending.note({.type = "restart"});
    expect(Order::at_once, noon);
    LONGS_EQUAL(2, ending.signals());
}

TEST(Ending, WithoutSystemdNobodyIsAsked) {
    ending = Ending{Ending::Manager::none};
    ending.note_signal(SIGTERM, noon);
    CHECK_FALSE(ending.take_question());
    expect(Order::hand_over, noon);
}

TEST(Ending, NobodyIsAskedAboutCtrlC) {
    ending.note_signal(SIGINT, noon);
    CHECK_FALSE(ending.take_question());
    expect(Order::hand_over, noon);
}
