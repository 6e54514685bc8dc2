#include <string>
#include <vector>

#include "config/diagnostic.hpp"
#include "config/problems.hpp"

#include <CppUTest/TestHarness.h>

using config::Diagnostic;
using config::Problems;
using config::Severity;
using config::Source;

TEST_GROUP(ConfigDiagnostic){};

TEST(ConfigDiagnostic, HasTheFormThatEditorsKnowWithLineAndCaret) {
    const Diagnostic diagnostic{Severity::error,
                                "/etc/tandem/tandem.conf",
                                24,
                                32,
                                "a comma is missing between two strings",
                                R"(  addresses = [ "10.20.0.1/24" "10.20.1.1/24" ];)",
                                "these would be read as one string"};
    STRCMP_EQUAL(
        "/etc/tandem/tandem.conf:24:32: error: a comma is missing between two strings\n"
        "   24 |   addresses = [ \"10.20.0.1/24\" \"10.20.1.1/24\" ];\n"
        "      |                                ^ these would be read as one string",
        text_of(diagnostic).c_str());
}

TEST(ConfigDiagnostic, AProblemOfAWholeFileHasNoLine) {
    const Diagnostic diagnostic{Severity::error, "x.conf", 0, 0, "cannot be read", "", ""};
    STRCMP_EQUAL("x.conf: error: cannot be read", text_of(diagnostic).c_str());
}

TEST(ConfigDiagnostic, AProblemWithoutColumnHasNoCaret) {
    const Diagnostic diagnostic{Severity::error, "x.conf", 3, 0, "syntax error", "a b", ""};
    STRCMP_EQUAL("x.conf:3: error: syntax error\n    3 | a b", text_of(diagnostic).c_str());
}

TEST(ConfigDiagnostic, TheCaretStandsUnderItsCharacterBehindTabsAndUmlauts) {
    const Diagnostic tabs{Severity::warning, "x", 1, 4, "t", "\ta\tb", ""};
    STRCMP_EQUAL("x:1:4: warning: t\n    1 | \ta\tb\n      | \t \t^", text_of(tabs).c_str());
    const Diagnostic umlauts{Severity::warning, "x", 1, 5, "t", "\xc3\xa4\xc3\xb6x", ""};
    STRCMP_EQUAL("x:1:5: warning: t\n    1 | \xc3\xa4\xc3\xb6x\n      |   ^",
                 text_of(umlauts).c_str());
}

TEST(ConfigDiagnostic, TheCaretMayStandBehindTheEndOfTheLine) {
    const Diagnostic diagnostic{Severity::error, "x", 123456, 6, "t", "a = 1", "h"};
    STRCMP_EQUAL("x:123456:6: error: t\n123456 | a = 1\n       |      ^ h",
                 text_of(diagnostic).c_str());
}

TEST(ConfigDiagnostic, ALongLineIsCutAroundTheCaret) {
    const std::string line = std::string(300, 'a') + "X" + std::string(300, 'b');
    const Diagnostic diagnostic{Severity::error, "x", 1, 301, "t", line, "h"};
    const std::string expected = "x:1:301: error: t\n    1 | ..." + std::string(70, 'a') + "X" +
                                 std::string(49, 'b') + "...\n      | " + std::string(73, ' ') +
                                 "^ h";
    STRCMP_EQUAL(expected.c_str(), text_of(diagnostic).c_str());
}

TEST(ConfigDiagnostic, ALongLineIsCutOnlyWhereItGoesOn) {
    const std::string line = "X" + std::string(300, 'b') + "Y";
    const Diagnostic first{Severity::error, "x", 1, 1, "t", line, ""};
    STRCMP_EQUAL(("x:1:1: error: t\n    1 | X" + std::string(119, 'b') + "...\n      | ^").c_str(),
                 text_of(first).c_str());
    const Diagnostic last{Severity::error, "x", 1, 302, "t", line, ""};
    STRCMP_EQUAL(("x:1:302: error: t\n    1 | ..." + std::string(119, 'b') + "Y\n      | " +
                  std::string(122, ' ') + "^")
                     .c_str(),
                 text_of(last).c_str());
}

TEST(ConfigDiagnostic, ALongLineIsNotCutInsideACharacter) {
    std::string line;
    for (int i = 0; i < 200; ++i) line += "\xe2\x82\xac";
    const Diagnostic diagnostic{Severity::error, "x", 1, 301, "t", line, ""};
    const std::string text = text_of(diagnostic);
    CHECK(text.find("| ...\xe2\x82\xac") != std::string::npos);
    CHECK(text.find("\xe2\x82\xac...\n") != std::string::npos);
}

