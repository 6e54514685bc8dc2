// One line a cause and minute, and few that a packet can cause: a flood of bad packets must not
// become a flood of log lines, however many kinds of them there are.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>

#include "base/time.hpp"

namespace app {

enum class Occasion : std::uint8_t {
    ours,    // of this machine: nobody out there can bring it about at will
    packet,  // anybody on the LAN can send one
};

class RateLimiter {
public:
    // Packets are granted so many lines a minute, whatever the causes.
    static constexpr std::size_t lines_for_packets = 4;

    // Whether to tell about `cause` now; if so, how many occurrences were kept quiet since the last
    // time. Causes are enum values, so there is a bounded number of them.
    std::optional<std::uint64_t> admit(int cause, base::Instant now, Occasion occasion) {
        Entry& known = causes_[cause];
        const bool is_told = known.told && now - *known.told < quiet;
        if (is_told || (occasion == Occasion::packet && !has_room_at(now))) {
            ++known.suppressed;
            return std::nullopt;
        }
        const std::uint64_t suppressed = known.suppressed;
        known = {now, 0};
        if (occasion == Occasion::packet) granted_.push_back(now);
        return suppressed;
    }

private:
    static constexpr base::Duration quiet = std::chrono::minutes{1};

    bool has_room_at(base::Instant now) {
        while (!granted_.empty() && now - granted_.front() >= quiet) granted_.pop_front();
        return granted_.size() < lines_for_packets;
    }

    struct Entry {
        std::optional<base::Instant> told{};
        std::uint64_t suppressed = 0;
    };
    std::map<int, Entry> causes_;
    std::deque<base::Instant> granted_;  // to packets, in the last minute
};

}  // namespace app
