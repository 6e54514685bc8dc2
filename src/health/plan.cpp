#include "health/plan.hpp"

#include <set>
#include <utility>

namespace health {

namespace {

// Looks that one turn of the loop begins; the rest makes the next turn due at once.
constexpr int looks_per_turn = 256;

Schedule::Pace pace_of(const CheckMessage& check) {
    const bool is_program = std::holds_alternative<kind::Exec>(check.kind);
    return {check.every, check.timeout,
            is_program ? Schedule::Needs::child : Schedule::Needs::nothing};
}

}  // namespace

Plan::~Plan() {
    while (!checks_.empty()) drop(checks_.begin()->first);
}

void Plan::replace(std::uint64_t number, std::vector<CheckMessage> checks, base::Instant now) {
    number_ = number;
    std::set<CheckId> wanted;
    std::vector<CheckMessage> others;
    for (CheckMessage& message : checks) {
        const auto same = same_as(message);
        if (!same) {
            others.push_back(std::move(message));
            continue;
        }
        wanted.insert(*same);
        keep(*same, checks_.at(*same), std::move(message), now);
    }
    for (auto entry = checks_.begin(); entry != checks_.end();) {
        const CheckId id = (entry++)->first;
        if (!wanted.contains(id)) drop(id);
    }
    for (CheckMessage& message : others) add(std::move(message), now);
}

std::optional<CheckId> Plan::same_as(const CheckMessage& message) const {
    const auto found = ids_by_name_.find(message.name);
    if (found == ids_by_name_.end()) return std::nullopt;
    if (checks_.at(found->second).message.kind != message.kind) return std::nullopt;
    return found->second;
}

void Plan::add(CheckMessage message, base::Instant now) {
    if (ids_by_name_.contains(message.name)) return;  // a name twice: the first one counts
    const CheckId id{++made_};
    auto probe = make_probe(message, instruments_);
    std::string why_not = probe ? "" : probe.error().text();
    schedule_.add(id, message.name, pace_of(message), now);
    ids_by_name_.emplace(message.name, id);
    Tally tally{message};
    Check& check = checks_
                       .emplace(id, Check{std::move(message), probe ? std::move(*probe) : nullptr,
                                          std::move(why_not), std::move(tally)})
                       .first->second;
    if (check.probe) ids_by_probe_.emplace(check.probe.get(), id);
}

void Plan::keep(CheckId id, Check& check, CheckMessage message, base::Instant now) {
    check.tally.limit(message.rise, message.fall);
    const bool is_other_pace = pace_of(message) != pace_of(check.message);
    check.message = std::move(message);
    if (auto result = check.tally.message(number_)) results_.push_back(std::move(*result));
    if (!is_other_pace) return;
    // What is under way is forgotten with the old pace.
    if (schedule_.is_looking(id) && check.probe) (void)check.probe->give_up(now);
    schedule_.add(id, check.message.name, pace_of(check.message), now);
}

void Plan::drop(CheckId id) {
    const auto found = checks_.find(id);
    schedule_.remove(id);
    ids_by_name_.erase(found->second.message.name);
    if (found->second.probe) {
        reactor_.forget(*found->second.probe);
        ids_by_probe_.erase(found->second.probe.get());
    }
    checks_.erase(found);
}

void Plan::on_ready(Probe& probe, int descriptor, base::Instant now) {
    const auto found = ids_by_probe_.find(&probe);
    if (found == ids_by_probe_.end()) return;
    const CheckId id = found->second;
    auto outcome = probe.on_ready(descriptor, now);
    if (outcome) conclude(id, std::move(*outcome), now);
}

// What came before the time was over counts, however late we are: that comes first.
void Plan::work(std::size_t children_at_most, base::Instant now) {
    hear_probes(now);
    while (const auto id = schedule_.overdue(now)) {
        Check& check = checks_.at(*id);
        if (check.probe) conclude(*id, check.probe->give_up(now), now);
    }
    for (int looks = 0; looks < looks_per_turn; ++looks) {
        const bool has_room = instruments_.children().count() < children_at_most;
        const auto id = schedule_.next(now, has_room ? Schedule::Room::some : Schedule::Room::none);
        if (!id) break;
        begin(*id, now);
    }
    hear_probes(now);
}

void Plan::begin(CheckId id, base::Instant now) {
    Check& check = checks_.at(id);
    check.began = now;
    if (!check.probe) return conclude(id, {.is_well = false, .text = check.why_not}, now);
    if (check.probe->is_busy()) return schedule_.ended(id, now);
    auto outcome = check.probe->start(now);
    if (outcome) conclude(id, std::move(*outcome), now);
}

// An outcome of a look that nobody waits for any more is not one.
void Plan::conclude(CheckId id, Outcome outcome, base::Instant now) {
    if (!schedule_.is_looking(id)) return;
    Check& check = checks_.at(id);
    schedule_.ended(id, now);
    if (check.tally.take(std::move(outcome), now - check.began, now) == Tally::Telling::due)
        results_.push_back(*check.tally.message(number_));
}

void Plan::hear_probes(base::Instant now) {
    for (auto& [probe, outcome] : reactor_.take_finished())
        if (const auto found = ids_by_probe_.find(probe); found != ids_by_probe_.end())
            conclude(found->second, std::move(outcome), now);
    for (const Probe* probe : reactor_.take_hurried())
        if (const auto found = ids_by_probe_.find(probe); found != ids_by_probe_.end())
            schedule_.hurry(found->second, now);
}

}  // namespace health
