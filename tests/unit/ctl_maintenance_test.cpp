#include "ctl/maintenance.hpp"

#include <deque>

#include <CppUTest/TestHarness.h>

using namespace ctl;

namespace {

constexpr const char* begun = R"({"schema":1,"operation":7})";

Options of(Verb verb) {
    Options options;
    options.verb = verb;
    return options;
}

std::string finished(std::string_view parts, std::string_view warning = "null") {
    return R"({"schema":1,"operation":7,"finished":true,"units":[)" + std::string{parts} +
           R"(],"warning":)" + std::string{warning} + "}";
}

}  // namespace

TEST_GROUP(CtlMaintenance) {
    Options options = of(Verb::drain);
    std::deque<Answer> answers;
    std::vector<std::string> asked;
    int pauses = 0;

    Outcome play() {
        return carry_out(options, {.ask =
                                       [this](const std::string& request) {
                                           asked.push_back(request);
                                           Answer answer = answers.front();
                                           answers.pop_front();
                                           return answer;
                                       },
                                   .pause = [this] { ++pauses; }});
    }
};

TEST(CtlMaintenance, TheOrderSaysAllThatWasSaid) {
    options.router = "lan";
    options.reason = "new kernel";
    options.span = "30m";
    options.force = Force::yes;
    STRCMP_EQUAL(
        R"({"method":"drain","name":"lan","reason":"new kernel","for":"30m","force":true})",
        maintenance_request(options).c_str());
    STRCMP_EQUAL(R"({"method":"handover"})", maintenance_request(of(Verb::handover)).c_str());
    STRCMP_EQUAL(R"({"method":"undrain"})", maintenance_request(of(Verb::undrain)).c_str());
}

TEST(CtlMaintenance, AsksUntilItIsFinished) {
    const std::string pending = R"({"schema":1,"operation":7,"finished":false,"units":[]})";
    answers = {begun, pending, pending,
               finished(R"({"unit":"lan","state":"done","text":"is drained"})")};
    const Outcome outcome = play();
    LONGS_EQUAL(ExitCode::ok, outcome.code);
    STRCMP_EQUAL("lan: is drained\n", outcome.out.c_str());
    STRCMP_EQUAL("", outcome.err.c_str());
    LONGS_EQUAL(2, pauses);
    STRCMP_EQUAL(R"({"method":"operation","id":7})", asked.back().c_str());
}

TEST(CtlMaintenance, OneThatIsRefusedIsAFailureBesideOthers) {
    answers = {begun, finished(R"({"unit":"lan","state":"done","text":"is drained"},)"
                               R"({"unit":"wan","state":"refused","text":"stays Active"})")};
    const Outcome outcome = play();
    LONGS_EQUAL(ExitCode::failed, outcome.code);
    STRCMP_EQUAL("lan: is drained\n", outcome.out.c_str());
    STRCMP_EQUAL("tandemctl: wan: stays Active\n", outcome.err.c_str());
}

TEST(CtlMaintenance, AWarningIsToldAndIsNoFailure) {
    answers = {begun, finished(R"({"unit":"lan","state":"done","text":"is drained"})",
                               "\"it is not kept\"")};
    const Outcome outcome = play();
    LONGS_EQUAL(ExitCode::ok, outcome.code);
    STRCMP_EQUAL("tandemctl: warning: it is not kept\n", outcome.err.c_str());
}

TEST(CtlMaintenance, WhatWasRefusedAtOnceHasItsExitCode) {
    answers = {R"({"schema":1,"error":"not permitted: only root may use drain"})"};
    LONGS_EQUAL(ExitCode::not_permitted, play().code);
    answers = {R"({"schema":1,"error":"wrong usage: --for: x"})"};
    LONGS_EQUAL(ExitCode::usage, play().code);
    answers = {R"({"schema":1,"error":"there is no router"})"};
    LONGS_EQUAL(ExitCode::failed, play().code);
    answers = {R"({"schema":1})"};
    LONGS_EQUAL(ExitCode::failed, play().code);
}

TEST(CtlMaintenance, ADaemonThatEndsMeanwhileIsSaid) {
    answers = {begun, fail(ExitCode::unreachable, "nobody is there")};
    const Outcome outcome = play();
    LONGS_EQUAL(ExitCode::unreachable, outcome.code);
    STRCMP_CONTAINS("what has become of the order is not known", outcome.err.c_str());
}

TEST(CtlMaintenance, AsJsonItIsTheLastAnswer) {
    options.format = Format::json;
    const std::string last = finished(R"({"unit":"lan","state":"refused","text":"no"})");
    answers = {begun, last};
    const Outcome outcome = play();
    LONGS_EQUAL(ExitCode::failed, outcome.code);
    STRCMP_EQUAL((last + "\n").c_str(), outcome.out.c_str());
}
