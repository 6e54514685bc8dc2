#include "health/probe_process.hpp"

#include <fmt/format.h>
#include <sys/epoll.h>

#include <chrono>

namespace health {

namespace {

// A process may become another program without ending: its name is read again this often.
constexpr base::Duration name_is_good_for = std::chrono::seconds{1};

}  // namespace

ProcessProbe::ProcessProbe(kind::Process wanted, Waker& waker, ProcessTable& processes)
    : wanted_{std::move(wanted)}, waker_{waker}, processes_{processes} {}

ProcessProbe::~ProcessProbe() { let_go(); }

std::optional<Outcome> ProcessProbe::start(base::Instant now) {
    if (is_still_there(now)) return outcome();
    let_go();
    found_ = processes_.find(wanted_.process, now);
    checked_at_ = now;
    if (found_) waker_.watch(found_->descriptor.number(), EPOLLIN, *this);
    return outcome();
}

// It has ended; there may be others of its name.
std::optional<Outcome> ProcessProbe::on_ready(int, base::Instant) {
    let_go();
    waker_.look_now(*this);
    return std::nullopt;
}

Outcome ProcessProbe::give_up(base::Instant) { return outcome(); }

Outcome ProcessProbe::outcome() const {
    if (!found_) return {.is_well = false, .text = "no process is called " + wanted_.process};
    return {.is_well = true, .text = fmt::format("process {} runs", found_->process)};
}

bool ProcessProbe::is_still_there(base::Instant now) {
    if (!found_) return false;
    if (now - checked_at_ < name_is_good_for) return true;
    checked_at_ = now;
    const auto names = names_of(found_->process);
    return names && names->has(wanted_.process);
}

void ProcessProbe::let_go() {
    if (!found_) return;
    waker_.unwatch(found_->descriptor.number());
    found_.reset();
}

}  // namespace health
