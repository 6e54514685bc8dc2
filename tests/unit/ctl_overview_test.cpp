#include "ctl/overview.hpp"

#include <nlohmann/json.hpp>

#include <CppUTest/TestHarness.h>

#include "ctl_sample.hpp"

using namespace ctl;
using ctl_sample::degraded;
using ctl_sample::healthy;
using ctl_sample::with;

namespace {

constexpr Style wide{.color = false, .utf8 = true, .width = 0};

std::string shown(const std::string& line, const Style& style) {
    const auto answer = parse_answer(line);
    if (!answer) return answer.error().text;
    const auto status = read_status(*answer);
    return status ? overview(*status, style) : status.error().text;
}

}  // namespace

TEST_GROUP(CtlOverview){};

TEST(CtlOverview, AHealthyNodeIsAHeadlineATableAndNoWarning) {
    STRCMP_EQUAL(
        R"(r1  ● healthy   config 7c1e04a2   up 00:17:22

ROUTER   IFACE      VRID  FAM  STATE   PRIO          ADDRESSES        PEER              SINCE
lan      eth1         10  v4   ACTIVE  200           192.0.2.1/24 +1  192.0.2.3 100     3d 02h
transit  bond0.120   111  v4   BACKUP  80 (200-120)  198.51.100.1/24  198.51.100.3 250  00:04:12

warnings  none
)",
        shown(healthy, wide).c_str());
}

TEST(CtlOverview, WhatIsNotAsWantedIsToldOnceUnderTheTable) {
    STRCMP_EQUAL(
        R"(r1  ● DEGRADED   2 problems   config 7c1e04a2   up 00:17:22

ROUTER   IFACE      VRID  FAM  STATE    PRIO          ADDRESSES           PEER              SINCE
lan      eth1         10  v4   WAITING  200           192.0.2.1/24 +1     192.0.2.3 100     3d 02h
transit  bond0.120   111  v4   ACTIVE   80 (200-120)  198.51.100.1/24 +1  198.51.100.3 250  00:04:12

lan v4 is WAITING
  blocked      interface eth1 does not exist

transit v4 is ACTIVE
  failed       add 198.51.100.1/24 to bond0.120: No such device
  missing      198.51.100.7/24 (wanted, not installed)
  left over    198.51.100.99/24 (installed, not wanted)
  last change  198.51.100.3 has priority 250

problems  clock jumped by 3 s
warnings  tandemd has no real-time priority: a busy machine can delay its adverts
)",
        shown(degraded(), wide).c_str());
}

TEST(CtlOverview, FieldsThatAreMissingAreDashes) {
    STRCMP_EQUAL(
        R"(-  ● UNKNOWN   config -   up -

ROUTER  IFACE  VRID  FAM  STATE  PRIO  ADDRESSES  PEER  SINCE
-       -         -  -    -      -     -          -     -
-       -         -  -    -      -     -          - -   -

warnings  none
)",
        shown(R"({"schema":1,"routers":[{},{"peers":[{}]}]})", wide).c_str());
}

TEST(CtlOverview, ANodeWithoutRoutersSaysSo) {
    STRCMP_EQUAL(
        R"(r1  ● healthy   config -   up 0.5s

no router is configured

warnings  none
)",
        shown(R"({"schema":1,"node":"r1","health":"ok","uptime_seconds":0.5,"routers":[]})", wide)
            .c_str());
}

TEST(CtlOverview, AHandOverThatHoldsARouterBackIsAWarningWithItsCure) {
    const std::string line =
        with(healthy, R"("routers":[)",
             R"("units":[{"name":"lan","handed_over":{"since":"2026-03-05T11:40:02.1Z",)"
             R"("to":"192.0.2.3"}}],"routers":[)");
    STRCMP_CONTAINS(
        "warnings  lan has handed over to 192.0.2.3 and does not preempt until it has "
        "been Active again; tandemctl undrain lan ends that\n",
        shown(line, wide).c_str());
}

TEST(CtlOverview, AProblemOfASessionWithoutDetailIsListed) {
    const std::string line =
        with(with(healthy, R"("health":"ok","problems":[])",
                  R"("health":"degraded","problems":["lan (ipv4): two active routers"])"),
             R"("log_dropped":0)", R"("log_dropped":1200)");
    const std::string text = shown(line, wide);
    CHECK(text.starts_with("r1  ● DEGRADED   1 problem   config 7c1e04a2   up 00:17:22\n"));
    CHECK(
        text.ends_with("\n\nproblems  lan (ipv4): two active routers\n"
                       "warnings  1 200 log messages were dropped\n"));
}

TEST(CtlOverview, ADrainIsNoTroubleAndTheFirstLineSaysSo) {
    std::string line =
        with(healthy, R"("health":"ok","problems":[])",
             R"("health":"degraded","problems":["lan (ipv4): drained since 2026-03-05T11:30:00Z; )"
             R"(ended by: tandemctl undrain lan"])");
    line = with(line, R"("state":"active")", R"("state":"drained")");
    line = with(
        line, R"("blockers":[])",
        R"("blockers":["drained since 2026-03-05T11:30:00Z; ended by: tandemctl undrain lan"])");
    STRCMP_CONTAINS("r1  ● drained   config", shown(line, wide).c_str());
    STRCMP_CONTAINS("ended by: tandemctl undrain lan\n", shown(line, wide).c_str());
    const std::string with_more = with(line, R"("problems":[)", R"("problems":["lan (ipv4): x",)");
    STRCMP_CONTAINS("r1  ● DEGRADED   2 problems", shown(with_more, wide).c_str());
    const std::string active = with(line, R"("state":"drained")", R"("state":"active")");
    STRCMP_CONTAINS("r1  ● DEGRADED   1 problem ", shown(active, wide).c_str());
}

