#include "ctl/reload.hpp"

#include <deque>
#include <vector>

#include <CppUTest/TestHarness.h>

using namespace ctl;

namespace {

// A daemon that gives these answers, the last one for ever.
struct Daemon {
    std::deque<Answer> answers;
    std::vector<std::string> requests{};
    int waits = 0;

    Talk talk() {
        return {[this](const std::string& request) {
                    requests.push_back(request);
                    Answer answer = answers.front();
                    if (answers.size() > 1) answers.pop_front();
                    return answer;
                },
                [this] { ++waits; }};
    }
};

const Answer begun = R"({"schema":1,"ticket":7})";
const Answer waiting = R"({"schema":1,"state":"waiting","text":"","changes":[],"settled":true})";
const Answer done =
    R"({"schema":1,"state":"done","text":"","changes":["lan: adds address 192.0.2.9/24; no failover"],)"
    R"("hash":"feedbeef","settled":true})";
const Answer at_work =
    R"({"schema":1,"state":"done","text":"","changes":[],"hash":"feedbeef","settled":false})";
const Answer away = fail(ExitCode::unreachable, "nobody is there");

}  // namespace

TEST_GROUP(CtlReload){};

TEST(CtlReload, WaitsUntilItIsOverAndSaysWhatChanged) {
    Daemon daemon{{begun, waiting, waiting, done}};
    const Outcome outcome = reload({}, daemon.talk());
    LONGS_EQUAL(ExitCode::ok, outcome.code);
    STRCMP_EQUAL(
        "configuration feedbeef is in force\n"
        "  lan: adds address 192.0.2.9/24; no failover\n",
        outcome.out.c_str());
    LONGS_EQUAL(2, daemon.waits);
    STRCMP_EQUAL(R"({"method":"reload-result","ticket":7})", daemon.requests[1].c_str());
}

TEST(CtlReload, TellsWhatIsWrongLineByLine) {
    Daemon daemon{
        {begun, Answer{R"({"schema":1,"state":"failed","text":"a:1:2: error: x\n  y\u001b[2J"})"}}};
    const Outcome outcome = reload({}, daemon.talk());
    LONGS_EQUAL(ExitCode::failed, outcome.code);
    STRCMP_EQUAL(
        "a:1:2: error: x\n  y\\x1b[2J\n"
        "tandemctl: refused; the configuration in force stays\n",
        outcome.err.c_str());
}

TEST(CtlReload, WithWaitItIsOverWhenTheKernelHasIt) {
    Options options;
    Daemon impatient{{begun, at_work}};
    LONGS_EQUAL(ExitCode::ok, reload(options, impatient.talk()).code);
    LONGS_EQUAL(0, impatient.waits);
    options.waits = true;
    Daemon patient{{begun, at_work, at_work, done}};
    LONGS_EQUAL(ExitCode::ok, reload(options, patient.talk()).code);
    LONGS_EQUAL(2, patient.waits);
}

TEST(CtlReload, ADaemonThatGoesOnInAnotherProgramIsAwayForAMoment) {
    Daemon daemon{{begun, waiting, away, away, done}};
    LONGS_EQUAL(ExitCode::ok, reload({}, daemon.talk()).code);
    Daemon gone{{begun, waiting, away}};
    LONGS_EQUAL(ExitCode::unreachable, reload({}, gone.talk()).code);
}

TEST(CtlReload, EndsEvenWhenNothingComesOfIt) {
    Daemon daemon{{begun, waiting}};
    LONGS_EQUAL(ExitCode::failed, reload({}, daemon.talk()).code);
}

TEST(CtlReload, SaysHowToKeepATrial) {
    Options options;
    options.confirm_within = "60s";
    Daemon daemon{{begun, done}};
    STRCMP_CONTAINS("`tandemctl confirm` within 60s keeps it",
                    reload(options, daemon.talk()).out.c_str());
    STRCMP_EQUAL(R"({"method":"reload","confirm":"60s"})", daemon.requests[0].c_str());
}

TEST(CtlReload, APreviewAsksWithTheWholePath) {
    Options options;
    options.config_file = "/tmp/x/../new.conf";
    Daemon daemon{{begun, done}};
    STRCMP_CONTAINS("adds address", preview(options, daemon.talk()).out.c_str());
    STRCMP_EQUAL(R"({"method":"preview","file":"/tmp/new.conf"})", daemon.requests[0].c_str());
}

TEST(CtlReload, ConfirmAndRollbackSayWhatIsInForce) {
    const Answer answer = R"({"schema":1,"hash":"feedbeef"})";
    STRCMP_EQUAL("configuration feedbeef is confirmed\n", confirm({}, answer).out.c_str());
    STRCMP_CONTAINS("configuration feedbeef is in force again", roll_back({}, answer).out.c_str());
    LONGS_EQUAL(ExitCode::failed,
                roll_back({}, Answer{R"({"schema":1,"error":"there is none"})"}).code);
    LONGS_EQUAL(ExitCode::not_permitted,
                confirm({}, Answer{R"({"schema":1,"error":"not permitted: only root"})"}).code);
}
