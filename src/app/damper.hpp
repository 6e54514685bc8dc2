// Notices a node that becomes Active again and again, and has it hold back for a while: each time
// twice as long, until it has been quiet for as long as it last held back.
//
// Holding back is a matter of priority (see Engine::weigh): who is the only healthy one still takes
// over.
#pragma once

#include <algorithm>
#include <deque>
#include <optional>

#include "base/time.hpp"
#include "config/checks.hpp"

namespace app {

class Damper {
public:
    explicit Damper(const std::optional<config::Damping>& settings) : settings_{settings} {}

    // What has been counted counts for the new settings.
    void set(const std::optional<config::Damping>& settings) {
        settings_ = settings;
        if (!settings_) history_.until.reset();
    }

    // What it has counted.
    struct History {
        std::deque<base::Instant> times{};
        std::optional<base::Instant> until{};
        base::Duration last_hold{};
    };
    [[nodiscard]] const History& history() const { return history_; }
    void restore(const History& history) {
        history_ = history;
        if (!settings_) history_.until.reset();
    }

    // It has become Active. True when that was once too often.
    bool note_active(base::Instant now) {
        if (!settings_) return false;
        if (history_.until && now >= *history_.until + history_.last_hold) history_.last_hold = {};
        history_.times.push_back(now);
        while (now - history_.times.front() > settings_->within) history_.times.pop_front();
        if (std::ssize(history_.times) <= settings_->transitions) return false;
        history_.last_hold =
            history_.last_hold == base::Duration{}
                ? settings_->hold
                : std::min<base::Duration>(2 * history_.last_hold, settings_->most);
        history_.until = now + history_.last_hold;
        history_.times.clear();
        return true;
    }
    [[nodiscard]] bool holds_back(base::Instant now) const {
        return history_.until && now < *history_.until;
    }
    // When it stops to; none when it does not.
    [[nodiscard]] std::optional<base::Instant> until(base::Instant now) const {
        return holds_back(now) ? history_.until : std::nullopt;
    }
    [[nodiscard]] const std::optional<config::Damping>& settings() const { return settings_; }
    [[nodiscard]] int transitions() const { return settings_ ? settings_->transitions : 0; }
    [[nodiscard]] base::Duration within() const {
        return settings_ ? settings_->within : base::Duration{};
    }

private:
    std::optional<config::Damping> settings_;
    History history_;
};

}  // namespace app
