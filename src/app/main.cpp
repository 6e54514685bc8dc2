// tandemd: read the configuration, claim the run directory, give up what is not needed, run.

#include <fmt/format.h>
#include <sys/utsname.h>

#include <csignal>
#include <cstdio>

#include "app/loop.hpp"
#include "app/options.hpp"
#include "config/load.hpp"

namespace {

constexpr int success = 0;
constexpr int failure = 1;
// EX_CONFIG of sysexits.h. The unit does not restart the daemon on it: the next try would fail
// alike.
constexpr int broken_configuration = 78;

int report(const base::Error& error) {
    fmt::print(stderr, "tandemd: {}\n", error.text());
    return failure;
}

int check(const config::Outcome& outcome, const std::string& file) {
    if (!outcome.config) return failure;
    fmt::print("{}: ok for node {}, configuration {}\n", file, outcome.config->node,
               outcome.config->hash);
    return success;
}

// Without IFA_PROTO (Linux 5.18) nothing would tell our addresses from the host's own.
base::Result<void> require_marked_addresses() {
    utsname system{};
    int major = 0;
    int minor = 0;
    ::uname(&system);
    const bool is_read = std::sscanf(system.release, "%d.%d", &major, &minor) == 2;
    if (!is_read || major > 5 || (major == 5 && minor >= 18)) return {};
    return base::failure(
        "start", fmt::format("tandem needs Linux 5.18 or newer, this is {}", system.release));
}

base::Result<void> run(config::Config config, const app::Options& options) {
    TRY_DO(require_marked_addresses());
    // A reader of our standard error that goes away must not take the router with it.
    std::signal(SIGPIPE, SIG_IGN);
    // What keepalived's users send for a dump; status answers over the control socket.
    std::signal(SIGUSR1, SIG_IGN);
    std::signal(SIGUSR2, SIG_IGN);
    TRY(const auto run_directory, app::RunDirectory::claim(options.run_directory));
    app::LogSink log = app::LogSink::open(options.log_level);
    const app::Standing standing = app::claim_standing();
    TRY(const auto loop, app::Loop::open(std::move(config), run_directory, standing, log));
    TRY_DO(app::drop_privileges());
    const auto ended = loop->run();
    log.write({base::log::Level::notice, "tandemd has ended", {}});
    return ended;
}

}  // namespace

int main(int argc, char** argv) {
    const auto parsed = app::parse_options(argc, argv);
    if (const int* status = std::get_if<int>(&parsed)) return *status;
    const auto& options = std::get<app::Options>(parsed);

    config::Outcome outcome = config::load(options.config);
    if (!outcome.diagnostics.empty())
        fmt::print(stderr, "{}", config::text_of(outcome.diagnostics));
    if (options.only_check) return check(outcome, options.config.file);
    if (!outcome.config) return broken_configuration;

    const auto ran = run(std::move(*outcome.config), options);
    return ran ? success : report(ran.error());
}