TEST(ConfigDiagnostic, AListEndsWithItsSummary) {
    const Diagnostic error{Severity::error, "x", 0, 0, "e", "", ""};
    const Diagnostic warning{Severity::warning, "x", 0, 0, "w", "", ""};
    STRCMP_EQUAL("", text_of(std::vector<Diagnostic>{}).c_str());
    STRCMP_EQUAL("x: error: e\n1 error\n", text_of(std::vector<Diagnostic>{error}).c_str());
    STRCMP_EQUAL("x: error: e\nx: warning: w\nx: error: e\n2 errors, 1 warning\n",
                 text_of(std::vector<Diagnostic>{error, warning, error}).c_str());
    STRCMP_EQUAL("x: warning: w\nx: warning: w\n2 warnings\n",
                 text_of(std::vector<Diagnostic>{warning, warning}).c_str());
}

TEST(ConfigDiagnostic, OnlyErrorsAreErrors) {
    CHECK_FALSE(config::has_errors({}));
    CHECK_FALSE(config::has_errors({{Severity::warning, "", 0, 0, "", "", ""}}));
    CHECK_TRUE(config::has_errors({{Severity::error, "", 0, 0, "", "", ""}}));
}

TEST_GROUP(ConfigProblems){};

TEST(ConfigProblems, AreSortedByFileLineAndColumnWithTheirSourceLines) {
    const std::vector<Source> sources{{"main", std::string{"one\ntwo\r\nthree"}},
                                      {"a.conf", std::string{"four"}}};
    Problems problems{sources};
    problems.error({1, 1, 1}, "d");
    problems.error({0, 3, 1}, "c");
    problems.warning({0, 2, 3}, "b");
    problems.error({0, 2, 1}, "a");
    problems.error({0, 0, 0}, "whole file");
    const auto found = problems.diagnostics();
    const std::vector<std::string> texts{found[0].text, found[1].text, found[2].text, found[3].text,
                                         found[4].text};
    CHECK(texts == (std::vector<std::string>{"whole file", "a", "b", "c", "d"}));
    STRCMP_EQUAL("", found[0].source_line.c_str());
    STRCMP_EQUAL("two", found[1].source_line.c_str());
    STRCMP_EQUAL("three", found[3].source_line.c_str());
    STRCMP_EQUAL("four", found[4].source_line.c_str());
    STRCMP_EQUAL("a.conf", found[4].file.c_str());
}

TEST(ConfigProblems, TheSameProblemIsKeptOnce) {
    const std::vector<Source> sources{{"main", std::string{"x"}}};
    Problems problems{sources};
    problems.error({0, 1, 1}, "same");
    problems.error({0, 1, 1}, "same");
    problems.error({0, 1, 1}, "other");
    LONGS_EQUAL(2, problems.diagnostics().size());
    LONGS_EQUAL(2, problems.error_count());
}

TEST(ConfigProblems, AHundredAreShownAndTheRestCounted) {
    const std::vector<Source> sources{{"main", std::string{"x"}}};
    Problems problems{sources};
    for (int i = 1; i <= 150; ++i) problems.error({0, 1, i}, "e");
    const auto found = problems.diagnostics();
    LONGS_EQUAL(101, found.size());
    STRCMP_EQUAL("50 more problems after these are not shown", found.back().text.c_str());
    CHECK(found.back().severity == Severity::error);
}

TEST(ConfigProblems, AnErrorThatIsNotShownStillCounts) {
    const std::vector<Source> sources{{"main", std::string{"x"}}};
    Problems problems{sources};
    for (int i = 1; i <= 100; ++i) problems.warning({0, 1, i}, "w");
    problems.error({0, 1, 101}, "e");
    CHECK_TRUE(config::has_errors(problems.diagnostics()));
}

TEST(ConfigProblems, WhatCouldUpsetATerminalIsReplaced) {
    const std::vector<Source> sources{{"main", std::string{"a\x1b[31m\tb\x80"
                                                           "c\x7f"}}};
    Problems problems{sources};
    problems.error({0, 1, 1}, "name '\x1b\xff'", "\x01");
    const auto found = problems.diagnostics();
    STRCMP_EQUAL("a?[31m\tb?c?", found[0].source_line.c_str());
    STRCMP_EQUAL(
        "name '?"
        "?'",
        found[0].text.c_str());
    STRCMP_EQUAL("?", found[0].hint.c_str());
}

TEST(ConfigProblems, AnotherPlaceIsNamedWithItsFileWhenItIsInAnother) {
    const std::vector<Source> sources{{"main", std::string{"x"}}, {"other", std::string{"y"}}};
    const Problems problems{sources};
    STRCMP_EQUAL("line 3", problems.name_of({0, 3, 1}, {0, 9, 9}).c_str());
    STRCMP_EQUAL("main line 3", problems.name_of({0, 3, 1}, {1, 9, 9}).c_str());
}
