#include "ctl/explain.hpp"

#include <nlohmann/json.hpp>

#include <CppUTest/TestHarness.h>

using namespace ctl;

namespace {

constexpr const char* backup =
    R"({"schema":1,"node":"gw2","time":"2026-03-05T11:40:02Z","routers":[)"
    R"({"name":"lan","family":"ipv4","unit":"lan","state":"backup","is_right":true,)"
    R"("verdict":"that is right","because":["192.0.2.2 is Active with priority 200",)"
    R"("its own priority is 100"],"changes":[{"event":"192.0.2.2 fails",)"
    R"("then":"takes over 3609 ms after its last advert"}],"margin":{"peer":"192.0.2.2",)"
    R"("worst_gap_ms":1003.5,"limit_ms":3609.375,"worst_lateness_ms":3.5,"most_missing":0,)"
    R"("interval_ms":1000.0,"least_interval_ms":10.0},)"
    R"("problems":["192.0.2.9 differs"]}]})";

std::string with(std::string_view part, std::string_view replacement) {
    std::string text = backup;
    text.replace(text.find(part), part.size(), replacement);
    return text;
}

Options options(Format format = Format::text) {
    Options made;
    made.verb = Verb::explain;
    made.format = format;
    return made;
}

Outcome shown(const Answer& answer, Style style = {}) {
    return show_explanation(options(), answer, style);
}

}  // namespace

TEST_GROUP(CtlExplain){};

TEST(CtlExplain, AsksForOneOrAll) {
    STRCMP_EQUAL(R"({"method":"explain"})", explain_request(Options{}).c_str());
    Options one = options();
    one.router = "lan";
    STRCMP_EQUAL(R"({"method":"explain","name":"lan"})", explain_request(one).c_str());
}

TEST(CtlExplain, SetsTheWordsOfTheDaemon) {
    const Outcome outcome = shown(std::string{backup}, Style{.utf8 = true});
    CHECK(outcome.code == ExitCode::ok);
    STRCMP_EQUAL(
        "lan (ipv4) is BACKUP on gw2: that is right.\n"
        "  1. 192.0.2.2 is Active with priority 200\n"
        "  2. its own priority is 100\n"
        "What would change this:\n"
        "  - 192.0.2.2 fails -> takes over 3609 ms after its last advert\n"
        "Margin:\n"
        "  adverts of 192.0.2.2: the longest gap lately was 1003.5ms of 3609.38ms (28%), the "
        "latest "
        "came 3.5ms late, none in a row were missing; this pair could sustain an interval of 10ms "
        "(it has 1000ms)\n"
        "PROBLEM: 192.0.2.9 differs\n",
        outcome.out.c_str());
}

TEST(CtlExplain, SaysThatNoIntervalIsSafe) {
    const std::string text = with(R"("least_interval_ms":10.0)", R"("least_interval_ms":null)");
    STRCMP_CONTAINS("so many are lost that no interval is safe", shown(text).out.c_str());
}

TEST(CtlExplain, LeavesOutWhatIsNotKnown) {
    const std::string text = with(R"("worst_gap_ms":1003.5)", R"("worst_gap_ms":null)");
    CHECK(shown(text).out.find("Margin") == std::string::npos);
}

TEST(CtlExplain, WhatIsNotRightStandsOut) {
    const std::string text = with(R"("is_right":true)", R"("is_right":false)");
    STRCMP_CONTAINS("\x1b[", shown(text, Style{.color = true}).out.c_str());
    CHECK(shown(std::string{backup}, Style{}).out.find('\x1b') == std::string::npos);
}

TEST(CtlExplain, NamesCannotCommandTheTerminal) {
    const std::string text = with("192.0.2.2 fails", R"(\u001b[2J fails)");
    CHECK(shown(text).out.find('\x1b') == std::string::npos);
}

TEST(CtlExplain, JsonIsTheAnswer) {
    const Outcome outcome = show_explanation(options(Format::json), std::string{backup}, {});
    STRCMP_EQUAL((std::string{backup} + "\n").c_str(), outcome.out.c_str());
}

TEST(CtlExplain, WhatIsNoAnswerIsAFailure) {
    CHECK(shown(std::string{"{}x"}).code == ExitCode::failed);
    CHECK(shown(fail(ExitCode::unreachable, "nobody is there")).code == ExitCode::unreachable);
    CHECK(shown(std::string{R"({"schema":1,"routers":[7,{"because":7,"changes":[1]}]})"}).code ==
          ExitCode::ok);
}
