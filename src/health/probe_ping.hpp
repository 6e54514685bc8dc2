// Whether an ICMP echo is answered.
#pragma once

#include <cstdint>
#include <optional>

#include "health/echoes.hpp"
#include "health/links.hpp"
#include "health/message.hpp"
#include "health/probe.hpp"

namespace health {

class PingProbe final : public Probe, public EchoListener {
public:
    PingProbe(kind::Ping wanted, Waker& waker, Echoes& echoes, Links& links);
    ~PingProbe() override;

    std::optional<Outcome> start(base::Instant now) override;
    std::optional<Outcome> on_ready(int descriptor, base::Instant now) override;
    Outcome give_up(base::Instant now) override;

    void on_echo(base::Instant now) override;

private:
    kind::Ping wanted_;
    Waker& waker_;
    Echoes& echoes_;
    Links& links_;
    std::optional<std::uint16_t> sequence_;  // of the request that waits for its reply
    base::Instant started_{};
};

}  // namespace health
