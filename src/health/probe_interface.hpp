// Whether a link is up and has carrier, for long enough.
#pragma once

#include "health/debounce.hpp"
#include "health/links.hpp"
#include "health/message.hpp"
#include "health/probe.hpp"

namespace health {

class InterfaceProbe final : public Probe, public LinkListener {
public:
    InterfaceProbe(kind::Interface wanted, Waker& waker, Links& links);
    ~InterfaceProbe() override;

    std::optional<Outcome> start(base::Instant now) override;
    std::optional<Outcome> on_ready(int descriptor, base::Instant now) override;
    Outcome give_up(base::Instant now) override;

    void on_link(const std::string& name, Change change, base::Instant now) override;

private:
    void observe(base::Instant now);
    [[nodiscard]] std::string text(Carrier counts_as) const;

    kind::Interface wanted_;
    Waker& waker_;
    Links& links_;
    Debounce debounce_;
};

}  // namespace health
