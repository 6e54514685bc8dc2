// The walks that failed once, and what makes walks worth anything: that they can be repeated.
#include <fmt/format.h>

#include <algorithm>
#include <sstream>

#include "draw.hpp"
#include "repetitions.hpp"
#include "runner.hpp"
#include "walk.hpp"
// CppUTest redefines `new`: after the standard headers.
#include <CppUTest/TestHarness.h>

using namespace sim;

namespace {

struct Walked {
    std::string trace;
    std::size_t steps;
};

Walked walked(const Scene& scene) {
    Walk walk{scene, Lan::Tracing::on};
    walk.run();
    return {walk.lan().trace(), walk.lan().steps()};
}

// What is told of a drain says since when it is one, for people.
std::string without_wall_time(std::string line) {
    constexpr std::string_view before = "drained since ";
    constexpr std::size_t length = std::string_view{"2024-10-04T00:00:00Z"}.size();
    for (auto at = line.find(before); at != std::string::npos; at = line.find(before, at + 1))
        line.erase(at + before.size(), length);
    return line;
}

std::string without_wall_clock(const std::string& trace) {
    std::istringstream in{trace};
    std::string rest;
    for (std::string line; std::getline(in, line);)
        if (line.find("the wall clock steps") == std::string::npos)
            rest += without_wall_time(line) + '\n';
    return rest;
}

}  // namespace

TEST_GROUP(Walks){};

TEST(Walks, EveryInvariantHoldsAfterEveryEvent) {
    for (std::uint64_t seed = 1; seed <= repetitions(100); ++seed) {
        const std::string violation = violation_in(drawn(seed));
        CHECK_TEXT(violation.empty(), fmt::format("seed {}: {}", seed, violation).c_str());
    }
}

TEST(Walks, WhatFailedOnceHoldsNow) {
    const auto known = regressions("tests/sim/regressions.txt");
    CHECK_TEXT(known.has_value(), known ? "" : known.error().c_str());
    for (const Regression& regression : *known) {
        const std::string violation = violation_in(regression.scene);
        CHECK_TEXT(
            violation.empty(),
            fmt::format("{} ({}): {}", regression.name, regression.reason, violation).c_str());
    }
}

TEST(Walks, AWalkIsTheSameEveryTime) {
    for (std::uint64_t seed = 4711; seed < 4716; ++seed) {
        const Walked first = walked(drawn(seed));
        CHECK(first.trace == walked(drawn(seed)).trace);
        CHECK(first.steps > 0);
    }
}

TEST(Walks, ASceneIsReadBackAsItWasWritten) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        const Scene scene = drawn(seed);
        CHECK(parsed(text_of(scene)) == scene);
    }
    CHECK_FALSE(parsed("at 1 explode 0 0\n").has_value());
    CHECK_FALSE(parsed("host packets=many\n").has_value());
    CHECK_FALSE(parsed("lan seed=1 end_ms=1\nat 1 crash 0 0\n").has_value());
}

TEST(Walks, TheWallClockChangesNothing) {
    for (std::uint64_t seed = 1; seed <= repetitions(10); ++seed) {
        const Scene with_steps = drawn(seed);
        Scene without = with_steps;
        std::erase_if(without.actions,
                      [](const Action& action) { return action.deed == Deed::step_clock; });
        CHECK(without.actions.size() < with_steps.actions.size());
        STRCMP_EQUAL(without_wall_clock(walked(without).trace).c_str(),
                     without_wall_clock(walked(with_steps).trace).c_str());
    }
}
