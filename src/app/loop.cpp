#include "app/loop.hpp"

#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <utility>

#include "app/diff.hpp"
#include "app/record.hpp"
#include "app/status.hpp"

namespace app {

using base::log::Level;

namespace {

constexpr base::Duration time_to_dump_again = std::chrono::milliseconds{100};
// What no notification told is found at the latest after this.
constexpr base::Duration time_between_audits = std::chrono::seconds{60};

base::Result<base::Fd> open_signals() {
    sigset_t wanted;
    sigemptyset(&wanted);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&wanted, signal);
    if (::sigprocmask(SIG_BLOCK, &wanted, nullptr) < 0)
        return base::os_failure("block signals", errno);
    base::Fd signals{::signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK)};
    if (!signals.is_open()) return base::os_failure("open a signal descriptor", errno);
    return signals;
}

base::Result<base::Fd> open_timer() {
    base::Fd timer{::timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK)};
    if (!timer.is_open()) return base::os_failure("open a timer", errno);
    return timer;
}

base::Result<void> wait_for(int epoll, int descriptor) {
    epoll_event event{.events = EPOLLIN, .data = {.fd = descriptor}};
    if (::epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event) < 0)
        return base::os_failure("wait for a descriptor", errno);
    return {};
}

// Only who wants routes or rules needs to hear what others do to them.
kernel::Interests interests_of(const config::Config& config) {
    kernel::Interests interests;
    for (const config::Router& router : config.routers) {
        if (router.routes.empty() && router.rules.empty()) continue;
        interests.routes = kernel::Routes::followed;
        for (const config::Route& route : router.routes) interests.destinations.push_back(route.to);
    }
    return interests;
}

timespec timespec_of(base::Instant instant) {
    const auto since_boot = instant.time_since_epoch();
    const auto seconds = std::chrono::floor<std::chrono::seconds>(since_boot);
    return {.tv_sec = seconds.count(), .tv_nsec = (since_boot - seconds).count()};
}

// Absolute, so that what the turn took does not add to the deadline. A passed instant fires at
// once; an all-zero value would disarm the timer.
void arm(int timer, std::optional<base::Instant> deadline) {
    itimerspec when{};
    if (deadline)
        when.it_value = timespec_of(std::max(*deadline, base::Instant{base::Duration{1}}));
    ::timerfd_settime(timer, TFD_TIMER_ABSTIME, &when, nullptr);
}

}  // namespace

base::Result<std::unique_ptr<Loop>> Loop::open(config::Config config,
                                               const RunDirectory& run_directory, Standing standing,
                                               LogSink& log) {
    base::Fd epoll{::epoll_create1(EPOLL_CLOEXEC)};
    if (!epoll.is_open()) return base::os_failure("open an epoll descriptor", errno);
    TRY(auto signals, open_signals());
    TRY(auto timer, open_timer());
    TRY(auto monitor, kernel::Monitor::open(interests_of(config)));
    TRY(auto packet_socket, kernel::PacketSocket::open());
    TRY(auto writer, kernel::Writer::open());
    TRY(auto macvlans, kernel::MacvlanWriter::open());
    TRY(auto control, Control::open(run_directory.file("control.sock"), epoll.number()));
    for (const int descriptor : {signals.number(), timer.number(), monitor.descriptor()})
        TRY_DO(wait_for(epoll.number(), descriptor));

    auto ports = std::make_unique<LinuxPorts>(epoll.number(), std::move(packet_socket),
                                              std::move(writer), std::move(macvlans));
    return std::make_unique<Loop>(
        Parts{std::move(epoll), std::move(timer), std::move(signals), std::move(monitor),
              std::move(control), std::move(ports), standing},
        std::move(config), log);
}

Loop::Loop(Parts parts, config::Config config, LogSink& log)
    : parts_{std::move(parts)},
      log_{log},
      supervisor_{Supervisor::from_environment()},
      started_{read_clock()},
      engine_{std::move(config), *parts_.ports, started_.now} {}

base::Result<void> Loop::run() {
    while (!engine_.is_finished() && stop_signals_ < 2) {
        turn();
        if (!engine_.is_finished()) wait();
    }
    const auto left = engine_.left_behind();
    if (left.empty()) return {};
    return base::failure("release " + left, "the kernel did not do it in time");
}

