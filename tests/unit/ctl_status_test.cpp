#include "ctl/status.hpp"

#include <nlohmann/json.hpp>

#include <CppUTest/TestHarness.h>

#include "ctl_sample.hpp"

using namespace ctl;
using ctl_sample::healthy;
using ctl_sample::with;

namespace {

Expected<Status> read(std::string_view line) {
    const auto answer = parse_answer(line);
    if (!answer) return std::unexpected(answer.error());
    return read_status(*answer);
}

std::string error_of(std::string_view line) {
    const auto status = read(line);
    return status ? "no error" : status.error().text;
}

Session first_session(std::string_view routers) {
    const auto status = read(R"({"schema":1,"routers":[)" + std::string{routers} + "]}");
    return status && !status->sessions.empty() ? status->sessions.front() : Session{};
}

}  // namespace

TEST_GROUP(CtlStatus){};

TEST(CtlStatus, AWholeAnswerIsRead) {
    const auto status = read(healthy);
    CHECK(status.has_value());
    STRCMP_EQUAL("r1", status->node.c_str());
    STRCMP_EQUAL("7c1e04a2", status->config_hash.c_str());
    LONGS_EQUAL(2, status->sessions.size());
    const Session& lan = status->sessions.front();
    LONGS_EQUAL(10, lan.vrid.value_or(0));
    STRCMP_EQUAL("rfc9568", lan.checksum_sending.c_str());
    LONGS_EQUAL(2, lan.wanted->size());
    LONGS_EQUAL(2, lan.counters.discarded.size());
    STRCMP_EQUAL("ttl-errors", lan.counters.discarded.back().first.c_str());
}

TEST(CtlStatus, WhatIsNoAnswerOfThisSchemaIsAnError) {
    STRCMP_EQUAL("the answer of tandemd is not a JSON object", error_of("").c_str());
    STRCMP_EQUAL("the answer of tandemd is not a JSON object", error_of("{").c_str());
    STRCMP_EQUAL("the answer of tandemd is not a JSON object", error_of("[]").c_str());
    STRCMP_EQUAL("the answer of tandemd is not a JSON object", error_of("{} trailing").c_str());
    STRCMP_EQUAL("the answer of tandemd is not a JSON object",
                 error_of("{\"schema\":1,\"node\":\"\xff\",\"routers\":[]}").c_str());
    STRCMP_EQUAL("the answer of tandemd has no schema number", error_of("{}").c_str());
    STRCMP_EQUAL("the answer of tandemd has no schema number",
                 error_of(R"({"schema":"1"})").c_str());
    STRCMP_EQUAL("the answer of tandemd has no list of routers",
                 error_of(R"({"schema":1,"routers":{}})").c_str());
}

TEST(CtlStatus, AnotherSchemaNamesTheWayOut) {
    STRCMP_EQUAL(
        "tandemd answers in schema 2, this tandemctl knows 1: use the tandemctl of the same "
        "version",
        error_of(R"({"schema":2,"routers":[]})").c_str());
}

