#include "health/probe_file.hpp"

#include <CppUTest/TestHarness.h>

using health::penalty_in;

TEST_GROUP(PenaltyFile){};

TEST(PenaltyFile, ANumberIsThePenaltyAndZeroIsWell) {
    LONGS_EQUAL(30, *penalty_in("30\n")->penalty);
    LONGS_EQUAL(254, *penalty_in(" 254 ")->penalty);
    CHECK_FALSE(penalty_in("30")->is_well);
    CHECK(penalty_in("0\n")->is_well);
    CHECK(penalty_in("000")->is_well);
    CHECK_FALSE(penalty_in("0")->penalty.has_value());
}

TEST(PenaltyFile, MoreThanThereCanBeIsTheMost) {
    LONGS_EQUAL(254, *penalty_in("255")->penalty);
    LONGS_EQUAL(254, *penalty_in("4294967296")->penalty);
}

TEST(PenaltyFile, WhatIsNoNumberIsUnwellWithoutPenalty) {
    for (const char* text : {"-1", "+3", "ten", "3.5", "0x10", "3 4", "99999999999999999999999"}) {
        CHECK_FALSE_TEXT(penalty_in(text)->is_well, text);
        CHECK_FALSE_TEXT(penalty_in(text)->penalty.has_value(), text);
    }
}

TEST(PenaltyFile, AnEmptyFileIsBeingWritten) {
    CHECK_FALSE(penalty_in("").has_value());
    CHECK_FALSE(penalty_in(" \n").has_value());
}
