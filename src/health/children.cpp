#include "health/children.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/sched.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <fstream>
#include <sstream>

#include "health/descendants.hpp"
#include "health/warden.hpp"

namespace health {

namespace {

using namespace std::chrono_literals;

constexpr base::Duration time_to_end = 1s;
// How often we look whether what was killed is gone: it may be waiting for a disk.
constexpr base::Duration time_to_look_again = 20ms;

// A fork whose child is in the cgroup from its first moment. Moving it there later would make all
// forks of the machine wait for an RCU grace period.
pid_t fork_into(const Cgroup& cgroup) {
    clone_args arguments{};
    arguments.flags = CLONE_INTO_CGROUP;
    arguments.exit_signal = SIGCHLD;
    arguments.cgroup = static_cast<std::uint64_t>(cgroup.descriptor());
    return static_cast<pid_t>(::syscall(SYS_clone3, &arguments, sizeof(arguments)));
}

// A file in memory: the program can read it whenever it likes, and we never wait for it.
base::Result<base::Fd> input_of(const std::string& text) {
    if (text.empty()) {
        base::Fd nothing{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
        if (!nothing.is_open()) return base::os_failure("open /dev/null", errno);
        return nothing;
    }
    base::Fd file{::memfd_create("tandem-input", MFD_CLOEXEC)};
    const auto size = static_cast<ssize_t>(text.size());
    if (!file.is_open() || ::write(file.number(), text.data(), text.size()) != size ||
        ::lseek(file.number(), 0, SEEK_SET) < 0)
        return base::os_failure("write the input of a program", errno);
    return file;
}

struct Pipe {
    base::Fd reader;
    base::Fd writer;
};

base::Result<Pipe> make_pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) < 0) return base::os_failure("make a pipe", errno);
    Pipe pipe{base::Fd{ends[0]}, base::Fd{ends[1]}};
    // Only our end: a program need not know of descriptors that do not block.
    if (::fcntl(ends[0], F_SETFL, O_NONBLOCK) < 0) return base::os_failure("make a pipe", errno);
    return pipe;
}

// As /proc says it, "0::/a/b/run-7".
std::string place_of(pid_t process) {
    std::ostringstream out;
    out << std::ifstream{fmt::format("/proc/{}/cgroup", process)}.rdbuf();
    return std::move(out).str();
}

// Names are ours and never used twice, so that the last part of the path is enough: /proc shows it
// from another root.
bool is_within(const std::string& place, const Cgroup& cgroup) {
    const std::string name = cgroup.path().substr(cgroup.path().rfind('/'));
    return place.contains(name + "\n") || place.contains(name + "/");
}

// Whether the kernel lets us: a container may refuse clone3(), or a child in another cgroup.
bool can_fork_into(const std::string& nest) {
    const auto cgroup = Cgroup::make(fmt::format("{}/try-{}", nest, ::getpid()));
    if (!cgroup) return false;
    const pid_t child = fork_into(*cgroup);
    if (child == 0) ::_exit(0);
    if (child < 0) return false;
    ::waitpid(child, nullptr, 0);
    return true;
}

}  // namespace

Children::Children(Waker& waker, std::optional<std::string> nest)
    : waker_{waker}, nest_{std::move(nest)} {
    if (nest_ && !can_fork_into(*nest_)) nest_.reset();
}

Children::~Children() {
    for (auto& [id, child] : children_) {
        if (child.cgroup) child.cgroup->kill();
        waker_.unwatch(child.error.number());
    }
    (void)end_descendants(1s);
}

base::Result<std::optional<Cgroup>> Children::make_cgroup() {
    if (!nest_) return std::nullopt;
    TRY(Cgroup cgroup, Cgroup::make(fmt::format("{}/run-{}-{}", *nest_, ::getpid(), started_)));
    return std::optional{std::move(cgroup)};
}

base::Result<ChildId> Children::begin(const Order& order, ChildOwner& owner) {
    TRY(const base::Fd input, input_of(order.input));
    TRY(Pipe error, make_pipe());
    const ChildId id{++started_};
    TRY(std::optional<Cgroup> cgroup, make_cgroup());
    const pid_t self = ::getpid();
    const Streams streams{input.number(), error.writer.number()};
    const pid_t leader = cgroup ? fork_into(*cgroup) : ::fork();
    if (leader == 0) {
        if (cgroup) become(order, streams, self);
        guard(order, streams, self);
    }
    if (leader < 0)
        return base::os_failure(
            order.save_to.empty() ? "start " + order.command.front() : "write " + order.save_to,
            errno);
    const int descriptor = error.reader.number();
    children_.emplace(id, Child{leader, &owner, std::move(error.reader), std::move(cgroup)});
    waker_.watch(descriptor, EPOLLIN, *this);
    return id;
}

