// Spans of time as the configuration writes them: "100ms", "1.5s", "2m", "1h".
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/time.hpp"

namespace config {

// A number with a unit (us, ms, s, m or h), exact to the nanosecond. The error says what is wrong
// with the text, with the cure.
base::Result<base::Duration> parse_duration(std::string_view text);

// In the largest unit that needs no fraction: "1500ms", "2m".
std::string text_of(base::Duration duration);

}  // namespace config
