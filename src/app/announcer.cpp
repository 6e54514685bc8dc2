#include "app/announcer.hpp"

#include <algorithm>

namespace app {

namespace {
// Frames of one burst are spread a little: what loses one (a port that is just coming up, a full
// queue) loses those that follow within microseconds too.
constexpr base::Duration spacing = std::chrono::milliseconds{100};
}  // namespace

void Announcer::present(const base::IpAddress& address, base::Instant now) {
    const auto second = policy_.again_after > base::Duration::zero()
                            ? std::optional{now + policy_.again_after}
                            : std::nullopt;
    schedules_.try_emplace(address, Schedule{now, policy_.count, second});
}

void Announcer::repeat(base::Instant now) {
    for (auto& [address, schedule] : schedules_)
        schedule = Schedule{now, policy_.count, schedule ? schedule->second : std::nullopt};
}

bool Announcer::advance(Schedule& schedule) const {
    if (--schedule.frames_left > 0) {
        schedule.next += spacing;
        return true;
    }
    if (!schedule.second) return false;
    schedule.next = std::max(schedule.next, *schedule.second);
    schedule.frames_left = policy_.count;
    schedule.second.reset();
    return true;
}

std::vector<base::IpAddress> Announcer::take_due(base::Instant now, std::size_t limit) {
    std::vector<base::IpAddress> due;
    for (auto& [address, schedule] : schedules_) {
        if (due.size() == limit) break;
        if (!schedule || schedule->next > now) continue;
        due.push_back(address);
        // A frame that was late does not make the rest a volley.
        schedule->next = now;
        if (!advance(*schedule)) schedule.reset();
    }
    return due;
}

std::optional<base::Instant> Announcer::deadline() const {
    std::optional<base::Instant> earliest;
    for (const auto& [address, schedule] : schedules_)
        if (schedule && (!earliest || schedule->next < *earliest)) earliest = schedule->next;
    return earliest;
}

}  // namespace app
