#include "health/last_line.hpp"

#include <initializer_list>
#include <string>
#include <string_view>

#include <CppUTest/TestHarness.h>

namespace {

std::string last_of(std::initializer_list<std::string_view> pieces) {
    health::LastLine line;
    for (const auto piece : pieces) line.add(piece);
    return line.text();
}

}  // namespace

TEST_GROUP(LastLine){};

TEST(LastLine, TheLastOneIsKeptWithOrWithoutItsEnd) {
    STRCMP_EQUAL("two", last_of({"one\ntwo\n"}).c_str());
    STRCMP_EQUAL("two", last_of({"one\ntwo"}).c_str());
    STRCMP_EQUAL("", last_of({}).c_str());
}

TEST(LastLine, EmptyOnesDoNotCount) { STRCMP_EQUAL("one", last_of({"one\n\n\r\n"}).c_str()); }

TEST(LastLine, ItMayComeInPieces) {
    STRCMP_EQUAL("three", last_of({"one\ntw", "o\nth", "ree"}).c_str());
    STRCMP_EQUAL("two", last_of({"one\n", "two"}).c_str());
}

TEST(LastLine, ALongOneIsCutAndTheNextIsWhole) {
    const std::string line(1000, 'x');
    LONGS_EQUAL(health::LastLine::size_at_most, last_of({line}).size());
    STRCMP_EQUAL("two", last_of({line, "\ntwo\n"}).c_str());
}
