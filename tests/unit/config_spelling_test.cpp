#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "config/spelling.hpp"

#include <CppUTest/TestHarness.h>

TEST_GROUP(ConfigSpelling){};

TEST(ConfigSpelling, TheNearestNameIsProposedWhenItIsNearEnough) {
    static constexpr std::array<std::string_view, 6> known{"interface", "vrid", "priority",
                                                           "preempt",   "ttl",  "garp"};
    struct Case {
        const char* name;
        const char* expected;
    };
    const std::vector<Case> cases{
        {"intreface", "; did you mean 'interface'?"},
        {"interfac", "; did you mean 'interface'?"},
        {"interfaces", "; did you mean 'interface'?"},
        {"intterfacee", "; did you mean 'interface'?"},
        {"prio", "; did you mean 'priority'?"},
        {"prioritty", "; did you mean 'priority'?"},
        {"vird", "; did you mean 'vrid'?"},
        {"Vrid", "; did you mean 'vrid'?"},
        {"tl", "; did you mean 'ttl'?"},
        {"xyz", ""},
        {"x", ""},
        {"peempt", "; did you mean 'preempt'?"},
        {"color", ""},
    };
    for (const Case& one : cases)
        STRCMP_EQUAL(one.expected, config::did_you_mean(one.name, known).c_str());
}

TEST(ConfigSpelling, OfTwoTheNearerIsProposedAndOfEqualsTheFirst) {
    static constexpr std::array<std::string_view, 3> known{"gw12", "gw1", "gw2"};
    STRCMP_EQUAL(
        "; did you mean 'gw1'?",
        config::did_you_mean("gw3", std::array<std::string_view, 2>{"gw1", "gw2"}).c_str());
    CHECK(config::nearest("gw2x", known) == "gw2");
}

TEST(ConfigSpelling, NothingIsProposedWhereNothingIsKnown) {
    CHECK_FALSE(config::nearest("lan", {}).has_value());
}
