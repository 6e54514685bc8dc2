#include "ctl/text.hpp"

#include <limits>

#include <CppUTest/TestHarness.h>

using namespace ctl;

namespace {

constexpr Style plain{.color = false, .utf8 = true, .width = 0};
constexpr Style coloured{.color = true, .utf8 = true, .width = 0};
constexpr Style thirty_columns{.color = false, .utf8 = true, .width = 36};

const std::vector<Column> columns{
    {"NAME", Align::left, 0}, {"NUMBER", Align::right, 1}, {"WORD", Align::left, 2}};
const std::vector<std::vector<Cell>> rows{
    {{"a"}, {"1"}, {"longer word"}},
    {{"longest"}, {"1000000"}, {"x", Paint::bad}},
};

}  // namespace

TEST_GROUP(CtlText){};

TEST(CtlText, AgesHaveTenthsThenAClockThenDays) {
    struct Case {
        std::optional<double> seconds;
        const char* text;
    };
    for (const Case& c :
         {Case{0.0, "0.0s"}, Case{0.84, "0.8s"}, Case{59.97, "59.9s"}, Case{60.0, "00:01:00"},
          Case{252.9, "00:04:12"}, Case{86399.9, "23:59:59"}, Case{86400.0, "1d 00h"},
          Case{267000.3, "3d 02h"}, Case{1e9, "11574d 01h"}, Case{std::nullopt, "-"},
          Case{-1.0, "-"}, Case{1e300, "-"}, Case{std::numeric_limits<double>::quiet_NaN(), "-"},
          Case{std::numeric_limits<double>::infinity(), "-"}})
        STRCMP_EQUAL(c.text, age_text(c.seconds).c_str());
}

TEST(CtlText, MillisecondsLoseWhatNobodyReads) {
    STRCMP_EQUAL("1000ms", milliseconds_text(1000.0).c_str());
    STRCMP_EQUAL("218.75ms", milliseconds_text(218.75).c_str());
    STRCMP_EQUAL("812.43ms", milliseconds_text(812.4321).c_str());
    STRCMP_EQUAL("-", milliseconds_text(std::nullopt).c_str());
}

TEST(CtlText, ASpanIsInTheUnitThatFits) {
    STRCMP_EQUAL("812ms", span_text(812.43).c_str());
    STRCMP_EQUAL("999ms", span_text(999.7).c_str());
    STRCMP_EQUAL("25.6s", span_text(25654.82).c_str());
    STRCMP_EQUAL("00:01:05", span_text(65000.0).c_str());
    STRCMP_EQUAL("-", span_text(-1.0).c_str());
    STRCMP_EQUAL("-", span_text(std::nullopt).c_str());
}

TEST(CtlText, CountsAreGroupedByThousands) {
    STRCMP_EQUAL("0", count_text(0).c_str());
    STRCMP_EQUAL("999", count_text(999).c_str());
    STRCMP_EQUAL("1 000", count_text(1000).c_str());
    STRCMP_EQUAL("1 330 012", count_text(1330012).c_str());
    STRCMP_EQUAL("-123", count_text(-123).c_str());
    STRCMP_EQUAL("-9 223 372 036 854 775 808",
                 count_text(std::numeric_limits<std::int64_t>::min()).c_str());
    STRCMP_EQUAL("-", count_text(std::nullopt).c_str());
}

TEST(CtlText, NothingThatATerminalObeysIsPrintable) {
    STRCMP_EQUAL("a\\nb\\t\\x1b[31m\\x07\\x7f", printable("a\nb\t\x1b[31m\a\x7f").c_str());
    STRCMP_EQUAL("\\u009b31m", printable("\u009b31m").c_str());
    STRCMP_EQUAL("\\u202eabc\\u2028", printable("\u202e"
                                                "abc\u2028")
                                          .c_str());
    STRCMP_EQUAL("\\x00", printable(std::string_view{"\0", 1}).c_str());
}

TEST(CtlText, TextInAnyLanguageIsPrintable) {
    STRCMP_EQUAL("Büro \u65e5 \U0001f680", printable("Büro \u65e5 \U0001f680").c_str());
}

