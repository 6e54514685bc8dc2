// What systemd wants to hear from a Type=notify service, and the watchdog that it feeds on.
//
// Sent without blocking: sd_notify() waits for PID 1 when that is busy (a daemon-reload with
// hundreds of units), and an advert would be late. A message that cannot be sent is not worth that.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "app/notify_socket.hpp"
#include "base/time.hpp"

namespace app {

class Supervisor {
public:
    // From $NOTIFY_SOCKET and the watchdog variables; silent when there are none.
    static Supervisor from_environment();

    // READY the first time, and the line that `systemctl status` shows, when it differs from the
    // last one. What could not be sent is sent again at the next call.
    void tell(const std::string& status);
    void stopping();

    // Feeds the watchdog when half of its time has passed. Only the turn calls this: a loop that
    // hangs starves it.
    void feed(base::Instant now);
    [[nodiscard]] std::optional<base::Instant> deadline() const;

private:
    Supervisor(NotifySocket socket, std::optional<base::Duration> feed_every)
        : socket_{std::move(socket)}, feed_every_{feed_every} {}
    NotifySocket socket_;
    std::optional<base::Duration> feed_every_;
    base::Instant next_feed_{};
    bool is_ready_told_ = false;
    std::string status_;
};

}  // namespace app
