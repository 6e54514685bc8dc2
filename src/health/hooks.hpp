// The hooks that run: programs of the operator's, each with its time. In which order they are run
// the daemon decides.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "health/children.hpp"
#include "health/message.hpp"

namespace health {

class Hooks final : public ChildOwner {
public:
    explicit Hooks(Children& children) : children_{children} {}

    void run(const RunMessage& hook, base::Instant now);
    // Ends it before its time. Nothing happens when it has ended already.
    void kill(const KillMessage& hook, base::Instant now);
    // Ends those whose time is over.
    void on_time(base::Instant now);
    [[nodiscard]] std::optional<base::Instant> deadline() const;

    void on_ended(ChildId child, const Ending& ending, base::Instant now) override;

    // What has happened since the last call: HookStarted, HookEnded.
    std::vector<FromRunner> take_reports();
    [[nodiscard]] std::size_t count() const { return running_.size(); }

private:
    struct Running {
        std::uint64_t id;
        base::Instant started;
        std::optional<base::Instant> ends_at;  // none: it is being ended
        bool is_timed_out = false;
    };

    Children& children_;
    std::map<ChildId, Running> running_;
    std::vector<FromRunner> reports_;
};

}  // namespace health