TEST(CtlText, BrokenUtf8IsEscapedOctetByOctet) {
    STRCMP_EQUAL("\\xff", printable("\xff").c_str());
    STRCMP_EQUAL("\\xc3", printable("\xc3").c_str());
    STRCMP_EQUAL("\\xc0\\x80", printable("\xc0\x80").c_str());
    STRCMP_EQUAL("\\xe0\\x80\\x80", printable("\xe0\x80\x80").c_str());
    STRCMP_EQUAL("\\xed\\xa0\\x80", printable("\xed\xa0\x80").c_str());
    STRCMP_EQUAL("\\xf5\\x80\\x80\\x80", printable("\xf5\x80\x80\x80").c_str());
    STRCMP_EQUAL("\\xc3(", printable("\xc3(").c_str());
}

TEST(CtlText, JsonKeepsItsMeaningWithoutTerminalControls) {
    STRCMP_EQUAL("{\"a\":\"\\u009b\\u007fü\"}\t",
                 printable_json("{\"a\":\"\u009b\x7fü\"}\t").c_str());
}

TEST(CtlText, OutsideUtf8EveryOtherCharacterIsAQuestionMark) {
    STRCMP_EQUAL("B?ro ?", ascii_only("Büro \u25cf").c_str());
}

TEST(CtlText, WidthCountsCharactersAndNoColours) {
    LONGS_EQUAL(4, display_width("Büro"));
    LONGS_EQUAL(6, display_width(painted("active", Paint::good, coloured)));
}

TEST(CtlText, ColoursAppearOnlyWhenTheyAreWanted) {
    STRCMP_EQUAL("FAULT", painted("FAULT", Paint::bad, plain).c_str());
    STRCMP_EQUAL("\x1b[1;31mFAULT\x1b[0m", painted("FAULT", Paint::bad, coloured).c_str());
    STRCMP_EQUAL("BACKUP", painted("BACKUP", Paint::plain, coloured).c_str());
}

TEST(CtlText, TablesAlignTheirColumnsAndEndWithoutBlanks) {
    STRCMP_EQUAL(
        R"(NAME      NUMBER  WORD
a              1  longer word
longest  1000000  x
)",
        table(columns, rows, plain).c_str());
}

TEST(CtlText, ColoursDoNotMoveTheColumns) {
    const std::vector<std::vector<Cell>> two{{{"x", Paint::good}, {"1"}, {"y"}}};
    STRCMP_EQUAL(
        "NAME  NUMBER  WORD\n"
        "\x1b[32mx\x1b[0m          1  y\n",
        table(columns, two, coloured).c_str());
}

TEST(CtlText, NarrowTablesLeaveColumnsOutInTheirOrder) {
    Style style = plain;
    style.width = 29;
    LONGS_EQUAL(29, display_width("a              1  longer word"));
    CHECK(table(columns, rows, style).starts_with("NAME      NUMBER  WORD\n"));
    style.width = 28;
    CHECK(table(columns, rows, style).starts_with("NAME     WORD\n"));
    style.width = 19;
    CHECK(table(columns, rows, style).starts_with("NAME\n"));
    style.width = 1;
    STRCMP_EQUAL("NAME\na\nlongest\n", table(columns, rows, style).c_str());
}

TEST(CtlText, LongTextsAreWrappedUnderThemselves) {
    STRCMP_EQUAL(
        "  label        one two three four\n"
        "               five\n",
        labelled("label", "one two three four five", thirty_columns).c_str());
}

TEST(CtlText, AWordLongerThanTheLineStaysWhole) {
    STRCMP_EQUAL(
        R"(  label        a
               0123456789012345678901234
               b
)",
        labelled("label", "a 0123456789012345678901234 b", thirty_columns).c_str());
}

TEST(CtlText, ListsKeepTheirTwoBlanksInsideALine) {
    STRCMP_EQUAL(
        "  label        10.0.0.1  10.0.0.2\n"
        "               10.0.0.3\n",
        labelled("label", "10.0.0.1  10.0.0.2  10.0.0.3", thirty_columns).c_str());
}

TEST(CtlText, WithoutAWidthNothingIsWrapped) {
    const std::string words(500, 'x');
    STRCMP_EQUAL(("  label        " + words + " " + words + "\n").c_str(),
                 labelled("label", words + " " + words, plain).c_str());
}
