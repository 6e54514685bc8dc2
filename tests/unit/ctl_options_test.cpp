#include "ctl/options.hpp"

#include <algorithm>

#include <CppUTest/TestHarness.h>

#include "base/version.hpp"

using namespace ctl;

namespace {

Options parsed(const std::vector<std::string>& arguments) {
    const auto options = parse_options(arguments);
    if (!options) FAIL(options.error().err.c_str());
    return options ? *options : Options{};
}

Outcome refused(const std::vector<std::string>& arguments) {
    const auto options = parse_options(arguments);
    if (options) FAIL("the arguments were accepted");
    return options ? Outcome{} : options.error();
}

void check_usage_error(const std::vector<std::string>& arguments, const std::string& text) {
    const Outcome outcome = refused(arguments);
    LONGS_EQUAL(ExitCode::usage, outcome.code);
    STRCMP_EQUAL("", outcome.out.c_str());
    STRCMP_EQUAL(("tandemctl: " + text + "; see tandemctl --help\n").c_str(), outcome.err.c_str());
}

}  // namespace

TEST_GROUP(CtlOptions){};

TEST(CtlOptions, StatusIsTheVerbWhenThereIsNone) {
    const Options options = parsed({});
    CHECK(options.verb == Verb::status);
    CHECK(options.format == Format::text);
    CHECK(options.detail == Detail::overview);
    CHECK(options.color == ColorChoice::automatic);
    STRCMP_EQUAL("/run/tandem", options.run_dir.c_str());
    CHECK(!options.router);
}

TEST(CtlOptions, VerbsAreKnownWithTheirArgument) {
    CHECK(parsed({"status"}).verb == Verb::status);
    STRCMP_EQUAL("lan", parsed({"status", "lan"}).router->c_str());
    CHECK(parsed({"is-active"}).verb == Verb::is_active);
    STRCMP_EQUAL("lan", parsed({"is-active", "lan"}).router->c_str());
    CHECK(parsed({"check"}).verb == Verb::check);
    STRCMP_EQUAL("a.conf", parsed({"check", "a.conf"}).config_file->c_str());
    CHECK(parsed({"version"}).verb == Verb::version);
}

TEST(CtlOptions, ADrainTakesATimeAReasonAndForce) {
    const Options options =
        parsed({"drain", "lan", "--for", "30m", "--reason", "new kernel", "--force"});
    CHECK(options.verb == Verb::drain);
    STRCMP_EQUAL("lan", options.router->c_str());
    STRCMP_EQUAL("30m", options.span->c_str());
    STRCMP_EQUAL("new kernel", options.reason->c_str());
    CHECK(options.force == Force::yes);
    CHECK(parsed({"drain"}).force == Force::no);
    CHECK(parsed({"undrain", "lan"}).verb == Verb::undrain);
    CHECK(parsed({"handover"}).verb == Verb::handover);
    LONGS_EQUAL(ExitCode::usage, refused({"handover", "--force"}).code);
    LONGS_EQUAL(ExitCode::usage, refused({"undrain", "--for", "30m"}).code);
}

TEST(CtlOptions, OptionsStandBeforeOrAfterTheVerb) {
    for (const auto& arguments : {std::vector<std::string>{"--run-dir", "/d", "--json", "-v",
                                                           "--color", "never", "status", "x"},
                                  std::vector<std::string>{"status", "-v", "x", "--json",
                                                           "--color=never", "--run-dir=/d"}}) {
        const Options options = parsed(arguments);
        STRCMP_EQUAL("/d", options.run_dir.c_str());
        STRCMP_EQUAL("x", options.router->c_str());
        CHECK(options.format == Format::json && options.detail == Detail::everything);
        CHECK(options.color == ColorChoice::never);
    }
    CHECK(parsed({"--verbose"}).detail == Detail::everything);
}

TEST(CtlOptions, TheLastOfRepeatedOptionsCounts) {
    const Options options =
        parsed({"--run-dir", "/a", "--color", "never", "--run-dir", "/b", "--color", "always"});
    STRCMP_EQUAL("/b", options.run_dir.c_str());
    CHECK(options.color == ColorChoice::always);
}

TEST(CtlOptions, ARouterMayBeCalledLikeAVerbOrAnOption) {
    STRCMP_EQUAL("status", parsed({"status", "status"}).router->c_str());
    STRCMP_EQUAL("drain", parsed({"is-active", "drain"}).router->c_str());
    STRCMP_EQUAL("-x", parsed({"status", "--", "-x"}).router->c_str());
}

TEST(CtlOptions, VerbsOfTheFutureSayThatTheyAre) {
    for (const char* verb : {"import"}) {
        const Outcome outcome = refused({verb, "--for", "30m", "word"});
        LONGS_EQUAL(ExitCode::usage, outcome.code);
        STRCMP_EQUAL(("tandemctl: " + std::string{verb} + " is not supported yet\n").c_str(),
                     outcome.err.c_str());
    }
}

TEST(CtlOptions, HealthMayBeALineForNagiosAndExpectARole) {
    const Options options = parsed({"health", "lan", "--nagios", "--expect", "preferred"});
    CHECK(options.verb == Verb::health && options.is_plugin);
    STRCMP_EQUAL("lan", options.router->c_str());
    STRCMP_EQUAL("preferred", options.expectation->c_str());
    CHECK(!parsed({"health"}).is_plugin && !parsed({"health"}).expectation);
}