TEST(CtlStatus, AnErrorOfTheDaemonIsToldWithoutItsControlCharacters) {
    STRCMP_EQUAL("tandemd refused: unknown \\x1b[31m method",
                 error_of(R"({"schema":1,"error":"unknown \u001b[31m method"})").c_str());
    STRCMP_EQUAL("tandemd refused: -", error_of(R"({"schema":1,"error":7})").c_str());
}

TEST(CtlStatus, EveryFieldMayBeMissing) {
    const auto status = read(R"({"schema":1,"routers":[{}]})");
    CHECK(status.has_value());
    CHECK(!status->uptime_seconds && !status->realtime && !status->log_dropped);
    const Session& session = status->sessions.front();
    CHECK(session.name.empty() && session.state.empty() && session.peers.empty());
    CHECK(!session.vrid && !session.wanted && !session.installed && !session.preempts);
}

TEST(CtlStatus, EveryFieldMayHaveAnotherType) {
    for (const char* odd : {"null", "true", "7", "-1.5", "1e300", "18446744073709551615",
                            "\"text\"", "[]", "[[]]", "{}", "{\"a\":[{}]}"}) {
        // Every value of the sample in turn becomes the odd one.
        const Json sample = Json::parse(ctl_sample::detailed());
        const Json flat = sample.flatten();
        for (const auto& [pointer, value] : flat.items()) {
            Json changed = sample;
            changed[Json::json_pointer(pointer)] = Json::parse(odd);
            if (const auto status = read(changed.dump())) CHECK(status->sessions.size() == 2);
        }
        for (const char* key : {"node", "config", "problems", "health", "realtime", "reloads",
                                "runner", "checks", "units"}) {
            Json changed = sample;
            changed[key] = Json::parse(odd);
            CHECK(read(changed.dump()).has_value());
        }
        for (const char* key : {"priority", "preempt", "timers", "checksum", "addresses", "wanted",
                                "installed", "failed", "peers", "counters", "blockers", "routes",
                                "rules", "conditions", "accept", "lease_ms", "up_for_ms"}) {
            Json changed = sample;
            changed["routers"][0][key] = Json::parse(odd);
            CHECK(read(changed.dump()).has_value());
        }
    }
}

TEST(CtlStatus, ARouterThatIsNoObjectHasNoFields) {
    STRCMP_EQUAL("", first_session("17").name.c_str());
    STRCMP_EQUAL("", first_session("null").name.c_str());
}

TEST(CtlStatus, NumbersThatDoNotFitAreNotKnown) {
    CHECK(!first_session(R"({"vrid":18446744073709551615})").vrid.has_value());
    CHECK(!first_session(R"({"vrid":10.5})").vrid.has_value());
    STRCMP_EQUAL("the answer of tandemd is not a JSON object",
                 error_of(R"({"schema":1,"uptime_seconds":1e999,"routers":[]})").c_str());
}

TEST(CtlStatus, TextsArePrintableFromTheStart) {
    STRCMP_EQUAL("l\\nn", first_session(R"({"name":"l\nn"})").name.c_str());
    STRCMP_EQUAL("\\x1b[2J",
                 first_session(R"({"addresses":["\u001b[2J"]})").addresses.front().c_str());
    STRCMP_EQUAL("\\x07", first_session(R"({"counters":{"discarded":{"\u0007":1}}})")
                              .counters.discarded.front()
                              .first.c_str());
}

TEST(CtlStatus, AnAnswerNestedBeyondReasonIsRefused) {
    const std::string deep = std::string(100'000, '[') + std::string(100'000, ']');
    STRCMP_EQUAL("the answer of tandemd is not a JSON object",
                 error_of(R"({"schema":1,"routers":)" + deep + "}").c_str());
    const std::string allowed = std::string(20, '[') + std::string(20, ']');
    CHECK(read(R"({"schema":1,"routers":)" + allowed + "}").has_value());
}

TEST(CtlStatus, AnObjectWithThousandsOfKeysIsRefused) {
    std::string keys;
    for (int i = 0; i < 5000; ++i) keys += ",\"k" + std::to_string(i) + "\":0";
    STRCMP_EQUAL("the answer of tandemd is not a JSON object",
                 error_of(R"({"schema":1,"routers":[])" + keys + "}").c_str());
}

TEST(CtlStatus, MoreRoutersThanAnyMachineHasAreRefused) {
    std::string many = "0";
    for (int i = 0; i < 70'000; ++i) many += ",0";
    STRCMP_EQUAL("the answer of tandemd has too many routers",
                 error_of(R"({"schema":1,"routers":[)" + many + "]}").c_str());
}

TEST(CtlStatus, ManyObjectsEachWithItsKeysAreFine) {
    std::string routers = "{}";
    for (int i = 0; i < 1000; ++i) routers += R"(,{"name":"r","vrid":1,"state":"backup"})";
    const auto status = read(R"({"schema":1,"routers":[)" + routers + "]}");
    CHECK(status.has_value());
    LONGS_EQUAL(1001, status->sessions.size());
}

TEST(CtlStatus, OneRouterKeepsItsSessionsAndTheCommonProblems) {
    const std::string line = with(
        healthy, R"("problems":[])",
        R"("problems":["lan (ipv4): a","transit (ipv4): b","transit: c","transition (d):","e"])");
    const auto status = status_of_router(*read(line), "lan");
    CHECK(status.has_value());
    LONGS_EQUAL(1, status->sessions.size());
    LONGS_EQUAL(3, status->problems.size());
    LONGS_EQUAL(2, status->problems_of_others);
    STRCMP_EQUAL("lan (ipv4): a", status->problems[0].c_str());
    STRCMP_EQUAL("transition (d):", status->problems[1].c_str());
    STRCMP_EQUAL("e", status->problems[2].c_str());
}

TEST(CtlStatus, AnUnknownRouterIsAnErrorThatNamesTheKnownOnes) {
    const auto status = status_of_router(*read(healthy), "l\x1bn");
    CHECK(!status.has_value());
    LONGS_EQUAL(ExitCode::failed, status.error().code);
    STRCMP_EQUAL("there is no router 'l\\x1bn'; the routers are: lan, transit",
                 status.error().text.c_str());
    const auto none = status_of_router(*read(R"({"schema":1,"routers":[]})"), "lan");
    STRCMP_EQUAL("there is no router 'lan'; none is configured", none.error().text.c_str());
}

TEST(CtlStatus, FilteredJsonIsTheSameAnswerWithFewerRouters) {
    const auto answer = parse_answer(healthy);
    const std::string filtered = json_of_router(*answer, "transit");
    CHECK(filtered.starts_with(R"({"schema":1,"node":"r1","version":"0.1.0","pid":4711,)"));
    const Json parsed = Json::parse(filtered);
    LONGS_EQUAL(1, parsed["routers"].size());
    CHECK(parsed["routers"][0] == Json::parse(healthy)["routers"][1]);
    CHECK(filtered.find('\n') == std::string::npos);
}
