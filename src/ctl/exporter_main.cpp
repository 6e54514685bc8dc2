// tandem-exporter: asks tandemd when it is scraped, and serves what it says to Prometheus.
#include <chrono>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "ctl/client.hpp"
#include "ctl/exporter.hpp"
#include "ctl/exporter_options.hpp"
#include "ctl/exporter_server.hpp"

namespace {

using namespace ctl;

// Less than the ten seconds that Prometheus waits: it is to hear that the daemon hangs.
constexpr Limits limits{.size = std::size_t{64} << 20, .time = std::chrono::seconds{3}};

void say(const std::string& line) { std::fprintf(stderr, "tandem-exporter: %s\n", line.c_str()); }

Outcome run(const ExporterOptions& options) {
    const std::string socket = options.run_dir + "/control.sock";
    Collector collector{{.ask = [&] { return ask(socket, R"({"method":"status"})", limits); },
                         .now = [] { return Collector::Clock::now(); },
                         .tell = say}};
    const Failure failure = serve(
        options.listen,
        [&](std::string_view method, std::string_view path) {
            return reply_to(method, path, collector);
        },
        [&] { say("serving http://" + text_of(options.listen) + "/metrics"); });
    return {failure.code, {}, "tandem-exporter: " + failure.text + "\n"};
}

}  // namespace

int main(int argc, char** argv) {
    try {
        const auto options = parse_exporter_options({argv + (argc > 0 ? 1 : 0), argv + argc});
        const Outcome outcome = options ? run(*options) : options.error();
        std::fwrite(outcome.err.data(), 1, outcome.err.size(), stderr);
        std::fwrite(outcome.out.data(), 1, outcome.out.size(), stdout);
        if (std::fflush(stdout) != 0) return static_cast<int>(ExitCode::failed);
        return static_cast<int>(outcome.code);
    } catch (const std::exception& error) {
        // Out of memory, or of threads, is what is left: nothing of ours throws.
        say(error.what());
        return static_cast<int>(ExitCode::failed);
    }
}
