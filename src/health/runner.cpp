#include "health/runner.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <utility>

#include "health/clock.hpp"

namespace health {

namespace {

// Checks that run programs share this many; hooks come on top, they must not wait for checks that
// hang.
constexpr std::size_t children_of_checks = 64;
constexpr int messages_per_turn = 1024;
constexpr base::Duration between_signs = std::chrono::seconds{1};

sigset_t only(int number) {
    sigset_t set;
    ::sigemptyset(&set);
    ::sigaddset(&set, number);
    return set;
}

}  // namespace

base::Result<std::unique_ptr<Runner>> Runner::open(Surroundings surroundings) {
    TRY(Reactor reactor, Reactor::open());
    const sigset_t children = only(SIGCHLD);
    ::sigprocmask(SIG_BLOCK, &children, nullptr);
    base::Fd signals{::signalfd(-1, &children, SFD_NONBLOCK | SFD_CLOEXEC)};
    if (!signals.is_open()) return base::os_failure("wait for children", errno);
    return std::make_unique<Runner>(std::move(surroundings), std::move(reactor),
                                    std::move(signals));
}

Runner::Runner(Surroundings surroundings, Reactor reactor, base::Fd signals)
    : pulse_{std::move(surroundings.pulse)},
      signals_{std::move(signals)},
      reactor_{std::move(reactor)},
      channel_{std::move(surroundings.socket)},
      children_{reactor_, std::move(surroundings.nest)},
      instruments_{reactor_, children_},
      plan_{reactor_, instruments_},
      hooks_{children_},
      targets_{reactor_},
      jobs_{reactor_},
      saves_{children_} {
    reactor_.watch(channel_.descriptor(), EPOLLIN, *this);
    reactor_.watch(signals_.number(), EPOLLIN, *this);
}

void Runner::run() {
    channel_.send(encode(FromRunner{Hello{::getpid()}}));
    while (!channel_.is_closed()) {
        const auto& ready = reactor_.wait(deadline());
        const base::Instant now = read_clock();
        for (const int descriptor : ready) dispatch(descriptor, now);
        turn(now);
    }
}

void Runner::dispatch(int descriptor, base::Instant now) {
    const auto target = reactor_.target(descriptor);
    if (auto* const* probe = std::get_if<Probe*>(&target))
        plan_.on_ready(**probe, descriptor, now);
    else if (auto* const* reader = std::get_if<Reader*>(&target))
        (*reader)->on_ready(descriptor, now);
}

void Runner::on_ready(int descriptor, base::Instant now) {
    if (descriptor == channel_.descriptor()) return read_messages(now);
    signalfd_siginfo signal{};
    while (::read(signals_.number(), &signal, sizeof(signal)) == sizeof(signal)) {
    }
    children_.look_after(now);
}

void Runner::turn(base::Instant now) {
    if (const auto due = children_.deadline(); due && *due <= now) children_.look_after(now);
    hooks_.on_time(now);
    saves_.on_time(now);
    plan_.work(children_of_checks + hooks_.count() + saves_.count(), now);
    tell();
    give_signs_of_life(now);
    channel_.flush();
    const bool was_writing = std::exchange(is_writing_, channel_.is_waiting());
    if (was_writing == is_writing_) return;
    reactor_.watch(channel_.descriptor(),
                   is_writing_ ? std::uint32_t{EPOLLIN | EPOLLOUT} : std::uint32_t{EPOLLIN}, *this);
}

void Runner::read_messages(base::Instant now) {
    for (int i = 0; i < messages_per_turn; ++i) {
        const auto text = channel_.receive();
        if (!text) return;
        const auto message = decode_to_runner(*text);
        if (message) {
            take(*message, now);
        } else if (!std::exchange(has_complained_, true)) {
            fmt::print(stderr, "tandem-runner: {}\n", message.error().text());
        }
    }
}

struct Runner::Taker {
    Runner& runner;
    base::Instant now;

    void operator()(const Begin& begin) const {
        runner.begun_ = begin;
        runner.draft_.clear();
    }
    void operator()(const CheckMessage& check) const {
        if (runner.begun_) runner.draft_.push_back(check);
    }
    void operator()(const Commit& commit) const {
        const auto begun = std::exchange(runner.begun_, {});
        if (!begun || begun->plan != commit.plan) return;
        runner.plan_.replace(commit.plan, std::exchange(runner.draft_, {}), now);
    }
    void operator()(const RunMessage& hook) const { runner.hooks_.run(hook, now); }
    void operator()(const KillMessage& hook) const { runner.hooks_.kill(hook, now); }
    void operator()(const TargetMessage& target) const { runner.targets_.order(target); }
    void operator()(const JobQuestion& question) const { runner.jobs_.ask(question); }
    void operator()(const SaveMessage& save) const { runner.saves_.order(save, now); }
};

// Before the first Begin come orders for a runner that has died; they are not for us.
void Runner::take(const ToRunner& message, base::Instant now) {
    has_heeded_ = has_heeded_ || std::holds_alternative<Begin>(message);
    if (has_heeded_) std::visit(Taker{*this, now}, message);
}

void Runner::tell() {
    for (ResultMessage& result : plan_.take_results()) {
        const std::string name = "check " + result.check;
        channel_.send_newest(name, encode(FromRunner{std::move(result)}));
    }
    for (const FromRunner& report : hooks_.take_reports()) channel_.send(encode(report));
    for (TargetEnded& ended : targets_.take_ended())
        channel_.send(encode(FromRunner{std::move(ended)}));
    for (JobAnswer& answer : jobs_.take_answers())
        channel_.send(encode(FromRunner{std::move(answer)}));
    for (Saved& saved : saves_.take_answers()) channel_.send(encode(FromRunner{std::move(saved)}));
}

void Runner::give_signs_of_life(base::Instant now) {
    if (now < next_sign_) return;
    next_sign_ = now + between_signs;
    // To a keeper that has gone this says nothing, and we go on.
    [[maybe_unused]] const ssize_t written = ::write(pulse_.number(), ".", 1);
    channel_.send_newest(
        "alive", encode(FromRunner{Alive{plan_.number(), children_.count(), plan_.queued()}}));
}

std::optional<base::Instant> Runner::deadline() const {
    std::optional<base::Instant> earliest = next_sign_;
    for (const auto due :
         {children_.deadline(), hooks_.deadline(), plan_.deadline(), saves_.deadline()})
        earliest = base::earlier(earliest, due);
    return earliest;
}

}  // namespace health