// Sleeps until a descriptor is ready or the earliest deadline has come. Which descriptor it was
// does not matter: gather() asks all of them, because a packet that came after the wake-up is as
// good as one that caused it.
void Loop::wait() {
    std::optional<base::Instant> deadline = engine_.deadline();
    for (const auto other : {parts_.control.deadline(), supervisor_.deadline()})
        deadline = base::earlier(deadline, other);
    if (!deadline || next_audit_at_ < *deadline) deadline = next_audit_at_;
    if (must_dump_) deadline = base::earlier(deadline, next_dump_at_);
    arm(parts_.timer.number(), deadline);
    std::array<epoll_event, 1> any{};
    ::epoll_wait(parts_.epoll.number(), any.data(), static_cast<int>(any.size()), -1);
}

void Loop::turn() {
    const Time time = read_clock();
    const auto records = engine_.turn(gather(time), time.now);
    for (const auto& record : records) log_.write(record);
    serve_clients(time);
    supervisor_.feed(time.now);
    if (!records.empty() || time.now >= next_status_at_) tell_supervisor(time);
}

Inputs Loop::gather(Time time) {
    std::uint64_t expirations = 0;  // read to make it quiet; the deadlines say what is due
    [[maybe_unused]] const ssize_t size =
        ::read(parts_.timer.number(), &expirations, sizeof(expirations));
    Inputs inputs;
    inputs.wall = time.wall;
    read_signals(inputs);
    read_kernel(inputs, time.now);
    parts_.ports->read(inputs, time);
    return inputs;
}

void Loop::read_signals(Inputs& inputs) {
    signalfd_siginfo signal{};
    while (::read(parts_.signals.number(), &signal, sizeof(signal)) == sizeof(signal)) {
        if (signal.ssi_signo == SIGHUP) {
            log_.write({Level::warning,
                        "reload is not supported yet; restart to apply a changed configuration",
                        {}});
            continue;
        }
        ++stop_signals_;
        inputs.stop = true;
        log_.write({Level::notice, "stopping", {{"signal", fmt::to_string(signal.ssi_signo)}}});
        supervisor_.stopping();
    }
}

void Loop::read_kernel(Inputs& inputs, base::Instant now) {
    // Also while a dump is to be repeated: what is queued is older than that, and it would wake the
    // loop without end.
    auto changes = parts_.monitor.read();
    if (!changes) log_.write({Level::error, changes.error().text(), {}});
    if (changes && changes->overrun)
        log_.write({Level::warning, "netlink overrun; reading links and addresses anew", {}});
    if (!changes || changes->overrun) must_dump_ = true;
    if (!must_dump_ && now < next_audit_at_) {
        inputs.kernel = std::move(changes->events);
        return;
    }
    if (now < next_dump_at_) return;
    auto view = parts_.monitor.dump();
    if (!view) {
        next_dump_at_ = now + time_to_dump_again;
        if (!must_dump_) inputs.kernel = std::move(changes->events);  // an audit can wait
        if (must_dump_) log_.write({Level::error, view.error().text(), {}});
        return;
    }
    inputs.is_audit = !std::exchange(must_dump_, false);
    next_audit_at_ = now + time_between_audits;
    inputs.view = std::move(*view);
}

void Loop::serve_clients(Time time) {
    parts_.control.serve(time.now, [&](std::string_view method) -> std::optional<std::string> {
        if (method == "record") return record_json(engine_, time);
        if (method == "diff") return diff();
        if (method != "status") return std::nullopt;
        return status_json(engine_,
                           {.pid = ::getpid(),
                            .started = started_,
                            .standing = parts_.standing,
                            .log_dropped = log_.dropped()},
                           time);
    });
}

// Against what the kernel has now: a difference that no notification told is one, too.
std::optional<std::string> Loop::diff() {
    const auto actual = parts_.monitor.dump();
    if (!actual) return std::nullopt;
    return diff_json(engine_, *actual);
}

void Loop::tell_supervisor(Time time) {
    next_status_at_ = time.now + std::chrono::seconds{1};
    if (stop_signals_ > 0 || must_dump_) return;
    supervisor_.tell(status_line(engine_));
    if (std::exchange(is_ready_, true)) return;
    log_.write({Level::notice,
                "tandemd is ready",
                {{"node", engine_.config().node},
                 {"config", engine_.config().file},
                 {"hash", engine_.config().hash},
                 {"routers", fmt::to_string(engine_.config().routers.size())}}});
}

}  // namespace app
