// The screen of `tandemctl watch`, at several sizes.
#include "ctl/watch_screen.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include <CppUTest/TestHarness.h>

#include "ctl/status.hpp"
#include "ctl_sample.hpp"

using namespace ctl;
using ctl_sample::healthy;
using ctl_sample::with;

namespace {

Status status_in(const std::string& text) {
    const auto json = parse_answer(text);
    CHECK(json.has_value());
    const auto status = read_status(*json);
    CHECK(status.has_value());
    return *status;
}

Style plain(std::size_t width) { return {.color = false, .utf8 = true, .width = width}; }

std::vector<std::string> drawn(const std::string& text, std::size_t width, std::size_t rows = 24) {
    return watch_lines({.now = status_in(text), .before = {}}, plain(width), rows);
}

std::string joined_lines(const std::vector<std::string>& lines) {
    std::string out;
    for (const std::string& line : lines) out += line + "\n";
    return out;
}

// "transit" has seen a gap; both count.
const std::string gaps =
    with(with(with(healthy, R"("last_seen_ms":32000.0,)",
                   R"("last_seen_ms":320.4,"margin":{"worst_gap_ms":2700.0,"limit_ms":3218.75},)"),
              R"("restored":3,)", R"("restored":3,"near_failovers":0,)"),
         R"("restored":0,)", R"("restored":0,"near_failovers":2,)");

std::string many_routers(int count) {
    std::string routers;
    for (int i = 0; i < count; ++i)
        routers += std::string{i == 0 ? "" : ","} + R"({"name":"r)" + std::to_string(i) +
                   R"(","family":"ipv4","state":")" + (i == count - 1 ? "fault" : "active") +
                   R"(","since_seconds":)" + std::to_string(100 + i) + "}";
    return R"({"schema":1,"node":"r1","health":"ok","problems":[],"routers":[)" + routers + "]}";
}

}  // namespace

TEST_GROUP(CtlWatchScreen){};

TEST(CtlWatchScreen, ShowsEachRouterOnALine) {
    STRCMP_EQUAL(
        "r1  ● healthy   config 7c1e04a2   up 00:17:22   2026-03-05 11:40:02                "
        "                       q quits\n"
        "\n"
        "ROUTER   V4      V6  PRIO  LAST ADVERT      WORST GAP / LIMIT    NEAR  DISCARD/s  PEER\n"
        "lan      ACTIVE  -   200   tx every 1000ms  -                       0          -  "
        "192.0.2.3 100\n"
        "transit  BACKUP  -   80    rx 320ms ago     [########..]  83% !     2          -  "
        "198.51.100.3 250\n"
        "\n"
        "latest    transit v4 BACKUP for 00:04:12: 198.51.100.3 has priority 250\n",
        joined_lines(drawn(gaps, 113)).c_str());
}

TEST(CtlWatchScreen, BothFamiliesOfARouterShareALine) {
    const std::string both = with(with(healthy, R"("name":"transit")", R"("name":"lan")"),
                                  R"("vrid":111,"family":"ipv4")", R"("vrid":10,"family":"ipv6")");
    const auto lines = drawn(both, 0);
    CHECK(lines[3].starts_with("lan     ACTIVE  BACKUP  200/80  tx every 1000ms  "));
    STRCMP_EQUAL("", lines[4].c_str());
}

TEST(CtlWatchScreen, NarrowTerminalsLoseColumnsAndAreCutNotWrapped) {
    for (const std::size_t width : {1U, 7U, 20U, 40U, 60U, 79U, 80U, 200U}) {
        const auto lines = drawn(gaps, width);
        LONGS_EQUAL(7, lines.size());
        for (const std::string& line : lines) CHECK(display_width(line) <= width);
    }
    const auto narrow = drawn(gaps, 60);
    CHECK(narrow[2].find("WORST GAP / LIMIT") != std::string::npos);
    CHECK(narrow[2].find("DISCARD/s") == std::string::npos);
    STRCMP_EQUAL("lan      ACTIVE  -", drawn(gaps, 20)[3].c_str());
    STRCMP_EQUAL("latest    transit v4", drawn(gaps, 20)[6].c_str());
}

TEST(CtlWatchScreen, ColourEndsWhereALineIsCut) {
    const auto lines = watch_lines({.now = status_in(gaps), .before = {}},
                                   {.color = true, .utf8 = true, .width = 12}, 24);
    CHECK(lines[3].find("\x1b[32mACT\x1b[0m") != std::string::npos);
    for (const std::string& line : lines) CHECK(display_width(line) <= 12);
}

TEST(CtlWatchScreen, WithoutUtf8ItIsAscii) {
    const auto lines = watch_lines({.now = status_in(gaps), .before = {}},
                                   {.color = false, .utf8 = false, .width = 80}, 24);
    CHECK(lines[0].starts_with("r1  * healthy"));
    for (const std::string& line : lines)
        CHECK(std::ranges::all_of(line, [](char c) { return c >= ' ' && c <= '~'; }));
}

