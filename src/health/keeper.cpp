#include "health/keeper.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>

#include "health/cgroup.hpp"
#include "health/channel.hpp"
#include "health/clock.hpp"
#include "health/descendants.hpp"
#include "health/message.hpp"
#include "health/runner.hpp"

namespace health {

namespace {

using namespace std::chrono_literals;

constexpr base::Duration silence_at_most = 5s;
constexpr base::Duration time_to_clear_up = 500ms;
constexpr base::Duration time_to_end_itself = 3s;
// Between a death and the next start; longer when it dies at once, again and again.
constexpr base::Duration shortest_rest = 20ms;
constexpr base::Duration longest_rest = 250ms;
constexpr base::Duration a_life = 5s;

base::Fd pidfd_of(pid_t process) {
    return base::Fd{static_cast<int>(::syscall(SYS_pidfd_open, process, 0))};
}

int in_milliseconds(base::Duration duration) { return static_cast<int>(duration / 1ms); }

// Whatever the daemon was given by whoever started it, checks and hooks are ordinary work, and the
// first that may be killed for want of memory.
void become_ordinary() {
    const sched_param parameters{};
    ::sched_setscheduler(0, SCHED_OTHER, &parameters);
    ::setpriority(PRIO_PROCESS, 0, 0);
    const base::Fd score{::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC)};
    if (score.is_open()) [[maybe_unused]]
        const ssize_t written = ::write(score.number(), "0", 1);
}

// The daemon decides when it is over: a signal to the whole process group (Ctrl-C) reaches us too.
void ignore_signals() {
    for (const int number : {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGPIPE, SIGUSR1, SIGUSR2})
        ::signal(number, SIG_IGN);
    ::signal(SIGCHLD, SIG_DFL);
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

// As many descriptors as we may have: each check may need one, each program two.
void raise_limits() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) < 0) return;
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
}

// Nothing of the caller's stays open but 0, 1, 2 and this one, which gets a number of its own.
base::Fd keep_only(base::Fd kept) {
    constexpr int number = 3;
    if (kept.number() != number) {
        ::dup3(kept.number(), number, O_CLOEXEC);
        kept = base::Fd{number};
    }
    ::close_range(number + 1, ~0U, 0);
    return kept;
}

[[noreturn]] void be_runner(base::Fd socket, base::Fd pulse,
                            const std::optional<std::string>& nest) {
    ::prctl(PR_SET_NAME, "tandem-runner");
    become_subreaper();
    become_ordinary();
    raise_limits();
    auto runner = Runner::open({std::move(socket), std::move(pulse), nest});
    if (!runner) {
        fmt::print(stderr, "tandem-runner: {}\n", runner.error().text());
        ::_exit(EXIT_FAILURE);
    }
    (*runner)->run();
    runner->reset();
    // The keeper's work, which may be gone.
    if (nest) ::rmdir(nest->c_str());
    ::_exit(EXIT_SUCCESS);
}

// One runner from its start to its end.
struct Life {
    pid_t process;
    base::Fd descriptor;
    base::Fd pulse;
    base::Instant began;
};

class Keeper {
public:
    explicit Keeper(base::Fd socket) : channel_{std::move(socket)} {
        const auto home = Cgroup::own_path();
        if (!home) return;
        auto made = Cgroup::make(fmt::format("{}/tandem-runner-{}", *home, ::getpid()));
        if (!made) return;
        nest_.emplace(std::move(*made));
        nest_->kill();
        nest_->clear();
    }

