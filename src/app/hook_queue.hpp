// The programs that are told what state a router or a group is in: one at a time, in order, and
// the newest state only. What waits when a newer one comes is never run.
//
// Whoever asks says the phase; this knows what is run for it, what is running, and how it ended.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.hpp"
#include "base/time.hpp"
#include "config/checks.hpp"
#include "health/message.hpp"

namespace app {

enum class Phase : std::uint8_t {
    prepare,  // Active: addresses and adverts are out, announcements are not
    active,
    drain,  // still Active, about to hand over
    backup,
    drained,  // an operator has taken it out
    fault,
    stop,
};
std::string_view name_of(Phase phase);

class HookQueue {
public:
    // Whom it is about, and what is to be run.
    struct Subject {
        enum class Kind : std::uint8_t { router, group };
        Kind kind;
        std::string name;
        std::string node;
        std::optional<config::Notify> notify;
        std::optional<config::Conntrackd> conntrackd;
    };
    explicit HookQueue(Subject subject) : subject_{std::move(subject)} {}

    // Other programs, from the next phase on. What is under way goes on.
    void set(Subject subject) { subject_ = std::move(subject); }

    // What is told besides the phase.
    struct News {
        std::string reason;
        int priority;
    };
    // The phase that holds from now on. The same one again is none; see rerun().
    void follow(Phase phase, const News& news);
    // This phase holds already: a process before this one has told it, and nothing is run.
    void assume(Phase phase);
    // Runs what belongs to the phase that holds now once more; false when that is nothing.
    bool rerun(int priority);

    // What the runner should run next, and then nothing until that has ended.
    [[nodiscard]] std::optional<health::RunMessage> take_next(std::uint64_t id, base::Instant now);
    // True when it was one of ours.
    bool take(const health::HookEnded& ended, base::Instant now);
    // The runner has begun with it.
    void note_started(std::uint64_t id);
    // What runs has died with the runner. What it had not begun with is run by the next one.
    void abandon(base::Instant now);
    // The time for all of it is over: what runs is ended, what waits is never run.
    void cut_off(base::Instant now);
    // Nobody is there to run any of it; true when there was something.
    bool refuse(base::Instant now);
    // The runner should have said something by now.
    [[nodiscard]] std::optional<base::Instant> deadline() const;

    // Whether anything is run in this phase at all.
    [[nodiscard]] bool has_work_in(Phase phase) const { return !steps_of(phase).empty(); }
    // All that this phase asks for has been run, or it is over.
    [[nodiscard]] bool is_done_with(Phase phase) const;
    [[nodiscard]] bool is_idle() const { return !running_ && pending_.empty(); }
    // How long what the phase asks for may take at most.
    [[nodiscard]] base::Duration limit_of(Phase phase) const;

    struct Result {
        Phase phase;
        std::string what;     // "notify", "conntrackd -c"
        std::string program;  // its name without its folder, or the line that a shell was given
        base::Instant at;
        health::HookEnded ended;
        [[nodiscard]] bool has_failed() const {
            return ended.status != 0 || ended.signal != 0 || ended.timed_out;
        }
        // "exited with 3"
        [[nodiscard]] std::string ending() const;
    };
    // The latest last.
    [[nodiscard]] const std::deque<Result>& results() const { return results_; }
    // The last one of each program that is run.
    [[nodiscard]] std::vector<const Result*> latest_results() const;
    [[nodiscard]] std::uint64_t superseded() const { return superseded_; }
    [[nodiscard]] const Subject& subject() const { return subject_; }
    [[nodiscard]] std::optional<Phase> phase() const { return phase_; }
    [[nodiscard]] std::vector<base::log::Record> take_records();

private:
    // One program that a phase asks for.
    struct Step {
        Phase phase;
        std::string what;
        std::vector<std::string> command;
        std::string user;
        base::Duration timeout;
        std::map<std::string, std::string> environment;
        std::string input;
    };
    struct Running {
        std::uint64_t id;
        Step step;
        base::Instant until;  // the runner kills it before that
        bool is_started = false;
    };
    struct Told {
        Phase phase;
        std::optional<Phase> previous;
        News news;
        std::uint64_t sequence;
    };
    [[nodiscard]] std::vector<Step> steps_of(Phase phase) const;
    void add_notify(std::vector<Step>& steps, Phase phase) const;
    void describe(Step& step) const;
    void order();
    void fail_pending(const std::string& why, base::Instant now);

    Subject subject_;
    std::optional<Phase> phase_;
    Told told_{Phase::stop, std::nullopt, {}, 0};
    std::deque<Step> pending_;
    std::optional<Running> running_;
    std::deque<Result> results_;
    std::uint64_t superseded_ = 0;
    std::vector<base::log::Record> records_;
};

}  // namespace app
