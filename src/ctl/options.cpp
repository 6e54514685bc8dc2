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
  explain [NAME]       why a router is in its state, and what would change it
  is-active [ROUTER]   is the router, or every router, Active here?
  health [ROUTER]      one verdict for monitoring
      --nagios           as a line of a Nagios plugin
      --expect preferred warn unless what is preferred here, and only that, is Active
  doctor               what is wrong with this router and its pair, with the cure
      --other FILE       and with the other node: its `tandemctl status --json`
      --listen SECONDS   to the adverts on the wire; 0 does not
  watch                a live screen; q quits
  drain [NAME]         hand over, and stay out of the election until undrain
      --for TIME       end it by itself after this time: 30m, 2h
      --reason TEXT    to be shown with it
      --force          also when no other router takes over
  undrain [NAME]       take part in the election again
  handover [NAME]      hand over to another router, and be Backup
  diff                 what should be in the kernel against what is
  diff FILE            what a reload with this file would change
  reload               put the changed configuration in force; an error changes nothing
      --wait             until it is in the kernel, too
      --confirm TIME     take it back unless `confirm` comes within TIME
      --exec             go on in the program that is on the disk now
  confirm, rollback    keep what was reloaded, or go back to what was before
  hooks rerun [NAME]   run the hooks of a router or group once more
  check [FILE]         check a configuration file with tandemd --check
  events               what has happened, and why; kept over restarts
      -f, --follow       and what happens from now on
      --since TIME       not before: 1h, 2d, 11:40, "2026-03-05 11:40"
      --record FILE      save the flight record: the last 10,000 protocol events
  metrics              what Prometheus is told, in its text format
      --file FILE        into this file, for node_exporter's textfile collector
  completion SHELL     completions for bash, zsh or fish
  version              versions of tandemctl and of the running tandemd

Options:
  -v, --verbose        status: everything there is to know
      --json           one line of JSON instead of text (not for check, metrics)
      --color WHEN     auto (default), always or never
      --run-dir DIR    run-time directory of tandemd (default: /run/tandem)
  -h, --help           this text
      --version        the version of tandemctl

Exit codes:
  0  ok                         3  tandemd does not answer
  1  the operation failed       4  not permitted
  2  wrong usage
  is-active: 0 active, 1 not active, 3 not known
  health: 0 ok, 1 warning, 2 critical, 3 unknown
  diff: 0 nothing differs, 1 something does
  doctor: 0 no problem, 1 a problem

See tandemctl(8).
)";

// Named, so that a user of a later manual learns that it is the version and not the spelling.
constexpr std::array not_yet{"import"};

