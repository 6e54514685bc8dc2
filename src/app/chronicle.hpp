// The last events, numbered, and what of them is still to be written to a file: the runner does
// that, because the daemon never waits for a disk.
//
// A number is never given twice, also after a restart. Nothing is written while nothing happens.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/checks.hpp"
#include "app/clock.hpp"
#include "base/log.hpp"
#include "base/result.hpp"
#include "health/message.hpp"

namespace app {

struct Event {
    std::uint64_t number = 0;
    WallClock wall{};  // when it was told
    base::EventKind kind{};
    base::log::Level level{};
    std::string message{};
    std::vector<base::log::Field> fields{};
};

class Chronicle {
public:
    static constexpr std::size_t capacity = 1000;

    // Which file, and what it held when the daemon started, oldest first.
    void open(std::string path, std::vector<Event> kept);
    // All that a program before this one knew, and how far that is in the file.
    struct Standing {
        std::vector<Event> events{};
        std::uint64_t saved = 0;
    };
    [[nodiscard]] Standing standing() const;
    void restore(Standing standing);

    // A record that is no event is not kept.
    void note(const base::log::Record& record, WallClock wall);
    [[nodiscard]] const std::deque<Event>& events() const { return events_; }
    [[nodiscard]] std::uint64_t last_number() const { return next_ - 1; }

    // What the runner should be told now: at most once a second.
    [[nodiscard]] std::optional<health::SaveMessage> take_order(base::Instant now);
    // Its answer; and a new runner knows of no order. Returns what there is to tell.
    [[nodiscard]] std::optional<base::log::Record> take(const health::FromRunner& message,
                                                        base::Instant now);
    // The process ends: what is left is written without waiting for the second.
    void hurry() { next_order_at_ = {}; }
    // Everything is in the file, or it is known that it will not be soon.
    [[nodiscard]] bool is_settled() const;
    [[nodiscard]] std::optional<base::Instant> deadline() const;

private:
    [[nodiscard]] std::optional<base::log::Record> fail(const std::string& why, base::Instant now);

    std::deque<Event> events_;
    std::uint64_t next_ = 1;
    std::uint64_t saved_ = 0;  // all up to this number
    std::string path_;
    // Orders of the ledger count from 1, and both hear all answers.
    std::uint64_t order_ = std::uint64_t{1} << 32;
    std::uint64_t ordered_ = 0;                // the last number of the order under way
    std::optional<base::Instant> sent_until_;  // an answer is waited for
    base::Instant next_order_at_{};
    bool has_failed_ = false;
};

}  // namespace app
