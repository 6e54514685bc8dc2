#include "health/latency.hpp"

#include <chrono>

#include <CppUTest/TestHarness.h>

using health::within;
using namespace std::chrono_literals;

TEST_GROUP(HealthLatency){};

TEST(HealthLatency, NamesTheNextStep) {
    STRCMP_EQUAL("connected within 100 ms", within("connected", 300us).c_str());
    STRCMP_EQUAL("connected within 100 ms", within("connected", 100ms).c_str());
    STRCMP_EQUAL("connected within 1 s", within("connected", 101ms).c_str());
    STRCMP_EQUAL("answered within 10 s", within("answered", 1001ms).c_str());
}

TEST(HealthLatency, SaysNothingOfWhatTakesForever) {
    STRCMP_EQUAL("answered", within("answered", 1min).c_str());
}