void Children::end(ChildId id, base::Instant now) {
    const auto entry = children_.find(id);
    if (entry == children_.end() || entry->second.stage != Stage::running) return;
    Child& child = entry->second;
    child.stage = Stage::asked;
    child.due = now + time_to_end;
    ::kill(child.cgroup ? -child.leader : child.leader, please_end);
}

void Children::disown(ChildId id) {
    const auto entry = children_.find(id);
    if (entry == children_.end()) return;
    entry->second.owner = nullptr;
    entry->second.due = base::Instant{};
}

void Children::kill(Child& child, base::Instant now) {
    child.stage = Stage::killed;
    child.due = now + time_to_look_again;
    if (child.cgroup) return child.cgroup->kill();
    if (!child.wait_status) ::kill(child.leader, kill_all);
}

void Children::look_after(base::Instant now) {
    reap(now);
    for (auto entry = children_.begin(); entry != children_.end();) {
        const auto current = entry++;
        Child& child = current->second;
        if (child.due && *child.due <= now) kill(child, now);
        if (is_over(child)) finish(current, now);
    }
}

// A program that has ended takes with it what it has started: a check leaves nothing behind, and a
// service belongs to the service manager.
void Children::reap(base::Instant now) {
    int status = 0;
    for (pid_t ended = 0; (ended = ::waitpid(-1, &status, WNOHANG)) > 0;) {
        const auto entry = std::ranges::find_if(children_, [&](const auto& named) {
            return named.second.leader == ended && !named.second.wait_status;
        });
        if (entry == children_.end()) continue;  // an orphan of one of them
        entry->second.wait_status = status;
        kill(entry->second, now);
    }
}

bool Children::is_over(const Child& child) {
    return child.wait_status && (!child.cgroup || child.cgroup->is_empty());
}

void Children::finish(Entry entry, base::Instant now) {
    read_error(entry->second, Amount::all);
    waker_.unwatch(entry->second.error.number());
    const ChildId id = entry->first;
    const Child child = std::move(entry->second);
    children_.erase(entry);
    sweep();
    if (child.owner == nullptr) return;
    const int status = *child.wait_status;
    child.owner->on_ended(id,
                          {.status = WIFEXITED(status) ? WEXITSTATUS(status) : 0,
                           .signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0,
                           .output = child.last_line.text()},
                          now);
}

// A process that has left its cgroup, or whose warden was killed, becomes our child in the end.
void Children::sweep() {
    for (const pid_t process : children_of(::getpid())) {
        const bool is_leader = std::ranges::any_of(
            children_, [&](const auto& named) { return named.second.leader == process; });
        if (is_leader) continue;
        const std::string place = place_of(process);
        const bool is_at_home = std::ranges::any_of(children_, [&](const auto& named) {
            return named.second.cgroup && is_within(place, *named.second.cgroup);
        });
        if (!is_at_home) kill_tree(process);
    }
}

std::optional<base::Instant> Children::deadline() const {
    std::optional<base::Instant> earliest;
    for (const auto& [id, child] : children_) earliest = base::earlier(earliest, child.due);
    return earliest;
}

void Children::on_ready(int descriptor, base::Instant) {
    for (auto& [id, child] : children_)
        if (child.error.number() == descriptor) return read_error(child, Amount::some);
}

// Bounded: a program that prints without end does not keep us from the others.
void Children::read_error(Child& child, Amount amount) {
    std::array<char, 16384> text{};
    constexpr int times_at_most = 16;
    const int times = amount == Amount::all ? times_at_most : 1;
    for (int i = 0; i < times; ++i) {
        const ssize_t size = ::read(child.error.number(), text.data(), text.size());
        if (size > 0) {
            child.last_line.add({text.data(), static_cast<std::size_t>(size)});
            continue;
        }
        // Its end: nothing more will come, and it would wake us without end.
        if (size == 0) waker_.unwatch(child.error.number());
        return;
    }
}

}  // namespace health
