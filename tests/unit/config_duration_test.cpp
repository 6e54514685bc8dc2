#include <chrono>
#include <string>
#include <vector>

#include "config/duration.hpp"

#include <CppUTest/TestHarness.h>

using namespace std::chrono_literals;

TEST_GROUP(ConfigDuration){};

TEST(ConfigDuration, ANumberWithAUnitIsExact) {
    struct Case {
        const char* text;
        base::Duration expected;
    };
    const std::vector<Case> cases{
        {"100ms", 100ms}, {"1s", 1s},       {"1.5s", 1500ms},         {"0.1s", 100ms},
        {"2m", 2min},     {"1h", 1h},       {"0.5h", 30min},          {"250us", 250us},
        {"0ms", 0s},      {"0.29s", 290ms}, {"40.95s", 40950ms},      {"1.001ms", 1001us},
        {"0.001us", 1ns}, {"001s", 1s},     {"1.100000000s", 1100ms},
    };
    for (const Case& one : cases) {
        const auto parsed = config::parse_duration(one.text);
        CHECK_TEXT(parsed.has_value(), one.text);
        CHECK_TEXT(parsed == one.expected, one.text);
    }
}

TEST(ConfigDuration, AnythingElseIsRefusedWithItsCure) {
    const std::string form =
        " is not a duration: write a number and a unit, as in \"100ms\", \"1.5s\", \"2m\" or "
        "\"1h\"";
    struct Case {
        const char* text;
        std::string error;
    };
    const std::vector<Case> cases{
        {"", "\"\"" + form},
        {"s", "\"s\"" + form},
        {".5s", "\".5s\"" + form},
        {"1.s", "\"1.s\"" + form},
        {"1 s", "\"1 s\"" + form},
        {" 1s", "\" 1s\"" + form},
        {"-1s", "\"-1s\"" + form},
        {"+1s", "\"+1s\"" + form},
        {"1S", "\"1S\"" + form},
        {"1sec", "\"1sec\"" + form},
        {"1m30s", "\"1m30s\"" + form},
        {"1e3ms", "\"1e3ms\"" + form},
        {"1.5.5s", "\"1.5.5s\"" + form},
        {"10", "\"10\" has no unit: write \"10s\" or \"10ms\""},
        {"1.5", "\"1.5\" has no unit: write \"1.5s\" or \"1.5ms\""},
        {"0.0001us", "\"0.0001us\" is finer than a nanosecond"},
        {"1.0000000001s", "\"1.0000000001s\" has too many digits"},
        {"99999h", "\"99999h\" is too long a time"},
        {"99999999999999999999s", "\"99999999999999999999s\" is too long a time"},
        {"999999999h", "\"999999999h\" is too long a time"},
    };
    for (const Case& one : cases) {
        const auto parsed = config::parse_duration(one.text);
        CHECK_TEXT(!parsed.has_value(), one.text);
        STRCMP_EQUAL(one.error.c_str(), parsed.error().text().c_str());
    }
}

TEST(ConfigDuration, IsShownInTheLargestUnitWithoutFraction) {
    struct Case {
        base::Duration duration;
        const char* text;
    };
    const std::vector<Case> cases{{0s, "0s"},    {1500ms, "1500ms"}, {120s, "2m"},
                                  {3600s, "1h"}, {90s, "90s"},       {250us, "250us"},
                                  {-5s, "-5s"},  {1ns, "1ns"},       {40950ms, "40950ms"}};
    for (const Case& one : cases) STRCMP_EQUAL(one.text, config::text_of(one.duration).c_str());
}
