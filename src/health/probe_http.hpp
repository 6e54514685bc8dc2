// Whether an HTTP request is answered as expected.
#pragma once

#include "health/body_search.hpp"
#include "health/http_client.hpp"
#include "health/message.hpp"
#include "health/probe.hpp"

namespace health {

class HttpProbe final : public Probe, public HttpListener {
public:
    HttpProbe(kind::Http wanted, Waker& waker, HttpClient& client);

    std::optional<Outcome> start(base::Instant now) override;
    std::optional<Outcome> on_ready(int descriptor, base::Instant now) override;
    Outcome give_up(base::Instant now) override;

    Go on_body(std::string_view piece) override;
    void on_end(long code, const std::string& error, base::Instant now) override;

private:
    [[nodiscard]] Outcome judge(long code, base::Duration taken) const;

    kind::Http wanted_;
    Waker& waker_;
    HttpTransfer transfer_;
    BodySearch search_;
    std::size_t body_size_ = 0;
    base::Instant started_{};
};

}  // namespace health
