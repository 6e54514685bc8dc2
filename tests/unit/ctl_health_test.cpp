// The verdict of `tandemctl health`, and its three forms.
#include "ctl/health.hpp"

#include <nlohmann/json.hpp>

#include <CppUTest/TestHarness.h>

#include "ctl_sample.hpp"

using namespace ctl;
using ctl_sample::healthy;
using ctl_sample::with;

namespace {

constexpr Style plain{.color = false, .utf8 = true, .width = 0};

enum class Expect { anything, preferred };

Options plugin(Expect expect = Expect::anything) {
    Options options;
    options.verb = Verb::health;
    options.is_plugin = true;
    if (expect == Expect::preferred) options.expectation = "preferred";
    return options;
}

void check_line(const Options& options, const Answer& answer, int code, const std::string& line) {
    const Outcome outcome = show_health(options, answer, plain);
    STRCMP_EQUAL((line + "\n").c_str(), outcome.out.c_str());
    STRCMP_EQUAL("", outcome.err.c_str());
    LONGS_EQUAL(code, static_cast<int>(outcome.code));
}

void check_begins(const Options& options, const Answer& answer, int code,
                  const std::string& start) {
    const Outcome outcome = show_health(options, answer, plain);
    STRCMP_EQUAL(start.c_str(), outcome.out.substr(0, start.size()).c_str());
    LONGS_EQUAL(code, static_cast<int>(outcome.code));
}

// "lan" is preferred here or not, and so is "transit", as JSON.
std::string preferring(const char* lan, const char* transit) {
    const std::string text =
        with(healthy, R"("blockers":[])", R"("blockers" : [],"preferred":)" + std::string{lan});
    return with(text, R"("blockers":[])", R"("blockers":[],"preferred":)" + std::string{transit});
}

const std::string measured =
    " | active=1;;;0 fault=0;;1 backup=1;;;0 waiting=0;;;0 init=0;;;0 resigning=0;;;0 "
    "drained=0;;;0 near_failovers=U";

}  // namespace

TEST_GROUP(CtlHealth){};

TEST(CtlHealth, AHealthyNodeIsOneLineWithMeasurements) {
    check_line(plugin(), healthy, 0,
               "TANDEM OK - 1 active, 0 fault, 1 backup, peer 192.0.2.3" + measured);
}

TEST(CtlHealth, NearFailoversAreASumOrUnknown) {
    std::string text = with(healthy, R"("restored":3,)", R"("restored":3,"near_failovers":4,)");
    check_begins(plugin(), text, 0, "TANDEM OK");
    CHECK(show_health(plugin(), text, plain).out.ends_with(" near_failovers=U\n"));
    text = with(text, R"("restored":0,)", R"("restored":0,"near_failovers":3,)");
    CHECK(show_health(plugin(), text, plain).out.ends_with(" near_failovers=7c\n"));
}

TEST(CtlHealth, APeerThatFellSilentIsUnknown) {
    check_begins(plugin(), with(healthy, R"("last_seen_ms":40.2)", R"("last_seen_ms":3300)"), 0,
                 "TANDEM OK - 1 active, 0 fault, 1 backup, peer unknown |");
}

TEST(CtlHealth, AFaultIsCriticalAndSaidOnce) {
    std::string text = with(healthy, R"("state":"active")", R"("state":"fault")");
    text = with(text, R"("blockers":[])", R"("blockers":["no carrier on eth1"])");
    text = with(text, R"("health":"ok","problems":[])",
                R"("health":"degraded","problems":["lan (ipv4): fault: no carrier on eth1"])");
    check_begins(plugin(), text, 2,
                 "TANDEM CRITICAL - lan (ipv4) is FAULT: no carrier on eth1; "
                 "0 active, 1 fault, 1 backup, peer 192.0.2.3 | active=0;;;0 fault=1;;1 ");
}

