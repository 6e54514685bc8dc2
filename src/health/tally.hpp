// What the looks of one check have come to, and when the daemon is to hear of it. Pure.
#pragma once

#include <optional>
#include <string>

#include "base/time.hpp"
#include "health/hysteresis.hpp"
#include "health/message.hpp"
#include "health/probe.hpp"

namespace health {

class Tally {
public:
    explicit Tally(const CheckMessage& check)
        : name_{check.name}, hysteresis_{check.rise, check.fall, check.counts_as} {}

    enum class Telling : std::uint8_t { nothing_new, due };
    // A look is over. Verdict and penalty are told whenever they change; the text at most once a
    // second, because it may be another one each time.
    Telling take(Outcome outcome, base::Duration took, base::Instant now);

    // The same check in a new plan.
    void limit(int rise, int fall) { hysteresis_.limit(rise, fall); }
    // None before the first look.
    [[nodiscard]] std::optional<ResultMessage> message(std::uint64_t plan) const;

private:
    std::string name_;
    Hysteresis hysteresis_;
    std::string text_;
    std::optional<int> penalty_;
    std::uint64_t runs_ = 0;
    std::uint64_t failures_ = 0;
    base::Duration took_{};
    // What the daemon has heard last, and when.
    std::optional<Verdict> told_verdict_;
    std::optional<int> told_penalty_;
    std::string told_text_;
    base::Instant told_at_{};
};

}  // namespace health
