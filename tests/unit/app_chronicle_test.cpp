#include "app/chronicle.hpp"

#include <fmt/format.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "app/chronicle_file.hpp"
#include "app/chronicle_text.hpp"
#include "app_support.hpp"

#include <CppUTest/TestHarness.h>

using namespace support;
using namespace std::chrono_literals;
using app::Chronicle;
using app::WallClock;
using base::EventKind;
using base::log::Level;
using base::log::Record;
using nlohmann::json;

namespace {

const WallClock wall{std::chrono::microseconds{1'772'708'527'113'042}};  // 2026-03-05 11:02:07 UTC

Record record(std::string why) {
    return {Level::warning,
            "check uplink failed",
            {{"check", "uplink"}, {"why", std::move(why)}},
            EventKind::check_failed};
}

app::Event event(std::uint64_t number) {
    return {number, wall, EventKind::reloaded, Level::notice, "configuration reloaded", {}};
}

}  // namespace

TEST_GROUP(Chronicle) {
    Chronicle chronicle;

    void note(int times = 1) {
        for (int i = 0; i < times; ++i) chronicle.note(record(fmt::format("no {}", i)), wall);
    }
    void answer(const health::SaveMessage& order, std::string error, base::Instant now) {
        const auto told = chronicle.take(health::Saved{order.id, std::move(error)}, now);
        troubles += told ? 1 : 0;
    }
    int troubles = 0;
};

TEST(Chronicle, KeepsEventsAndNumbersThem) {
    note(2);
    chronicle.note({Level::info, "only a line", {}}, wall);
    LONGS_EQUAL(2, chronicle.events().size());
    LONGS_EQUAL(2, chronicle.last_number());
    STRCMP_EQUAL("uplink", chronicle.events().front().fields.front().value.c_str());
}

TEST(Chronicle, IsBounded) {
    note(1500);
    LONGS_EQUAL(Chronicle::capacity, chronicle.events().size());
    LONGS_EQUAL(501, chronicle.events().front().number);
}

TEST(Chronicle, ATextOfAnyLengthIsCutShort) {
    Record long_one = record(std::string(100'000, 'x'));
    for (int i = 0; i < 100; ++i) long_one.fields.push_back({fmt::format("k{}", i), "12345678"});
    for (int i = 0; i < 100; ++i) long_one.fields.push_back({"x", std::string(400, 'y')});
    chronicle.note(long_one, wall);
    CHECK(app::line_of(chronicle.events().front()).size() < 6000);
}

TEST(Chronicle, WithoutAFileNothingIsOrdered) {
    note();
    CHECK_FALSE(chronicle.take_order(noon).has_value());
    CHECK_FALSE(chronicle.deadline().has_value());
    CHECK(chronicle.is_settled());
}

TEST(Chronicle, NothingIsWrittenWhileNothingHappens) {
    chronicle.open("/state/events.jsonl", {event(7)});
    CHECK_FALSE(chronicle.take_order(noon).has_value());
    CHECK_FALSE(chronicle.deadline().has_value());
    CHECK(chronicle.is_settled());
}

TEST(Chronicle, TheFirstEventIsWrittenAtOnceAndOthersOnceASecond) {
    chronicle.open("/state/events.jsonl", {});
    note();
    const auto first = chronicle.take_order(noon);
    CHECK(first.has_value());
    STRCMP_EQUAL("/state/events.jsonl", first->path.c_str());
    CHECK(first->append_up_to.has_value());
    note(3);
    CHECK_FALSE(chronicle.take_order(noon + 1ms).has_value());  // an answer is awaited
    answer(*first, "", noon + 2ms);
    CHECK_FALSE(chronicle.take_order(noon + 3ms).has_value());
    CHECK(chronicle.deadline() == noon + 1s);
    const auto second = chronicle.take_order(noon + 1s);
    LONGS_EQUAL(3, app::events_in(second->text).events.size());
    CHECK_FALSE(chronicle.is_settled());
    answer(*second, "", noon + 1s);
    CHECK(chronicle.is_settled());
    CHECK_FALSE(chronicle.deadline().has_value());
}

TEST(Chronicle, AtTheEndTheSecondIsNotWaitedFor) {
    chronicle.open("/state/events.jsonl", {});
    note();
    answer(*chronicle.take_order(noon), "", noon);
    note();
    chronicle.hurry();
    CHECK(chronicle.take_order(noon + 1ms).has_value());
}

TEST(Chronicle, ManyEventsAreWrittenInSeveralOrdersOfWhichEachFitsIntoAMessage) {
    chronicle.open("/state/events.jsonl", {});
    for (int i = 0; i < 900; ++i) chronicle.note(record(std::string(400, '\n')), wall);
    std::string all;
    base::Instant now = noon;
    for (; !chronicle.is_settled(); now += 1s) {
        const auto order = chronicle.take_order(now);
        CHECK(order.has_value());
        CHECK(health::encode(health::ToRunner{*order}).size() < health::message_size);
        all += order->text;
        answer(*order, "", now);
    }
    LONGS_EQUAL(900, app::events_in(all).events.size());
}

TEST(Chronicle, AFailureIsToldOnceAndTriedAgainWithAllThatIsMissing) {
    chronicle.open("/state/events.jsonl", {});
    note();
    answer(*chronicle.take_order(noon), "no room", noon);
    CHECK(chronicle.is_settled());
    note();
    CHECK_FALSE(chronicle.take_order(noon + 29s).has_value());
    const auto again = chronicle.take_order(noon + 30s);
    LONGS_EQUAL(2, app::events_in(again->text).events.size());
    answer(*again, "no room", noon + 30s);
    LONGS_EQUAL(1, troubles);
    answer(*chronicle.take_order(noon + 60s), "", noon + 60s);
    LONGS_EQUAL(1, troubles);
    CHECK(chronicle.is_settled());
}

TEST(Chronicle, ARunnerThatDiesOrIsSilentIsAskedOnceMore) {
    chronicle.open("/state/events.jsonl", {});
    note();
    const auto first = chronicle.take_order(noon);
    CHECK(chronicle.deadline() == noon + 15s);
    CHECK(chronicle.take_order(noon + 15s).has_value());
    (void)chronicle.take(health::Hello{1}, noon + 17s);
    const auto third = chronicle.take_order(noon + 17s);
    CHECK(third.has_value());
    answer(*first, "", noon + 18s);  // too late: it is not this one's
    CHECK_FALSE(chronicle.is_settled());
    answer(*third, "", noon + 18s);
    CHECK(chronicle.is_settled());
}

// Somebody may have seen the numbers of what was not saved before a crash.
TEST(Chronicle, NumbersGoOnBeyondAllThatWereGivenBeforeARestart) {
    chronicle.open("/state/events.jsonl", {event(7), event(8)});
    note();
    LONGS_EQUAL(3, chronicle.events().size());
    CHECK(chronicle.last_number() >= 8 + Chronicle::capacity);
    LONGS_EQUAL(1, app::events_in(chronicle.take_order(noon)->text).events.size());
}

TEST(Chronicle, AnotherProgramGoesOnWithTheSameEventsAndNumbers) {
    chronicle.open("/state/events.jsonl", {});
    note(2);
    answer(*chronicle.take_order(noon), "", noon);
    note();
    Chronicle next;
    next.restore(app::standing_in(app::text_of(chronicle.standing())));
    next.open("/state/events.jsonl", {});
    LONGS_EQUAL(3, next.events().size());
    LONGS_EQUAL(3, next.last_number());
    LONGS_EQUAL(1, app::events_in(next.take_order(noon)->text).events.size());
    CHECK(app::standing_in("nonsense").events.empty());
}

TEST_GROUP(ChronicleText){};

TEST(ChronicleText, ALineIsReadBackAsItWas) {
    app::Event before = event(12);
    before.fields = {{"config", "a \"b\"\n"}};
    const app::ReadEvents read = app::events_in(app::line_of(before));
    LONGS_EQUAL(0, read.damaged);
    LONGS_EQUAL(1, read.events.size());
    const app::Event& after = read.events.front();
    LONGS_EQUAL(12, after.number);
    CHECK(after.wall == wall && after.kind == EventKind::reloaded && after.level == Level::notice);
    STRCMP_EQUAL("configuration reloaded", after.message.c_str());
    STRCMP_EQUAL("a \"b\"\n", after.fields.front().value.c_str());
}

TEST(ChronicleText, WhatMakesNoSenseIsLeftOutAndCounted) {
    const std::string good = app::line_of(event(3));
    const std::string text = "nonsense\n" + good + "{\"number\":-1}\n\n" +
                             good.substr(0, good.size() / 2) + "\n" + app::line_of(event(2)) + good;
    const app::ReadEvents read = app::events_in(text);
    LONGS_EQUAL(3, read.damaged);
    LONGS_EQUAL(2, read.events.size());
    LONGS_EQUAL(2, read.events[0].number);
    LONGS_EQUAL(3, read.events[1].number);
}

TEST(ChronicleText, AnAnswerIsBoundedAndSaysWhetherThereIsMore) {
    Chronicle chronicle;
    for (int i = 0; i < 400; ++i) chronicle.note(record("x"), wall);
    const json first = json::parse(app::answer_events(chronicle, "gw1", "{}"));
    LONGS_EQUAL(250, first["events"].size());
    CHECK_FALSE(first["complete"].get<bool>());
    LONGS_EQUAL(400, first["last"].get<int>());
    STRCMP_EQUAL("2026-03-05T11:02:07.113042Z",
                 first["events"][0]["time"].get<std::string>().c_str());
    STRCMP_EQUAL("check-failed", first["events"][0]["event"].get<std::string>().c_str());
    const json second = json::parse(app::answer_events(chronicle, "gw1", R"({"after":250})"));
    LONGS_EQUAL(150, second["events"].size());
    CHECK(second["complete"].get<bool>());
    CHECK(json::parse(app::answer_events(chronicle, "gw1", R"({"after":"x"})")).contains("error"));
}

TEST_GROUP(ChronicleFile) { ScratchDirectory scratch; };

TEST(ChronicleFile, NoFileIsNoTrouble) {
    const app::KeptEvents kept = app::read_events(scratch.file("none"));
    CHECK(kept.events.empty() && kept.records.empty());
}

TEST(ChronicleFile, TheFileBeforeIsReadToo) {
    std::ofstream{scratch.file("events.jsonl.1")} << app::line_of(event(1));
    std::ofstream{scratch.file("events.jsonl")} << app::line_of(event(2));
    const app::KeptEvents kept =
        app::read_events(std::filesystem::path{scratch.file("x")}.parent_path().string());
    LONGS_EQUAL(2, kept.events.size());
    CHECK(kept.records.empty());
}

TEST(ChronicleFile, ADamagedFileIsToldAndTheRestOfItUsed) {
    std::ofstream{scratch.file("events.jsonl")} << std::string(3000, '\0') << "\n"
                                                << app::line_of(event(2));
    const app::KeptEvents kept =
        app::read_events(std::filesystem::path{scratch.file("x")}.parent_path().string());
    LONGS_EQUAL(1, kept.events.size());
    LONGS_EQUAL(1, kept.records.size());
    CHECK(kept.records.front().event == EventKind::file_damaged);
}
