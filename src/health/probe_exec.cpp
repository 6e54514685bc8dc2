#include "health/probe_exec.hpp"

#include <fmt/format.h>

namespace health {

std::string words_for(const Ending& ending) {
    const std::string how = ending.signal != 0 ? fmt::format("ended by signal {}", ending.signal)
                                               : fmt::format("exit status {}", ending.status);
    return ending.output.empty() ? how : fmt::format("{}: {}", how, ending.output);
}

ExecProbe::ExecProbe(kind::Exec wanted, Waker& waker, Children& children)
    : wanted_{std::move(wanted)}, waker_{waker}, children_{children} {}

ExecProbe::~ExecProbe() {
    if (child_) children_.disown(*child_);
}

std::optional<Outcome> ExecProbe::start(base::Instant) {
    is_given_up_ = false;
    const auto begun = children_.begin({.command = wanted_.command, .user = wanted_.user}, *this);
    if (!begun) return Outcome{.is_well = false, .text = begun.error().text()};
    child_ = *begun;
    return std::nullopt;
}

std::optional<Outcome> ExecProbe::on_ready(int, base::Instant) { return std::nullopt; }

Outcome ExecProbe::give_up(base::Instant now) {
    is_given_up_ = true;
    if (child_) children_.end(*child_, now);
    return {.is_well = false, .text = "did not end in time"};
}

void ExecProbe::on_ended(ChildId, const Ending& ending, base::Instant) {
    child_.reset();
    if (is_given_up_) return;
    const bool is_well = ending.status == 0 && ending.signal == 0;
    waker_.finish(*this, {.is_well = is_well, .text = words_for(ending)});
}

}  // namespace health
