// The process that looks at the machine's health and runs hooks, at the daemon's orders. It waits
// for everything in one place, and nothing that it does makes it wait elsewhere.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/fd.hpp"
#include "base/result.hpp"
#include "health/channel.hpp"
#include "health/children.hpp"
#include "health/hooks.hpp"
#include "health/instruments.hpp"
#include "health/jobs.hpp"
#include "health/plan.hpp"
#include "health/reactor.hpp"
#include "health/saves.hpp"
#include "health/targets.hpp"

namespace health {

class Runner final : public Reader {
public:
    struct Surroundings {
        base::Fd socket;                  // to the daemon
        base::Fd pulse;                   // gets an octet a second, as a sign of life
        std::optional<std::string> nest;  // a cgroup for what we start
    };
    static base::Result<std::unique_ptr<Runner>> open(Surroundings surroundings);
    Runner(Surroundings surroundings, Reactor reactor, base::Fd signals);

    // Until the daemon's end of the socket is closed. All that was started is gone then.
    void run();

    void on_ready(int descriptor, base::Instant now) override;

private:
    void turn(base::Instant now);
    void dispatch(int descriptor, base::Instant now);
    void read_messages(base::Instant now);
    void take(const ToRunner& message, base::Instant now);
    struct Taker;
    void tell();
    void give_signs_of_life(base::Instant now);
    [[nodiscard]] std::optional<base::Instant> deadline() const;

    base::Fd pulse_;
    base::Fd signals_;
    Reactor reactor_;
    Channel channel_;
    Children children_;
    Instruments instruments_;
    Plan plan_;
    Hooks hooks_;
    Targets targets_;
    Jobs jobs_;
    Saves saves_;
    std::optional<Begin> begun_;  // a plan that is not complete yet
    std::vector<CheckMessage> draft_;
    base::Instant next_sign_{};
    bool is_writing_ = false;
    bool has_heeded_ = false;  // the first Begin has come
    bool has_complained_ = false;
};

}  // namespace health
