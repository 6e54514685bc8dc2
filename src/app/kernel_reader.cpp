#include "app/kernel_reader.hpp"

#include <fmt/format.h>

#include <chrono>
#include <utility>

namespace app {

using base::log::Level;

namespace {

using namespace std::chrono_literals;

constexpr base::Duration time_to_dump_again = 100ms;
// An audit that fails can wait: nothing is known to be missing.
constexpr base::Duration time_to_audit_again = 1s;
// What no notification told is found at the latest after this.
constexpr base::Duration time_between_audits = 60s;

// Causes of the limiter.
constexpr int dump_failed = 0;
constexpr int audit_failed = 1;
constexpr int overrun = 2;
constexpr int cannot_read = 3;

}  // namespace

KernelReader::Reading KernelReader::read(Changes changes, const Dump& dump, base::Instant now) {
    Reading reading;
    if (!changes) tell(cannot_read, {Level::error, changes.error().text(), {}}, reading, now);
    if (changes && changes->overrun)
        tell(overrun,
             {Level::warning,
              "netlink overrun; reading links and addresses anew",
              {},
              base::EventKind::overrun},
             reading, now);
    if (!changes || changes->overrun) is_complete_ = false;
    if (now >= deadline()) {
        auto view = dump();
        if (view) {
            reading.is_audit = std::exchange(is_complete_, true);
            reading.view = std::move(*view);
            next_audit_at_ = now + time_between_audits;
            return reading;
        }
        put_off(view.error(), reading, now);
    }
    // While a dump is to be repeated they are of no use: it will be newer.
    if (is_complete_) reading.events = std::move(changes->events);
    return reading;
}

void KernelReader::put_off(const base::Error& error, Reading& reading, base::Instant now) {
    next_dump_at_ = now + time_to_dump_again;
    next_audit_at_ = now + time_to_audit_again;
    const auto suppressed =
        limiter_.admit(is_complete_ ? audit_failed : dump_failed, now, Occasion::ours);
    if (!suppressed) return;
    reading.told.push_back({is_complete_ ? Level::warning : Level::error,
                            error.text() + "; trying again",
                            {{"repeated", fmt::to_string(*suppressed)}}});
}

// Whoever changes thousands of routes brings about an overrun after the other.
void KernelReader::tell(int cause, base::log::Record record, Reading& reading, base::Instant now) {
    const auto suppressed = limiter_.admit(cause, now, Occasion::ours);
    if (!suppressed) return;
    if (*suppressed > 0) record.fields.push_back({"repeated", fmt::to_string(*suppressed)});
    reading.told.push_back(std::move(record));
}

}  // namespace app