TEST(CtlOverview, APeerThatHasGivenUpHasNoPriority) {
    const std::string line = with(healthy, R"("priority":100)", R"("priority":0)");
    STRCMP_CONTAINS("  192.0.2.3 gave up  ", shown(line, wide).c_str());
}

TEST(CtlOverview, AFaultWithoutABlockerTellsItsLastChange) {
    const std::string text =
        shown(with(healthy, R"("state":"active")", R"("state":"fault")"), wide);
    CHECK(text.find("\nlan v4 is FAULT\n"
                    "  last change  no advert from 192.0.2.3 (priority 200) for 3612 ms\n") !=
          std::string::npos);
}

TEST(CtlOverview, AddressesThatTheDaemonDoesNotTellAreNotMissing) {
    const std::string line =
        with(healthy, R"("installed":["192.0.2.1/24","192.0.2.9/24"])", R"("installed":null)");
    CHECK(shown(line, wide).find("missing") == std::string::npos);
}

TEST(CtlOverview, ARaisedPriorityShowsItsSign) {
    const std::string line = with(healthy, R"("effective":200)", R"("effective":250)");
    CHECK(shown(line, wide).find("250 (200+50)") != std::string::npos);
}

TEST(CtlOverview, AsciiTerminalsGetAStar) {
    const Style ascii{.color = false, .utf8 = false, .width = 0};
    CHECK(shown(healthy, ascii).starts_with("r1  * healthy   config"));
}

TEST(CtlOverview, ColoursMarkTheDotAndTheStateWords) {
    const Style coloured{.color = true, .utf8 = true, .width = 0};
    const std::string fine = shown(healthy, coloured);
    CHECK(fine.starts_with("r1  \x1b[32m● \x1b[0mhealthy   config"));
    CHECK(fine.find("v4   \x1b[32mACTIVE\x1b[0m  200") != std::string::npos);
    CHECK(fine.find("v4   BACKUP  80") != std::string::npos);
    const std::string ill = shown(degraded(), coloured);
    CHECK(ill.starts_with("r1  \x1b[1;31m● DEGRADED\x1b[0m   2 problems"));
    CHECK(ill.find("\x1b[33mWAITING\x1b[0m  200") != std::string::npos);
}

TEST(CtlOverview, EightyColumnsKeepAllButTheFactsOfTheConfiguration) {
    const Style eighty{.color = false, .utf8 = true, .width = 80};
    STRCMP_EQUAL(
        R"(r1  ● healthy   config 7c1e04a2   up 00:17:22

ROUTER   FAM  STATE   PRIO          ADDRESSES        PEER              SINCE
lan      v4   ACTIVE  200           192.0.2.1/24 +1  192.0.2.3 100     3d 02h
transit  v4   BACKUP  80 (200-120)  198.51.100.1/24  198.51.100.3 250  00:04:12

warnings  none
)",
        shown(healthy, eighty).c_str());
}

TEST(CtlOverview, ThirtyColumnsStillTellWhoIsActiveAndWrapTheRest) {
    const Style thirty{.color = false, .utf8 = true, .width = 36};
    STRCMP_EQUAL(
        R"(r1  ● DEGRADED   2 problems   config 7c1e04a2   up 00:17:22

ROUTER   FAM  STATE    SINCE
lan      v4   WAITING  3d 02h
transit  v4   ACTIVE   00:04:12

lan v4 is WAITING
  blocked      interface eth1 does
               not exist

transit v4 is ACTIVE
  failed       add 198.51.100.1/24
               to bond0.120: No such
               device
  missing      198.51.100.7/24
               (wanted, not
               installed)
  left over    198.51.100.99/24
               (installed, not
               wanted)
  last change  198.51.100.3 has
               priority 250

problems  clock jumped by 3 s
warnings  tandemd has no real-time
          priority: a busy machine
          can delay its adverts
)",
        shown(degraded(), thirty).c_str());
}

TEST(CtlOverview, NoLineEndsWithABlank) {
    for (const std::size_t width : {0U, 20U, 40U, 60U, 80U, 100U, 200U})
        for (const std::string& line : {healthy, degraded()}) {
            const std::string text = shown(line, {.color = false, .utf8 = true, .width = width});
            CHECK(text.find(" \n") == std::string::npos);
        }
}

TEST(CtlOverview, AnIpv6SessionIsToldApart) {
    const std::string line = with(with(degraded(), R"("family":"ipv4")", R"("family":"ipv6")"),
                                  "lan (ipv4): waiting", "lan (ipv6): waiting");
    const std::string text = shown(line, wide);
    CHECK(text.find("\nlan v6 is WAITING\n") != std::string::npos);
    CHECK(text.find("problems  clock jumped") != std::string::npos);
}

TEST(CtlOverview, ChecksThatPassAreANumberAndTheOthersAreNamed) {
    const std::string line =
        with(healthy, R"("routers":[)",
             R"("checks":[{"name":"web","type":"http","state":"failed","text":"answered 500",)"
             R"("since_seconds":7,"on_fail":{"penalty":60}},)"
             R"({"name":"disk","type":"exec","state":"awaited","on_fail":"fault"},)"
             R"({"name":"a","type":"tcp","state":"passed","on_fail":"fault"},)"
             R"({"name":"b","type":"tcp","state":"passed","on_fail":"warn"}],"routers":[)");
    const std::string text = shown(line, wide);
    STRCMP_CONTAINS(R"(
CHECK  TYPE  STATE    SINCE  ON FAIL  WHY
web    http  FAILED   7.0s   -60      answered 500
disk   exec  AWAITED  -      fault    -

checks    2 passed
)",
                    text.c_str());
}
