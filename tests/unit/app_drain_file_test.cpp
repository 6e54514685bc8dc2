#include "app/drain_file.hpp"

#include <filesystem>
#include <fstream>

#include "app_support.hpp"

#include <CppUTest/TestHarness.h>

using namespace support;
using namespace app;

namespace {

constexpr WallClock noon_of_some_day{1'732'000'000s};

const std::vector<KeptDrain> two{{"lan", "new kernel", noon_of_some_day, noon_of_some_day + 30min},
                                 {"a \"b\"\n", "", noon_of_some_day, std::nullopt}};

}  // namespace

TEST_GROUP(DrainFile) {
    ScratchDirectory scratch;
    std::string path = scratch.file("drained.json");
    void write(std::string_view text) const { std::ofstream{path} << text; }
};

TEST(DrainFile, WhatIsWrittenIsRead) {
    CHECK(drains_in(text_of(two)).value() == two);
    CHECK(drains_in(text_of({})).value().empty());
}

TEST(DrainFile, UnitsThatWereDrainedTogetherShareAnEntry) {
    std::vector<KeptDrain> many;
    for (int i = 0; i < 1000; ++i)
        many.push_back({"router" + std::to_string(i), std::string(200, 'x'), noon_of_some_day, {}});
    const std::string text = text_of(many);
    CHECK(text.size() < 32'000);
    LONGS_EQUAL(1000, drains_in(text).value().size());
}

TEST(DrainFile, WhatMakesNoSenseIsAnError) {
    for (const std::string_view text :
         {"", "{", "[]", "null", R"({"drained":[]})", R"({"schema":2,"drained":[]})",
          R"({"schema":1})", R"({"schema":1,"drained":{}})", R"({"schema":1,"drained":[1]})",
          R"({"schema":1,"drained":[{}]})",
          R"({"schema":1,"drained":[{"units":["a"],"reason":"","since":-1,"until":null}]})",
          R"({"schema":1,"drained":[{"units":["a"],"reason":"","since":1e30,"until":null}]})",
          R"({"schema":1,"drained":[{"units":["a"],"reason":"","since":1,"until":"x"}]})",
          R"({"schema":1,"drained":[{"units":["a"],"reason":7,"since":1,"until":null}]})",
          R"({"schema":1,"drained":[{"units":[7],"reason":"","since":1,"until":null}]})",
          R"({"schema":1,"drained":[{"units":"a","reason":"","since":1,"until":null}]})"})
        CHECK_FALSE_TEXT(drains_in(text).has_value(), text.data());
}

TEST(DrainFile, NoFileIsNothingDrained) {
    const KeptDrains kept = read_drains(scratch.path());
    CHECK(kept.drains.empty());
    CHECK(kept.records.empty());
    STRCMP_EQUAL(path.c_str(), kept.path.c_str());
}

TEST(DrainFile, IsReadFromTheStateDirectory) {
    write(text_of(two));
    CHECK(read_drains(scratch.path()).drains == two);
}

TEST(DrainFile, ADamagedOneIsPutAsideAndTold) {
    write(text_of(two).substr(0, 40));
    const KeptDrains kept = read_drains(scratch.path());
    CHECK(kept.drains.empty());
    LONGS_EQUAL(1, kept.records.size());
    CHECK(kept.records.front().text().contains(path + ".damaged"));
    CHECK(std::filesystem::exists(path + ".damaged"));
    CHECK_FALSE(std::filesystem::exists(path));
}

TEST(DrainFile, OneThatIsNoFileOrTooLargeDoesNotStopTheStart) {
    std::filesystem::create_directory(path);
    LONGS_EQUAL(1, read_drains(scratch.path()).records.size());
    std::filesystem::remove(path + ".damaged");
    write(std::string(2'000'000, ' '));
    LONGS_EQUAL(1, read_drains(scratch.path()).records.size());
    std::filesystem::create_symlink("/dev/zero", path);
    LONGS_EQUAL(1, read_drains(scratch.path()).records.size());
}
