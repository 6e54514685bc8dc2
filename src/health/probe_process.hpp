// Whether a process of a name runs.
#pragma once

#include <optional>

#include "health/message.hpp"
#include "health/probe.hpp"
#include "health/process_table.hpp"

namespace health {

// Holds on to a process that it has found: its end is noticed at once, and a look costs nothing
// while it lives.
class ProcessProbe final : public Probe {
public:
    ProcessProbe(kind::Process wanted, Waker& waker, ProcessTable& processes);
    ~ProcessProbe() override;

    std::optional<Outcome> start(base::Instant now) override;
    std::optional<Outcome> on_ready(int descriptor, base::Instant now) override;
    Outcome give_up(base::Instant now) override;

private:
    [[nodiscard]] Outcome outcome() const;
    bool is_still_there(base::Instant now);
    void let_go();

    kind::Process wanted_;
    Waker& waker_;
    ProcessTable& processes_;
    std::optional<ProcessTable::Found> found_;
    base::Instant checked_at_{};
};

}  // namespace health
