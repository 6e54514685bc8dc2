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

#include "app/chronicle_text.hpp"
#include "app/conntrackd_files.hpp"
#include "app/diff.hpp"
#include "app/explain.hpp"
#include "app/maintenance_control.hpp"
#include "app/passage.hpp"
#include "app/record.hpp"
#include "app/reload_control.hpp"
#include "app/status.hpp"
#include "kernel/dump.hpp"

namespace app {

using base::log::Level;

namespace {

// For so long another program waits until nothing is under way, and how often that is looked at.
constexpr base::Duration patience_with_upgrade = std::chrono::seconds{30};
constexpr base::Duration between_attempts = std::chrono::milliseconds{100};

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

base::Result<std::unique_ptr<Loop>> Loop::open(Reloader::Surroundings surroundings, Edition edition,
                                               const RunDirectory& run_directory,
                                               Beginning beginning, Standing standing,
                                               LogSink& log) {
    config::Config config = edition.config;
    TRY_DO(name_conntrackd_sockets(config, run_directory));
    base::Fd epoll{::epoll_create1(EPOLL_CLOEXEC)};
    if (!epoll.is_open()) return base::os_failure("open an epoll descriptor", errno);
    TRY(auto signals, open_signals());
    TRY(auto timer, open_timer());
    TRY(auto monitor, kernel::Monitor::open(interests_of(config)));
    TRY(auto packet_socket, kernel::PacketSocket::open());
    TRY(auto writer, kernel::Writer::open());
    TRY(auto macvlans, kernel::MacvlanWriter::open());
    TRY(auto runner_link, RunnerLink::open(std::move(beginning.runner), epoll.number()));
    const std::string control_path = run_directory.file("control.sock");
    TRY(auto control, beginning.control.is_open() ? Control::adopt(std::move(beginning.control),
                                                                   control_path, epoll.number())
                                                  : Control::open(control_path, epoll.number()));
    for (const int descriptor : {signals.number(), timer.number(), monitor.descriptor()})
        TRY_DO(wait_for(epoll.number(), descriptor));

    auto ports =
        std::make_unique<LinuxPorts>(epoll.number(), std::move(packet_socket), std::move(writer),
                                     std::move(macvlans), std::move(runner_link));
    const std::size_t sessions = 2 * config.routers.size();
    Inheritance inheritance = inherit(run_directory, sessions, log);
    std::set<Socket> kept_sockets = ports->adopt_stored();
    kept_sockets.merge(ports->adopt(std::move(beginning.sockets)));
    return std::make_unique<Loop>(
        Parts{std::move(epoll), std::move(timer), std::move(signals), std::move(monitor),
              std::move(control), std::move(ports), standing, std::move(inheritance),
              std::move(kept_sockets), std::move(beginning.succession),
              std::move(beginning.arguments)},
        Reloader{std::move(surroundings), std::move(edition)}, std::move(config), run_directory,
        log);
}

Loop::Loop(Parts parts, Reloader reloader, config::Config config, const RunDirectory& run_directory,
           LogSink& log)
    : parts_{std::move(parts)},
      run_directory_{run_directory},
      log_{log},
      supervisor_{Supervisor::from_environment()},
      started_{read_clock()},
      config_loaded_{started_.now},
      reloader_{std::move(reloader)},
      engine_{std::move(config), *parts_.ports, started_.now} {
    if (!parts_.succession) {
        engine_.recall(parts_.inheritance.memories, std::move(parts_.kept_sockets), started_.now);
        return;
    }
    engine_.restore(parts_.succession->engine, started_);
    chronicle_.restore(std::move(parts_.succession->events));
    kernel_reader_.go_on();
    reloader_.go_on(parts_.succession->ticket);
    started_ = parts_.succession->started;
    parts_.succession.reset();
}

base::Result<void> Loop::run() {
    while (!is_over()) {
        turn();
        if (!is_over()) wait();
    }
    if (is_leaving_) return {};
    const auto left = engine_.left_behind();
    if (left.empty()) return {};
    return base::failure("release " + left, "the kernel did not do it in time");
}

// Sleeps until a descriptor is ready or the earliest deadline has come. Which descriptor it was
// does not matter: gather() asks all of them, because a packet that came after the wake-up is as
// good as one that caused it.
void Loop::wait() {
    due_ = engine_.deadline();
    std::optional<base::Instant> deadline = due_;
    for (const auto other : {parts_.control.deadline(), supervisor_.deadline()})
        deadline = base::earlier(deadline, other);
    deadline = base::earlier(deadline, kernel_reader_.deadline());
    deadline = base::earlier(deadline, reloader_.deadline());
    deadline = base::earlier(deadline, ending_.deadline());
    deadline = base::earlier(deadline, base::earlier(chronicle_.deadline(), events_end_));
    if (upgrade_) deadline = base::earlier(deadline, read_clock().now + between_attempts);
    arm(parts_.timer.number(), deadline);
    std::array<epoll_event, 1> any{};
    ::epoll_wait(parts_.epoll.number(), any.data(), static_cast<int>(any.size()), -1);
}

void Loop::turn() {
    const Time time = read_clock();
    wall_ = time.wall;
    const auto records = engine_.turn(gather(time), time.now);
    leave_state();
    for (const auto& record : records) tell(record);
    keep_events(time.now);
    serve_clients(time);
    supervisor_.feed(time.now);
    follow_upgrade(time);
    if (!records.empty() || time.now >= next_status_at_) tell_supervisor(time);
}

Inputs Loop::gather(Time time) {
    std::uint64_t expirations = 0;  // read to make it quiet; the deadlines say what is due
    [[maybe_unused]] const ssize_t size =
        ::read(parts_.timer.number(), &expirations, sizeof(expirations));
    Inputs inputs;
    inputs.wall = time.wall;
    inputs.due = std::exchange(due_, std::nullopt);
    read_signals(time.now);
    read_kernel(inputs, time.now);
    parts_.ports->read(inputs, time);
    follow_reload(inputs, time.now);
    follow_ending(inputs, time.now);
    for (const health::FromRunner& message : inputs.runner)
        if (const auto trouble = chronicle_.take(message, time.now)) tell(*trouble);
    return inputs;
}

void Loop::follow_reload(Inputs& inputs, base::Instant now) {
    reloader_.take(inputs.runner, now);
    reloader_.expire(now);
    if (inputs.care == Care::none) reloader_.lose_runner();
    if (!upgrade_)
        if (const auto order = reloader_.take_order(now)) parts_.ports->tell_runner(*order);
    inputs.config = reloader_.take_config();
    for (const auto& record : reloader_.take_records()) tell(record);
    if (!inputs.config) return;
    config_loaded_ = now;
    // Only the hooks of that group miss it.
    if (const auto named = name_conntrackd_sockets(*inputs.config, run_directory_); !named)
        tell({Level::error, named.error().text(), {}});
    const kernel::Interests interests = interests_of(*inputs.config);
    if (interests == interests_of(engine_.config())) return;
    if (const auto followed = parts_.monitor.follow(interests); !followed)
        tell({Level::error, followed.error().text(), {}});
    kernel_reader_.look_soon();
}

void Loop::read_signals(base::Instant now) {
    signalfd_siginfo signal{};
    while (::read(parts_.signals.number(), &signal, sizeof(signal)) == sizeof(signal)) {
        if (signal.ssi_signo == SIGHUP) {
            (void)reloader_.order({});
            continue;
        }
        ending_.note_signal(static_cast<int>(signal.ssi_signo), now);
        tell({Level::notice,
              "stopping",
              {{"signal", fmt::to_string(signal.ssi_signo)}},
              base::EventKind::stopping});
        supervisor_.stopping();
    }
}

void Loop::follow_ending(Inputs& inputs, base::Instant now) {
    if (ending_.take_question()) parts_.ports->tell_runner(health::JobQuestion{::getpid()});
    for (const health::FromRunner& message : inputs.runner)
        if (const auto* answer = std::get_if<health::JobAnswer>(&message)) ending_.note(*answer);
    switch (ending_.take_order(now)) {
        case Ending::Order::none: return;
        case Ending::Order::hand_over: inputs.stop = Stop::relieved; return;
        case Ending::Order::at_once: inputs.stop = Stop::at_once; return;
        case Ending::Order::leave: break;
    }
    is_leaving_ = true;
    tell({Level::notice,
          "systemd restarts this service: what is Active stays so, for the next process",
          {},
          base::EventKind::handed_to_next_process});
}

// --- in the place of this program ---

void Loop::follow_upgrade(Time time) {
    if (const auto ticket = reloader_.take_upgrade())
        upgrade_ = Upgrade{*ticket, time.now + patience_with_upgrade};
    if (!upgrade_) return;
    std::string why = reason_against_upgrade();
    if (!why.empty() && time.now < upgrade_->until) return;
    if (why.empty()) why = upgrade(upgrade_->ticket, time).text();
    reloader_.fail(upgrade_->ticket,
                   "another program cannot go on in the place of this one: " + why);
    upgrade_.reset();
}

std::string Loop::reason_against_upgrade() const {
    if (ending_.signals() > 0) return "tandemd is being stopped";
    if (!kernel_reader_.is_complete()) return "the kernel is being read";
    if (!parts_.ports->runner().is_idle()) return "the runner has not heard everything yet";
    return engine_.reason_against_pause();
}

// Adverts go out right before it: the next ones are due when the other program is there.
base::Error Loop::upgrade(Reloader::Ticket ticket, Time time) {
    engine_.advertise_now(time.now);
    leave_state();
    tell({Level::notice,
          "going on as another program",
          {{"program", reloader_.program()}},
          base::EventKind::upgraded});
    const Succession succession{.ticket = ticket,
                                .sources = reloader_.in_force().sources,
                                .hash = reloader_.in_force().config.hash,
                                .started = started_,
                                .engine = engine_.snapshot(time),
                                .events = chronicle_.standing()};
    return go_on_as(reloader_.program(), parts_.arguments,
                    {.runner = parts_.ports->runner().descriptor(),
                     .keeper_end = parts_.ports->runner().keeper_end(),
                     .control = parts_.control.descriptor(),
                     .sockets = parts_.ports->advert_sockets(),
                     .body = text_of(succession)});
}

// No system call, whenever something has changed.
void Loop::leave_state() {
    if (!parts_.inheritance.file) return;
    const auto memories = engine_.memories();
    if (!memories.empty()) parts_.inheritance.file->keep(memories);
}

void Loop::read_kernel(Inputs& inputs, base::Instant now) {
    auto reading = kernel_reader_.read(parts_.monitor.read(), [] { return kernel::dump(); }, now);
    for (const auto& record : reading.told) tell(record);
    inputs.view = std::move(reading.view);
    inputs.is_audit = reading.is_audit;
    inputs.kernel = std::move(reading.events);
}

void Loop::serve_clients(Time time) {
    parts_.control.serve(time.now,
                         [&](const Control::Request& request) { return answer(request, time); });
}

std::optional<std::string> Loop::answer(const Control::Request& request, Time time) {
    const std::string& method = request.method;
    if (method == "record") return record_json(engine_, time);
    if (method == "events") return answer_events(chronicle_, engine_.config().node, request.line);
    if (method == "explain") return explain_json(engine_, request.name, time);
    if (method == "diff") return diff();
    if (method == "hooks-rerun") return rerun_hooks(request);
    if (auto answered = answer_reload(reloader_, engine_, request)) return answered;
    if (auto answered = answer_maintenance(engine_, request, time)) return answered;
    if (method != "status") return std::nullopt;
    return status_json(engine_,
                       {.pid = ::getpid(),
                        .started = started_,
                        .standing = parts_.standing,
                        .log_dropped = log_.dropped(),
                        .config_loaded = config_loaded_,
                        .unconfirmed_until = reloader_.unconfirmed_until(),
                        .reloads = reloader_.tally()},
                       time);
}

std::string Loop::rerun_hooks(const Control::Request& request) {
    if (request.caller != Caller::root) return error_json("not permitted: only root may run hooks");
    const std::string unknown =
        request.name.empty() ? std::string{} : engine_.unknown_name(request.name);
    if (!unknown.empty()) return error_json(unknown);
    const std::size_t count = engine_.rerun_hooks(request.name);
    if (count == 0)
        return error_json(request.name.empty()
                              ? "no router or group has a hook for its present state"
                              : request.name + " has no hook for its present state");
    return fmt::format(R"({{"schema":1,"hooks":{}}})", count);
}

// Against what the kernel has now: a difference that no notification told is one, too.
std::optional<std::string> Loop::diff() {
    const auto actual = kernel::dump();
    if (!actual) return std::nullopt;
    return diff_json(engine_, *actual);
}

void Loop::tell_supervisor(Time time) {
    next_status_at_ = time.now + std::chrono::seconds{1};
    if (ending_.signals() > 0 || !kernel_reader_.is_complete()) return;
    supervisor_.tell(status_line(engine_));
    if (std::exchange(is_ready_, true)) return;
    tell({Level::notice,
          "tandemd is ready",
          {{"node", engine_.config().node},
           {"config", engine_.config().file},
           {"hash", engine_.config().hash},
           {"routers", fmt::to_string(engine_.config().routers.size())}},
          base::EventKind::started});
}

}  // namespace app
