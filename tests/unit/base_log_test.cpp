#include "base/log.hpp"

#include <optional>
#include <string>

#include <CppUTest/TestHarness.h>

using base::log::Level;
using base::log::Record;

namespace {

std::string with_value(const char* value) {
    return Record{Level::info, "it happened", {{"key", value}}}.text();
}

}  // namespace

TEST_GROUP(LogRecord){};

TEST(LogRecord, WithoutFieldsIsItsMessage) {
    const Record record{Level::info, "it happened", {}};
    STRCMP_EQUAL("it happened", record.text().c_str());
}

TEST(LogRecord, KeepsItsFieldsInOrder) {
    const Record record{Level::notice, "lan is active", {{"from", "backup"}, {"to", "active"}}};
    STRCMP_EQUAL("lan is active from=backup to=active", record.text().c_str());
}

TEST(LogRecord, QuotesAValueThatAReaderCouldNotSplitOtherwise) {
    struct Case {
        const char* value;
        const char* text;
    };
    for (const Case& c : {
             Case{"plain", "plain"},
             Case{"192.0.2.1/24", "192.0.2.1/24"},
             Case{"", "\"\""},
             Case{"two words", "\"two words\""},
             Case{"a\tb", "\"a\\x09b\""},
             Case{"a=b", "\"a=b\""},
             Case{"say \"no\"", "\"say \\\"no\\\"\""},
             Case{"\"", "\"\\\"\""},
             Case{"back\\slash and blank", "\"back\\\\slash and blank\""},
         })
        STRCMP_EQUAL((std::string{"it happened key="} + c.text).c_str(),
                     with_value(c.value).c_str());
}

TEST(LogRecord, StaysOnOneLineWhateverAValueHolds) {
    STRCMP_EQUAL("it happened key=\"first\\nsecond\"", with_value("first\nsecond").c_str());
}

TEST(LogRecord, HasNoControlCharacters) {
    STRCMP_EQUAL("it happened key=\"a\\x0db\\x1b[2J\\x7f\"", with_value("a\rb\x1b[2J\x7f").c_str());
}

TEST_GROUP(LogLevel){};

TEST(LogLevel, HasTheNumberOfSyslog) {
    LONGS_EQUAL(3, static_cast<int>(Level::error));
    LONGS_EQUAL(4, static_cast<int>(Level::warning));
    LONGS_EQUAL(5, static_cast<int>(Level::notice));
    LONGS_EQUAL(6, static_cast<int>(Level::info));
    LONGS_EQUAL(7, static_cast<int>(Level::debug));
}

TEST(LogLevel, IsReadFromTheNameThatItPrints) {
    struct Case {
        Level level;
        const char* name;
    };
    for (const Case& c :
         {Case{Level::error, "error"}, Case{Level::warning, "warning"},
          Case{Level::notice, "notice"}, Case{Level::info, "info"}, Case{Level::debug, "debug"}}) {
        STRCMP_EQUAL(c.name, std::string{base::log::name_of(c.level)}.c_str());
        CHECK_TEXT(base::log::parse_level(c.name) == c.level, c.name);
    }
}

TEST(LogLevel, HasNoOtherNames) {
    for (const char* name : {"", "Error", "warn", "err", "3", "info ", "trace", "inform"})
        CHECK_TEXT(!base::log::parse_level(name), name);
}
