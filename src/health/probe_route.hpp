// Whether a route is in the kernel.
#pragma once

#include "health/routes.hpp"

namespace health {

class RouteProbe final : public Probe, public RouteListener {
public:
    RouteProbe(kind::Route route, Waker& waker, Routes& routes);
    ~RouteProbe() override;

    std::optional<Outcome> start(base::Instant now) override;
    std::optional<Outcome> on_ready(int descriptor, base::Instant now) override;
    Outcome give_up(base::Instant now) override;

    RouteWatch& watch() override { return watch_; }
    void on_known() override;

private:
    [[nodiscard]] std::optional<Outcome> outcome() const;

    Waker& waker_;
    Routes& routes_;
    RouteWatch watch_;
    std::optional<bool> told_;  // what the last look came to
    bool is_looking_ = false;
};

}  // namespace health
