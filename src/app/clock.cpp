#include "app/clock.hpp"

#include <fmt/format.h>

namespace app {

std::string iso8601(WallClock instant) {
    const auto since_epoch =
        std::chrono::floor<std::chrono::microseconds>(instant).time_since_epoch();
    const auto seconds = std::chrono::floor<std::chrono::seconds>(since_epoch);
    const std::time_t time = seconds.count();
    std::tm broken{};
    ::gmtime_r(&time, &broken);
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z", broken.tm_year + 1900,
                       broken.tm_mon + 1, broken.tm_mday, broken.tm_hour, broken.tm_min,
                       broken.tm_sec, (since_epoch - seconds).count());
}

std::string wall_text(base::Instant instant, Time time) {
    const auto ago = std::chrono::duration_cast<WallClock::duration>(time.now - instant);
    return iso8601(time.wall - ago);
}

}  // namespace app
