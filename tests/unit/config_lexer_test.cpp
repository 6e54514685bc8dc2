#include <string>
#include <vector>

#include "config/lexer.hpp"
#include "config_support.hpp"

#include <CppUTest/TestHarness.h>

using config::Problems;
using config::TokenKind;

namespace {

struct Run {
    std::vector<config::Source> sources;
    std::string problems;
    config::Tokens tokens;
    std::vector<TokenKind> kinds;

    explicit Run(const std::string& text) : sources{{"a.conf", text}} {
        Problems found{sources};
        tokens = config::tokens_of(*sources[0].text, 0, found);
        problems = config_test::lines_of(found.diagnostics());
        for (const config::Token& token : tokens.list) kinds.push_back(token.kind);
    }
    [[nodiscard]] TokenKind first() const { return kinds.front(); }
};

}  // namespace

TEST_GROUP(ConfigLexer){};

TEST(ConfigLexer, EveryBracketAndSignIsAToken) {
    const Run run{"= : , ; { } [ ] ( )"};
    const std::vector<TokenKind> expected{
        TokenKind::assign,     TokenKind::assign,      TokenKind::comma,
        TokenKind::semicolon,  TokenKind::open_group,  TokenKind::close_group,
        TokenKind::open_array, TokenKind::close_array, TokenKind::open_list,
        TokenKind::close_list, TokenKind::end};
    CHECK(run.kinds == expected);
    STRCMP_EQUAL("", run.problems.c_str());
}

TEST(ConfigLexer, WordsAreSortedByWhatTheyCanBe) {
    struct Case {
        const char* text;
        TokenKind kind;
    };
    const std::vector<Case> cases{
        {"lan", TokenKind::name},
        {"vlan-20_b", TokenKind::name},
        {"true", TokenKind::boolean},
        {"FALSE", TokenKind::boolean},
        {"trueish", TokenKind::name},
        {"yes", TokenKind::name},
        {"10", TokenKind::integer},
        {"-10", TokenKind::integer},
        {"+10", TokenKind::integer},
        {"0x1F", TokenKind::integer},
        {"2147483647", TokenKind::integer},
        {"-2147483648", TokenKind::integer},
        {"0x7fffffff", TokenKind::integer},
        {"1.5", TokenKind::real},
        {".5", TokenKind::real},
        {"-1.", TokenKind::real},
        {".", TokenKind::word},
        {"-", TokenKind::word},
        {"0x", TokenKind::word},
        {"1e5", TokenKind::word},
        {"5L", TokenKind::word},
        {"10gw", TokenKind::word},
        {"eth0.10", TokenKind::word},
        {"192.0.2.1/24", TokenKind::word},
        {"100ms", TokenKind::word},
        {"a*", TokenKind::word},
        {"n\xc3\xa4me", TokenKind::word},
        {"$", TokenKind::stray},
        {"'", TokenKind::stray},
        {"@", TokenKind::stray},
        {"\v", TokenKind::stray},
        {"\"a string\"", TokenKind::string},
        {"\"a \\\" quote\"", TokenKind::string},
    };
    for (const Case& one : cases) {
        const Run run{one.text};
        CHECK_EQUAL_TEXT(2U, run.kinds.size(), one.text);
        CHECK_TEXT(run.first() == one.kind, one.text);
        STRCMP_EQUAL("", run.problems.c_str());
    }
}

TEST(ConfigLexer, PlacesCountFromOneInOctets) {
    const Run run{"a = 1;\n\t\tb = \"\xc3\xa4\" ;\r\nc"};
    const auto& tokens = run.tokens.list;
    CHECK(tokens[0].at == (config::Place{0, 1, 1}));
    CHECK(tokens[2].at == (config::Place{0, 1, 5}));
    CHECK(tokens[4].at == (config::Place{0, 2, 3}));
    CHECK(tokens[7].at == (config::Place{0, 2, 12}));
    CHECK(tokens[8].at == (config::Place{0, 3, 1}));
    CHECK(tokens[6].end() == (config::Place{0, 2, 11}));
}

