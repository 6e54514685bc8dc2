// tandemd: read the configuration, claim the run directory, give up what is not needed, run.

#include <fmt/format.h>

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

base::Result<void> run(config::Config config, const app::Options& options) {
    // A reader of our standard error that goes away must not take the router with it.
    std::signal(SIGPIPE, SIG_IGN);
    TRY(const auto run_directory, app::RunDirectory::claim(options.run_directory));
    app::LogSink log = app::LogSink::open(options.log_level);
    const app::Standing standing = app::claim_standing();
    TRY(const auto loop, app::Loop::open(std::move(config), run_directory, standing, log));
    TRY_DO(app::drop_privileges());
    loop->run();
    log.write({base::log::Level::notice, "tandemd has ended", {}});
    return {};
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
