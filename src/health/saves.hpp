// Files that the daemon wants to be written: it never waits for a disk, and neither does the
// runner. One after the other, each in a child, within a bounded time.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "health/children.hpp"
#include "health/message.hpp"

namespace health {

class Saves final : public ChildOwner {
public:
    explicit Saves(Children& children) : children_{children} {}

    // What still waits for the same file is given up: nobody needs it any more.
    void order(const SaveMessage& save, base::Instant now);
    // Ends the one whose time is over.
    void on_time(base::Instant now);
    [[nodiscard]] std::optional<base::Instant> deadline() const;

    void on_ended(ChildId child, const Ending& ending, base::Instant now) override;

    std::vector<Saved> take_answers();
    [[nodiscard]] std::size_t count() const { return running_ ? 1 : 0; }

private:
    struct Running {
        ChildId child;
        std::uint64_t id;
        std::optional<base::Instant> ends_at;  // none: it is being ended
    };
    void begin_next(base::Instant now);

    Children& children_;
    std::deque<SaveMessage> waiting_;
    std::optional<Running> running_;
    std::vector<Saved> answers_;
};

}  // namespace health
