// How long an answer took, for people: so coarse that a text stays the same while nothing changes.
// The exact time is in a result beside its text.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>

#include "base/time.hpp"

namespace health {

// "connected within 100 ms"; then 1 s, 10 s, and no more than that.
inline std::string within(std::string_view what, base::Duration taken) {
    if (taken <= std::chrono::milliseconds{100}) return fmt::format("{} within 100 ms", what);
    if (taken <= std::chrono::seconds{1}) return fmt::format("{} within 1 s", what);
    if (taken <= std::chrono::seconds{10}) return fmt::format("{} within 10 s", what);
    return std::string{what};
}

}  // namespace health
