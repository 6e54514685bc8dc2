// Whether a program of the operator's ends with 0.
#pragma once

#include <optional>

#include "health/children.hpp"
#include "health/message.hpp"
#include "health/probe.hpp"

namespace health {

class ExecProbe final : public Probe, public ChildOwner {
public:
    ExecProbe(kind::Exec wanted, Waker& waker, Children& children);
    ~ExecProbe() override;

    std::optional<Outcome> start(base::Instant now) override;
    std::optional<Outcome> on_ready(int descriptor, base::Instant now) override;
    Outcome give_up(base::Instant now) override;
    // What gave up is still being ended.
    [[nodiscard]] bool is_busy() const override { return child_.has_value(); }

    void on_ended(ChildId child, const Ending& ending, base::Instant now) override;

private:
    kind::Exec wanted_;
    Waker& waker_;
    Children& children_;
    std::optional<ChildId> child_;
    bool is_given_up_ = false;
};

// "exit status 2: no such host"
std::string words_for(const Ending& ending);

}  // namespace health
