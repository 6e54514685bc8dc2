#include "health/probe_arp.hpp"

#include <fmt/format.h>

#include "health/latency.hpp"

namespace health {

ArpProbe::ArpProbe(kind::Arp wanted, Waker& waker, Neighbors& neighbors, Links& links)
    : wanted_{std::move(wanted)}, waker_{waker}, neighbors_{neighbors}, links_{links} {
    neighbors_.join(*this);
}

ArpProbe::~ArpProbe() { neighbors_.leave(*this); }

std::optional<Outcome> ArpProbe::start(base::Instant now) {
    const auto index = index_of(links_, wanted_.interface, now);
    if (!index) return Outcome{.is_well = false, .text = index.error().text()};
    const Link& link = *links_.find(wanted_.interface);
    if (const auto asked = neighbors_.ask(link, wanted_.target); !asked)
        return Outcome{.is_well = false, .text = asked.error().text()};
    asked_on_ = *index;
    started_ = now;
    return std::nullopt;
}

std::optional<Outcome> ArpProbe::on_ready(int /*descriptor*/, base::Instant /*now*/) {
    return std::nullopt;  // all answers come through one descriptor
}

Outcome ArpProbe::give_up(base::Instant /*now*/) {
    asked_on_ = 0;
    return {
        .is_well = false,
        .text = fmt::format("no answer from {} on {}", wanted_.target.text(), wanted_.interface)};
}

bool ArpProbe::waits_for(const base::IpAddress& target, int interface) const {
    return asked_on_ != 0 && asked_on_ == interface && wanted_.target == target;
}

void ArpProbe::on_answer(base::Instant now) {
    asked_on_ = 0;
    waker_.finish(*this, {.is_well = true, .text = within("answered", now - started_)});
}

}  // namespace health
