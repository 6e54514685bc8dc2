#include "health/program.hpp"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <optional>

#include "base/result.hpp"
#include "base/trusted_file.hpp"
#include "health/save.hpp"

namespace health {

namespace {

constexpr const char* search_path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

// What is ignored stays ignored over execve(), and what is blocked stays blocked. The kernel is
// asked itself: the C library keeps signals 32 and 33 from us, and posix_spawn() starts programs
// (us, too) with these two ignored.
void reset_signals() {
    constexpr std::array<unsigned long, 4> by_default{};  // the kernel's struct sigaction
    constexpr std::size_t mask_size = 8;
    for (int number = 1; number < NSIG; ++number)
        ::syscall(SYS_rt_sigaction, number, by_default.data(), nullptr, mask_size);
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

// select() knows no descriptor beyond this; ours is higher.
void reset_limits() {
    // What the service has for the daemon's sake: nobody else competes with it in real time, or
    // locks memory.
    constexpr rlimit none{0, 0};
    ::setrlimit(RLIMIT_RTPRIO, &none);
    constexpr rlimit some_memory{8UL << 20, 8UL << 20};
    ::setrlimit(RLIMIT_MEMLOCK, &some_memory);
    constexpr rlim_t usual = 1024;
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur <= usual) return;
    limit.rlim_cur = usual;
    ::setrlimit(RLIMIT_NOFILE, &limit);
}

void reset_streams(Streams streams) {
    ::dup2(streams.error, STDERR_FILENO);
    ::dup2(streams.input, STDIN_FILENO);
    // Nobody reads what a check prints; what it has to say belongs on standard error.
    const int nothing = ::open("/dev/null", O_WRONLY);
    if (nothing >= 0) ::dup2(nothing, STDOUT_FILENO);
    ::close_range(STDERR_FILENO + 1, ~0U, 0);
}

base::Result<uid_t> become_user(const passwd& user) {
    const std::string attempt = std::string{"become the user "} + user.pw_name;
    if (::initgroups(user.pw_name, user.pw_gid) < 0) return base::os_failure(attempt, errno);
    if (::setgid(user.pw_gid) < 0) return base::os_failure(attempt, errno);
    if (::setuid(user.pw_uid) < 0) return base::os_failure(attempt, errno);
    return user.pw_uid;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
    std::vector<char*> out;
    for (std::string& text : texts) out.push_back(text.data());
    out.push_back(nullptr);
    return out;
}

std::vector<std::string> environment_of(const Order& order) {
    auto variables = order.environment;
    variables.try_emplace("PATH", search_path);
    variables.try_emplace("LANG", "C.UTF-8");
    std::vector<std::string> out;
    for (const auto& [name, value] : variables) out.push_back(name + "=" + value);
    return out;
}

// The path is looked at by descriptor, and then executed by name: nobody but those who are trusted
// can have changed it in between. Executed by descriptor, a script would know itself as
// /dev/fd/9, and so would ps.
base::Result<void> execute(const Order& order, pid_t parent) {
    const passwd* user = nullptr;
    if (!order.user.empty()) {
        errno = 0;
        user = ::getpwnam(order.user.c_str());
        if (user == nullptr)
            return base::failure("become the user " + order.user, "there is no such user");
    }
    const std::string& path = order.command.front();
    if (path != own_program)
        TRY_DO(base::open_trusted(path, {.user = user != nullptr ? user->pw_uid : ::geteuid()}));
    if (user != nullptr) TRY_DO(become_user(*user));
    // Only now: a change of the user takes the signal back.
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(not_started);
    std::vector<std::string> arguments = order.command;
    std::vector<std::string> environment = environment_of(order);
    ::execve(path.c_str(), pointers_to(arguments).data(), pointers_to(environment).data());
    return base::os_failure("run " + path, errno);
}

// What writes to a disk may wait for it: it is done in a process of its own, like a program.
base::Result<void> carry_out(const Order& order, pid_t parent) {
    if (order.save_to.empty()) return execute(order, parent);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (order.append_up_to) return append_to_file(order.save_to, order.input, *order.append_up_to);
    return save_file(order.save_to, order.input);
}

}  // namespace

void become(const Order& order, Streams streams, pid_t parent) {
    ::setsid();
    reset_signals();
    reset_streams(streams);
    reset_limits();
    ::umask(022);
    if (::chdir("/") < 0) ::_exit(not_started);
    const auto done = carry_out(order, parent);
    if (done) ::_exit(EXIT_SUCCESS);
    const std::string text = done.error().text() + "\n";
    [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, text.data(), text.size());
    ::_exit(not_started);
}

}  // namespace health
