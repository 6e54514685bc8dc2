// tandemctl: asks tandemd, prints, exits. Everything that decides is in the other files.
#include <cerrno>
#include <clocale>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "ctl/check.hpp"
#include "ctl/client.hpp"
#include "ctl/diff.hpp"
#include "ctl/options.hpp"
#include "ctl/terminal.hpp"
#include "ctl/verbs.hpp"

namespace {

using namespace ctl;

Outcome run(const Options& options) {
    if (options.verb == Verb::check) return outcome_of(run_check(options));
    const std::string socket = options.run_dir + "/control.sock";
    if (options.verb == Verb::events)
        return save_record(options, ask(socket, R"({"method":"record"})", Limits{}));
    if (options.verb == Verb::diff)
        return show_diff(options, ask(socket, R"({"method":"diff"})", Limits{}));
    const Answer answer = ask(socket, R"({"method":"status"})", Limits{});
    switch (options.verb) {
        case Verb::status:
            return show_status(options, answer, style_for(terminal_of_stdout(), options.color));
        case Verb::is_active: return show_is_active(options, answer);
        case Verb::version: return show_version(options, answer);
        case Verb::check:
        case Verb::diff:
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
