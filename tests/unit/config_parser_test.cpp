#include <string>
#include <vector>

#include "config/outline.hpp"
#include "config/value.hpp"
#include "config_support.hpp"

#include <CppUTest/TestHarness.h>

using config::Entry;
using config::Kind;
using config::Place;
using config::Problems;

namespace {

// A text, its outline, and the problems with it.
struct Run {
    std::vector<config::Source> sources;
    std::string problems;
    Entry root;

    explicit Run(const std::string& text) : sources{{"a.conf", text}} {
        Problems found{sources};
        root = config::outline_of(*sources[0].text, 0, found);
        problems = config_test::lines_of(found.diagnostics());
    }
};

struct Case {
    const char* text;
    const char* problems;
};

void check(const std::vector<Case>& cases) {
    for (const Case& one : cases) {
        const Run run{one.text};
        STRCMP_EQUAL_TEXT(one.problems, run.problems.c_str(), one.text);
        // Whatever was wrong: libconfig accepts what is left.
        Problems later{run.sources};
        config::read_text(config::mended_text(run.root), run.root, later);
        if (run.problems.empty()) config::read_text(one.text, run.root, later);
        STRCMP_EQUAL_TEXT("", config_test::lines_of(later.diagnostics()).c_str(), one.text);
    }
}

}  // namespace

TEST_GROUP(ConfigParser){};

TEST(ConfigParser, EverySettingAndListElementHasItsPlaces) {
    const Run run{
        "routers: {\n"
        "  lan: { vrid = 10; addresses = [ \"a\", \"b\" ]; };\n"
        "};\n"};
    STRCMP_EQUAL("", run.problems.c_str());
    const Entry* vrid = run.root.find("routers.lan.vrid");
    CHECK(vrid != nullptr && vrid->kind == Kind::integer);
    CHECK(vrid->name_at == (Place{0, 2, 10}));
    CHECK(vrid->at == (Place{0, 2, 17}));
    const Entry* second = run.root.find("routers.lan.addresses.1");
    CHECK(second != nullptr && second->at == (Place{0, 2, 40}));
    CHECK(run.root.find("routers.lan")->at == (Place{0, 2, 8}));
    POINTERS_EQUAL(nullptr, run.root.find("routers.dmz"));
    POINTERS_EQUAL(nullptr, run.root.find("routers.lan.addresses.2"));
}

TEST(ConfigParser, WhatLibconfigAcceptsWithoutHarmIsAccepted) {
    check({{"", ""},
           {"a = 1", ""},
           {"a : 1;", ""},
           {"a = 1, b = 2,", ""},
           {"a: { b = 1 }", ""},
           {"a: { b = 1; } c: {}\nd = 2;", ""},
           {"a = [];\nb = ();\nc = {};", ""},
           {"a = ( 1, \"x\", [ 1 ], { b = true; } );", ""},
           {"a = 010;", ""},
           {"a = 1; # comment at the very end", ""},
           {"// comment and nothing else", ""},
           {"a = 1.5;", ""},
           {"\r\na\r=\f1;\r\n", ""}});
}

TEST(ConfigParser, ACommaTooManyOrTooFewIsRefused) {
    check({{"a = [ 1, 2, ];", "1:11: error: a comma after the last value [remove it]"},
           {"a = ( 1, );", "1:8: error: a comma after the last value [remove it]"},
           {"a = [ \"x\" \"y\" ];",
            "1:11: error: a comma is missing between two strings [these would be read as one "
            "string]"},
           {"a = ( \"x\"\n \"y\" );",
            "2:2: error: a comma is missing between two strings [these would be read as one "
            "string]"},
           {"a = [ 1 2 ];", "1:8: error: a comma is missing between two values [put ',' here]"},
           {"a = [ \"x\" eth0, \"y\" ];", "1:11: error: 'eth0' is not expected here"},
           {"a = [ , 1 ];", "1:6: error: a value is missing here"}});
}

TEST(ConfigParser, TwoStringsInARowAreRefused) {
    check({{"a = \"x\" \"y\";",
            "1:9: error: two strings stand side by side [these would be read as one string]"},
           {"a = \"x\"\n    \"y\";",
            "1:8: error: ';' is missing here [put ';' at the end of the setting]"}});
}

