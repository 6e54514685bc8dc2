// tandemctl: asks tandemd, prints, exits. Everything that decides is in the other files.
#include <cerrno>
#include <chrono>
#include <clocale>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <exception>
#include <string>
#include <thread>
#include <vector>

#include "ctl/check.hpp"
#include "ctl/client.hpp"
#include "ctl/completion.hpp"
#include "ctl/diff.hpp"
#include "ctl/doctor.hpp"
#include "ctl/events.hpp"
#include "ctl/explain.hpp"
#include "ctl/health.hpp"
#include "ctl/maintenance.hpp"
#include "ctl/metrics_file.hpp"
#include "ctl/options.hpp"
#include "ctl/reload.hpp"
#include "ctl/terminal.hpp"
#include "ctl/verbs.hpp"
#include "ctl/watch.hpp"

namespace {

using namespace ctl;

bool is_maintenance(Verb verb) {
    return verb == Verb::drain || verb == Verb::undrain || verb == Verb::handover;
}

volatile std::sig_atomic_t was_interrupted = 0;

// Until it is interrupted; a pipe that nobody reads any more ends it, too.
Outcome print_events(const Options& options, const std::string& socket) {
    struct sigaction action{};
    action.sa_handler = [](int) { was_interrupted = 1; };
    if (options.follows)
        for (const int signal : {SIGINT, SIGTERM}) ::sigaction(signal, &action, nullptr);
    const EventTalk talk{
        .ask = [&](const std::string& request) { return ask(socket, request, Limits{}); },
        .write =
            [](const std::string& text) {
                std::fwrite(text.data(), 1, text.size(), stdout);
                const bool is_done = std::fflush(stdout) == 0;
                return is_done ? EventTalk::Writing::done : EventTalk::Writing::failed;
            },
        .complain = [](const std::string& text) { std::fputs(text.c_str(), stderr); },
        .wait =
            [] {
                constexpr timespec half_a_second{.tv_sec = 0, .tv_nsec = 500'000'000};
                if (was_interrupted == 0) ::nanosleep(&half_a_second, nullptr);
                return was_interrupted == 0 ? EventTalk::Wait::over : EventTalk::Wait::interrupted;
            }};
    const auto now =
        std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
    return show_events(options, style_for(terminal_of_stdout(), options.color), now, talk);
}

Outcome run(const Options& options) {
    if (options.verb == Verb::check) return outcome_of(run_check(options));
    if (options.verb == Verb::watch) return watch(options);
    const std::string socket = options.run_dir + "/control.sock";
    if (options.verb == Verb::completion)
        return options.shell == "names"
                   ? show_names(ask(socket, R"({"method":"status"})", patience_of_shells))
                   : show_completion(options);
    if (options.verb == Verb::events && !options.record_file) return print_events(options, socket);
    if (options.verb == Verb::events)
        return save_record(options, ask(socket, R"({"method":"record"})", Limits{}));
    const Talk talk{[&](const std::string& request) { return ask(socket, request, Limits{}); },
                    [] { std::this_thread::sleep_for(std::chrono::milliseconds{20}); }};
    if (options.verb == Verb::reload) return reload(options, talk);
    if (options.verb == Verb::confirm) return confirm(options, talk.ask(R"({"method":"confirm"})"));
    if (options.verb == Verb::rollback)
        return roll_back(options, talk.ask(R"({"method":"rollback"})"));
    if (options.verb == Verb::diff && options.config_file) return preview(options, talk);
    if (options.verb == Verb::diff)
        return show_diff(options, ask(socket, R"({"method":"diff"})", Limits{}));
    if (is_maintenance(options.verb))
        return carry_out(
            options,
            {.ask = [&](const std::string& request) { return ask(socket, request, Limits{}); },
             .pause = [] { std::this_thread::sleep_for(std::chrono::milliseconds{20}); }});
    if (options.verb == Verb::explain)
        return show_explanation(options, ask(socket, explain_request(options), Limits{}),
                                style_for(terminal_of_stdout(), options.color));
    if (options.verb == Verb::rerun_hooks)
        return show_rerun(options, ask(socket, rerun_request(options), Limits{}));
    if (options.verb == Verb::doctor)
        return run_doctor(options, style_for(terminal_of_stdout(), options.color),
                          [&] { return ask(socket, R"({"method":"status"})", Limits{}); });
    const Answer answer = ask(socket, R"({"method":"status"})", Limits{});
    switch (options.verb) {
        case Verb::status:
            return show_status(options, answer, style_for(terminal_of_stdout(), options.color));
        case Verb::is_active: return show_is_active(options, answer);
        case Verb::health:
            return show_health(options, answer, style_for(terminal_of_stdout(), options.color));
        case Verb::version: return show_version(options, answer);
        case Verb::metrics: return show_metrics(options, answer);
        case Verb::doctor:
        case Verb::watch:
        case Verb::completion:
        case Verb::check:
        case Verb::diff:
        case Verb::reload:
        case Verb::confirm:
        case Verb::rollback:
        case Verb::drain:
        case Verb::undrain:
        case Verb::handover:
        case Verb::rerun_hooks:
        case Verb::explain:
        case Verb::events: break;
    }
    return {};
}

int finish(const Outcome& outcome) {
    std::fwrite(outcome.err.data(), 1, outcome.err.size(), stderr);
    std::fwrite(outcome.out.data(), 1, outcome.out.size(), stdout);
    if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return static_cast<int>(outcome.code);
    if (errno != EPIPE) std::perror("tandemctl: cannot write the output");
    return static_cast<int>(ExitCode::failed);
}

}  // namespace

int main(int argc, char** argv) {
    std::setlocale(LC_CTYPE, "");
    try {
        const auto options = parse_options({argv + (argc > 0 ? 1 : 0), argv + argc});
        return finish(options ? run(*options) : options.error());
    } catch (const std::exception& error) {
        // Out of memory is what is left: nothing of ours throws.
        std::fprintf(stderr, "tandemctl: %s\n", error.what());
        return static_cast<int>(ExitCode::failed);
    }
}
