// What systemd wants to hear from a Type=notify service, and the watchdog that it feeds on.
//
// Sent without blocking: sd_notify() waits for PID 1 when that is busy (a daemon-reload with
// hundreds of units), and an advert would be late. A message that cannot be sent is not worth that.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/fd.hpp"
#include "base/time.hpp"

namespace app {

class Supervisor {
public:
    // From $NOTIFY_SOCKET and the watchdog variables; silent when there are none.
    static Supervisor from_environment();

    void ready(std::string_view status);
    void stopping();
    // `systemctl status` shows it. Sent when it differs from the last one.
    void status(const std::string& text);

    // Feeds the watchdog when half of its time has passed. Only the turn calls this: a loop that
    // hangs starves it.
    void feed(base::Instant now);
    [[nodiscard]] std::optional<base::Instant> next_feed() const;

private:
    Supervisor(base::Fd socket, std::optional<base::Duration> feed_every)
        : socket_{std::move(socket)}, feed_every_{feed_every} {}
    void send(std::string_view message) const;

    base::Fd socket_;
    std::optional<base::Duration> feed_every_;
    base::Instant fed_{};
    std::string status_;
};

}  // namespace app
