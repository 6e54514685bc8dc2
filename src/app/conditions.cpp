#include "app/conditions.hpp"

#include <algorithm>
#include <utility>

namespace app {

std::string_view name_of(ConditionKind kind) {
    switch (kind) {
        case ConditionKind::another_active: return "another-active";
        case ConditionKind::duplicate_source: return "duplicate-source";
        case ConditionKind::interval_differs: return "interval-differs";
        case ConditionKind::version_differs: return "version-differs";
        case ConditionKind::address_list_differs: return "address-list-differs";
        case ConditionKind::transport_differs: return "transport-differs";
        case ConditionKind::address_claimed: return "address-claimed";
        case ConditionKind::rejected: return "rejected";
    }
    return "unknown";
}

Condition* Conditions::find(ConditionKind kind, const base::IpAddress& with) {
    const auto known = std::ranges::find_if(conditions_, [&](const Condition& condition) {
        return condition.kind == kind && condition.with == with;
    });
    return known == conditions_.end() ? nullptr : &*known;
}

bool Conditions::extend(ConditionKind kind, const base::IpAddress& with, base::Instant now,
                        base::Duration span) {
    Condition* known = find(kind, with);
    if (known == nullptr) return false;
    known->ends_at = std::max(known->ends_at, now + span);
    return true;
}

bool Conditions::has_room(ConditionKind kind) const {
    const auto count = std::ranges::count(conditions_, kind, &Condition::kind);
    return static_cast<std::size_t>(count) < most_of_a_kind;
}

void Conditions::begin(ConditionKind kind, const base::IpAddress& with, std::string text,
                       base::Instant now, base::Duration span) {
    if (has_room(kind)) conditions_.push_back({kind, with, std::move(text), now, now + span});
}

void Conditions::note_told(ConditionKind kind, const base::IpAddress& with) {
    if (Condition* known = find(kind, with)) known->was_told = true;
}

std::vector<Condition> Conditions::take_ended(base::Instant now) {
    const auto ended = std::ranges::partition(
        conditions_, [&](const Condition& condition) { return condition.ends_at > now; });
    std::vector<Condition> taken{std::make_move_iterator(ended.begin()),
                                 std::make_move_iterator(ended.end())};
    conditions_.erase(ended.begin(), ended.end());
    return taken;
}

std::optional<base::Instant> Conditions::deadline() const {
    std::optional<base::Instant> next;
    for (const Condition& condition : conditions_)
        if (!next || condition.ends_at < *next) next = condition.ends_at;
    return next;
}

}  // namespace app