TEST(CtlWatchScreen, TheGaugeFillsAndMarksWhatIsNear) {
    const auto gauge = [](const char* worst) {
        const auto lines = drawn(with(gaps, "2700.0", worst), 0);
        const auto at = lines[4].find('[');
        return lines[4].substr(at, lines[4].find('%') + 3 - at);
    };
    STRCMP_EQUAL("[..........]   0%  ", gauge("0").c_str());
    STRCMP_EQUAL("[###.......]  31%  ", gauge("1000").c_str());
    STRCMP_EQUAL("[#######...]  74%  ", gauge("2400").c_str());
    STRCMP_EQUAL("[#######...]  75% !", gauge("2415").c_str());
    STRCMP_EQUAL("[##########] 100% !", gauge("3218.75").c_str());
    STRCMP_EQUAL("[##########] 999% !", gauge("1e300").c_str());
    CHECK(drawn(with(gaps, "2700.0", "-1"), 0)[4].find('[') == std::string::npos);
    CHECK(drawn(with(gaps, R"("limit_ms":3218.75)", R"("limit_ms":0)"), 0)[4].find('[') ==
          std::string::npos);
}

TEST(CtlWatchScreen, DiscardsAreCountedASecond) {
    const std::string later = with(gaps, R"("checksum-errors":2)", R"("checksum-errors":5)");
    Watched watched{.now = status_in(later), .before = status_in(gaps), .seconds_between = 0.5};
    const auto rate = [&] {
        const auto lines = watch_lines(watched, plain(0), 24);
        const auto at = lines[2].find("DISCARD/s");
        return lines[3].substr(at, 9);
    };
    STRCMP_EQUAL("      6.0", rate().c_str());
    std::swap(watched.now, watched.before);  // the daemon was started anew
    STRCMP_EQUAL("        -", rate().c_str());
    watched.before = watched.now;
    STRCMP_EQUAL("        0", rate().c_str());
    watched.before = status_in(many_routers(1));
    STRCMP_EQUAL("        -", rate().c_str());
}

TEST(CtlWatchScreen, ChecksThatFailComeFirst) {
    const std::string text =
        with(healthy, R"("routers":[)",
             R"("checks":[{"name":"proxy","state":"passed","duration_ms":0.4},)"
             R"({"name":"gateway","state":"failed","text":"no answer"}],"routers":[)");
    const auto lines = drawn(text, 0);
    STRCMP_EQUAL("checks    gateway FAILED (no answer)  proxy ok 0.4ms", lines[6].c_str());
}

TEST(CtlWatchScreen, ProblemsStandUnderTheTable) {
    const auto lines = drawn(ctl_sample::degraded(), 0);
    STRCMP_EQUAL("problems  lan (ipv4): waiting: interface eth1 does not exist", lines[6].c_str());
    STRCMP_EQUAL("          clock jumped by 3 s", lines[7].c_str());
}

TEST(CtlWatchScreen, ALowTerminalSaysHowManyRoutersItHasNoRoomFor) {
    for (const std::size_t rows : {1U, 2U, 3U, 4U, 5U, 8U, 24U, 60U}) {
        const auto lines = drawn(many_routers(40), 80, rows);
        CHECK(lines.size() <= rows);
    }
    const auto lines = drawn(many_routers(40), 80, 12);
    LONGS_EQUAL(12, lines.size());
    CHECK(lines[8].starts_with("r5 "));
    STRCMP_EQUAL("and 34 more, 1 of them neither ACTIVE nor BACKUP", lines[9].c_str());
    CHECK(lines[11].starts_with("latest    r0 v4 ACTIVE"));
    LONGS_EQUAL(45, drawn(many_routers(40), 80, 60).size());
}

TEST(CtlWatchScreen, ManyProblemsLeaveRoomForRouters) {
    std::string problems = R"("a")";
    for (int i = 0; i < 50; ++i) problems += R"(,"b")";
    const auto lines = drawn(
        with(many_routers(40), R"("problems":[])", R"("problems":[)" + problems + "]"), 80, 24);
    LONGS_EQUAL(24, lines.size());
    CHECK(lines[14].starts_with("r11 "));
    CHECK(lines[17].starts_with("problems  a"));
}

TEST(CtlWatchScreen, WithoutAnAnswerNothingOldIsShown) {
    const Watched silent{.now = {},
                         .before = status_in(healthy),
                         .trouble = "cannot reach tandemd: nobody listens on /run/x",
                         .silent_seconds = 12.3};
    const auto lines = watch_lines(silent, plain(60), 24);
    STRCMP_EQUAL(
        "no answer from tandemd for 12.3s; trying again        q quits\n"
        "\n"
        "cannot reach tandemd: nobody listens on /run/x\n",
        joined_lines(watch_lines(silent, plain(61), 24)).c_str());
    for (const std::string& line : lines) CHECK(line.find("lan") == std::string::npos);
    LONGS_EQUAL(1, watch_lines(silent, plain(10), 1).size());
}

TEST(CtlWatchScreen, WithoutRoutersItSaysSo) {
    const auto lines =
        drawn(R"({"schema":1,"node":"r1","health":"ok","problems":[],"routers":[]})", 80);
    STRCMP_EQUAL("no router is configured", lines[2].c_str());
}

TEST(CtlWatchScreen, NothingThatATerminalObeysComesThrough) {
    const auto lines = drawn(with(healthy, R"("health":"ok","problems":[])",
                                  R"("health":"degraded","problems":["a\u001b[2Jb"])"),
                             0);
    for (const std::string& line : lines) CHECK(line.find('\x1b') == std::string::npos);
}
