// Step 2 of a turn, before the engine: what the kernel has told since the last turn, or all that it
// has when something was not told: at the start, after lost notifications, and once a minute to be
// on the safe side (the audit).
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "app/rate_limiter.hpp"
#include "base/log.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "kernel/monitor.hpp"
#include "kernel/view.hpp"

namespace app {

class KernelReader {
public:
    using Changes = base::Result<kernel::Monitor::Changes>;
    using Dump = std::function<base::Result<kernel::View>()>;

    struct Reading {
        std::optional<kernel::View> view;   // everything
        bool is_audit = false;              // nothing was lost
        std::vector<kernel::Event> events;  // without a view: the changes
        std::vector<base::log::Record> told;
    };
    // `changes` are what the monitor has; a dump is made when one is due, after they were read.
    [[nodiscard]] Reading read(Changes changes, const Dump& dump, base::Instant now);

    // A program before this one knew it all: the first dump is an audit.
    void go_on() { is_complete_ = true; }
    // Something is followed that was not: what there is of it, the next dump says.
    void look_soon() { next_audit_at_ = {}; }

    // When a dump is due.
    [[nodiscard]] base::Instant deadline() const {
        return is_complete_ ? next_audit_at_ : next_dump_at_;
    }
    // Nothing is missing from what was told.
    [[nodiscard]] bool is_complete() const { return is_complete_; }

private:
    void put_off(const base::Error& error, Reading& reading, base::Instant now);
    void tell(int cause, base::log::Record record, Reading& reading, base::Instant now);

    bool is_complete_ = false;
    base::Instant next_dump_at_{};
    base::Instant next_audit_at_{};
    RateLimiter limiter_;
};

}  // namespace app
