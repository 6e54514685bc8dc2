#include "ctl/diff.hpp"

#include <CppUTest/TestHarness.h>

using namespace ctl;

namespace {

const Answer nothing = R"({"schema":1,"node":"r1","desired":2,"differences":[]})";
const Answer two =
    R"({"schema":1,"node":"r1","desired":2,"differences":[)"
    R"({"what":"missing","object":"192.0.2.1/24","interface":"eth0","router":"lan",)"
    R"("family":"ipv4","error":"add 192.0.2.1/24: Operation not permitted"},)"
    R"({"what":"stray","object":"10.0.0.1/8","interface":null,"router":null,"family":null,)"
    R"("error":null}]})";

Options as_json() {
    Options options;
    options.format = Format::json;
    return options;
}

}  // namespace

TEST_GROUP(CtlDiff){};

TEST(CtlDiff, NothingThatDiffersIsSuccess) {
    const Outcome outcome = show_diff({}, nothing);
    LONGS_EQUAL(ExitCode::ok, outcome.code);
    STRCMP_EQUAL("the kernel has what it should have\n", outcome.out.c_str());
}

TEST(CtlDiff, EachDifferenceIsALineWithItsReason) {
    const Outcome outcome = show_diff({}, two);
    LONGS_EQUAL(ExitCode::failed, outcome.code);
    STRCMP_EQUAL(
        "missing  192.0.2.1/24 on eth0 (lan ipv4): add 192.0.2.1/24: Operation not permitted\n"
        "stray    10.0.0.1/8\n",
        outcome.out.c_str());
}

TEST(CtlDiff, JsonIsTheAnswerWithTheSameExitCode) {
    const Outcome outcome = show_diff(as_json(), two);
    LONGS_EQUAL(ExitCode::failed, outcome.code);
    STRCMP_EQUAL((*two + "\n").c_str(), outcome.out.c_str());
    LONGS_EQUAL(ExitCode::ok, show_diff(as_json(), nothing).code);
}

TEST(CtlDiff, AnAnswerWithoutSenseIsAnError) {
    const Outcome outcome = show_diff({}, Answer{R"({"schema":1})"});
    LONGS_EQUAL(ExitCode::failed, outcome.code);
    STRCMP_EQUAL("tandemctl: the answer of tandemd has no differences\n", outcome.err.c_str());
    LONGS_EQUAL(ExitCode::unreachable,
                show_diff({}, fail(ExitCode::unreachable, "nobody is there")).code);
}

TEST(CtlDiff, WhatTheDaemonSaysCannotPaintTheTerminal) {
    const Outcome outcome =
        show_diff({}, Answer{R"({"differences":[{"what":"stray","object":"\u001b[2J"}]})"});
    CHECK(outcome.out.find('\x1b') == std::string::npos);
}