TEST(CtlOptions, WrongUsageOfHealthIsNoVerdict) {
    LONGS_EQUAL(3, static_cast<int>(refused({"health", "--expect", "backup"}).code));
    LONGS_EQUAL(3, static_cast<int>(refused({"health", "--nagois"}).code));
    LONGS_EQUAL(3, static_cast<int>(refused({"health", "a", "b"}).code));
    LONGS_EQUAL(0, static_cast<int>(refused({"health", "--help"}).code));
}

TEST(CtlOptions, WatchAndCompletionHaveNoJson) {
    CHECK(parsed({"watch"}).verb == Verb::watch);
    CHECK(parsed({"completion", "zsh"}).verb == Verb::completion);
    STRCMP_EQUAL("zsh", parsed({"completion", "zsh"}).shell.c_str());
    check_usage_error({"watch", "--json"}, "watch has no --json");
    check_usage_error({"completion", "bash", "--json"}, "completion has no --json");
    LONGS_EQUAL(ExitCode::usage, refused({"completion"}).code);
    LONGS_EQUAL(ExitCode::usage, refused({"completion", "csh"}).code);
}

TEST(CtlOptions, TheShapeHasVerbsOptionsAndTheirValues) {
    const VerbShape all = shape_of_options();
    const auto verb = [&](const std::string& name) {
        const auto found = std::ranges::find(all.verbs, name, &VerbShape::name);
        CHECK_TEXT(found != all.verbs.end(), name.c_str());
        return found == all.verbs.end() ? VerbShape{} : *found;
    };
    const auto option = [](const VerbShape& of, const std::string& spelling) {
        for (const OptionShape& each : of.options)
            if (std::ranges::find(each.spellings, spelling) != each.spellings.end()) return each;
        FAIL(spelling.c_str());
        return OptionShape{};
    };
    STRCMP_EQUAL("", all.name.c_str());
    CHECK((option(all, "--verbose").spellings == std::vector<std::string>{"-v", "--verbose"}));
    STRCMP_EQUAL("", option(all, "--json").value.c_str());
    STRCMP_EQUAL("DIR", option(all, "--run-dir").value.c_str());
    LONGS_EQUAL(3, option(all, "--color").choices.size());
    LONGS_EQUAL(1, verb("status").arguments.size());
    STRCMP_EQUAL("ROUTER", verb("status").arguments.front().value.c_str());
    LONGS_EQUAL(0, verb("status").options.size());
    STRCMP_EQUAL("", option(verb("drain"), "--force").value.c_str());
    CHECK(!option(verb("drain"), "--for").value.empty());
    STRCMP_EQUAL("rerun", verb("hooks").verbs.at(0).name.c_str());
    STRCMP_EQUAL("NAME", verb("hooks").verbs.at(0).arguments.at(0).value.c_str());
    CHECK(std::ranges::find(all.verbs, "import", &VerbShape::name) == all.verbs.end());
}

TEST(CtlOptions, WrongUsageIsOneLineWithAWayOut) {
    check_usage_error({"stauts"}, "unknown verb 'stauts'");
    check_usage_error({""}, "unknown verb ''");
    check_usage_error({"a\x1b[31m"}, "unknown verb 'a\\x1b[31m'");
    check_usage_error({"--jsn"}, "unknown option '--jsn'");
    check_usage_error({"status", "-x"}, "unknown option '-x'");
    check_usage_error({"status", "a", "b"}, "unexpected argument 'b' of status");
    check_usage_error({"version", "a"}, "unexpected argument 'a' of version");
    check_usage_error({"--color", "red"}, "--color: red not in {auto,always,never}");
    check_usage_error({"is-active", "-v"}, "--verbose goes with status only");
    check_usage_error({"check", "--json"}, "check has no --json");
    check_usage_error({"metrics", "--json"}, "metrics has no --json");
    check_usage_error({"metrics", "lan"}, "unexpected argument 'lan' of metrics");
    check_usage_error({"events", "-f", "--record", "x"},
                      "--record saves another kind of events; it goes with nothing else");
    LONGS_EQUAL(ExitCode::usage, refused({"--run-dir"}).code);
    LONGS_EQUAL(ExitCode::usage, refused({"--json=maybe"}).code);
}

TEST(CtlOptions, MetricsGoToAFileWhenItIsNamed) {
    CHECK(parsed({"metrics"}).verb == Verb::metrics);
    CHECK_FALSE(parsed({"metrics"}).metrics_file.has_value());
    STRCMP_EQUAL("/x.prom", parsed({"metrics", "--file", "/x.prom"}).metrics_file->c_str());
}

TEST(CtlOptions, EventsNamesTheFileOfTheRecord) {
    const Options options = parsed({"events", "--record", "/tmp/flight.json"});
    CHECK(options.verb == Verb::events);
    STRCMP_EQUAL("/tmp/flight.json", options.record_file->c_str());
}

TEST(CtlOptions, HelpListsTheVerbsAndTheExitCodes) {
    for (const auto& arguments :
         {std::vector<std::string>{"--help"}, std::vector<std::string>{"-h"},
          std::vector<std::string>{"status", "--help"}}) {
        const Outcome outcome = refused(arguments);
        LONGS_EQUAL(ExitCode::ok, outcome.code);
        STRCMP_EQUAL("", outcome.err.c_str());
        for (const char* part :
             {"\n  status [ROUTER] ", "\n  is-active [ROUTER] ", "\n  check [FILE] ",
              "\n  version ", "3  tandemd does not answer", "--run-dir DIR"})
            CHECK_TEXT(outcome.out.find(part) != std::string::npos, part);
    }
}

TEST(CtlOptions, VersionOptionNamesOurVersion) {
    STRCMP_EQUAL(("tandemctl " + std::string{base::version} + "\n").c_str(),
                 refused({"--version"}).out.c_str());
}
