// A small runner for a few probes: one epoll, one look at a time each, outcomes as lines of JSON.
// Without children, messages and limits: what the probes do can be seen without a daemon.
#pragma once

#include <sys/epoll.h>

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/fd.hpp"
#include "health/children.hpp"
#include "health/instruments.hpp"
#include "health/message.hpp"
#include "health/probe.hpp"

namespace probes {

class Loop final : public health::Waker {
public:
    Loop();
    ~Loop() override;

    // An error is a check that can never run.
    base::Result<void> add(const health::CheckMessage& check);
    void run_until(base::Instant end);

    // The longest that the loop did not wait: what one look may have cost all others.
    [[nodiscard]] base::Duration longest_turn() const { return longest_turn_; }

    void watch(int descriptor, std::uint32_t epoll_events, health::Probe& probe) override;
    void watch(int descriptor, std::uint32_t epoll_events, health::Reader& reader) override;
    void unwatch(int descriptor) override;
    void look_now(health::Probe& probe) override;
    void finish(health::Probe& probe, health::Outcome outcome) override;

private:
    struct Check {
        health::CheckMessage message;
        std::unique_ptr<health::Probe> probe;
        base::Instant due{};
        bool is_looking = false;
        base::Instant started{};
        std::uint64_t looks = 0;
    };
    struct Watcher {
        health::Probe* probe = nullptr;
        health::Reader* reader = nullptr;
    };

    void set(int descriptor, std::uint32_t events, Watcher watcher);
    void serve(int descriptor);
    void serve_deadlines();
    [[nodiscard]] base::Instant next_deadline() const;
    Check& check_of(const health::Probe& probe);
    void end(Check& check, const health::Outcome& outcome);

    base::Fd epoll_;
    base::Instant now_;
    base::Instant first_;
    base::Duration longest_turn_{};
    std::unordered_map<int, Watcher> watchers_;
    health::Children children_;
    health::Instruments instruments_;
    std::vector<Check> checks_;
};

}  // namespace probes
