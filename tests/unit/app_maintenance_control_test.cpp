#include "app/maintenance_control.hpp"

#include <nlohmann/json.hpp>

#include "app_support.hpp"

#include <CppUTest/TestHarness.h>

using namespace support;
using namespace app;

namespace {

constexpr auto drain = Instruction::Verb::drain;

std::string complaint(std::string_view line) {
    const auto read = instruction_of(drain, line);
    return read ? "" : read.error().text();
}

}  // namespace

TEST_GROUP(MaintenanceControl) {
    RememberingPorts ports;
    Engine engine{config_of({router({"192.0.2.1/24"})}), ports, noon};
    const Time time{noon, WallClock{1'732'000'000s}};

    [[nodiscard]] nlohmann::json ask(const std::string& method, const std::string& line,
                                     Caller caller = Caller::root) {
        const auto answer =
            answer_maintenance(engine, {.method = method, .caller = caller, .line = line}, time);
        return answer ? nlohmann::json::parse(*answer) : nlohmann::json();
    }
};

TEST(MaintenanceControl, AnInstructionHasWhatTheLineSays) {
    const auto read = instruction_of(
        drain, R"({"name":"lan","reason":"a\nb","for":"30m","force":true,"more":1})");
    STRCMP_EQUAL("lan", read->name.c_str());
    STRCMP_EQUAL("a b", read->reason.c_str());
    CHECK(read->span == 30min);
    CHECK(read->force == Instruction::Force::yes);
    const auto plain = instruction_of(drain, "{}");
    STRCMP_EQUAL("", plain->name.c_str());
    CHECK_FALSE(plain->span.has_value());
    CHECK(plain->force == Instruction::Force::no);
}

TEST(MaintenanceControl, WhatIsWrongIsNoDefault) {
    for (const std::string_view line :
         {"[]", R"({"name":7})", R"({"reason":[]})", R"({"for":30})", R"({"for":"soon"})",
          R"({"for":"10ms"})", R"({"for":"30"})", R"({"force":1})"})
        CHECK_TEXT(complaint(line).starts_with("wrong usage: "), line.data());
    const std::string longer(201, 'x');
    STRCMP_EQUAL("wrong usage: the reason is longer than 200 octets",
                 complaint(R"({"reason":")" + longer + "\"}").c_str());
}

TEST(MaintenanceControl, OnlyRootMayGiveOrders) {
    for (const char* method : {"drain", "undrain", "handover"})
        STRCMP_CONTAINS("not permitted",
                        ask(method, "{}", Caller::anybody)["error"].get<std::string>().c_str());
    CHECK(engine.maintenance().errands().empty());
}

TEST(MaintenanceControl, AnOperationIsFollowedByItsNumber) {
    const auto begun = ask("drain", R"({"name":"lan","reason":"disk"})");
    LONGS_EQUAL(1, begun["operation"].get<int>());
    const std::string question = R"({"id":1})";
    CHECK(ask("operation", question)["finished"] == false);
    CHECK(ask("operation", question, Caller::anybody)["units"][0]["state"] == "pending");
    (void)engine.turn({.runner = {health::Hello{1}}}, noon);
    CHECK(ask("operation", question)["units"][0]["state"] == "done");
    CHECK(ask("operation", question)["finished"] == false);  // not on the disk yet
    (void)engine.turn({.runner = {health::Saved{1, "no room"}}}, noon);
    const auto answer = ask("operation", question);
    CHECK(answer["finished"] == true);
    CHECK(answer["warning"] == "what is drained is not kept over a restart: no room");
}

TEST(MaintenanceControl, WhatIsNotThereIsAnError) {
    CHECK(ask("drain", R"({"name":"lam"})")["error"].get<std::string>().contains("lan"));
    CHECK(ask("operation", R"({"id":7})").contains("error"));
    CHECK(ask("operation", R"({"id":"7"})").contains("error"));
    CHECK(ask("status", "{}").is_null());
}
