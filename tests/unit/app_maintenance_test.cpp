#include "app/maintenance.hpp"

#include "app/ledger.hpp"
#include "app_support.hpp"

#include <CppUTest/TestHarness.h>

using namespace support;
using namespace app;

namespace {

constexpr WallClock some_day{1'732'000'000s};
const Instruction drain{.verb = Instruction::Verb::drain, .name = "lan"};
const Instruction handover{.verb = Instruction::Verb::handover, .name = "lan"};

}  // namespace

TEST_GROUP(Maintenance) {
    Maintenance maintenance;
    [[nodiscard]] std::string state(std::uint64_t id) const {
        return std::string{name_of(maintenance.operation(id)->parts.front().state)};
    }
};

TEST(Maintenance, ADrainSaysSinceWhenWhyAndHowItEnds) {
    Drain drained{.reason = "", .since = some_day};
    STRCMP_EQUAL("drained since 2024-11-19T07:06:40Z; ended by: tandemctl undrain lan",
                 text_of(drained, "lan").c_str());
    drained.reason = "new kernel";
    drained.until = some_day + 1h;
    STRCMP_EQUAL(
        "drained since 2024-11-19T07:06:40Z until 2024-11-19T08:06:40Z (new kernel); "
        "ended by: tandemctl undrain lan",
        text_of(drained, "lan").c_str());
}

TEST(Maintenance, ATimeThatIsOverIsNamed) {
    maintenance.drain("lan", {.reason = "", .since = some_day, .ends_at = noon});
    maintenance.drain("wan", {.reason = "", .since = some_day});
    CHECK(maintenance.deadline() == noon);
    CHECK(maintenance.expired(noon - 1ns).empty());
    CHECK(maintenance.expired(noon) == std::vector<std::string>{"lan"});
}

TEST(Maintenance, AllThatWaitForAUnitGetItsEnd) {
    const auto first = maintenance.open(handover.verb);
    const auto second = maintenance.open(drain.verb);
    maintenance.begin("lan", handover, first, noon);
    maintenance.begin("lan", drain, second, noon + 1s);
    CHECK(maintenance.errand_of("lan")->instruction.verb == Instruction::Verb::drain);
    CHECK(maintenance.errand_of("lan")->begun == noon);
    CHECK(maintenance.operation(first)->is_pending());
    maintenance.finish("lan", Operation::State::done, "is drained");
    STRCMP_EQUAL("done", state(first).c_str());
    STRCMP_EQUAL("done", state(second).c_str());
    CHECK(maintenance.errand_of("lan") == nullptr);
    maintenance.finish("lan", Operation::State::refused, "again");
    STRCMP_EQUAL("done", state(first).c_str());
}

TEST(Maintenance, OldOperationsAreForgottenButNotThoseThatArePending) {
    const auto first = maintenance.open(drain.verb);
    maintenance.begin("lan", drain, first, noon);
    std::uint64_t last = 0;
    for (int i = 0; i < 1000; ++i) last = maintenance.open(drain.verb);
    CHECK(maintenance.operation(first) != nullptr);
    CHECK(maintenance.operation(first + 1) == nullptr);
    CHECK(maintenance.operation(last) != nullptr);
}

TEST(Maintenance, ADrainEndsAHold) {
    maintenance.hold("lan", {some_day, "192.0.2.3"});
    CHECK(maintenance.hold_of("lan") != nullptr);
    maintenance.drain("lan", {.reason = "", .since = some_day});
    CHECK(maintenance.hold_of("lan") == nullptr);
    CHECK(maintenance.end_drain("lan"));
    CHECK_FALSE(maintenance.end_drain("lan"));
}

TEST_GROUP(Ledger) {
    Ledger ledger;
    std::uint64_t order(base::Instant now) {
        const auto save = ledger.take_order(now);
        CHECK(save.has_value());
        return save ? save->id : 0;
    }
};

TEST(Ledger, IsSettledWhenTheNewestTextIsOnTheDisk) {
    CHECK(ledger.is_settled());
    CHECK_FALSE(ledger.take_order(noon).has_value());
    ledger.open("/state/drained.json");
    ledger.write("one");
    CHECK_FALSE(ledger.is_settled());
    const auto first = ledger.take_order(noon);
    CHECK(*first == (health::SaveMessage{1, "/state/drained.json", "one"}));
    ledger.write("two");
    const std::uint64_t second = order(noon);
    ledger.take(health::Saved{first->id, ""}, noon);
    CHECK_FALSE(ledger.is_settled());
    ledger.take(health::Saved{second, ""}, noon);
    CHECK(ledger.is_settled());
    STRCMP_EQUAL("", ledger.error().c_str());
}

TEST(Ledger, AFailureIsShownAndTriedAgain) {
    ledger.write("one");
    ledger.take(health::Saved{order(noon), "no room"}, noon);
    CHECK(ledger.is_settled());
    STRCMP_EQUAL("no room", ledger.error().c_str());
    CHECK_FALSE(ledger.take_order(noon + 29s).has_value());
    CHECK(ledger.deadline() == noon + 30s);
    ledger.take(health::Saved{order(noon + 30s), ""}, noon + 30s);
    STRCMP_EQUAL("", ledger.error().c_str());
    CHECK_FALSE(ledger.deadline().has_value());
}

TEST(Ledger, ARunnerThatIsSilentIsAFailure) {
    ledger.write("one");
    (void)order(noon);
    CHECK(ledger.deadline() == noon + 15s);
    CHECK_FALSE(ledger.take_order(noon + 15s).has_value());
    CHECK(ledger.is_settled());
    STRCMP_EQUAL("the runner does not answer", ledger.error().c_str());
}

TEST(Ledger, ANewRunnerIsToldOnceMore) {
    ledger.write("one");
    const std::uint64_t first = order(noon);
    ledger.take(health::Hello{2}, noon);
    CHECK(order(noon) != first);
    ledger.take(health::Hello{3}, noon);
    ledger.take(health::Saved{order(noon), ""}, noon);
    ledger.take(health::Hello{4}, noon);
    CHECK_FALSE(ledger.take_order(noon).has_value());
}

TEST(Ledger, WhatIsTooLargeOrHasNobodyToWriteItIsAFailure) {
    ledger.write(std::string(health::message_size, 'x'));
    CHECK_FALSE(ledger.take_order(noon).has_value());
    STRCMP_EQUAL("it is too large", ledger.error().c_str());
    ledger.note(Care::none);
    ledger.write("one");
    CHECK_FALSE(ledger.take_order(noon).has_value());
    CHECK(ledger.error().contains("restart tandemd"));
}
