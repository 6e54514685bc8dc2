// Whether a unit of systemd is active.
#pragma once

#include "health/bus.hpp"
#include "health/message.hpp"
#include "health/probe.hpp"

namespace health {

class UnitProbe final : public Probe, public UnitListener {
public:
    UnitProbe(kind::Unit wanted, Waker& waker, Bus& bus);

    std::optional<Outcome> start(base::Instant now) override;
    std::optional<Outcome> on_ready(int descriptor, base::Instant now) override;
    Outcome give_up(base::Instant now) override;

    void on_state(const base::Result<std::string>& state) override;
    void on_change() override;

private:
    [[nodiscard]] Outcome judge(const std::string& state) const;

    kind::Unit wanted_;
    Waker& waker_;
    UnitQuestion question_;
};

}  // namespace health
