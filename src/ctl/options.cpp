#include "ctl/options.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <string_view>

#include "base/version.hpp"
#include "ctl/text.hpp"

namespace ctl {

namespace {

// Written by hand: the generated one lists neither exit codes nor the default verb.
constexpr std::string_view help_text = R"(usage: tandemctl [OPTION...] [VERB]

Shows what tandemd, the VRRP failover daemon, is doing on this machine.

Verbs:
  status [ROUTER]      state of all routers, or of one (the default verb)
  is-active [ROUTER]   is the router, or every router, Active here?
  diff                 what should be in the kernel against what is
  check [FILE]         check a configuration file with tandemd --check
  events --record FILE save the flight record: the last 10,000 protocol events
  version              versions of tandemctl and of the running tandemd

Options:
  -v, --verbose        status: everything there is to know
      --json           one line of JSON instead of text (not for check)
      --color WHEN     auto (default), always or never
      --run-dir DIR    run-time directory of tandemd (default: /run/tandem)
  -h, --help           this text
      --version        the version of tandemctl

Exit codes:
  0  ok                         3  tandemd does not answer
  1  the operation failed       4  not permitted
  2  wrong usage
  is-active: 0 active, 1 not active, 3 not known
  diff: 0 nothing differs, 1 something does

See tandemctl(8).
)";

// Named, so that a user of a later manual learns that it is the version and not the spelling.
constexpr std::array not_yet{"watch",   "explain", "drain",     "undrain", "handover",
                             "reload",  "confirm", "rollback",  "health",  "import",
                             "metrics", "doctor",  "completion"};

std::unexpected<Outcome> usage_error(const std::string& text) {
    return std::unexpected(outcome_of(Failure{ExitCode::usage, text + "; see tandemctl --help"}));
}

std::unexpected<Outcome> finished(std::string text) {
    return std::unexpected(Outcome{ExitCode::ok, std::move(text), {}});
}

// The command line as CLI11 sees it, and where it puts what it finds.
struct Parser {
    Parser() {
        app.allow_extras();            // to name the stray argument in words of ours
        app.require_subcommand(0, 1);  // after a verb, a router may be called like a verb
        app.fallthrough();             // options may stand after the verb
        app.allow_windows_style_options(false);
        app.set_help_flag("-h,--help");
        app.add_flag("--version", shows_version);
        app.add_flag("-v,--verbose", is_verbose);
        app.add_flag("--json", is_json);
        app.add_option("--run-dir", options.run_dir)->type_name("DIR")->take_last();
        app.add_option("--color", color)
            ->type_name("WHEN")
            ->take_last()
            ->check(CLI::IsMember({"auto", "always", "never"}));
        app.add_subcommand("status")->add_option("ROUTER", options.router);
        app.add_subcommand("is-active")->add_option("ROUTER", options.router);
        app.add_subcommand("check")->add_option("FILE", options.config_file);
        app.add_subcommand("events")->add_option("--record", options.record_file);
        app.add_subcommand("diff");
        app.add_subcommand("version");
        for (const char* verb : not_yet) app.add_subcommand(verb)->prefix_command();
    }

    CLI::App app;
    Options options;
    bool shows_version = false;
    bool is_verbose = false;
    bool is_json = false;
    std::string color = "auto";
};

ColorChoice color_choice(std::string_view word) {
    if (word == "always") return ColorChoice::always;
    if (word == "never") return ColorChoice::never;
    return ColorChoice::automatic;
}

std::string stray_argument(const std::string& argument, std::string_view verb) {
    const std::string_view kind = argument.starts_with('-') ? "option" : "verb";
    if (kind == "verb" && !verb.empty())
        return fmt::format("unexpected argument '{}' of {}", printable(argument), verb);
    return fmt::format("unknown {} '{}'", kind, printable(argument));
}

std::expected<Options, Outcome> options_of(Parser& parser) {
    const std::vector<CLI::App*> verbs = parser.app.get_subcommands();
    const std::string verb = verbs.empty() ? "" : verbs.front()->get_name();
    if (std::ranges::find(not_yet, verb) != not_yet.end())
        return std::unexpected(
            outcome_of(Failure{ExitCode::usage, verb + " is not supported yet"}));
    std::vector<std::string> stray = parser.app.remaining(true);
    std::erase(stray, "--");  // CLI11 keeps the mark that it obeyed
    if (!stray.empty()) return usage_error(stray_argument(stray.front(), verb));
    if (parser.shows_version) return finished(fmt::format("tandemctl {}\n", base::version));

    Options options = std::move(parser.options);
    if (verb == "is-active") options.verb = Verb::is_active;
    if (verb == "check") options.verb = Verb::check;
    if (verb == "version") options.verb = Verb::version;
    if (verb == "events") options.verb = Verb::events;
    if (verb == "diff") options.verb = Verb::diff;
    if (parser.is_verbose) options.detail = Detail::everything;
    if (parser.is_json) options.format = Format::json;
    options.color = color_choice(parser.color);
    if (parser.is_verbose && options.verb != Verb::status)
        return usage_error("--verbose goes with status only");
    if (options.verb == Verb::events && !options.record_file)
        return usage_error("events without --record FILE is not supported yet");
    if (parser.is_json && options.verb == Verb::check) return usage_error("check has no --json");
    return options;
}

}  // namespace

std::expected<Options, Outcome> parse_options(const std::vector<std::string>& arguments) {
    Parser parser;
    std::vector<std::string> reversed{arguments.rbegin(), arguments.rend()};  // as CLI11 wants it
    try {
        parser.app.parse(reversed);
    } catch (const CLI::CallForHelp&) {
        return finished(std::string{help_text});
    } catch (const CLI::ParseError& error) {
        return usage_error(printable(error.what()));
    }
    return options_of(parser);
}

}  // namespace ctl