TEST(ConfigLexer, ATokenKnowsWhetherItStartsItsLine) {
    const Run run{"a b\n  c /* x\n y */ d"};
    const auto& tokens = run.tokens.list;
    CHECK_TRUE(tokens[0].starts_line);
    CHECK_FALSE(tokens[1].starts_line);
    CHECK_TRUE(tokens[2].starts_line);
    CHECK_TRUE(tokens[3].starts_line);
}

TEST(ConfigLexer, CommentsOfAllThreeKindsAreSkipped) {
    const Run run{"a # = x\nb // \"y\nc /* z\n */d/**/e//f"};
    CHECK_EQUAL(6U, run.kinds.size());
    STRCMP_EQUAL("", run.problems.c_str());
}

TEST(ConfigLexer, CommentSignsInsideAStringAreText) {
    const Run run{"\"a // b # c /* d\""};
    CHECK(run.first() == TokenKind::string);
    CHECK_EQUAL(2U, run.kinds.size());
}

TEST(ConfigLexer, TrapsAreReportedWhereTheyBegin) {
    struct Case {
        const char* text;
        const char* problems;
    };
    const std::vector<Case> cases{
        {"a;\n /* never\nclosed; b = 1;",
         "2:2: error: this comment is never closed [add '*/' where it ends]"},
        {"a = \"open;\nb = \"closed\";",
         "1:5: error: this string is not closed on its line [where is its other \"?]"},
        {"a = \"ends in a backslash\\",
         "1:5: error: this string is not closed on its line [where is its other \"?]"},
        {"a = \"\\x00\";", "1:5: error: a string cannot hold a NUL character [remove the \\x00]"},
        {"p = 4294967396;",
         "1:5: error: the number 4294967396 is too large [a number without unit goes up to "
         "2147483647]"},
        {"p = 0x80000000;",
         "1:5: error: the number 0x80000000 is too large [a number without unit goes up to "
         "2147483647]"},
        {"p = -2147483649;",
         "1:5: error: the number -2147483649 is too large [a number without unit goes up to "
         "2147483647]"},
        {"p = 99999999999999999999999999;",
         "1:5: error: the number 99999999999999999999999999 is too large [a number without unit "
         "goes up to 2147483647]"},
        {"  @include \"x.conf\"\na = 1;",
         "1:3: error: @include is not supported [put that file into the directory conf.d beside "
         "this one]"},
    };
    for (const Case& one : cases) STRCMP_EQUAL(one.problems, Run{one.text}.problems.c_str());
}

TEST(ConfigLexer, AFileWithANulCharacterIsNotReadAtAll) {
    const Run run{std::string{"a = 1;\nb\0c = 2;", 15}};
    STRCMP_EQUAL("2:2: error: this file holds a NUL character: it is not a text file",
                 run.problems.c_str());
    CHECK_TRUE(run.tokens.cut_short);
    CHECK_EQUAL(1U, run.kinds.size());
    STRCMP_EQUAL("1:3: error: this file holds a NUL character: it is not a text file",
                 Run{(std::string{"# \0", 3})}.problems.c_str());
}

TEST(ConfigLexer, AStringThatIsNotClosedEndsWithItsLine) {
    const Run run{"a = \"open ;\nb"};
    CHECK(run.kinds[0] == TokenKind::broken);
    CHECK(run.kinds[1] == TokenKind::name);
    CHECK_FALSE(run.tokens.cut_short);
}

TEST(ConfigLexer, AStringThatMayHaveSwallowedABracketEndsTheFile) {
    const Run run{"a\nb = \"open ; }\nc"};
    CHECK_EQUAL(2U, run.kinds.size());
    CHECK_TRUE(run.tokens.cut_short);
}

TEST(ConfigLexer, AStringThatTouchesAWordLacksAQuote) {
    for (const char* text : {"a = x\"; b = \"y\";", "a = \"x; b = \"y\";",
                             "a = x\"; b = \"http://c\";", "a = http://b\";"})
        STRCMP_CONTAINS("a quote is missing in this line", Run{text}.problems.c_str());
}

TEST(ConfigLexer, AnEmptyTextIsOnlyTheEnd) {
    const Run run{""};
    CHECK_EQUAL(1U, run.kinds.size());
    CHECK(run.first() == TokenKind::end);
}