TEST(CtlHealth, WaitingAndDrainedAreWarnings) {
    check_begins(plugin(), with(healthy, R"("state":"active")", R"("state":"waiting")"), 1,
                 "TANDEM WARNING - lan (ipv4) is WAITING: ");
    check_begins(plugin(), with(healthy, R"("state":"active")", R"("state":"drained")"), 1,
                 "TANDEM WARNING - lan (ipv4) is DRAINED: ");
}

TEST(CtlHealth, AnAddressThatCannotBeHeldIsCritical) {
    check_begins(plugin(),
                 with(healthy, R"("failed":[])",
                      R"("failed":[{"address":"192.0.2.1/24","error":"add it: Invalid"}])"),
                 2, "TANDEM CRITICAL - lan (ipv4): add it: Invalid; 1 active");
}

TEST(CtlHealth, TwoActiveRoutersAreCriticalAndOtherConditionsAreNot) {
    const auto conditions = [](const std::string& kind) {
        return with(with(healthy, R"("blockers":[])",
                         R"("blockers":[],"conditions":[{"kind":")" + kind +
                             R"(","text":"192.0.2.3 too"}])"),
                    R"("health":"ok","problems":[])",
                    R"("health":"degraded","problems":["lan (ipv4): 192.0.2.3 too"])");
    };
    check_begins(plugin(), conditions("another-active"), 2,
                 "TANDEM CRITICAL - lan (ipv4): 192.0.2.3 too; 1 active");
    check_begins(plugin(), conditions("interval-differs"), 1,
                 "TANDEM WARNING - lan (ipv4): 192.0.2.3 too; 1 active");
}

TEST(CtlHealth, ProblemsOfTheNodeAreWarnings) {
    check_begins(plugin(),
                 with(healthy, R"("health":"ok","problems":[])",
                      R"("health":"degraded","problems":["the runner has died","a | b"])"),
                 1, "TANDEM WARNING - the runner has died; a / b; 1 active");
    check_begins(plugin(), with(healthy, R"("health":"ok")", R"("health":"degraded")"), 1,
                 "TANDEM WARNING - tandemd is degraded and does not say why; ");
}

TEST(CtlHealth, WhatIsNotKnownIsNeverFine) {
    check_begins(plugin(), with(healthy, R"("health":"ok",)", ""), 3,
                 "TANDEM UNKNOWN - tandemd does not tell its health; 1 active");
    check_begins(plugin(), with(healthy, R"("state":"active")", R"("state":"dancing")"), 3,
                 "TANDEM UNKNOWN - the state of lan (ipv4) is not known; 0 active");
    check_begins(plugin(), with(healthy, R"("wanted":["192.0.2.1/24","192.0.2.9/24"],)", ""), 3,
                 "TANDEM UNKNOWN - whether lan (ipv4) has its addresses is not known; 1 active");
}

TEST(CtlHealth, WhatIsKnownToBeWrongComesBeforeWhatIsNotKnown) {
    check_begins(plugin(),
                 with(with(healthy, R"("state":"active")", R"("state":"dancing")"),
                      R"("state":"backup")", R"("state":"drained")"),
                 1, "TANDEM WARNING - transit (ipv4) is DRAINED: ");
}

TEST(CtlHealth, WithoutAnAnswerItIsUnknown) {
    check_line(plugin(), fail(ExitCode::unreachable, "cannot reach | tandemd"), 3,
               "TANDEM UNKNOWN - cannot reach / tandemd");
    check_line(plugin(), fail(ExitCode::not_permitted, "not permitted"), 3,
               "TANDEM UNKNOWN - not permitted");
    check_begins(plugin(), std::string{"{}"}, 3, "TANDEM UNKNOWN - the answer of tandemd");
    Options elsewhere = plugin();
    elsewhere.router = "dmz";
    check_begins(elsewhere, healthy, 3, "TANDEM UNKNOWN - there is no router 'dmz'");
}

