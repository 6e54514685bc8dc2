#include "ctl/verbs.hpp"

#include <nlohmann/json.hpp>

#include <CppUTest/TestHarness.h>

#include "base/version.hpp"
#include "ctl/status.hpp"
#include "ctl_sample.hpp"

using namespace ctl;
using ctl_sample::degraded;
using ctl_sample::healthy;
using ctl_sample::with;

namespace {

constexpr Style wide{.color = false, .utf8 = true, .width = 0};

Options asking(std::optional<std::string> router) {
    Options options;
    options.router = std::move(router);
    return options;
}

Options asking_json(std::optional<std::string> router) {
    Options options = asking(std::move(router));
    options.format = Format::json;
    return options;
}

Options asking_everything(std::optional<std::string> router) {
    Options options = asking(std::move(router));
    options.detail = Detail::everything;
    return options;
}

const Answer unreachable = fail(ExitCode::unreachable, "nobody is there");
const Answer forbidden = fail(ExitCode::not_permitted, "not permitted");

void check_is_active(const Options& options, const Answer& answer, ExitCode code,
                     const char* word) {
    const Outcome outcome = show_is_active(options, answer);
    LONGS_EQUAL(code, outcome.code);
    STRCMP_EQUAL(word, outcome.out.c_str());
}

}  // namespace

TEST_GROUP(CtlVerbs){};

TEST(CtlVerbs, StatusShowsTheOverviewAndEndsWellEvenWhenTheNodeIsIll) {
    const Outcome outcome = show_status(asking({}), degraded(), wide);
    LONGS_EQUAL(ExitCode::ok, outcome.code);
    CHECK(outcome.out.starts_with("r1  ● DEGRADED"));
    STRCMP_EQUAL("", outcome.err.c_str());
}

TEST(CtlVerbs, StatusOfARouterShowsOnlyIt) {
    const Outcome outcome = show_status(asking("transit"), healthy, wide);
    CHECK(outcome.out.find("\ntransit ") != std::string::npos);
    CHECK(outcome.out.find("\nlan ") == std::string::npos);
}

TEST(CtlVerbs, StatusOfARouterSaysThatTheProblemIsElsewhere) {
    const std::string node_only = show_status(asking("transit"), degraded(), wide).out;
    CHECK(node_only.starts_with("r1  ● DEGRADED   1 problem, 1 problem of other routers   config"));
    const std::string line = with(degraded(), R"(,"clock jumped by 3 s")", "");
    const std::string text = show_status(asking("transit"), line, wide).out;
    CHECK(text.starts_with("r1  ● DEGRADED   1 problem of other routers   config"));
}

TEST(CtlVerbs, StatusOfAnUnknownRouterFails) {
    for (const Options& options : {asking("wan"), asking_json("wan"), asking_everything("wan")}) {
        const Outcome outcome = show_status(options, healthy, wide);
        LONGS_EQUAL(ExitCode::failed, outcome.code);
        STRCMP_EQUAL("", outcome.out.c_str());
        STRCMP_EQUAL("tandemctl: there is no router 'wan'; the routers are: lan, transit\n",
                     outcome.err.c_str());
    }
}

TEST(CtlVerbs, EverythingIsTheNodeAndAPageASession) {
    const std::string text = show_status(asking_everything({}), healthy, wide).out;
    CHECK(text.starts_with("r1  ● healthy"));
    CHECK(text.find("log messages dropped 0\n\nlan   ") != std::string::npos);
    CHECK(text.find("addresses restored 3\n\ntransit   ") != std::string::npos);
    CHECK(!text.ends_with("\n\n"));
}

TEST(CtlVerbs, EverythingOfARouterIsItsPageAlone) {
    const std::string text = show_status(asking_everything("transit"), healthy, wide).out;
    CHECK(text.starts_with("transit   "));
    CHECK(text.find("lan  ") == std::string::npos);
}

TEST(CtlVerbs, JsonIsTheLineOfTheDaemon) {
    STRCMP_EQUAL((healthy + "\n").c_str(), show_status(asking_json({}), healthy, wide).out.c_str());
}

TEST(CtlVerbs, JsonOfARouterIsOneLineOfTheSameShape) {
    const std::string text = show_status(asking_json("lan"), healthy, wide).out;
    LONGS_EQUAL(text.size() - 1, text.find('\n'));
    const Json parsed = Json::parse(text);
    LONGS_EQUAL(1, parsed["routers"].size());
    CHECK(parsed["routers"][0] == Json::parse(healthy)["routers"][0]);
}

TEST(CtlVerbs, AnAsciiTerminalGetsAsciiOnly) {
    const Style ascii{.color = false, .utf8 = false, .width = 0};
    const std::string text =
        show_status(asking({}), with(healthy, R"("node":"r1")", R"("node":"Büro")"), ascii).out;
    CHECK(text.starts_with("B?ro  * healthy"));
}

TEST(CtlVerbs, WithoutAnAnswerStatusEndsAsTheFailureSays) {
    Outcome outcome = show_status(asking({}), unreachable, wide);
    LONGS_EQUAL(3, static_cast<int>(outcome.code));
    STRCMP_EQUAL("tandemctl: nobody is there\n", outcome.err.c_str());
    outcome = show_status(asking({}), forbidden, wide);
    LONGS_EQUAL(4, static_cast<int>(outcome.code));
    outcome = show_status(asking({}), "garbage", wide);
    LONGS_EQUAL(1, static_cast<int>(outcome.code));
    STRCMP_EQUAL("", outcome.out.c_str());
}

