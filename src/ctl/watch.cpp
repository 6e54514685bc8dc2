#include "ctl/watch.hpp"

#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <nlohmann/json.hpp>

#include "base/fd.hpp"
#include "ctl/client.hpp"
#include "ctl/live_terminal.hpp"
#include "ctl/terminal.hpp"
#include "ctl/watch_screen.hpp"

namespace ctl {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds period{500};
// A daemon that hangs must not keep `q` waiting for long.
constexpr Limits limits{.time = std::chrono::seconds{1}};

double seconds_since(Clock::time_point then) {
    return std::chrono::duration<double>{Clock::now() - then}.count();
}

// All signals that would end or stop the process, as something to read. Those of the processor's
// faults cannot wait, those of the terminal to a process in the background must stop it, and what
// the starter of the process has had ignored (nohup) stays so.
class Signals {
public:
    Signals() {
        sigset_t all;
        ::sigfillset(&all);
        for (const int kept : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS, SIGTTIN,
                               SIGTTOU, SIGCHLD, SIGURG, SIGPIPE})
            ::sigdelset(&all, kept);
        for (int number = 1; number < NSIG; ++number) {
            struct sigaction action{};
            if (::sigaction(number, nullptr, &action) == 0 && action.sa_handler == SIG_IGN)
                ::sigdelset(&all, number);
        }
        ::pthread_sigmask(SIG_BLOCK, &all, &before_);
        fd_ = base::Fd{::signalfd(-1, &all, SFD_NONBLOCK | SFD_CLOEXEC)};
    }
    Signals(const Signals&) = delete;
    Signals& operator=(const Signals&) = delete;
    ~Signals() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

    [[nodiscard]] const base::Fd& fd() const { return fd_; }
    // 0 for none.
    [[nodiscard]] int next() const {
        signalfd_siginfo info{};
        if (::read(fd_.number(), &info, sizeof info) != sizeof info) return 0;
        return static_cast<int>(info.ssi_signo);
    }
    // Lets it have the effect that it has on other processes.
    static void obey(int number) {
        sigset_t one;
        sigset_t before;
        ::sigemptyset(&one);
        ::sigaddset(&one, number);
        ::raise(number);
        ::pthread_sigmask(SIG_UNBLOCK, &one, &before);
        ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    }

    static void forget(int number) {
        sigset_t one;
        ::sigemptyset(&one);
        ::sigaddset(&one, number);
        const timespec now{};
        ::sigtimedwait(&one, nullptr, &now);
    }

private:
    sigset_t before_{};
    base::Fd fd_;
};

class Watcher {
public:
    Watcher(const Options& options, LiveTerminal& terminal)
        : options_{options}, terminal_{terminal} {}

    // Until a signal (its number) or a key (0) ends it.
    int run(const Signals& signals) {
        terminal_.enter();
        look();
        while (true) {
            draw();
            if (wait(signals) == 0 || Clock::now() >= next_look_) look();
            while (const int number = signals.next())
                if (!is_survived(number)) return number;
            if (is_to_end()) return 0;
        }
    }

private:
    // The number of descriptors that have something.
    [[nodiscard]] int wait(const Signals& signals) const {
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(next_look_ - Clock::now()).count();
        std::array<pollfd, 2> waiting{
            {{signals.fd().number(), POLLIN, 0}, {terminal_.fd().number(), POLLIN, 0}}};
        return ::poll(waiting.data(), waiting.size(),
                      static_cast<int>(std::max(left, decltype(left){0})));
    }

    bool is_survived(int number) {
        if (number == SIGTSTP) {
            terminal_.leave();
            Signals::obey(number);
            Signals::forget(SIGCONT);  // that came with going on
        }
        if (number == SIGTSTP || number == SIGCONT) terminal_.enter();
        return number == SIGTSTP || number == SIGCONT || number == SIGWINCH;
    }

    [[nodiscard]] bool is_to_end() const {
        const auto typed = terminal_.keys();
        return !typed || typed->find_first_of("qQ") != std::string::npos;
    }

    void look() {
        next_look_ = Clock::now() + period;
        const Expected<Status> status =
            status_in(ask(options_.run_dir + "/control.sock", R"({"method":"status"})", limits));
        const Clock::time_point now = Clock::now();
        if (status || watched_.now) silent_since_ = now;
        watched_.before = std::move(watched_.now);
        watched_.now.reset();
        watched_.seconds_between = std::chrono::duration<double>{now - last_look_}.count();
        last_look_ = now;
        if (status)
            watched_.now = *status;
        else
            watched_.trouble = status.error().text;
    }

    void draw() {
        const auto [columns, rows] = terminal_.size();
        Style style = style_for(terminal_of_stdout(), options_.color);
        style.width = columns;
        watched_.silent_seconds = seconds_since(silent_since_);
        std::string picture = "\x1b[H";
        std::string_view separator;
        for (const std::string& line : watch_lines(watched_, style, rows)) {
            picture += separator;
            picture += line + "\x1b[K";
            separator = "\r\n";
        }
        terminal_.write(picture + "\x1b[J");
    }

    const Options& options_;
    LiveTerminal& terminal_;
    Watched watched_{};
    Clock::time_point next_look_{};
    Clock::time_point last_look_ = Clock::now();
    Clock::time_point silent_since_ = Clock::now();
};

}  // namespace

Outcome watch(const Options& options) {
    const Terminal around = terminal_of_stdout();
    if (!around.is_terminal)
        return outcome_of(Failure{ExitCode::usage,
                                  "watch needs a terminal as standard output; for a pipe or a "
                                  "file there is: tandemctl status"});
    if (around.term.empty() || around.term == "dumb")
        return outcome_of(Failure{ExitCode::usage,
                                  "watch needs a terminal that can move its cursor, and TERM "
                                  "names none; there is: tandemctl status"});
    const Signals signals;
    auto terminal = LiveTerminal::open();
    if (!terminal) return outcome_of(terminal.error());
    const int ended_by = Watcher{options, *terminal}.run(signals);
    terminal->leave();
    if (ended_by != 0) Signals::obey(ended_by);
    return {};
}

}  // namespace ctl