TEST(CtlHealth, WithoutRoutersItWarns) {
    const auto start = healthy.find(R"("routers":[)");
    check_begins(plugin(), healthy.substr(0, start) + R"("routers":[]})", 1,
                 "TANDEM WARNING - no router is configured; 0 active, 0 fault, peer unknown |");
}

TEST(CtlHealth, ExpectPreferredWarnsAfterASwapOnBothSides) {
    const Options expecting = plugin(Expect::preferred);
    check_begins(expecting, preferring("true", "false"), 0, "TANDEM OK - 1 active");
    check_begins(expecting, preferring("false", "false"), 1,
                 "TANDEM WARNING - lan (ipv4) is ACTIVE here, and another one is the preferred "
                 "node; 1 active");
    check_begins(expecting, preferring("true", "true"), 1,
                 "TANDEM WARNING - transit (ipv4) is BACKUP here, and this is the preferred "
                 "node; 1 active");
    check_begins(plugin(), preferring("true", "true"), 0, "TANDEM OK");
}

TEST(CtlHealth, WhoIsPreferredMayBeUnknown) {
    const Options expecting = plugin(Expect::preferred);
    check_begins(expecting, preferring("null", "false"), 3,
                 "TANDEM UNKNOWN - which node is preferred for lan (ipv4) is not known; 1 active");
    check_begins(expecting, healthy, 3, "TANDEM UNKNOWN - which node is preferred for lan (ipv4)");
}

TEST(CtlHealth, OneRouterIsJudgedWithoutTheOthers) {
    Options transit = plugin();
    transit.router = "transit";
    std::string text = with(healthy, R"("state":"active")", R"("state":"fault")");
    text = with(text, R"("health":"ok","problems":[])",
                R"("health":"degraded","problems":["lan (ipv4): fault: no carrier on eth1"])");
    check_begins(transit, text, 0, "TANDEM OK - 0 active, 0 fault, 1 backup, peer unknown |");
}

TEST(CtlHealth, PeopleReadALineEach) {
    Options options = plugin();
    options.is_plugin = false;
    Outcome outcome = show_health(options, healthy, plain);
    STRCMP_EQUAL(
        "OK\n"
        "  routers      1 active, 0 fault, 1 backup\n"
        "  peer         192.0.2.3\n"
        "  near misses  unknown (near failovers)\n",
        outcome.out.c_str());
    outcome =
        show_health(options, with(healthy, R"("state":"active")", R"("state":"dancing")"), plain);
    CHECK(outcome.out.starts_with(
        "UNKNOWN\n  unknown      the state of lan (ipv4) is not known\n  routers "));
    outcome = show_health(options, fail(ExitCode::unreachable, "nobody is there"), plain);
    STRCMP_EQUAL("UNKNOWN\n", outcome.out.c_str());
    STRCMP_EQUAL("tandemctl: nobody is there\n", outcome.err.c_str());
    LONGS_EQUAL(3, static_cast<int>(outcome.code));
}

TEST(CtlHealth, JsonCarriesTheSame) {
    Options options = plugin();
    options.format = Format::json;
    const auto json = nlohmann::json::parse(
        show_health(options, with(healthy, R"("state":"active")", R"("state":"drained")"), plain)
            .out);
    CHECK(json["schema"] == 1);
    CHECK(json["severity"] == "warning");
    CHECK(json["reasons"][0]["severity"] == "warning");
    CHECK(json["states"]["drained"] == 1);
    CHECK(json["states"]["fault"] == 0);
    CHECK(json["peers"] == nlohmann::json({"192.0.2.3"}));
    CHECK(json["near_failovers"].is_null());
    const Outcome silent = show_health(options, fail(ExitCode::unreachable, "nobody"), plain);
    CHECK(nlohmann::json::parse(silent.out)["severity"] == "unknown");
    LONGS_EQUAL(3, static_cast<int>(silent.code));
}
