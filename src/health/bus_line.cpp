#include "health/bus_line.hpp"

#include <sys/epoll.h>
#include <sys/timerfd.h>

#include <cerrno>
#include <cstdint>
#include <utility>

namespace health {

namespace {

constexpr const char* open_attempt = "connect to the system's D-Bus";

}  // namespace

BusLine::BusLine(Waker& waker, std::function<void(const base::Error&)> on_loss)
    : waker_{waker}, on_loss_{std::move(on_loss)} {}

BusLine::~BusLine() {
    close();
    if (timer_.is_open()) waker_.unwatch(timer_.number());
}

base::Result<void> BusLine::open(std::chrono::microseconds patience) {
    if (connection_) return {};
    if (!timer_.is_open()) {
        timer_ = base::Fd{::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)};
        if (!timer_.is_open()) return base::os_failure("make a timer for D-Bus", errno);
        waker_.watch(timer_.number(), EPOLLIN, *this);
    }
    sd_bus* made = nullptr;
    const int opened = sd_bus_open_system(&made);
    if (opened < 0) return base::os_failure(open_attempt, -opened);
    connection_.reset(made);
    sd_bus_set_method_call_timeout(made, static_cast<std::uint64_t>(patience.count()));
    return {};
}

void BusLine::close() {
    if (!connection_) return;
    if (watched_ >= 0) waker_.unwatch(std::exchange(watched_, -1));
    connection_.reset();
}

void BusLine::on_ready(int /*descriptor*/, base::Instant /*now*/) {
    // Each step handles one message; more than this many wait for the next turn.
    constexpr int steps_per_turn = 64;
    int progress = 1;
    for (int step = 0; step < steps_per_turn && progress > 0; ++step) {
        if (!connection_) return;  // a handler has closed it
        progress = sd_bus_process(connection_.get(), nullptr);
    }
    if (progress < 0) return on_loss_(base::Error{open_attempt, -progress, {}});
    rearm();
}

// What libsystemd waits for now: its descriptor's events, and an instant.
void BusLine::rearm() {
    if (!connection_) return;
    const int descriptor = sd_bus_get_fd(connection_.get());
    const int events = sd_bus_get_events(connection_.get());
    if (descriptor < 0 || events < 0) return;
    if (watched_ >= 0 && watched_ != descriptor) waker_.unwatch(watched_);
    watched_ = descriptor;
    waker_.watch(descriptor, static_cast<std::uint32_t>(events), *this);  // EPOLLIN is POLLIN

    std::uint64_t microseconds = UINT64_MAX;
    sd_bus_get_timeout(connection_.get(), &microseconds);
    itimerspec when{};
    if (microseconds != UINT64_MAX) {
        when.it_value.tv_sec = static_cast<time_t>(microseconds / 1'000'000);
        // All zero would disarm it.
        when.it_value.tv_nsec = static_cast<long>(microseconds % 1'000'000) * 1000 + 1;
    }
    ::timerfd_settime(timer_.number(), TFD_TIMER_ABSTIME, &when, nullptr);
}

}  // namespace health
