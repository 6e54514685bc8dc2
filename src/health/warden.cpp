#include "health/warden.hpp"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <optional>

#include "health/descendants.hpp"

namespace health {

namespace {

static_assert(please_end == SIGTERM && kill_all == SIGUSR1);

sigset_t orders() {
    sigset_t set;
    ::sigemptyset(&set);
    for (const int number : {please_end, kill_all, SIGCHLD}) ::sigaddset(&set, number);
    return set;
}

// What has become of the program, when it has ended; others that end are ours by inheritance.
std::optional<int> status_of(pid_t program) {
    int status = 0;
    for (pid_t ended = 0; (ended = ::waitpid(-1, &status, WNOHANG)) > 0;)
        if (ended == program) return status;
    return std::nullopt;
}

int wait_for(pid_t program) {
    const sigset_t set = orders();
    while (true) {
        if (const auto status = status_of(program)) return *status;
        siginfo_t info{};
        const int number = ::sigwaitinfo(&set, &info);
        if (number == please_end) ::kill(-program, SIGTERM);
        // The program and its children now; what escapes this once is found when it has ended.
        if (number == kill_all)
            for (const pid_t child : children_of(::getpid())) kill_tree(child);
    }
}

[[noreturn]] void end_like(int status) {
    if (!WIFSIGNALED(status)) ::_exit(WEXITSTATUS(status));
    ::prctl(PR_SET_DUMPABLE, 0);  // the core is the program's
    ::signal(WTERMSIG(status), SIG_DFL);
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::kill(::getpid(), WTERMSIG(status));
    ::_exit(not_started);
}

}  // namespace

void guard(const Order& order, Streams streams, pid_t parent) {
    const sigset_t set = orders();
    ::sigprocmask(SIG_BLOCK, &set, nullptr);
    ::setsid();
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::prctl(PR_SET_NAME, "tandem-warden");
    become_subreaper();
    if (::getppid() != parent) ::_exit(not_started);
    const pid_t self = ::getpid();
    const pid_t program = ::fork();
    if (program == 0) become(order, streams, self);
    if (program < 0) ::_exit(not_started);
    // Its standard error is over when the program's is.
    ::close_range(0, ~0U, 0);
    const int status = wait_for(program);
    while (end_descendants(std::chrono::seconds{1}) != Ended::all) {
    }
    end_like(status);
}

}  // namespace health
