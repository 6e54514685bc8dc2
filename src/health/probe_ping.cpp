#include "health/probe_ping.hpp"

#include <fmt/format.h>

#include "health/latency.hpp"

namespace health {

PingProbe::PingProbe(kind::Ping wanted, Waker& waker, Echoes& echoes, Links& links)
    : wanted_{std::move(wanted)}, waker_{waker}, echoes_{echoes}, links_{links} {}

PingProbe::~PingProbe() {
    if (sequence_) echoes_.forget(*sequence_);
}

std::optional<Outcome> PingProbe::start(base::Instant now) {
    const auto index = index_of(links_, wanted_.interface, now);
    if (!index) return Outcome{.is_well = false, .text = index.error().text()};
    const auto sent = echoes_.send(wanted_.target, *index, *this);
    if (!sent)
        return Outcome{.is_well = false,
                       .text = fmt::format("{}: {}", wanted_.target.text(), sent.error().text())};
    sequence_ = *sent;
    started_ = now;
    return std::nullopt;
}

std::optional<Outcome> PingProbe::on_ready(int /*descriptor*/, base::Instant /*now*/) {
    return std::nullopt;  // all replies come through one descriptor
}

Outcome PingProbe::give_up(base::Instant /*now*/) {
    if (sequence_) echoes_.forget(*sequence_);
    sequence_.reset();
    return {.is_well = false, .text = fmt::format("no answer from {}", wanted_.target.text())};
}

void PingProbe::on_echo(base::Instant now) {
    sequence_.reset();
    waker_.finish(*this, {.is_well = true, .text = within("answered", now - started_)});
}

}  // namespace health
