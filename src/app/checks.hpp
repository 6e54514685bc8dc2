// What is known of this node's checks, and what follows from that for those who name them.
//
// The runner (src/health) looks; its results come here. A runner that dies changes nothing for a
// grace time, in which another one starts: the last results stand. After it every check counts as
// failed, because nobody knows better.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "app/readiness.hpp"
#include "base/log.hpp"
#include "base/time.hpp"
#include "config/checks.hpp"
#include "health/message.hpp"

namespace app {

// Something that speaks against a router, and how much.
struct Term {
    std::string what;  // "check frontend"
    int points;
    bool operator==(const Term&) const = default;
};

// Who is left of the processes that run checks and hooks (health/keeper.hpp).
enum class Care : std::uint8_t {
    kept,            // a runner, or soon another one
    without_keeper,  // perhaps a runner, and never another one
    none,
};

class Checks {
public:
    // For so long after its last sign of life a runner's results stand.
    static constexpr base::Duration grace = std::chrono::seconds{30};
    static constexpr base::Duration moment = std::chrono::seconds{3};

    Checks(const std::vector<config::Check>& checks, base::Instant now);

    // Other checks. Of those that look at the same thing the results stand.
    void reconfigure(const std::vector<config::Check>& checks, base::Instant now);

    // What a process before us has found.
    struct Finding {
        std::string name;
        std::optional<health::Verdict> verdict{};
        std::string text{};
        int penalty = 0;
        base::Instant since{};
        std::uint64_t runs = 0;
        std::uint64_t failures = 0;
        base::Duration duration{};
    };
    // `plan`: the one that its runner has, which gets another one now.
    void restore(const std::vector<Finding>& findings, std::uint64_t plan);
    [[nodiscard]] std::uint64_t plan() const { return plan_; }

    struct Fact {
        config::Check check;
        std::optional<health::Verdict> verdict{};  // none: the first result is awaited
        std::string text{};
        int penalty = 0;  // of a file that holds one
        base::Instant since;
        std::uint64_t runs = 0;
        std::uint64_t failures = 0;
        base::Duration duration{};                     // of the last run
        bool is_stale = false;                         // no result since the grace was over
        std::optional<base::Instant> trusted_until{};  // without a result
        [[nodiscard]] bool has_failed() const {
            return is_stale || verdict == health::Verdict::failed;
        }
    };

    // A message of the runner's. True when what follows from a check may differ.
    bool take(const health::FromRunner& message, base::Instant now);
    // A process before us has known these to be well enough, just now: one that has no result yet
    // counts as passed, until its first look must have come to something.
    void trust(std::span<const std::string> names, base::Instant now);
    // Not any more.
    void distrust(std::span<const std::string> names);
    // Who is left now; it never gets better.
    void note(Care care);
    [[nodiscard]] Care care() const { return care_; }
    // True when the grace, or somebody's trust, has just ended.
    bool expire(base::Instant now);
    [[nodiscard]] std::optional<base::Instant> deadline() const;
    // All that a new runner has to know; each is told once.
    [[nodiscard]] std::vector<health::ToRunner> take_plan();

    // What follows for a router that names these.
    struct Consequences {
        std::vector<Blocker> blockers;
        std::vector<Term> terms;
        std::vector<std::string> warnings;
    };
    [[nodiscard]] Consequences of(std::span<const std::string> names) const;

    [[nodiscard]] const std::map<std::string, Fact>& facts() const { return facts_; }
    [[nodiscard]] std::uint64_t runner_deaths() const { return deaths_; }
    // What is wrong with the runner itself; empty when nothing is.
    [[nodiscard]] std::string trouble() const;
    [[nodiscard]] std::vector<base::log::Record> take_records();

private:
    bool take_result(const health::ResultMessage& result, base::Instant now);
    [[nodiscard]] bool expire_trust(base::Instant now);
    [[nodiscard]] bool expire_grace(base::Instant now);
    void follow_sign_of_life(base::Instant now);

    std::map<std::string, Fact> facts_;
    std::uint64_t plan_ = 0;
    bool wants_plan_ = false;
    base::Instant heard_;
    bool is_over_ = false;  // the grace
    std::uint64_t deaths_ = 0;
    std::string trouble_;  // of the runner, until it is heard again
    Care care_ = Care::kept;
    std::vector<base::log::Record> records_;
};

}  // namespace app
