// tandemd: read the configuration, claim the run directory, give up what is not needed, run.

#include <fmt/format.h>
#include <sys/utsname.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/delivery.hpp"
#include "app/drain_file.hpp"
#include "app/loop.hpp"
#include "app/options.hpp"
#include "app/passage.hpp"
#include "app/succession.hpp"
#include "base/trusted_file.hpp"
#include "config/files.hpp"
#include "config/load.hpp"
#include "config/outcomes.hpp"
#include "health/keeper.hpp"

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
    fmt::print("{}", config::outlook_text(outcome.units));
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

// The same for another process, which has asked.
int deliver(const config::Outcome& outcome, std::vector<config::Source> sources,
            const std::string& path) {
    app::Delivery delivery{.is_valid = outcome.config.has_value(),
                           .diagnostics = config::text_of(outcome.diagnostics),
                           .sources = {},
                           .hash = "",
                           .program = app::program_identity()};
    if (outcome.config) {
        delivery.sources = std::move(sources);
        delivery.hash = outcome.config->hash;
    }
    std::ofstream file{path, std::ios::trunc};
    file << app::encode(delivery);
    file.close();
    if (!file) return report({"write " + path, errno, {}});
    return delivery.is_valid ? success : failure;
}

// With a runner of its own, or in the place of another program.
base::Result<app::Beginning> begin(std::optional<app::Arrival> arrival,
                                   std::optional<app::Succession> succession) {
    if (arrival)
        return app::Beginning{.runner = std::move(arrival->runner),
                              .control = std::move(arrival->control),
                              .sockets = std::move(arrival->sockets),
                              .succession = std::move(succession)};
    // A process of its own, forked while there is nothing that it should not have.
    TRY(auto runner, health::start_runner());
    return app::Beginning{.runner = std::move(runner)};
}

// What a program before this one has left. One that cannot be read is told, and costs no more than
// a crash: the descriptors are there in any case.
struct Legacy {
    std::optional<app::Arrival> arrival{};
    std::optional<app::Succession> succession{};
};
base::Result<Legacy> legacy_of(const app::Options& options) {
    Legacy legacy;
    if (options.continue_from < 0) return legacy;
    TRY(legacy.arrival, app::arrive(options.continue_from));
    auto succession = app::succession_in(legacy.arrival->body);
    if (succession)
        legacy.succession = std::move(*succession);
    else
        fmt::print(stderr, "tandemd: {}; starting as after a crash\n", succession.error().text());
    return legacy;
}

// What this process was started with, without what only the present program was told.
std::vector<std::string> arguments_of(int argc, char** argv) {
    std::vector<std::string> arguments;
    for (int i = 0; i < argc; ++i) {
        if (std::string_view{argv[i]} == "--continue")
            ++i;
        else
            arguments.emplace_back(argv[i]);
    }
    return arguments;
}

base::Result<void> run(app::Edition edition, Legacy legacy, const app::Options& options,
                       std::vector<std::string> arguments) {
    TRY_DO(require_marked_addresses());
    // A reader of our standard error that goes away must not take the router with it.
    std::signal(SIGPIPE, SIG_IGN);
    // What keepalived's users send for a dump; status answers over the control socket.
    std::signal(SIGUSR1, SIG_IGN);
    std::signal(SIGUSR2, SIG_IGN);
    TRY(const auto run_directory, app::RunDirectory::claim(options.run_directory));
    app::LogSink log = app::LogSink::open(options.log_level);
    const bool is_succession = legacy.succession.has_value();
    TRY(app::Beginning beginning, begin(std::move(legacy.arrival), std::move(legacy.succession)));
    beginning.arguments = std::move(arguments);
    const app::Standing standing = app::claim_standing();
    const std::string program = std::filesystem::read_symlink("/proc/self/exe").string();
    const auto trusted = base::open_trusted(program, {});
    TRY(const auto loop,
        app::Loop::open({.request = options.config,
                         .program = program,
                         .directory = options.run_directory,
                         .identity = app::program_identity(),
                         .distrust = trusted ? "" : trusted.error().text()},
                        std::move(edition), run_directory, std::move(beginning), standing, log));
    if (!is_succession) loop->restore(app::read_drains(options.state_directory));
    loop->restore(is_succession ? app::events_file(options.state_directory)
                                : app::read_events(options.state_directory));
    TRY_DO(app::drop_privileges());
    const auto ended = loop->run();
    log.write({base::log::Level::notice, "tandemd has ended", {}, base::EventKind::ended});
    return ended;
}

}  // namespace

int main(int argc, char** argv) {
    const auto parsed = app::parse_options(argc, argv);
    if (const int* status = std::get_if<int>(&parsed)) return *status;
    const auto& options = std::get<app::Options>(parsed);

    auto legacy = legacy_of(options);
    if (!legacy) return report(legacy.error());
    const bool is_succession = legacy->succession.has_value();
    std::vector<config::Source> sources =
        is_succession ? legacy->succession->sources : config::read_files(options.config.file);
    config::Outcome outcome = is_succession ? config::load_sources(sources, options.config)
                                            : config::load(sources, options.config);
    if (is_succession && outcome.config) outcome.config->hash = legacy->succession->hash;
    if (options.only_check && !options.deliver_to.empty())
        return deliver(outcome, std::move(sources), options.deliver_to);
    if (!outcome.diagnostics.empty())
        fmt::print(stderr, "{}", config::text_of(outcome.diagnostics));
    if (options.only_check) return check(outcome, options.config.file);
    if (!outcome.config) return broken_configuration;

    const auto ran = run({std::move(*outcome.config), std::move(sources)}, std::move(*legacy),
                         options, arguments_of(argc, argv));
    return ran ? success : report(ran.error());
}
