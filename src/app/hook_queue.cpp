#include "app/hook_queue.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>

namespace app {

using base::log::Level;
using Json = nlohmann::ordered_json;

namespace {

constexpr std::size_t results_kept = 8;

// What the runner needs besides: to start a program, and to end one that has not ended in time.
constexpr base::Duration slack = std::chrono::seconds{3};

constexpr const char* conntrackd_program = "/usr/sbin/conntrackd";

// keepalived's words. It has none for what comes before a state.
std::string_view keepalived_name_of(Phase phase) {
    switch (phase) {
        case Phase::prepare:
        case Phase::active: return "MASTER";
        case Phase::drain:
        case Phase::backup:
        case Phase::drained: return "BACKUP";
        case Phase::fault: return "FAULT";
        case Phase::stop: return "STOP";
    }
    return "FAULT";
}

// What conntrackd is asked for, in order: the commit of what the other router has told goes before
// the first packet that needs it, the rest may come after.
std::vector<const char*> conntrackd_verbs(Phase phase) {
    switch (phase) {
        case Phase::prepare: return {"-c"};
        case Phase::active: return {"-f", "-R", "-B"};
        case Phase::backup:
        case Phase::drained: return {"-t", "-n"};
        case Phase::fault: return {"-t"};
        case Phase::drain:
        case Phase::stop: return {};
    }
    return {};
}

std::string program_of(const std::vector<std::string>& command) {
    const bool is_shell = command.size() > 2 && command[0] == "/bin/sh" && command[1] == "-c";
    return is_shell ? command[2] : command[0].substr(command[0].find_last_of('/') + 1);
}

}  // namespace

std::string HookQueue::Result::ending() const {
    if (ended.timed_out) return "ran out of time and was killed";
    if (ended.signal != 0) return fmt::format("was ended by signal {}", ended.signal);
    return fmt::format("exited with {}", ended.status);
}

std::string_view name_of(Phase phase) {
    switch (phase) {
        case Phase::prepare: return "prepare";
        case Phase::active: return "active";
        case Phase::drain: return "drain";
        case Phase::backup: return "backup";
        case Phase::drained: return "drained";
        case Phase::fault: return "fault";
        case Phase::stop: return "stop";
    }
    return "unknown";
}

void HookQueue::follow(Phase phase, const News& news) {
    if (phase_ == phase) return;
    told_ = {phase, std::exchange(phase_, phase), news, told_.sequence + 1};
    order();
}

void HookQueue::assume(Phase phase) {
    phase_ = phase;
    told_.phase = phase;
}

bool HookQueue::rerun(int priority) {
    if (!phase_ || !has_work_in(*phase_)) return false;
    told_ = {*phase_, phase_, {"rerun", priority}, told_.sequence + 1};
    order();
    return true;
}

void HookQueue::order() {
    superseded_ += pending_.size();
    pending_.clear();
    for (Step& step : steps_of(told_.phase)) {
        describe(step);
        pending_.push_back(std::move(step));
    }
}

std::vector<HookQueue::Step> HookQueue::steps_of(Phase phase) const {
    std::vector<Step> steps;
    if (const auto& settings = subject_.conntrackd)
        for (const char* verb : conntrackd_verbs(phase))
            steps.push_back({.phase = phase,
                             .what = fmt::format("conntrackd {}", verb),
                             .command = {conntrackd_program, "-C", settings->config, verb},
                             .user = "",
                             .timeout = settings->timeout,
                             .environment = {},
                             .input = ""});
    add_notify(steps, phase);
    return steps;
}

void HookQueue::add_notify(std::vector<Step>& steps, Phase phase) const {
    const auto& notify = subject_.notify;
    if (!notify || (phase == Phase::prepare && !notify->prepares) ||
        (phase == Phase::drain && !notify->drains))
        return;
    steps.push_back({.phase = phase,
                     .what = "notify",
                     .command = notify->command,
                     .user = notify->user,
                     .timeout = notify->timeout,
                     .environment = {},
                     .input = ""});
}

// What the program is told: by arguments, by its environment and on its standard input.
void HookQueue::describe(Step& step) const {
    if (step.what != "notify") return;
    const bool is_group = subject_.kind == Subject::Kind::group;
    const bool is_keepalived = subject_.notify->form == config::Notify::Form::keepalived;
    const std::string state{name_of(told_.phase)};
    const std::string previous{told_.previous ? name_of(*told_.previous) : ""};
    const std::string priority = fmt::to_string(told_.news.priority);
    const bool is_initial = !told_.previous;
    step.command.insert(
        step.command.end(),
        {is_group ? "GROUP" : "INSTANCE", subject_.name,
         is_keepalived ? std::string{keepalived_name_of(told_.phase)} : state, priority});
    step.environment = {{"TANDEM_TYPE", is_group ? "group" : "router"},
                        {"TANDEM_NAME", subject_.name},
                        {"TANDEM_NODE", subject_.node},
                        {"TANDEM_STATE", state},
                        {"TANDEM_PREVIOUS", previous},
                        {"TANDEM_REASON", told_.news.reason},
                        {"TANDEM_PRIORITY", priority},
                        {"TANDEM_SEQUENCE", fmt::to_string(told_.sequence)},
                        {"TANDEM_INITIAL", is_initial ? "1" : "0"}};
    const Json input{{"type", is_group ? "group" : "router"},
                     {"name", subject_.name},
                     {"node", subject_.node},
                     {"previous", previous.empty() ? Json() : Json(previous)},
                     {"new", state},
                     {"reason", told_.news.reason},
                     {"priority", told_.news.priority},
                     {"sequence", told_.sequence},
                     {"initial", is_initial}};
    step.input = input.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::optional<health::RunMessage> HookQueue::take_next(std::uint64_t id, base::Instant now) {
    if (running_ || pending_.empty()) return std::nullopt;
    running_ = {id, std::move(pending_.front()), {}};
    pending_.pop_front();
    const Step& step = running_->step;
    running_->until = now + step.timeout + slack;
    return health::RunMessage{.id = id,
                              .command = step.command,
                              .user = step.user,
                              .timeout = step.timeout,
                              .environment = step.environment,
                              .input = step.input};
}

bool HookQueue::take(const health::HookEnded& ended, base::Instant now) {
    if (!running_ || running_->id != ended.id) return false;
    const Step& step = running_->step;
    results_.push_back({step.phase, step.what, program_of(step.command), now, ended});
    if (results_.size() > results_kept) results_.pop_front();
    const bool has_failed = results_.back().has_failed();
    std::vector<base::log::Field> fields{
        {"name", subject_.name},
        {"phase", std::string{name_of(step.phase)}},
        {"duration_ms", fmt::to_string(base::whole_milliseconds(ended.duration))}};
    if (has_failed) fields.push_back({"ending", results_.back().ending()});
    if (!ended.output.empty()) fields.push_back({"said", ended.output});
    records_.push_back({has_failed ? Level::warning : Level::info,
                        fmt::format("{} {}", step.what, has_failed ? "failed" : "done"),
                        std::move(fields),
                        has_failed ? base::EventKind::hook_failed : base::EventKind::hook_done});
    running_.reset();
    return true;
}

void HookQueue::note_started(std::uint64_t id) {
    if (running_ && running_->id == id) running_->is_started = true;
}

void HookQueue::abandon(base::Instant now) {
    if (!running_) return;
    const bool is_wanted = phase_ == running_->step.phase && now < running_->until;
    if (!running_->is_started && is_wanted) {
        pending_.push_front(std::move(running_->step));
        running_.reset();
        return;
    }
    take({.id = running_->id, .status = 127, .output = "the runner has died meanwhile"}, now);
}

void HookQueue::fail_pending(const std::string& why, base::Instant now) {
    for (Step& step : std::exchange(pending_, {})) {
        constexpr std::uint64_t never_ordered = 0;
        running_ = {never_ordered, std::move(step), now};
        take({.id = never_ordered, .status = 127, .output = why}, now);
    }
}

void HookQueue::cut_off(base::Instant now) {
    if (running_) {
        const base::Duration duration = now - (running_->until - running_->step.timeout - slack);
        take({.id = running_->id, .timed_out = true, .duration = duration}, now);
    }
    fail_pending("not run: no time was left", now);
}

bool HookQueue::refuse(base::Instant now) {
    if (is_idle()) return false;
    if (running_) take({.id = running_->id, .status = 127, .output = "the runner has died"}, now);
    fail_pending("not run: the runner has died; restart tandemd", now);
    return true;
}

std::optional<base::Instant> HookQueue::deadline() const {
    return running_ ? std::optional{running_->until} : std::nullopt;
}

bool HookQueue::is_done_with(Phase phase) const {
    if (phase_ != phase) return true;
    const bool runs = running_ && running_->step.phase == phase;
    return !runs &&
           std::ranges::none_of(pending_, [&](const Step& step) { return step.phase == phase; });
}

std::vector<const HookQueue::Result*> HookQueue::latest_results() const {
    std::vector<const Result*> latest;
    for (const Result& result : results_) {
        std::erase_if(latest, [&](const Result* older) { return older->what == result.what; });
        latest.push_back(&result);
    }
    return latest;
}

base::Duration HookQueue::limit_of(Phase phase) const {
    base::Duration limit{};
    for (const Step& step : steps_of(phase)) limit += step.timeout;
    return limit;
}

std::vector<base::log::Record> HookQueue::take_records() { return std::exchange(records_, {}); }

}  // namespace app
