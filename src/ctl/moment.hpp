// Moments of the wall clock, as people write and read them.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace ctl {

using Moment = std::chrono::sys_time<std::chrono::microseconds>;

// "2026-03-05T11:40:02.118042Z", as the daemon writes it.
std::optional<Moment> moment_in(std::string_view iso8601);
// The same as seconds since 1970, of a time with all its digits only.
std::optional<double> unix_seconds(std::string_view iso8601);
// "2026-03-05 11:40:02.118", in the time zone of the reader.
std::string local_text(Moment moment);
// What a user means by a beginning: so long ago ("90s", "30m", "1h", "2d"), or a local time
// ("2026-03-05", "2026-03-05 11:40", "2026-03-05T11:40:02", "11:40" of today), with a Z at its end
// one of UTC.
std::optional<Moment> since_in(std::string_view text, Moment now);

}  // namespace ctl
