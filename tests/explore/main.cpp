// Explores every scenario: `explore [DEPTH [NAME]]`. A scenario is a test; DEPTH replaces the
// number of disturbances that each one has for itself, and NAME picks those whose name has it
// inside.

#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "group_rules.hpp"
#include "group_words.hpp"
#include "rules.hpp"
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

std::vector<groups::Scenario> group_pairs() {
    using enum groups::Preemption;
    return {
        {"groups, distinct, both preempt", {strong, weak}, always, 3},
        {"groups, distinct, none preempts", {strong, weak}, never, 4},
        {"groups, equal, both preempt", {weak, weak}, always, 3},
        {"groups, equal, none preempts", {weak, weak}, never, 4},
    };
}

class Runner {
public:
    // `depth` and `name` of the command line.
    Runner(int depth, std::string_view name) : depth_{depth}, name_{name} {}

    template <class SomeRules>
    void run(const auto& scenarios) {
        for (const auto& scenario : scenarios)
            if (scenario.name.find(name_) != std::string::npos)
                ++(is_right<SomeRules>(scenario) ? passed_ : failed_);
    }

    void tell(Duration took) const {
        fmt::print("{} states explored\n", worlds_);
        fmt::print("{} passed, {} failed in {:.2f}s\n", passed_, failed_,
                   base::milliseconds(took) / 1000);
    }
    [[nodiscard]] bool is_good() const { return failed_ == 0; }

private:
    template <class SomeRules>
    bool is_right(const auto& scenario) {
        const int depth = depth_ > 0 ? depth_ : scenario.depth;
        const typename SomeRules::Model model{scenario};
        const auto findings = Search<SomeRules>{model, depth}.run();
        worlds_ += findings.worlds;
        fmt::print("{}: {} disturbances, {} states, settled after {:.3f} s at most\n",
                   scenario.name, depth, findings.worlds,
                   base::milliseconds(findings.longest) / 1000);
        if (findings.violation)
            fmt::print("VIOLATION: {}\n{}", findings.violation->what,
                       story_of(model, *findings.violation));
        std::fflush(stdout);
        return !findings.violation;
    }

    int depth_;
    std::string_view name_;
    std::size_t worlds_ = 0;
    int passed_ = 0;
    int failed_ = 0;
};

}  // namespace
}  // namespace explore

int main(int argc, char** argv) {
    const auto started = std::chrono::steady_clock::now();
    explore::Runner runner{argc > 1 ? std::atoi(argv[1]) : 0, argc > 2 ? argv[2] : ""};
    runner.run<explore::Rules>(explore::pairs());
    runner.run<explore::Rules>(explore::triples());
    runner.run<explore::groups::Rules>(explore::group_pairs());
    runner.tell(std::chrono::steady_clock::now() - started);
    return runner.is_good() ? 0 : 1;
}
