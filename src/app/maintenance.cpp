#include "app/maintenance.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace app {

namespace {

constexpr std::size_t operations_kept = 64;

}  // namespace

std::string_view name_of(Instruction::Verb verb) {
    switch (verb) {
        case Instruction::Verb::drain: return "drain";
        case Instruction::Verb::undrain: return "undrain";
        case Instruction::Verb::handover: return "handover";
    }
    return "unknown";
}

std::string_view name_of(Operation::State state) {
    switch (state) {
        case Operation::State::pending: return "pending";
        case Operation::State::done: return "done";
        case Operation::State::refused: return "refused";
    }
    return "unknown";
}

std::string text_of(const Drain& drain, std::string_view unit) {
    // People want no microseconds.
    const auto second_of = [](WallClock wall) { return iso8601(wall).substr(0, 19) + "Z"; };
    return fmt::format("drained since {}{}{}; ended by: tandemctl undrain {}",
                       second_of(drain.since),
                       drain.until ? " until " + second_of(*drain.until) : "",
                       drain.reason.empty() ? "" : " (" + drain.reason + ")", unit);
}

bool Operation::is_pending() const {
    return std::ranges::find(parts, State::pending, &Part::state) != parts.end();
}

const Drain* Maintenance::drain_of(const std::string& unit) const {
    const auto found = drains_.find(unit);
    return found == drains_.end() ? nullptr : &found->second;
}

// Who is drained does not hold back besides: what ends the drain ends both.
void Maintenance::drain(const std::string& unit, Drain drain) {
    holds_.erase(unit);
    drains_.insert_or_assign(unit, std::move(drain));
}

bool Maintenance::end_drain(const std::string& unit) { return drains_.erase(unit) > 0; }

std::vector<std::string> Maintenance::expired(base::Instant now) const {
    std::vector<std::string> over;
    for (const auto& [unit, drain] : drains_)
        if (drain.ends_at && *drain.ends_at <= now) over.push_back(unit);
    return over;
}

const Hold* Maintenance::hold_of(const std::string& unit) const {
    const auto found = holds_.find(unit);
    return found == holds_.end() ? nullptr : &found->second;
}

std::uint64_t Maintenance::open(Instruction::Verb verb) {
    if (operations_.size() >= operations_kept) {
        const auto over = std::ranges::find_if(
            operations_, [](const Operation& operation) { return !operation.is_pending(); });
        operations_.erase(over == operations_.end() ? operations_.begin() : over);
    }
    operations_.push_back({.id = ++last_operation_, .verb = verb});
    return last_operation_;
}

const Operation* Maintenance::operation(std::uint64_t id) const {
    const auto found = std::ranges::find(operations_, id, &Operation::id);
    return found == operations_.end() ? nullptr : &*found;
}

void Maintenance::answer(std::uint64_t id, Operation::Part part) {
    const auto found = std::ranges::find(operations_, id, &Operation::id);
    if (found == operations_.end()) return;
    const auto same = std::ranges::find(found->parts, part.unit, &Operation::Part::unit);
    if (same == found->parts.end())
        found->parts.push_back(std::move(part));
    else
        *same = std::move(part);
}

void Maintenance::begin(const std::string& unit, const Instruction& instruction,
                        std::uint64_t operation, base::Instant now) {
    const auto [entry, is_new] =
        errands_.try_emplace(unit, Errand{.instruction = instruction, .begun = now});
    if (!is_new) entry->second.instruction = instruction;
    entry->second.operations.push_back(operation);
    answer(operation, {.unit = unit});
}

Errand* Maintenance::errand_of(const std::string& unit) {
    const auto found = errands_.find(unit);
    return found == errands_.end() ? nullptr : &found->second;
}

const Errand* Maintenance::errand_of(const std::string& unit) const {
    const auto found = errands_.find(unit);
    return found == errands_.end() ? nullptr : &found->second;
}

std::vector<std::string> Maintenance::errands() const {
    std::vector<std::string> units;
    for (const auto& [unit, errand] : errands_) units.push_back(unit);
    return units;
}

void Maintenance::finish(const std::string& unit, Operation::State state, const std::string& text) {
    const auto entry = errands_.extract(unit);
    if (entry.empty()) return;
    const Errand& errand = entry.mapped();
    for (const std::uint64_t id : errand.operations)
        answer(id, {.unit = unit,
                    .state = state,
                    .text = text,
                    .successor = errand.successor,
                    .took = errand.took});
}

std::optional<base::Instant> Maintenance::deadline() const {
    std::optional<base::Instant> first;
    for (const auto& [unit, drain] : drains_) first = base::earlier(first, drain.ends_at);
    for (const auto& [unit, errand] : errands_)
        if (errand.stage == Errand::Stage::releasing)
            first = base::earlier(first, errand.released_at + patience);
    return first;
}

}  // namespace app