    void keep() {
        while (true) {
            auto life = begin();
            const std::string how = life ? follow(*life) : life.error().text();
            clear_up();
            if (is_daemon_gone()) return;
            report(how);
            const bool was_short = !life || read_clock() - life->began < a_life;
            rest_ = was_short ? std::min(rest_ * 2, longest_rest) : shortest_rest;
            ::poll(nullptr, 0, in_milliseconds(rest_));
        }
    }

private:
    base::Result<Life> begin() {
        std::array<int, 2> ends{};
        if (::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) < 0)
            return base::os_failure("make a pipe to the runner", errno);
        base::Fd pulse{ends[0]};
        base::Fd sender{ends[1]};
        const base::Instant now = read_clock();
        const pid_t process = ::fork();
        if (process < 0) return base::os_failure("start the runner", errno);
        if (process == 0) {
            pulse.reset();
            base::Fd socket{::fcntl(channel_.descriptor(), F_DUPFD_CLOEXEC, 0)};
            be_runner(std::move(socket), std::move(sender),
                      nest_ ? std::optional{nest_->path()} : std::nullopt);
        }
        return Life{process, pidfd_of(process), std::move(pulse), now};
    }

    // Returns when it has died, or has been killed; how.
    std::string follow(const Life& life) {
        while (true) {
            std::array<pollfd, 3> waited{{{life.descriptor.number(), POLLIN, 0},
                                          {life.pulse.number(), POLLIN, 0},
                                          {channel_.descriptor(), 0, 0}}};
            const int ready =
                ::poll(waited.data(), waited.size(), in_milliseconds(silence_at_most));
            if (ready == 0) return kill(life), "silent for 5 s";
            // The pulse ends with the runner, too, where there is no pidfd.
            const bool has_ended =
                (waited[0].revents & POLLIN) != 0 || (waited[1].revents & POLLHUP) != 0;
            if (has_ended) return end_of(life);
            // Both see that the daemon has gone; the runner ends what it has started.
            if ((waited[2].revents & POLLHUP) != 0) return await_end(life), "the daemon has gone";
            std::array<char, 64> signs{};
            while (::read(life.pulse.number(), signs.data(), signs.size()) > 0) {
            }
        }
    }

    static void await_end(const Life& life) {
        pollfd ended{life.descriptor.number(), POLLIN, 0};
        (void)::poll(&ended, 1, in_milliseconds(time_to_end_itself));
        kill(life);
    }

    static void kill(const Life& life) {
        ::kill(life.process, SIGKILL);
        (void)end_of(life);
    }

    static std::string end_of(const Life& life) {
        int status = 0;
        ::waitpid(life.process, &status, 0);
        if (WIFSIGNALED(status)) return fmt::format("signal {}", WTERMSIG(status));
        return fmt::format("status {}", WEXITSTATUS(status));
    }

    // What the runner had started is ours now.
    void clear_up() const {
        if (nest_) nest_->kill();
        (void)end_descendants(time_to_clear_up);
        if (nest_) nest_->clear();
    }

    [[nodiscard]] bool is_daemon_gone() const {
        pollfd daemon{channel_.descriptor(), 0, 0};
        return ::poll(&daemon, 1, 0) > 0 && (daemon.revents & POLLHUP) != 0;
    }

    // What was meant for the dead one is not for the next.
    void report(const std::string& how) {
        while (channel_.receive()) {
        }
        channel_.send(encode(FromRunner{Died{how}}));
        channel_.flush();
    }

    Channel channel_;
    std::optional<Cgroup> nest_;
    base::Duration rest_ = shortest_rest;
};

[[noreturn]] void be_keeper(base::Fd socket) {
    ::prctl(PR_SET_NAME, "tandem-keeper");
    ignore_signals();
    become_subreaper();
    {
        Keeper keeper{keep_only(std::move(socket))};
        keeper.keep();
    }
    ::_exit(EXIT_SUCCESS);
}

}  // namespace

base::Result<StartedRunner> start_runner() {
    TRY(auto ends, Channel::make_pair());
    const pid_t keeper = ::fork();
    if (keeper < 0) return base::os_failure("start the keeper of the runner", errno);
    if (keeper == 0) {
        ends.ours.reset();
        be_keeper(std::move(ends.theirs));
    }
    return StartedRunner{std::move(ends.ours), keeper, pidfd_of(keeper)};
}

}  // namespace health
