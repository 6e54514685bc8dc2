#include "app/supervisor.hpp"

#include <systemd/sd-daemon.h>

namespace app {

Supervisor Supervisor::from_environment() {
    std::uint64_t microseconds = 0;
    std::optional<base::Duration> feed_every;
    if (::sd_watchdog_enabled(0, &microseconds) > 0)
        feed_every = std::chrono::microseconds{microseconds / 2};
    return Supervisor{NotifySocket::from_environment(), feed_every};
}

void Supervisor::tell(const std::string& status) {
    if (is_ready_told_ && status == status_) return;
    if (!socket_.send((is_ready_told_ ? "STATUS=" : "READY=1\nSTATUS=") + status)) return;
    is_ready_told_ = true;
    status_ = status;
}

void Supervisor::stopping() { (void)socket_.send("STOPPING=1\nSTATUS=releasing addresses"); }

void Supervisor::feed(base::Instant now) {
    if (!feed_every_ || now < next_feed_) return;
    // A full queue of PID 1 must not look like a loop that hangs.
    constexpr base::Duration try_again = std::chrono::milliseconds{100};
    next_feed_ = now + (socket_.send("WATCHDOG=1") ? *feed_every_ : try_again);
}

std::optional<base::Instant> Supervisor::deadline() const {
    if (!feed_every_) return std::nullopt;
    return next_feed_;
}

}  // namespace app
