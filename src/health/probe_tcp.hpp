// Whether a TCP connection is accepted.
#pragma once

#include "base/fd.hpp"
#include "health/links.hpp"
#include "health/message.hpp"
#include "health/probe.hpp"

namespace health {

class TcpProbe final : public Probe {
public:
    TcpProbe(kind::Tcp wanted, Waker& waker, Links& links);
    ~TcpProbe() override;

    std::optional<Outcome> start(base::Instant now) override;
    std::optional<Outcome> on_ready(int descriptor, base::Instant now) override;
    Outcome give_up(base::Instant now) override;

private:
    base::Result<void> open(int interface);
    [[nodiscard]] Outcome judge(int error, base::Instant now) const;
    void close();

    kind::Tcp wanted_;
    Waker& waker_;
    Links& links_;
    base::Fd socket_;
    base::Instant started_{};
};

}  // namespace health