TEST(ConfigParser, WhatIsMissingIsNamedAtTheEndOfWhatIsThere) {
    check({{"a = 1\nb = 2;", "1:6: error: ';' is missing here [put ';' at the end of the setting]"},
           {"a = [ 1 ] b = 2;",
            "1:10: error: ';' is missing here [put ';' at the end of the setting]"},
           {"a = ;", "1:4: error: a value is missing here"},
           {"a =\nb = 1;", "1:4: error: a value is missing here"},
           {"a: { b = };", "1:9: error: a value is missing here"},
           {"a =", "1:4: error: a value is missing here"},
           {"a { b = 1; };", "1:2: error: '=' or ':' is missing after 'a' [write a: {]"},
           {"a 1;", "1:2: error: '=' or ':' is missing after 'a'"},
           {"a\nb = 1;", "1:2: error: '=' or ':' is missing after 'a'"},
           {"a b = 1;", "1:2: error: '=' or ':' is missing after 'a'"},
           {"a", "1:2: error: '=' or ':' is missing after 'a'"},
           {"= 1;", "1:1: error: the name of a setting is expected here, not '='"},
           {"{ a = 1; };",
            "1:1: error: the name of a setting is missing here [write NAME = before it]"}});
}

TEST(ConfigParser, WhatIsNotClosedIsNamedWhereItBegan) {
    check({{"a: {\n b: {\n  c = 1;\n };",
            "1:4: error: this '{' is never closed [add '};' at its end]"},
           {"a: { b: { c = 1;", "1:9: error: this '{' is never closed [add '};' at its end]"},
           {"a = [ 1, 2;\nb = 1;", "1:5: error: this '[' is never closed [add ']' at its end]"},
           {"a = [ 1, 2\nb = 1;", "1:5: error: this '[' is never closed [add ']' at its end]"},
           {"a: { b = ( 1, };", "1:10: error: this '(' is never closed [add ')' at its end]"},
           {"a: { b = [ \"x\",", "1:10: error: this '[' is never closed [add ']' at its end]"},
           {"a = [ 1 );", "1:9: error: this ')' cannot close the '[' of line 1 [write ']']"},
           {"a = 1;\n}; b = 2;",
            "2:1: error: this '}' closes nothing [remove it, or look for a '{' missing above]"},
           {"a = 1; ];", "1:8: error: the name of a setting is expected here, not ']'"},
           {"a = 1;;", "1:7: error: this ';' ends nothing [remove it]"}});
}

TEST(ConfigParser, AWordWithoutQuotesIsNamedWithItsCure) {
    check({{"a = yes;", "1:5: error: 'yes' is not a value [write true]"},
           {"a = No;", "1:5: error: 'No' is not a value [write false]"},
           {"a = on;", "1:5: error: 'on' is not a value [write true]"},
           {"a = OFF;", "1:5: error: 'OFF' is not a value [write false]"},
           {"a = eth0.10;", "1:5: error: 'eth0.10' needs quotes [write \"eth0.10\"]"},
           {"a = [ 192.0.2.1/24, \"x\" ];",
            "1:7: error: '192.0.2.1/24' needs quotes [write \"192.0.2.1/24\"]"},
           {"a = 2001:db8::1/64;", "1:9: error: ':' is not expected here"},
           {"a = 100ms;", "1:5: error: '100ms' needs quotes [write \"100ms\"]"},
           {"a = \xe2\x80\x9c"
            "x\xe2\x80\x9d;",
            "1:5: error: these are typographic quotes [write straight ones: \"]"},
           {"a = 'x';", "1:5: error: a string has double quotes [write \" instead of ']"},
           {"a = 10 20;", "1:8: error: '20' is not expected here"}});
}

TEST(ConfigParser, ANameIsALetterAndThenLettersDigitsAndDashes) {
    const std::string rule =
        "cannot be a name: names begin with a letter and have only letters, digits, '-' and '_'";
    STRCMP_EQUAL(("1:1: error: 'eth0.10' " + rule +
                  " [an interface's name goes into quotes, behind 'interface =']")
                     .c_str(),
                 Run{"eth0.10: { a = 1; };"}.problems.c_str());
    STRCMP_EQUAL(("1:1: error: '10gw' " + rule).c_str(), Run{"10gw = 1;"}.problems.c_str());
    STRCMP_EQUAL(("1:1: error: '7' " + rule).c_str(), Run{"7 = 1;"}.problems.c_str());
    STRCMP_EQUAL(("1:1: error: '*' " + rule).c_str(), Run{"* = 1;"}.problems.c_str());
    check({{"\"a\" = 1;", "1:1: error: a setting's name has no quotes [remove the quotes]"},
           {"true = 1;", "1:1: error: the name of a setting is expected here, not 'true'"}});
    const std::string longest(63, 'n');
    STRCMP_EQUAL("", Run{longest + " = 1;"}.problems.c_str());
    STRCMP_EQUAL("1:1: error: this name is longer than 63 characters",
                 Run{longest + "n = 1;"}.problems.c_str());
}

