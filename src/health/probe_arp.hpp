// Whether a neighbour answers on its link.
#pragma once

#include "health/links.hpp"
#include "health/message.hpp"
#include "health/neighbors.hpp"
#include "health/probe.hpp"

namespace health {

class ArpProbe final : public Probe, public NeighborListener {
public:
    ArpProbe(kind::Arp wanted, Waker& waker, Neighbors& neighbors, Links& links);
    ~ArpProbe() override;

    std::optional<Outcome> start(base::Instant now) override;
    std::optional<Outcome> on_ready(int descriptor, base::Instant now) override;
    Outcome give_up(base::Instant now) override;

    [[nodiscard]] bool waits_for(const base::IpAddress& target, int interface) const override;
    void on_answer(base::Instant now) override;

private:
    kind::Arp wanted_;
    Waker& waker_;
    Neighbors& neighbors_;
    Links& links_;
    int asked_on_ = 0;  // the interface's index while an answer is waited for
    base::Instant started_{};
};

}  // namespace health
