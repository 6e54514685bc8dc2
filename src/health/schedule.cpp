#include "health/schedule.hpp"

#include <algorithm>
#include <chrono>

namespace health {

namespace {

using namespace std::chrono_literals;

// The first look of all checks falls into this time: somebody waits for it.
constexpr base::Duration soon = 200ms;

// FNV-1a: the same place in every run of the daemon, and on every machine.
std::uint64_t hash_of(std::string_view name) {
    std::uint64_t hash = 14695981039346656037U;
    for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211U;
    return hash;
}

base::Duration place_of(std::string_view name, base::Duration within) {
    const auto length =
        static_cast<std::uint64_t>(std::max<base::Duration::rep>(within.count(), 1));
    return base::Duration{static_cast<base::Duration::rep>(hash_of(name) % length)};
}

// Checks of one interval that are due at about the same time look in one turn: to wake up for each
// of 500 would cost more than what they look at.
base::Instant with_others(base::Instant instant, base::Duration every) {
    const base::Duration apart = std::clamp<base::Duration>(every / 20, 1ns, 10ms);
    const auto since = instant.time_since_epoch() + apart - 1ns;
    return base::Instant{since - since % apart};
}

// The first instant of the grid after `now`.
base::Instant next_on(base::Instant grid, base::Duration every, base::Instant now) {
    if (now < grid) return grid;
    return grid + ((now - grid) / every + 1) * every;
}

}  // namespace

void Schedule::add(CheckId check, std::string_view name, Pace pace, base::Instant now) {
    remove(check);
    const base::Instant first =
        with_others(now + place_of(name, std::min(pace.every, soon)), pace.every);
    // Half an interval at least lies between the first look and the second.
    const base::Instant grid =
        with_others(first + pace.every / 2 + place_of(name, pace.every), pace.every);
    Entry& entry = entries_.emplace(check, Entry{pace, grid}).first->second;
    rest_until(check, entry, first);
}

void Schedule::remove(CheckId check) {
    const auto found = entries_.find(check);
    if (found == entries_.end()) return;
    due_.erase({found->second.at, check});
    timeouts_.erase({found->second.at, check});
    std::erase(queue_, check);
    entries_.erase(found);
}

std::optional<CheckId> Schedule::next(base::Instant now, Room room) {
    while (!due_.empty() && due_.begin()->first <= now) {
        const CheckId check = due_.begin()->second;
        due_.erase(due_.begin());
        Entry& entry = entries_.at(check);
        if (entry.pace.needs == Needs::nothing) {
            begin(check, entry, now);
            return check;
        }
        entry.state = State::queued;
        queue_.push_back(check);
    }
    if (room == Room::none || queue_.empty()) return std::nullopt;
    const CheckId check = queue_.front();
    queue_.pop_front();
    begin(check, entries_.at(check), now);
    return check;
}

std::optional<CheckId> Schedule::overdue(base::Instant now) {
    if (timeouts_.empty() || timeouts_.begin()->first > now) return std::nullopt;
    const CheckId check = timeouts_.begin()->second;
    timeouts_.erase(timeouts_.begin());
    entries_.at(check).state = State::late;
    return check;
}

void Schedule::ended(CheckId check, base::Instant now) {
    const auto found = entries_.find(check);
    if (found == entries_.end() || !is_looking(check)) return;
    Entry& entry = found->second;
    timeouts_.erase({entry.at, check});
    rest_until(check, entry, next_on(entry.grid, entry.pace.every, now));
}

void Schedule::hurry(CheckId check, base::Instant now) {
    const auto found = entries_.find(check);
    if (found == entries_.end() || found->second.state != State::resting) return;
    due_.erase({found->second.at, check});
    rest_until(check, found->second, now);
}

bool Schedule::is_looking(CheckId check) const {
    const auto found = entries_.find(check);
    return found != entries_.end() &&
           (found->second.state == State::looking || found->second.state == State::late);
}

std::optional<base::Instant> Schedule::deadline() const {
    std::optional<base::Instant> earliest;
    if (!due_.empty()) earliest = due_.begin()->first;
    if (!timeouts_.empty()) earliest = base::earlier(earliest, timeouts_.begin()->first);
    return earliest;
}

void Schedule::rest_until(CheckId check, Entry& entry, base::Instant instant) {
    entry.state = State::resting;
    entry.at = instant;
    due_.emplace(instant, check);
}

void Schedule::begin(CheckId check, Entry& entry, base::Instant now) {
    entry.state = State::looking;
    entry.at = now + entry.pace.timeout;
    timeouts_.emplace(entry.at, check);
}

}  // namespace health
