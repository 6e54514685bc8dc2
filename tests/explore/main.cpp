// Explores every scenario: `explore [DEPTH [NAME]]`. A scenario is a test; DEPTH replaces the
// number of disturbances that each one has for itself, and NAME picks those whose name has it
// inside.

#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "search.hpp"
#include "words.hpp"

namespace explore {
namespace {

using enum Preemption;
using vrrp::AdvertInterval;
using vrrp::Priority;
using vrrp::Version;

constexpr Priority strong = *Priority::from(200);
constexpr Priority middle = *Priority::from(150);
constexpr Priority weak = *Priority::from(100);

Scenario version3(std::string name, int depth, std::vector<Router> routers) {
    return {std::move(name), Version::v3, AdvertInterval::one_second(), std::move(routers), depth};
}

Scenario version2(std::string name, int depth, std::vector<Router> routers) {
    return {std::move(name), Version::v2, *AdvertInterval::from_seconds(2), std::move(routers),
            depth};
}

std::vector<Scenario> pairs() {
    constexpr int depth = 8;
    return {
        version3("two, distinct, both preempt", depth, {{strong, always}, {weak, always}}),
        version3("two, distinct, none preempts", depth, {{strong, never}, {weak, never}}),
        version3("two, distinct, the strong one preempts", depth,
                 {{strong, always}, {weak, never}}),
        version3("two, distinct, the weak one preempts", depth, {{strong, never}, {weak, always}}),
        version3("two, distinct, they preempt later", depth, {{strong, later}, {weak, later}}),
        version3("two, equal, both preempt", depth, {{weak, always}, {weak, always}}),
        version3("two, equal, none preempts", depth, {{weak, never}, {weak, never}}),
        version3("two, equal, one preempts", depth, {{weak, always}, {weak, never}}),
        version3("two, one is the owner", depth, {{Priority::owner(), always}, {weak, always}}),
        version3("two, one is the owner, none preempts", depth,
                 {{Priority::owner(), never}, {weak, never}}),
        version3("two, owners both by mistake", depth,
                 {{Priority::owner(), always}, {Priority::owner(), always}}),
        version2("two, distinct, version 2, both preempt", depth,
                 {{strong, always}, {weak, always}}),
        version2("two, equal, version 2, none preempts", depth, {{weak, never}, {weak, never}}),
    };
}

std::vector<Scenario> triples() {
    constexpr int depth = 4;
    return {
        version3("three, distinct, all preempt", depth,
                 {{strong, always}, {middle, always}, {weak, always}}),
        version3("three, distinct, none preempts", depth,
                 {{strong, never}, {middle, never}, {weak, never}}),
        version3("three, distinct, the strongest preempts", depth,
                 {{strong, always}, {middle, never}, {weak, never}}),
        version3("three, two equal, all preempt", depth,
                 {{strong, always}, {weak, always}, {weak, always}}),
        version3("three, two equal, none preempts", depth,
                 {{strong, never}, {weak, never}, {weak, never}}),
        version3("three, all equal, all preempt", depth,
                 {{weak, always}, {weak, always}, {weak, always}}),
        version3("three, all equal, none preempts", depth,
                 {{weak, never}, {weak, never}, {weak, never}}),
    };
}

bool run(const Scenario& scenario, int depth, std::size_t& worlds) {
    const Model model{scenario};
    const Findings findings = explore(model, depth);
    worlds += findings.worlds;
    fmt::print("{}: {} disturbances, {} states, settled after {:.3f} s at most (bound {:.3f} s)\n",
               scenario.name, depth, findings.worlds, base::milliseconds(findings.longest) / 1000,
               base::milliseconds(model.bound()) / 1000);
    if (findings.violation)
        fmt::print("VIOLATION: {}\n{}", findings.violation->what,
                   story_of(model, *findings.violation));
    std::fflush(stdout);
    return !findings.violation;
}

}  // namespace
}  // namespace explore

int main(int argc, char** argv) {
    const int depth = argc > 1 ? std::atoi(argv[1]) : 0;
    const std::string_view name = argc > 2 ? argv[2] : "";
    const auto started = std::chrono::steady_clock::now();
    std::size_t worlds = 0;
    int passed = 0;
    int failed = 0;
    auto scenarios = explore::pairs();
    for (auto& scenario : explore::triples()) scenarios.push_back(std::move(scenario));
    for (const auto& scenario : scenarios) {
        if (scenario.name.find(name) == std::string::npos) continue;
        ++(explore::run(scenario, depth > 0 ? depth : scenario.depth, worlds) ? passed : failed);
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - started;
    fmt::print("{} states explored\n", worlds);
    fmt::print("{} passed, {} failed in {:.2f}s\n", passed, failed, took.count());
    return failed == 0 ? 0 : 1;
}
