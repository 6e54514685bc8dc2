// What a signal to end is meant for. `systemctl stop` and `systemctl restart` send the same
// SIGTERM; only the job that systemd has for our unit tells them apart, and the runner asks for it.
// Pure: is told signals, answers and the time.
#pragma once

#include <cstdint>
#include <optional>

#include "base/time.hpp"
#include "health/message.hpp"

namespace app {

class Ending {
public:
    enum class Manager : std::uint8_t { systemd, none };
    explicit Ending(Manager manager) : manager_{manager} {}
    // Of this process: whether systemd has started it as a service.
    static Ending from_environment();

    // Signals and answers of which nothing has been made yet lead to one of these, once.
    enum class Order : std::uint8_t {
        none,
        hand_over,  // the addresses go when another router has them
        at_once,    // they go now
        leave,      // they stay where they are, for the next process
    };
    void note_signal(int number, base::Instant now);
    void note(const health::JobAnswer& answer);
    [[nodiscard]] Order take_order(base::Instant now);

    // True once: the runner is to be asked.
    [[nodiscard]] bool take_question();
    [[nodiscard]] int signals() const { return signals_; }
    [[nodiscard]] std::optional<base::Instant> deadline() const { return waits_until_; }

private:
    Manager manager_;
    int signals_ = 0;
    bool has_question_ = false;
    std::optional<base::Instant> waits_until_;
    Order order_ = Order::none;
};

}  // namespace app
