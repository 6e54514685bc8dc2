// The event loop: waits, reads the clock once, gathers what a turn needs, and runs it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/chronicle_file.hpp"
#include "app/clock.hpp"
#include "app/control.hpp"
#include "app/ending.hpp"
#include "app/engine.hpp"
#include "app/inheritance.hpp"
#include "app/kernel_reader.hpp"
#include "app/linux_ports.hpp"
#include "app/log_sink.hpp"
#include "app/privilege.hpp"
#include "app/reloader.hpp"
#include "app/run_directory.hpp"
#include "app/succession.hpp"
#include "app/supervisor.hpp"
#include "base/result.hpp"
#include "kernel/monitor.hpp"

namespace app {

// How a process begins: with nothing but a runner, or in the place of another program.
struct Beginning {
    health::StartedRunner runner;
    base::Fd control{};
    std::vector<FdStore::Kept> sockets{};
    std::optional<Succession> succession{};
    std::vector<std::string> arguments{};  // of this process, for the next program
};

class Loop {
public:
    // Opens everything that the loop waits for; the error says what the machine refused.
    // `run_directory` outlives it.
    static base::Result<std::unique_ptr<Loop>> open(Reloader::Surroundings surroundings,
                                                    Edition edition,
                                                    const RunDirectory& run_directory,
                                                    Beginning beginning, Standing standing,
                                                    LogSink& log);

    // What was drained when the daemon ended; before run().
    void restore(const KeptDrains& kept) { engine_.restore(kept, started_); }

    // The events that were kept; before run(). A program before this one knew them better.
    void restore(KeptEvents kept);

    // Runs until SIGTERM or SIGINT, and then until the addresses are released. A second signal ends
    // it at once. Fails when addresses of ours are left in the kernel.
    base::Result<void> run();

    // The parts that open() has put together; use open().
    struct Parts {
        base::Fd epoll;
        base::Fd timer;
        base::Fd signals;
        kernel::Monitor monitor;
        Control control;
        std::unique_ptr<LinuxPorts> ports;
        Standing standing;
        Inheritance inheritance;
        std::set<Socket> kept_sockets;  // by systemd, or by a program before this one
        std::optional<Succession> succession;
        std::vector<std::string> arguments;
    };
    Loop(Parts parts, Reloader reloader, config::Config config, const RunDirectory& run_directory,
         LogSink& log);

private:
    void wait();
    void turn();
    [[nodiscard]] Inputs gather(Time time);
    void follow_reload(Inputs& inputs, base::Instant now);
    void read_signals(base::Instant now);
    void follow_ending(Inputs& inputs, base::Instant now);
    void follow_upgrade(Time time);
    [[nodiscard]] std::string reason_against_upgrade() const;
    [[nodiscard]] base::Error upgrade(Reloader::Ticket ticket, Time time);
    void leave_state();
    void read_kernel(Inputs& inputs, base::Instant now);
    void serve_clients(Time time);
    [[nodiscard]] std::optional<std::string> answer(const Control::Request& request, Time time);
    [[nodiscard]] std::string rerun_hooks(const Control::Request& request);
    [[nodiscard]] std::optional<std::string> diff();
    void tell_supervisor(Time time);
    // To the log, and to the events.
    void tell(const base::log::Record& record);
    void keep_events(base::Instant now);
    [[nodiscard]] bool is_over() const;

    Parts parts_;
    const RunDirectory& run_directory_;
    LogSink& log_;
    Supervisor supervisor_;
    Time started_;
    base::Instant config_loaded_;
    Reloader reloader_;
    Engine engine_;
    base::Instant next_status_at_{};
    Chronicle chronicle_;
    WallClock wall_{};                    // of the current turn
    std::optional<base::Instant> due_{};  // the engine's deadline that was slept for
    // For so long the last events may take to their file.
    std::optional<base::Instant> events_end_{};
    KernelReader kernel_reader_;
    bool is_ready_ = false;
    Ending ending_ = Ending::from_environment();
    bool is_leaving_ = false;  // to the next process
    // Another program is to go on in the place of this one, as soon as nothing is under way.
    struct Upgrade {
        Reloader::Ticket ticket;
        base::Instant until;
    };
    std::optional<Upgrade> upgrade_;
};

}  // namespace app
