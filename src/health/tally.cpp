#include "health/tally.hpp"

#include <chrono>

namespace health {

namespace {

constexpr base::Duration between_texts = std::chrono::seconds{1};

}  // namespace

Tally::Telling Tally::take(Outcome outcome, base::Duration took, base::Instant now) {
    ++runs_;
    if (!outcome.is_well) ++failures_;
    took_ = took;
    text_ = std::move(outcome.text);
    const Verdict verdict = hysteresis_.take(outcome.is_well ? Verdict::passed : Verdict::failed);
    // While it still counts as failed, a good look does not make the penalty another one.
    if (verdict == Verdict::passed)
        penalty_.reset();
    else if (!outcome.is_well)
        penalty_ = outcome.penalty;
    const bool is_new = told_verdict_ != verdict || told_penalty_ != penalty_;
    const bool is_other_text = text_ != told_text_ && now - told_at_ >= between_texts;
    if (!is_new && !is_other_text) return Telling::nothing_new;
    told_verdict_ = verdict;
    told_penalty_ = penalty_;
    told_text_ = text_;
    told_at_ = now;
    return Telling::due;
}

std::optional<ResultMessage> Tally::message(std::uint64_t plan) const {
    if (runs_ == 0) return std::nullopt;
    return ResultMessage{.plan = plan,
                         .check = name_,
                         .verdict = *hysteresis_.verdict(),
                         .text = text_,
                         .penalty = penalty_,
                         .runs = runs_,
                         .failures = failures_,
                         .duration = took_};
}

}  // namespace health
