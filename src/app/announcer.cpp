#include "app/announcer.hpp"

#include <algorithm>
#include <chrono>

namespace app {

namespace {

// From -1 to 1, the same for an address at any time: FNV-1a, and a multiplication that carries the
// last octets, in which neighbouring addresses differ, into the bits that are used.
double spread_of(const base::IpAddress& address) {
    std::uint64_t hash = 14695981039346656037U;
    for (const std::uint8_t octet : address.octets()) hash = (hash ^ octet) * 1099511628211U;
    hash = (hash ^ (hash >> 32)) * 0x9e3779b97f4a7c15U;
    constexpr int bits = 32;
    return static_cast<double>(hash >> (64 - bits)) / static_cast<double>(1ULL << (bits - 1)) - 1;
}

}  // namespace

void Announcer::enqueue(const base::IpAddress& address, Schedule& schedule, base::Instant at) {
    dequeue(address, schedule);
    schedule.next = at;
    schedule.order = ++order_;
    schedule.is_queued = true;
    queue_of(schedule.urgency).insert({at, schedule.order, address});
}

void Announcer::dequeue(const base::IpAddress& address, Schedule& schedule) {
    if (!schedule.is_queued) return;
    queue_of(schedule.urgency).erase({schedule.next, schedule.order, address});
    schedule.is_queued = false;
}

void Announcer::present(const base::IpAddress& address, base::Instant now) {
    const auto second = policy_.again_after > base::Duration::zero()
                            ? std::optional{now + policy_.again_after}
                            : std::nullopt;
    const auto [entry, is_new] = schedules_.try_emplace(
        address,
        Schedule{Urgency::first, now, 0, policy_.count, second, repetition_, std::nullopt, false});
    if (is_new) enqueue(address, entry->second, now);
}

void Announcer::assume(const base::IpAddress& address, base::Instant now) {
    const auto [entry, is_new] = schedules_.try_emplace(
        address,
        Schedule{Urgency::later, now, 0, 0, std::nullopt, repetition_, std::nullopt, false});
    if (is_new && policy_.refresh > base::Duration::zero())
        enqueue(address, entry->second, now + refresh_of(address));
}

std::vector<base::IpAddress> Announcer::announced() const {
    std::vector<base::IpAddress> found;
    for (const auto& [address, schedule] : schedules_)
        if (schedule.urgency == Urgency::later && schedule.frames_left == 0 && !schedule.second)
            found.push_back(address);
    return found;
}

void Announcer::forget(const base::IpAddress& address) {
    const auto known = schedules_.find(address);
    if (known == schedules_.end()) return;
    dequeue(address, known->second);
    schedules_.erase(known);
}

void Announcer::clear() {
    schedules_.clear();
    for (Queue& queue : queues_) queue.clear();
    sweep_.reset();
}

// --- repetitions ---

void Announcer::repeat(base::Instant now) {
    if (schedules_.empty()) return;
    ++repetition_;
    // One that is under way goes on from where it is.
    const base::IpAddress next = sweep_ ? sweep_->next : schedules_.begin()->first;
    sweep_ = Sweep{now, next, schedules_.size()};
}

void Announcer::sweep() {
    // More than one a frame, so that it comes to its end before what it makes due.
    constexpr int schedules_a_frame = 4;
    for (int i = 0; i < schedules_a_frame && sweep_; ++i) {
        auto entry = schedules_.lower_bound(sweep_->next);
        if (entry == schedules_.end()) entry = schedules_.begin();
        if (entry == schedules_.end() || sweep_->left == 0) {
            sweep_.reset();
            return;
        }
        repeat_one(entry->first, entry->second, sweep_->since);
        if (++entry == schedules_.end()) entry = schedules_.begin();
        sweep_->next = entry->first;
        if (--sweep_->left == 0) sweep_.reset();
    }
}

void Announcer::repeat_one(const base::IpAddress& address, Schedule& schedule,
                           base::Instant since) {
    if (schedule.repetition == repetition_) return;
    schedule.repetition = repetition_;
    schedule.frames_left = policy_.count;
    if (!schedule.is_queued || schedule.next > since) enqueue(address, schedule, since);
}

bool Announcer::answer(const base::IpAddress& address, base::Instant now) {
    constexpr base::Duration least_distance = std::chrono::seconds{1};
    const auto known = schedules_.find(address);
    if (known == schedules_.end()) return false;
    Schedule& schedule = known->second;
    const base::Instant at =
        schedule.answered ? std::max(now, *schedule.answered + least_distance) : now;
    if (schedule.is_queued && schedule.next <= at) return true;
    schedule.answered = at;
    schedule.frames_left = std::max(schedule.frames_left, 1);
    enqueue(address, schedule, at);
    return true;
}

// --- what is due ---

bool Announcer::has_due(Urgency urgency, base::Instant now) const {
    if (is_held()) return false;
    const Queue& queue = queue_of(urgency);
    if (!queue.empty() && queue.begin()->at <= now) return true;
    return urgency == Urgency::later && sweep_ && sweep_->since <= now;
}

std::optional<base::IpAddress> Announcer::take(Urgency urgency, base::Instant now) {
    if (urgency == Urgency::later) sweep();
    const Queue& queue = queue_of(urgency);
    if (queue.empty() || queue.begin()->at > now) return std::nullopt;
    const base::IpAddress address = queue.begin()->address;
    advance(address, schedules_.at(address), now);
    return address;
}

// From now on, not from when it was due: a frame that was late does not make the rest a volley.
void Announcer::advance(const base::IpAddress& address, Schedule& schedule, base::Instant now) {
    dequeue(address, schedule);
    schedule.urgency = Urgency::later;
    if (schedule.frames_left == 0) {  // a burst begins
        const bool is_second = schedule.second.has_value();
        schedule.frames_left = is_second ? policy_.count : policy_.refresh_count;
        schedule.second.reset();
    }
    if (--schedule.frames_left > 0)
        enqueue(address, schedule, now + policy_.gap);
    else if (schedule.second)
        enqueue(address, schedule, std::max(*schedule.second, now + policy_.gap));
    else if (policy_.refresh > base::Duration::zero())
        enqueue(address, schedule, now + refresh_of(address));
}

void Announcer::put_back(const base::IpAddress& address, Urgency urgency, base::Instant at) {
    const auto known = schedules_.find(address);
    if (known == schedules_.end()) return;
    dequeue(address, known->second);
    known->second.urgency = urgency;
    ++known->second.frames_left;
    enqueue(address, known->second, at);
}

std::optional<base::Instant> Announcer::deadline() const {
    if (is_held()) return std::nullopt;
    std::optional<base::Instant> earliest;
    if (sweep_) earliest = sweep_->since;
    for (const Queue& queue : queues_)
        if (!queue.empty() && (!earliest || queue.begin()->at < *earliest))
            earliest = queue.begin()->at;
    return earliest;
}

// Up to a tenth more or less, so that what was claimed at once is not refreshed at once.
base::Duration Announcer::refresh_of(const base::IpAddress& address) const {
    constexpr double tenth = 0.1;
    const auto whole = static_cast<double>(policy_.refresh.count());
    return base::Duration{
        static_cast<base::Duration::rep>(whole * (1 + tenth * spread_of(address)))};
}

}  // namespace app
