// One line a cause and minute: a flood of bad packets must not become a flood of log lines.
#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "base/time.hpp"

namespace app {

class RateLimiter {
public:
    // Whether to tell about `cause` now; if so, how many occurrences were kept quiet since the last
    // time. Causes are enum values, so there is a bounded number of them.
    std::optional<std::uint64_t> admit(int cause, base::Instant now) {
        constexpr base::Duration quiet = std::chrono::minutes{1};
        const auto [entry, is_first] = causes_.try_emplace(cause, Entry{now, 0});
        Entry& known = entry->second;
        if (!is_first && now - known.told < quiet) {
            ++known.suppressed;
            return std::nullopt;
        }
        const std::uint64_t suppressed = known.suppressed;
        known = {now, 0};
        return suppressed;
    }

private:
    struct Entry {
        base::Instant told;
        std::uint64_t suppressed;
    };
    std::map<int, Entry> causes_;
};

}  // namespace app
