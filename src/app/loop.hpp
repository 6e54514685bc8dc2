// The event loop: waits, reads the clock once, gathers what a turn needs, and runs it.
#pragma once

#include <memory>

#include "app/clock.hpp"
#include "app/control.hpp"
#include "app/engine.hpp"
#include "app/linux_ports.hpp"
#include "app/log_sink.hpp"
#include "app/privilege.hpp"
#include "app/run_directory.hpp"
#include "app/supervisor.hpp"
#include "base/result.hpp"
#include "kernel/monitor.hpp"

namespace app {

class Loop {
public:
    // Opens everything that the loop waits for; the error says what the machine refused.
    static base::Result<std::unique_ptr<Loop>> open(config::Config config,
                                                    const RunDirectory& run_directory,
                                                    Standing standing, LogSink& log);

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
    };
    Loop(Parts parts, config::Config config, LogSink& log);

private:
    void wait();
    void turn();
    [[nodiscard]] Inputs gather(Time time);
    void read_signals(Inputs& inputs);
    void read_kernel(Inputs& inputs, base::Instant now);
    void serve_clients(Time time);
    [[nodiscard]] std::optional<std::string> diff();
    void tell_supervisor(Time time);

    Parts parts_;
    LogSink& log_;
    Supervisor supervisor_;
    Time started_;
    Engine engine_;
    base::Instant next_status_at_{};
    base::Instant next_dump_at_{};
    base::Instant next_audit_at_{};
    bool must_dump_ = true;  // what we know of the kernel is not complete
    bool is_ready_ = false;
    int stop_signals_ = 0;
};

}  // namespace app
