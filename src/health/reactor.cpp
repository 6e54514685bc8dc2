#include "health/reactor.hpp"

#include <sys/epoll.h>
#include <sys/timerfd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>

namespace health {

base::Result<Reactor> Reactor::open() {
    base::Fd epoll{::epoll_create1(EPOLL_CLOEXEC)};
    if (!epoll.is_open()) return base::os_failure("make an epoll descriptor", errno);
    base::Fd timer{::timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK)};
    if (!timer.is_open()) return base::os_failure("make a timer", errno);
    epoll_event event{.events = EPOLLIN, .data = {.fd = timer.number()}};
    if (::epoll_ctl(epoll.number(), EPOLL_CTL_ADD, timer.number(), &event) < 0)
        return base::os_failure("wait for a timer", errno);
    return Reactor{std::move(epoll), std::move(timer)};
}

void Reactor::watch(int descriptor, std::uint32_t epoll_events, Probe& probe) {
    watch(descriptor, epoll_events, Target{&probe});
}

void Reactor::watch(int descriptor, std::uint32_t epoll_events, Reader& reader) {
    watch(descriptor, epoll_events, Target{&reader});
}

// A number that was closed without unwatch() and used again is known here and not to the kernel.
void Reactor::watch(int descriptor, std::uint32_t epoll_events, Target target) {
    epoll_event event{.events = epoll_events, .data = {.fd = descriptor}};
    const bool is_known = targets_.contains(descriptor);
    targets_.insert_or_assign(descriptor, target);
    if (is_known && ::epoll_ctl(epoll_.number(), EPOLL_CTL_MOD, descriptor, &event) == 0) return;
    ::epoll_ctl(epoll_.number(), EPOLL_CTL_ADD, descriptor, &event);
}

void Reactor::unwatch(int descriptor) {
    if (targets_.erase(descriptor) == 0) return;
    ::epoll_ctl(epoll_.number(), EPOLL_CTL_DEL, descriptor, nullptr);
}

void Reactor::forget(const Probe& probe) {
    std::erase(hurried_, &probe);
    std::erase_if(finished_, [&](const auto& entry) { return entry.first == &probe; });
}

const std::vector<int>& Reactor::wait(std::optional<base::Instant> deadline) {
    arm(deadline);
    std::array<epoll_event, 256> events{};
    const int count =
        ::epoll_wait(epoll_.number(), events.data(), static_cast<int>(events.size()), -1);
    ready_.clear();
    for (int i = 0; i < count; ++i) {
        const int descriptor = events.at(static_cast<std::size_t>(i)).data.fd;
        if (descriptor != timer_.number()) {
            ready_.push_back(descriptor);
            continue;
        }
        std::uint64_t expirations = 0;
        [[maybe_unused]] const ssize_t size =
            ::read(timer_.number(), &expirations, sizeof(expirations));
        armed_.reset();
    }
    return ready_;
}

Reactor::Target Reactor::target(int descriptor) const {
    const auto found = targets_.find(descriptor);
    return found == targets_.end() ? Target{} : found->second;
}

void Reactor::arm(std::optional<base::Instant> deadline) {
    if (deadline == armed_) return;
    armed_ = deadline;
    itimerspec when{};
    if (deadline) {
        // Zero would mean never.
        const auto since = std::max(deadline->time_since_epoch(), base::Duration{1});
        const auto seconds = std::chrono::floor<std::chrono::seconds>(since);
        when.it_value = {.tv_sec = seconds.count(), .tv_nsec = (since - seconds).count()};
    }
    ::timerfd_settime(timer_.number(), TFD_TIMER_ABSTIME, &when, nullptr);
}

}  // namespace health
