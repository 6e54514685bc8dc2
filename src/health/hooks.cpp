#include "health/hooks.hpp"

#include <utility>

namespace health {

namespace {

// The daemon runs one at a time for each router and group; more than this is no plan of anybody's.
constexpr std::size_t hooks_at_once = 512;

}  // namespace

void Hooks::run(const RunMessage& hook, base::Instant now) {
    const auto refuse = [&](std::string why) {
        reports_.emplace_back(
            HookEnded{.id = hook.id, .status = not_started, .output = std::move(why)});
    };
    if (running_.size() >= hooks_at_once) return refuse("too many hooks run already");
    const auto child = children_.begin({.command = hook.command,
                                        .user = hook.user,
                                        .environment = hook.environment,
                                        .input = hook.input},
                                       *this);
    if (!child) return refuse(child.error().text());
    running_.emplace(*child, Running{hook.id, now, now + hook.timeout});
    reports_.emplace_back(HookStarted{hook.id});
}

void Hooks::kill(const KillMessage& hook, base::Instant now) {
    for (auto& [child, running] : running_) {
        if (running.id != hook.id || !running.ends_at) continue;
        running.ends_at.reset();
        children_.end(child, now);
    }
}

void Hooks::on_time(base::Instant now) {
    for (auto& [child, running] : running_) {
        if (!running.ends_at || *running.ends_at > now) continue;
        running.ends_at.reset();
        running.is_timed_out = true;
        children_.end(child, now);
    }
}

std::optional<base::Instant> Hooks::deadline() const {
    std::optional<base::Instant> earliest;
    for (const auto& [child, running] : running_)
        earliest = base::earlier(earliest, running.ends_at);
    return earliest;
}

void Hooks::on_ended(ChildId child, const Ending& ending, base::Instant now) {
    const auto found = running_.find(child);
    if (found == running_.end()) return;
    const Running& running = found->second;
    reports_.emplace_back(HookEnded{.id = running.id,
                                    .status = ending.status,
                                    .signal = ending.signal,
                                    .timed_out = running.is_timed_out,
                                    .duration = now - running.started,
                                    .output = ending.output});
    running_.erase(found);
}

std::vector<FromRunner> Hooks::take_reports() { return std::exchange(reports_, {}); }

}  // namespace health
