// A connection to the system's D-Bus inside the runner's loop; nothing waits for an answer.
//
// sd-bus behind this, bus.cpp, targets.cpp and jobs.cpp.
#pragma once

#include <systemd/sd-bus.h>

#include <chrono>
#include <functional>
#include <memory>

#include "base/fd.hpp"
#include "base/result.hpp"
#include "health/probe.hpp"

namespace health {

class BusLine final : public Reader {
public:
    // `on_loss` is told when an open connection has broken, and closes it.
    BusLine(Waker& waker, std::function<void(const base::Error&)> on_loss);
    ~BusLine() override;
    BusLine(const BusLine&) = delete;
    BusLine& operator=(const BusLine&) = delete;

    // It greets in the background; what is sent meanwhile waits. `patience`: how long a question
    // may wait for its answer, from 1 us. Nothing when it is open already.
    base::Result<void> open(std::chrono::microseconds patience);
    // Does not wait for what is still to be sent. Slots are given back before.
    void close();
    [[nodiscard]] bool is_open() const { return connection_ != nullptr; }
    [[nodiscard]] sd_bus* bus() const { return connection_.get(); }

    // To be called when something was sent: what libsystemd waits for is another now.
    void rearm();

    void on_ready(int descriptor, base::Instant now) override;

private:
    struct Close {
        void operator()(sd_bus* bus) const { sd_bus_close_unref(bus); }
    };

    Waker& waker_;
    std::function<void(const base::Error&)> on_loss_;
    base::Fd timer_;
    std::unique_ptr<sd_bus, Close> connection_;
    int watched_ = -1;  // the descriptor of the connection
};

}  // namespace health