TEST(CtlVerbs, AnyBrokenAnswerIsShownOrRefusedWithoutHarm) {
    const Json sample = Json::parse(degraded());
    const Json flat = sample.flatten();
    for (const char* odd :
         {"null", "-1", "18446744073709551615", "1e300", "\"\\u001b[2J\"", "[{}]"})
        for (const auto& [pointer, value] : flat.items()) {
            Json changed = sample;
            changed[Json::json_pointer(pointer)] = Json::parse(odd);
            for (const Options& options : {asking({}), asking_everything({}), asking_json("lan")}) {
                const Outcome outcome = show_status(options, changed.dump(), wide);
                CHECK(outcome.code == ExitCode::ok || !outcome.err.empty());
                CHECK(outcome.out.find('\x1b') == std::string::npos);
            }
        }
}

TEST(CtlVerbs, ATruncatedAnswerIsNeverShown) {
    for (std::size_t size = 0; size < healthy.size(); ++size)
        LONGS_EQUAL(ExitCode::failed, show_status(asking({}), healthy.substr(0, size), wide).code);
}

TEST(CtlVerbs, IsActivePrintsTheStateAndAnswersByItsCode) {
    check_is_active(asking("lan"), healthy, ExitCode::ok, "active\n");
    check_is_active(asking("transit"), healthy, ExitCode::failed, "backup\n");
    check_is_active(asking({}), healthy, ExitCode::failed, "backup\n");
    check_is_active(asking("lan"), degraded(), ExitCode::failed, "waiting\n");
}

TEST(CtlVerbs, IsActiveNeedsEverySessionOfTheRouter) {
    const std::string both = with(healthy, R"("name":"transit")", R"("name":"lan")");
    check_is_active(asking("lan"), both, ExitCode::failed, "backup\n");
    check_is_active(asking("lan"), with(both, R"("state":"backup")", R"("state":"active")"),
                    ExitCode::ok, "active\n");
}

TEST(CtlVerbs, IsActiveIsUnknownWithoutAUsefulAnswer) {
    check_is_active(asking("lan"), unreachable, ExitCode::unreachable, "unknown\n");
    check_is_active(asking("lan"), forbidden, ExitCode::unreachable, "unknown\n");
    check_is_active(asking("lan"), "garbage", ExitCode::unreachable, "unknown\n");
    check_is_active(asking("wan"), healthy, ExitCode::unreachable, "unknown\n");
    check_is_active(asking("lan"), with(healthy, R"("state":"active")", R"("state":7)"),
                    ExitCode::unreachable, "unknown\n");
    STRCMP_EQUAL("tandemctl: nobody is there\n",
                 show_is_active(asking({}), unreachable).err.c_str());
}

TEST(CtlVerbs, ANodeWithoutRoutersIsNotActive) {
    check_is_active(asking({}), R"({"schema":1,"routers":[]})", ExitCode::failed, "none\n");
}

TEST(CtlVerbs, IsActiveAsJsonNamesTheSessions) {
    check_is_active(asking_json("lan"), healthy, ExitCode::ok,
                    R"({"schema":1,"active":true,"state":"active","routers":[{"name":"lan",)"
                    R"("family":"ipv4","state":"active"}]})"
                    "\n");
    check_is_active(asking_json("lan"), unreachable, ExitCode::unreachable,
                    "{\"schema\":1,\"active\":false,\"state\":\"unknown\",\"routers\":[]}\n");
}

TEST(CtlVerbs, VersionNamesBothProgramsOrWhyItCannot) {
    const std::string ours = "tandemctl " + std::string{base::version} + "\n";
    const std::string line = with(healthy, R"("version":"0.1.0")", R"("version":"9.8.7")");
    STRCMP_EQUAL((ours + "tandemd   9.8.7\n").c_str(), show_version(asking({}), line).out.c_str());
    const Outcome alone = show_version(asking({}), unreachable);
    LONGS_EQUAL(ExitCode::ok, alone.code);
    STRCMP_EQUAL((ours + "tandemd   not known: nobody is there\n").c_str(), alone.out.c_str());
}

TEST(CtlVerbs, VersionAsJsonHasNullForADaemonThatIsAway) {
    const std::string start = R"({"schema":1,"tandemctl":")" + std::string{base::version} + "\",";
    STRCMP_EQUAL((start + "\"tandemd\":\"0.1.0\"}\n").c_str(),
                 show_version(asking_json({}), healthy).out.c_str());
    STRCMP_EQUAL((start + "\"tandemd\":null}\n").c_str(),
                 show_version(asking_json({}), unreachable).out.c_str());
}

TEST(CtlVerbs, HooksAreRunAgainForOneOrForAll) {
    STRCMP_EQUAL(R"({"method":"hooks-rerun"})", rerun_request(asking({})).c_str());
    STRCMP_EQUAL(R"({"method":"hooks-rerun","name":"lan"})", rerun_request(asking("lan")).c_str());
    const Outcome one = show_rerun(asking({}), R"({"schema":1,"hooks":1})");
    LONGS_EQUAL(ExitCode::ok, one.code);
    STRCMP_EQUAL("1 hook is run again\n", one.out.c_str());
    STRCMP_EQUAL("2 hooks are run again\n",
                 show_rerun(asking({}), R"({"schema":1,"hooks":2})").out.c_str());
}

TEST(CtlVerbs, WhoMayNotRunHooksIsToldSoByTheExitCode) {
    LONGS_EQUAL(ExitCode::not_permitted,
                show_rerun(asking({}), R"({"schema":1,"error":"not permitted: only root"})").code);
    LONGS_EQUAL(ExitCode::failed,
                show_rerun(asking({}), R"({"schema":1,"error":"lan has no hook"})").code);
    LONGS_EQUAL(ExitCode::failed, show_rerun(asking({}), R"({"schema":1})").code);
}
