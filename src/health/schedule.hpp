// When each check looks. Pure: it is told the time, and knows neither probes nor processes.
//
// Checks of one interval do not look all at once: each has its place in the interval, by its name.
// A check never looks twice at the same time, and one that comes late does not look more often
// afterwards. Those that need a child wait for room, in the order in which they became due.
#pragma once

#include <compare>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "base/time.hpp"

namespace health {

enum class CheckId : std::uint32_t {};

class Schedule {
public:
    enum class Needs : std::uint8_t { nothing, child };
    struct Pace {
        base::Duration every;
        base::Duration timeout;
        Needs needs;
        bool operator==(const Pace&) const = default;
    };

    // Its first look is soon.
    void add(CheckId check, std::string_view name, Pace pace, base::Instant now);
    void remove(CheckId check);

    // The next check that is to look now; it looks from here on until ended(). One that needs a
    // child waits while there is no `room` for one.
    enum class Room : std::uint8_t { none, some };
    std::optional<CheckId> next(base::Instant now, Room room);
    // One whose time to look is over, and which has not been named before.
    std::optional<CheckId> overdue(base::Instant now);
    void ended(CheckId check, base::Instant now);
    // Look now, unless it is looking.
    void hurry(CheckId check, base::Instant now);

    [[nodiscard]] bool is_looking(CheckId check) const;
    // When there is something to be done, whatever room there is.
    [[nodiscard]] std::optional<base::Instant> deadline() const;
    // Checks that are due and wait for room.
    [[nodiscard]] std::size_t queued() const { return queue_.size(); }

private:
    enum class State : std::uint8_t { resting, queued, looking, late };
    struct Entry {
        Pace pace;
        base::Instant grid;  // looks are due here, and every so often after it
        State state = State::resting;
        base::Instant at{};  // its place in the agenda
    };
    using Agenda = std::set<std::pair<base::Instant, CheckId>>;

    void rest_until(CheckId check, Entry& entry, base::Instant instant);
    void begin(CheckId check, Entry& entry, base::Instant now);

    std::map<CheckId, Entry> entries_;
    Agenda due_;       // resting
    Agenda timeouts_;  // looking
    std::deque<CheckId> queue_;
};

}  // namespace health
