#include "ctl/events.hpp"

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <deque>
#include <vector>

#include <CppUTest/TestHarness.h>

using namespace ctl;

namespace {

const Answer away = fail(ExitCode::unreachable, "nobody is there");

std::string event(int number, const char* time, const char* rest) {
    return R"({"number":)" + std::to_string(number) + R"(,"time":")" + time + R"(",)" + rest + "}";
}
Answer page(int last, const std::string& events, const char* complete = "true") {
    return R"({"schema":1,"node":"gw1","last":)" + std::to_string(last) + R"(,"complete":)" +
           complete + R"(,"events":[)" + events + "]}";
}
constexpr const char* transition =
    R"("event":"state-changed","level":"warning","message":"lan is fault","fields":)"
    R"({"router":"lan","family":"ipv4","vrid":"51","interface":"eth0","from":"active","to":"fault",)"
    R"("reason":"link-down","why":"interface eth0 is \u001b[2Jdown","loop_late_ms":"3"})";
constexpr const char* check =
    R"("event":"check-failed","level":"warning","message":"check uplink failed","fields":)"
    R"({"check":"uplink","why":"lost carrier"})";
constexpr const char* restored =
    R"("event":"object-removed","level":"warning","message":"address removed by somebody else",)"
    R"("fields":{"router":"lan","family":"ipv4","address":"192.0.2.1/24","repeated":"4"})";

// A daemon that gives these answers, then the last one for ever; interrupted after some waits.
struct Talker {
    std::deque<Answer> answers;
    int waits = 0;
    std::vector<std::string> requests{};
    std::string out{};
    std::string err{};
    EventTalk::Writing writing = EventTalk::Writing::done;

    Outcome show(const Options& options, const Style& style = {}) {
        const EventTalk talk{
            .ask =
                [&](const std::string& request) {
                    requests.push_back(request);
                    Answer answer = answers.front();
                    if (answers.size() > 1) answers.pop_front();
                    return answer;
                },
            .write =
                [&](const std::string& text) {
                    out += text;
                    return writing;
                },
            .complain = [&](const std::string& text) { err += text; },
            .wait =
                [&] { return waits-- > 0 ? EventTalk::Wait::over : EventTalk::Wait::interrupted; }};
        return show_events(options, style, *moment_in("2026-03-05T12:00:00.000000Z"), talk);
    }
};

}  // namespace

TEST_GROUP(CtlEvents) {
    void setup() override {
        ::setenv("TZ", "UTC", 1);
        ::tzset();
    }
    Options json_options = [] {
        Options options;
        options.format = Format::json;
        return options;
    }();
};

TEST(CtlEvents, ShowsWhatHasHappenedWithCauseAndEvidence) {
    Talker talker{{page(9, event(7, "2026-03-05T11:02:07.113042Z", check) + "," +
                               event(8, "2026-03-05T11:02:07.114000Z", transition) + "," +
                               event(9, "2026-03-05T11:02:08.000000Z", restored))}};
    const Outcome outcome = talker.show({});
    LONGS_EQUAL(ExitCode::ok, outcome.code);
    STRCMP_EQUAL(
        "2026-03-05 11:02:07.113  gw1  check    uplink        FAILED              lost carrier\n"
        "2026-03-05 11:02:07.114  gw1  router   lan/v4        ACTIVE->FAULT       link-down: "
        "interface eth0 is \\x1b[2Jdown\n"
        "2026-03-05 11:02:08.000  gw1  kernel   lan/v4        object-removed      address removed "
        "by somebody else; address 192.0.2.1/24; repeated 4\n",
        talker.out.c_str());
}

TEST(CtlEvents, TheTerminalDecidesOnColoursAndArrows) {
    const Answer answer = page(8, event(8, "2026-03-05T11:02:07.114000Z", transition));
    Talker plain{{answer}};
    (void)plain.show({});
    CHECK(plain.out.find('\x1b') == std::string::npos);
    Talker rich{{answer}};
    (void)rich.show({}, {.color = true, .utf8 = true});
    CHECK(rich.out.find("ACTIVE\u2192FAULT") != std::string::npos);
    CHECK(rich.out.find('\x1b') != std::string::npos);
}

TEST(CtlEvents, AsksUntilItHasAllAndPrintsOneJsonDocument) {
    Talker talker{{page(9, event(7, "2026-03-05T11:02:07.113042Z", check), "false"),
                   page(9, event(9, "2026-03-05T11:02:07.114000Z", transition))}};
    const Outcome outcome = talker.show(json_options);
    STRCMP_EQUAL(R"({"method":"events","after":0})", talker.requests[0].c_str());
    STRCMP_EQUAL(R"({"method":"events","after":7})", talker.requests[1].c_str());
    CHECK(outcome.out.starts_with(R"({"schema":1,"events":[{"number":7,)"));
    CHECK(outcome.out.find(R"("loop_late_ms":"3")") != std::string::npos);
    CHECK(outcome.out.find('\x1b') == std::string::npos);
    CHECK(outcome.out.ends_with("]}\n"));
}

TEST(CtlEvents, SinceLeavesOutWhatIsOlder) {
    Talker talker{{page(9, event(7, "2026-03-05T10:59:59.999999Z", check) + "," +
                               event(9, "2026-03-05T11:00:00.000000Z", transition))}};
    Options options;
    options.since = "1h";
    (void)talker.show(options);
    CHECK(talker.out.find("uplink") == std::string::npos);
    CHECK(talker.out.find("lan/v4") != std::string::npos);
    options.since = "yesterday";
    LONGS_EQUAL(ExitCode::usage, talker.show(options).code);
}

TEST(CtlEvents, FollowsOverARestartOfTheDaemonUntilInterrupted) {
    Talker talker{{page(7, event(7, "2026-03-05T11:02:07.113042Z", check)), page(7, ""), away, away,
                   page(1008, event(1008, "2026-03-05T11:02:09.000000Z", transition)),
                   page(1008, "")}};
    talker.waits = 6;
    Options options;
    options.follows = true;
    const Outcome outcome = talker.show(options);
    LONGS_EQUAL(ExitCode::ok, outcome.code);
    LONGS_EQUAL(2, std::count(talker.out.begin(), talker.out.end(), '\n'));
    STRCMP_EQUAL("tandemctl: nobody is there; waiting for it\n", talker.err.c_str());
    STRCMP_EQUAL(R"({"method":"events","after":1008})", talker.requests.back().c_str());
}

TEST(CtlEvents, FollowedAsJsonEachEventIsALine) {
    Talker talker{{page(7, event(7, "2026-03-05T11:02:07.113042Z", check)),
                   page(8, event(8, "2026-03-05T11:02:08.113042Z", check))}};
    talker.waits = 1;
    Options options = json_options;
    options.follows = true;
    (void)talker.show(options);
    LONGS_EQUAL(2, std::count(talker.out.begin(), talker.out.end(), '\n'));
    CHECK(talker.out.starts_with(R"({"number":7,)"));
}

// Its file was lost: it counts from 1 again.
TEST(CtlEvents, ADaemonThatCountsAnewIsReadFromItsBeginning) {
    Talker talker{{page(70, event(70, "2026-03-05T11:02:07.113042Z", check)), page(1, ""),
                   page(1, event(1, "2026-03-05T11:02:09.000000Z", transition)), page(1, "")}};
    talker.waits = 1;
    Options options;
    options.follows = true;
    (void)talker.show(options);
    CHECK(talker.out.find("lan/v4") != std::string::npos);
}

TEST(CtlEvents, WhatIsNoAnswerIsAnError) {
    LONGS_EQUAL(ExitCode::unreachable, Talker{{away}}.show({}).code);
    LONGS_EQUAL(ExitCode::failed, Talker{{Answer{R"({"schema":1})"}}}.show({}).code);
    Talker closed{{page(7, event(7, "2026-03-05T11:02:07.113042Z", check))}};
    closed.writing = EventTalk::Writing::failed;
    LONGS_EQUAL(ExitCode::failed, closed.show({}).code);
}

TEST(CtlEvents, AnEventOfAKindThatIsNotKnownIsShown) {
    Talker talker{{page(7, event(7, "nonsense", R"("event":"new-kind","message":"something")"))}};
    (void)talker.show({});
    CHECK(talker.out.find("new-kind") != std::string::npos);
    CHECK(talker.out.find("something") != std::string::npos);
}

TEST_GROUP(CtlMoment) {
    Moment now = *moment_in("2026-03-05T12:00:00.000000Z");
    void setup() override {
        ::setenv("TZ", "CET-1", 1);
        ::tzset();
    }
    void teardown() override {
        ::setenv("TZ", "UTC", 1);
        ::tzset();
    }
    void check(const char* since, const char* expected) {
        const auto moment = since_in(since, now);
        CHECK_TEXT(moment.has_value(), since);
        CHECK_TEXT(moment == moment_in(expected), since);
    }
};

TEST(CtlMoment, SinceIsASpanOrALocalTimeOrOneOfUtc) {
    check("90s", "2026-03-05T11:58:30Z");
    check("30m", "2026-03-05T11:30:00Z");
    check("1h", "2026-03-05T11:00:00Z");
    check("2d", "2026-03-03T12:00:00Z");
    check("2026-03-05", "2026-03-04T23:00:00Z");
    check("2026-03-05 11:40", "2026-03-05T10:40:00Z");
    check("2026-03-05T11:40:02", "2026-03-05T10:40:02Z");
    check("2026-03-05T11:40:02Z", "2026-03-05T11:40:02Z");
    check("11:40", "2026-03-05T10:40:00Z");
}

TEST(CtlMoment, WhatIsNoTimeIsNone) {
    for (const char* text :
         {"", "h", "1", "-1h", "1w", "25:00", "2026-13-01", "12:00Z", "1h later"})
        CHECK_TEXT(!since_in(text, now), text);
    for (const char* text :
         {"", "Z", "2026-03-05", "2026-03-05T11:40:02", "2026-03-05T11:40:02.xZ"})
        CHECK_TEXT(!moment_in(text), text);
}

TEST(CtlMoment, IsShownInTheTimeZoneOfTheReader) {
    STRCMP_EQUAL("2026-03-05 12:02:07.113",
                 local_text(*moment_in("2026-03-05T11:02:07.113942Z")).c_str());
}
