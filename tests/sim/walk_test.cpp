// Many random walks. A failure names its seed; the same seed walks the same way again.
#include <fmt/format.h>

#include "walk.hpp"
// CppUTest redefines `new`: after the standard headers.
#include <CppUTest/TestHarness.h>

using namespace sim;

namespace {

constexpr std::uint64_t seeds = 200;

std::string failure_of(std::uint64_t seed) {
    Walk walk{seed};
    walk.run();
    if (walk.violation().empty()) return {};
    return fmt::format("seed {}: {}\n{}", seed, walk.violation(), walk.lan().recent_trace());
}

}  // namespace

TEST_GROUP(Walks){};

TEST(Walks, EveryInvariantHoldsAfterEveryEvent) {
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        const std::string failure = failure_of(seed);
        if (!failure.empty()) FAIL(failure.c_str());
    }
}

TEST(Walks, AWalkIsTheSameEveryTime) {
    Walk first{4711};
    Walk second{4711};
    first.run();
    second.run();
    CHECK(first.lan().trace() == second.lan().trace());
    CHECK(first.lan().steps() > 1000);
}
