// The flight recorder: the last events of all sessions, from which their states can be computed
// again.
//
// It keeps what went into step(), not what came out: replaying that gives the states. What is
// dropped at the far end is replayed into the origin of its session, so the memory is bounded and
// the record always begins with a known state.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <variant>
#include <vector>

#include "vrrp/machine.hpp"

namespace vrrp {

struct Occurrence {
    Instant at;
    std::uint32_t session;
    std::variant<Params, Event> what;  // new parameters, or an event under those in force
    std::optional<Cause> cause{};      // of the change of state that the event led to
};

// A session before the oldest occurrence that is kept.
struct Origin {
    std::optional<Params> params;
    State state;
};

class Recorder {
public:
    explicit Recorder(std::size_t capacity) : capacity_{capacity} {}

    // An event of one session, with what step() was given and the cause that it returned.
    void note(std::uint32_t session, const Params& params, const Event& event, Instant at,
              std::optional<Cause> cause);

    // What another one has kept; the causes are computed again.
    void restore(std::vector<Origin> origins, std::vector<Occurrence> occurrences);
    // The sessions have other numbers now. What is known of those that are not in it is dropped.
    void renumber(const std::map<std::size_t, std::size_t>& numbers);

    [[nodiscard]] const std::deque<Occurrence>& occurrences() const { return occurrences_; }
    [[nodiscard]] const Origin& origin(std::uint32_t session) const { return origins_[session]; }
    [[nodiscard]] std::size_t sessions() const { return origins_.size(); }

private:
    void keep(Occurrence occurrence);

    std::size_t capacity_;
    std::deque<Occurrence> occurrences_;
    std::vector<Origin> origins_;
    std::vector<std::optional<Params>> params_;  // the newest of each session
};

// Advances a session by one occurrence. An event before any parameters changes nothing.
void replay(Origin& session, const Occurrence& occurrence);

}  // namespace vrrp
