#include "loop.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "health/clock.hpp"

namespace probes {

Loop::Loop()
    : epoll_{::epoll_create1(EPOLL_CLOEXEC)},
      now_{health::read_clock()},
      first_{now_},
      children_{*this, {}},
      instruments_{*this, children_} {}

Loop::~Loop() { checks_.clear(); }

base::Result<void> Loop::add(const health::CheckMessage& check) {
    TRY(auto probe, health::make_probe(check, instruments_));
    checks_.push_back({.message = check, .probe = std::move(probe), .due = now_});
    return {};
}

void Loop::set(int descriptor, std::uint32_t events, Watcher watcher) {
    epoll_event event{.events = events, .data = {.fd = descriptor}};
    const bool is_known = watchers_.contains(descriptor);
    ::epoll_ctl(epoll_.number(), is_known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, descriptor, &event);
    watchers_[descriptor] = watcher;
}

void Loop::watch(int descriptor, std::uint32_t epoll_events, health::Probe& probe) {
    set(descriptor, epoll_events, {.probe = &probe});
}

void Loop::watch(int descriptor, std::uint32_t epoll_events, health::Reader& reader) {
    set(descriptor, epoll_events, {.reader = &reader});
}

void Loop::unwatch(int descriptor) {
    if (watchers_.erase(descriptor) > 0)
        ::epoll_ctl(epoll_.number(), EPOLL_CTL_DEL, descriptor, nullptr);
}

Loop::Check& Loop::check_of(const health::Probe& probe) {
    return *std::ranges::find_if(checks_,
                                 [&](const Check& check) { return check.probe.get() == &probe; });
}

void Loop::look_now(health::Probe& probe) {
    Check& check = check_of(probe);
    if (!check.is_looking) check.due = now_;
}

void Loop::finish(health::Probe& probe, health::Outcome outcome) { end(check_of(probe), outcome); }

void Loop::end(Check& check, const health::Outcome& outcome) {
    check.is_looking = false;
    ++check.looks;
    const nlohmann::json line{{"check", check.message.name},
                              {"look", check.looks},
                              {"well", outcome.is_well},
                              {"text", outcome.text},
                              {"at_ms", base::milliseconds(now_ - first_)},
                              {"took_ms", base::milliseconds(now_ - check.started)}};
    std::puts(line.dump().c_str());
    std::fflush(stdout);
}

void Loop::serve(int descriptor) {
    const auto found = watchers_.find(descriptor);
    if (found == watchers_.end()) return;
    const Watcher watcher = found->second;
    if (watcher.reader != nullptr) return watcher.reader->on_ready(descriptor, now_);
    Check& check = check_of(*watcher.probe);
    if (const auto outcome = watcher.probe->on_ready(descriptor, now_)) end(check, *outcome);
}

void Loop::serve_deadlines() {
    for (Check& check : checks_) {
        if (check.is_looking && now_ >= check.started + check.message.timeout)
            end(check, check.probe->give_up(now_));
        if (check.is_looking || now_ < check.due) continue;
        check.due = now_ + check.message.every;
        check.started = now_;
        check.is_looking = true;
        if (const auto outcome = check.probe->start(now_)) end(check, *outcome);
    }
}

base::Instant Loop::next_deadline() const {
    base::Instant next = base::Instant::max();
    for (const Check& check : checks_)
        next = std::min(next, check.is_looking ? check.started + check.message.timeout : check.due);
    return next;
}

void Loop::run_until(base::Instant end) {
    std::array<epoll_event, 64> events{};
    while (now_ < end) {
        serve_deadlines();
        const base::Instant after = health::read_clock();
        longest_turn_ = std::max(longest_turn_, after - now_);
        const base::Duration left = std::min(next_deadline(), end) - after;
        const auto wait = std::chrono::ceil<std::chrono::milliseconds>(left);
        const int count =
            ::epoll_wait(epoll_.number(), events.data(), static_cast<int>(events.size()),
                         static_cast<int>(std::max<std::int64_t>(wait.count(), 0)));
        now_ = health::read_clock();
        for (int i = 0; i < count; ++i) serve(events[static_cast<std::size_t>(i)].data.fd);
    }
}

}  // namespace probes