// The values that an option or an argument of this name can have, where there are no others.
std::vector<std::string> choices_of(const std::string& value) {
    if (value == "WHEN") return {"auto", "always", "never"};
    if (value == "ROLE") return {"preferred"};
    if (value == "SHELL") return {"bash", "zsh", "fish", "names"};
    return {};
}

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
            ->check(CLI::IsMember(choices_of("WHEN")));
        app.add_subcommand("status")->add_option("ROUTER", options.router);
        app.add_subcommand("explain")->add_option("NAME", options.router);
        app.add_subcommand("is-active")->add_option("ROUTER", options.router);
        CLI::App* health = app.add_subcommand("health");
        health->add_option("ROUTER", options.router);
        health->add_flag("--nagios", options.is_plugin);
        health->add_option("--expect", options.expectation)
            ->type_name("ROLE")
            ->take_last()
            ->check(CLI::IsMember(choices_of("ROLE")));
        add_doctor();
        app.add_subcommand("watch");
        app.add_subcommand("completion")
            ->add_option("SHELL", options.shell)
            ->required()
            ->check(CLI::IsMember(choices_of("SHELL")));
        app.add_subcommand("check")->add_option("FILE", options.config_file);
        app.add_subcommand("metrics")
            ->add_option("--file", options.metrics_file)
            ->type_name("FILE")
            ->take_last();
        CLI::App* events = app.add_subcommand("events");
        events->add_option("--record", options.record_file)->type_name("FILE");
        events->add_option("--since", options.since)->type_name("TIME")->take_last();
        events->add_flag("-f,--follow", options.follows);
        app.add_subcommand("diff")->add_option("FILE", options.config_file);
        CLI::App* reload = app.add_subcommand("reload");
        reload->add_flag("--wait", options.waits);
        reload->add_flag("--exec", options.executes);
        reload->add_option("--confirm", options.confirm_within)->type_name("TIME");
        app.add_subcommand("confirm");
        app.add_subcommand("rollback");
        CLI::App* drain = app.add_subcommand("drain");
        drain->add_option("NAME", options.router);
        drain->add_option("--for", options.span)->type_name("TIME")->take_last();
        drain->add_option("--reason", options.reason)->take_last();
        drain->add_flag("--force", is_forced);
        for (const char* verb : {"undrain", "handover"})
            app.add_subcommand(verb)->add_option("NAME", options.router);
        CLI::App* hooks = app.add_subcommand("hooks");
        hooks->require_subcommand(1);
        hooks->add_subcommand("rerun")->add_option("NAME", options.router);
        app.add_subcommand("version");
        for (const char* verb : not_yet) app.add_subcommand(verb)->prefix_command();
    }

    void add_doctor() {
        CLI::App* doctor = app.add_subcommand("doctor");
        doctor->add_option("--other", options.other_file)->type_name("FILE")->take_last();
        doctor->add_option("--listen", options.listen_seconds)
            ->type_name("SECONDS")
            ->take_last()
            ->check(CLI::Range(0.0, 3600.0).description("SECONDS"));
    }

    CLI::App app;
    Options options;
    bool shows_version = false;
    bool is_verbose = false;
    bool is_json = false;
    bool is_forced = false;
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
    if (verb == "explain") options.verb = Verb::explain;
    if (verb == "is-active") options.verb = Verb::is_active;
    if (verb == "health") options.verb = Verb::health;
    if (verb == "doctor") options.verb = Verb::doctor;
    if (verb == "watch") options.verb = Verb::watch;
    if (verb == "completion") options.verb = Verb::completion;
    if (verb == "check") options.verb = Verb::check;
    if (verb == "version") options.verb = Verb::version;
    if (verb == "events") options.verb = Verb::events;
    if (verb == "metrics") options.verb = Verb::metrics;
    if (verb == "diff") options.verb = Verb::diff;
    if (verb == "reload") options.verb = Verb::reload;
    if (verb == "confirm") options.verb = Verb::confirm;
    if (verb == "rollback") options.verb = Verb::rollback;
    if (verb == "hooks") options.verb = Verb::rerun_hooks;
    if (verb == "drain") options.verb = Verb::drain;
    if (verb == "undrain") options.verb = Verb::undrain;
    if (verb == "handover") options.verb = Verb::handover;
    if (parser.is_forced) options.force = Force::yes;
    if (parser.is_verbose) options.detail = Detail::everything;
    if (parser.is_json) options.format = Format::json;
    options.color = color_choice(parser.color);
    if (parser.is_verbose && options.verb != Verb::status)
        return usage_error("--verbose goes with status only");
    if (options.record_file && (options.follows || options.since))
        return usage_error("--record saves another kind of events; it goes with nothing else");
    if (parser.is_json && options.verb == Verb::check) return usage_error("check has no --json");
    if (parser.is_json && (options.verb == Verb::watch || options.verb == Verb::completion ||
                           options.verb == Verb::metrics))
        return usage_error(verb + " has no --json");
    return options;
}

// For monitoring, 2 would be a verdict on the routers: who asks in a wrong way learns nothing.
std::expected<Options, Outcome> for_its_verb(std::expected<Options, Outcome> parsed,
                                             const Parser& parser) {
    if (!parsed && parsed.error().code == ExitCode::usage && parser.app.got_subcommand("health"))
        parsed.error().code = ExitCode::unreachable;
    return parsed;
}

OptionShape shape_of(const CLI::Option& option) {
    OptionShape shape;
    for (const std::string& name : option.get_snames()) shape.spellings.push_back("-" + name);
    for (const std::string& name : option.get_lnames()) shape.spellings.push_back("--" + name);
    const std::string type = option.get_type_name();  // with the choices after a colon
    if (shape.spellings.empty())
        shape.value = option.get_name(true);
    else if (option.get_expected_max() > 0)
        shape.value = type.substr(0, type.find(':'));
    shape.choices = choices_of(shape.value);
    std::erase(shape.choices, "names");  // for the scripts, not for people
    return shape;
}

VerbShape shape_of(const CLI::App& app) {
    VerbShape shape{.name = app.get_name(), .options = {}, .arguments = {}, .verbs = {}};
    for (const CLI::Option* option : app.get_options()) {
        if (option->get_positional())
            shape.arguments.push_back(shape_of(*option));
        else if (app.get_parent() == nullptr || option != app.get_help_ptr())
            shape.options.push_back(shape_of(*option));
    }
    for (const CLI::App* verb : app.get_subcommands([](const CLI::App*) { return true; }))
        if (std::ranges::find(not_yet, verb->get_name()) == not_yet.end())
            shape.verbs.push_back(shape_of(*verb));
    return shape;
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
        return for_its_verb(usage_error(printable(error.what())), parser);
    }
    return for_its_verb(options_of(parser), parser);
}

VerbShape shape_of_options() {
    const Parser parser;
    return shape_of(parser.app);
}

}  // namespace ctl
