#include "health/saves.hpp"

#include <sys/stat.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "app_support.hpp"
#include "health/clock.hpp"
#include "health/reactor.hpp"
#include "health/save.hpp"

#include <CppUTest/TestHarness.h>

using namespace health;
using namespace std::chrono_literals;

namespace {

std::string contents_of(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream{path}.rdbuf();
    return std::move(text).str();
}

}  // namespace

TEST_GROUP(Saves) {
    support::ScratchDirectory scratch;
    std::string path = scratch.file("state/drained.json");
    base::Result<Reactor> reactor = Reactor::open();
    Children children{*reactor, {}};
    Saves saves{children};
    std::vector<Saved> answers;

    void wait_for(std::size_t count) {
        const base::Instant end = read_clock() + 20s;
        while (read_clock() < end && answers.size() < count) {
            (void)reactor->wait(read_clock() + 5ms);
            children.look_after(read_clock());
            saves.on_time(read_clock());
            for (Saved& saved : saves.take_answers()) answers.push_back(std::move(saved));
        }
        LONGS_EQUAL(count, answers.size());
    }
};

TEST(Saves, AFileIsReplacedAsAWhole) {
    CHECK(save_file(path, "one\n").has_value());
    CHECK(save_file(path, "two\n").has_value());
    STRCMP_EQUAL("two\n", contents_of(path).c_str());
    CHECK_FALSE(std::filesystem::exists(path + ".new"));
    struct stat status{};
    LONGS_EQUAL(0, ::stat(path.c_str(), &status));
    LONGS_EQUAL(0, status.st_mode & 0007);
}

TEST(Saves, WhatIsAppendedFollowsWhatIsThereUntilThereIsNoRoom) {
    CHECK(append_to_file(path, "one\n", 8).has_value());
    CHECK(append_to_file(path, "two\n", 8).has_value());
    STRCMP_EQUAL("one\ntwo\n", contents_of(path).c_str());
    CHECK(append_to_file(path, "three\n", 8).has_value());
    STRCMP_EQUAL("three\n", contents_of(path).c_str());
    STRCMP_EQUAL("one\ntwo\n", contents_of(path + ".1").c_str());
    CHECK(append_to_file(path, "longer than all the room\n", 8).has_value());
    STRCMP_EQUAL("three\n", contents_of(path + ".1").c_str());
}

TEST(Saves, ALineThatWasCutShortStaysOneOfItsOwn) {
    CHECK(append_to_file(path, "one\ntw", 100).has_value());
    CHECK(append_to_file(path, "three\n", 100).has_value());
    STRCMP_EQUAL("one\ntw\nthree\n", contents_of(path).c_str());
}

TEST(Saves, AnOrderToAppendDoesSo) {
    saves.order({1, path, "one\n", 100}, read_clock());
    wait_for(1);
    saves.order({2, path, "two\n", 100}, read_clock());
    wait_for(2);
    STRCMP_EQUAL("", answers.back().error.c_str());
    STRCMP_EQUAL("one\ntwo\n", contents_of(path).c_str());
}

TEST(Saves, AFailureNamesTheFileAndLeavesTheOldText) {
    CHECK(save_file(path, "one\n").has_value());
    std::filesystem::create_directory(path + ".new");
    const auto saved = save_file(path, "two\n");
    CHECK_FALSE(saved.has_value());
    CHECK(saved.error().text().starts_with("write " + path));
    STRCMP_EQUAL("one\n", contents_of(path).c_str());
}

TEST(Saves, AChildWritesItAndTheAnswerSaysSo) {
    saves.order({1, path, "one\n"}, read_clock());
    LONGS_EQUAL(1, saves.count());
    wait_for(1);
    CHECK(answers[0] == (Saved{1, ""}));
    STRCMP_EQUAL("one\n", contents_of(path).c_str());
    LONGS_EQUAL(0, saves.count());
}

TEST(Saves, TheErrorOfTheChildIsTold) {
    std::ofstream{scratch.file("state")} << "no directory";
    saves.order({1, path, "one\n"}, read_clock());
    wait_for(1);
    LONGS_EQUAL(1, answers[0].id);
    STRCMP_CONTAINS("Not a directory", answers[0].error.c_str());
}

TEST(Saves, OfThoseThatWaitTheNewestCounts) {
    for (const std::uint64_t id : {1U, 2U, 3U})
        saves.order({id, path, std::string(1, static_cast<char>('0' + id))}, read_clock());
    wait_for(3);
    STRCMP_EQUAL("3", contents_of(path).c_str());
    CHECK(answers[0] == (Saved{2, "a newer text has come"}));
    CHECK(answers[1] == (Saved{1, ""}));
    CHECK(answers[2] == (Saved{3, ""}));
}