TEST(ConfigParser, ASettingThatIsThereTwiceIsRefusedNamingTheFirst) {
    check({{"a: {\n b = 1;\n c = 2;\n b = 3;\n};",
            "4:2: error: 'b' is here twice; the first is in line 2"}});
    const Run run{"b = 1;\nb = 2;"};
    STRCMP_EQUAL("1", std::string{run.root.find("b")->raw}.c_str());
}

TEST(ConfigParser, AnArrayHoldsPlainValuesOfOneType) {
    check({{"a = [ 1, \"x\" ];", "1:10: error: the values inside [ ] must be of one type"},
           {"a = [ { b = 1; } ];",
            "1:7: error: [ ] holds only plain values [use ( ) instead of [ ]]"}});
}

TEST(ConfigParser, NestingIsLimited) {
    std::string deepest = "a = ";
    for (int i = 0; i < 32; ++i) deepest += "(";
    for (int i = 0; i < 32; ++i) deepest += ")";
    STRCMP_EQUAL("", Run{deepest + ";"}.problems.c_str());
    const std::string too_deep = "a = (" + deepest.substr(4) + "); b = ;";
    STRCMP_EQUAL(
        "1:37: error: this is nested deeper than 32 levels\n1:76: error: a value is missing here",
        Run{too_deep}.problems.c_str());
}

TEST(ConfigParser, AGroupHasALimitedNumberOfSettings) {
    std::string text;
    for (int i = 0; i < 5001; ++i) text += "n" + std::to_string(i) + "=1;\n";
    STRCMP_EQUAL(
        "5001:1: error: more than 5000 settings in one group [split it into files in conf.d]",
        Run{text}.problems.c_str());
}

TEST(ConfigParser, GoesOnAfterAMistakeAndFindsTheNext) {
    check(
        {{"a: {\n"
          "  b = ;\n"
          "  c = \"open;\n"
          "  d = 1;\n"
          "  e = nine;\n"
          "  f = [ 1, ];\n"
          "};\n"
          "g = yes;\n",
          "2:6: error: a value is missing here\n"
          "3:7: error: this string is not closed on its line [where is its other \"?]\n"
          "5:7: error: 'nine' needs quotes [write \"nine\"]\n"
          "6:10: error: a comma after the last value [remove it]\n"
          "8:5: error: 'yes' is not a value [write true]"}});
}

// Behind a line whose brackets are all in it the rest is as it seems; else nobody knows.
TEST(ConfigParser, AMissingQuoteIsOneProblem) {
    const std::string missing = "a quote is missing in this line [where is its other \"?]";
    check({{"a = x\";\nb = nine;",
            "1:6: error: a quote is missing in this line [where is its other \"?]\n"
            "2:5: error: 'nine' needs quotes [write \"nine\"]"},
           {"a = { b = \"x; c = \"y\"; };\nd = 1;\n", ("1:20: error: " + missing).c_str()},
           {"a = [ \"x, \"y\" ];\nb = nine;",
            ("1:12: error: " + missing + "\n2:5: error: 'nine' needs quotes [write \"nine\"]")
                .c_str()},
           {"a = [\n\"x,\n\"y\" ];\n",
            "2:1: error: this string is not closed on its line [where is its other \"?]"},
           {"a: {\n  b = ( { c = 1;\n d = \"x; } ); e = \"f\";\n};\ng = nine;",
            ("3:20: error: " + missing).c_str()},
           {"a: { b = \"x;\n c = 1;\n};\nd = nine;",
            "1:10: error: this string is not closed on its line [where is its other \"?]"}});
}

TEST(ConfigParser, WhatIsRightAroundAMistakeIsKept) {
    const Run run{"a: { b = ; c = 1; };\nd = [ \"x\" \"y\", ];"};
    CHECK(run.root.find("a.c") != nullptr);
    POINTERS_EQUAL(nullptr, run.root.find("a.b"));
    CHECK_TRUE(run.root.find("a")->is_incomplete);
    CHECK_FALSE(run.root.is_incomplete);
    CHECK(run.root.find("d.1") != nullptr);
    STRCMP_EQUAL("a={c=1;\n};\nd=[\"x\",\"y\"];\n", config::mended_text(run.root).c_str());
}

TEST(ConfigParser, ACommentThatSwallowsTheRestIsTheOnlyProblem) {
    check({{"a: { b = /* 1; };",
            "1:10: error: this comment is never closed [add '*/' where it ends]"},
           {"a: { b /* 1; };", "1:8: error: this comment is never closed [add '*/' where it ends]"},
           {"a: { b = [ 1, /* 2 ];",
            "1:15: error: this comment is never closed [add '*/' where it ends]"}});
}
