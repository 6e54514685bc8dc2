// What is wrong with another router: from the first sight until it has not been seen for a while.
#include "app/conditions.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "app_support.hpp"

#include <CppUTest/TestHarness.h>

using namespace support;
using app::ConditionKind;

TEST_GROUP(Conditions) {
    app::Conditions conditions;

    bool hold(ConditionKind kind, std::string_view with, base::Instant at) {
        if (conditions.extend(kind, address(with), at, 5s)) return false;
        conditions.begin(kind, address(with), "text", at, 5s);
        return true;
    }
};

TEST(Conditions, BeginOnceForEachKindAndRouter) {
    CHECK(hold(ConditionKind::rejected, "192.0.2.3", noon));
    CHECK_FALSE(hold(ConditionKind::rejected, "192.0.2.3", noon + 1s));
    CHECK(hold(ConditionKind::rejected, "192.0.2.4", noon + 1s));
    CHECK(hold(ConditionKind::another_active, "192.0.2.3", noon + 1s));
    LONGS_EQUAL(3, conditions.all().size());
    CHECK(conditions.all().front().since == noon);
}

TEST(Conditions, EndWhenTheyWereNotSeenAgain) {
    hold(ConditionKind::rejected, "192.0.2.3", noon);
    hold(ConditionKind::rejected, "192.0.2.3", noon + 4s);
    CHECK(conditions.deadline() == noon + 9s);
    CHECK(conditions.take_ended(noon + 8s).empty());
    const auto ended = conditions.take_ended(noon + 9s);
    LONGS_EQUAL(1, ended.size());
    STRCMP_EQUAL("192.0.2.3", ended.front().with.text().c_str());
    CHECK(conditions.all().empty());
    CHECK_FALSE(conditions.deadline().has_value());
}

TEST(Conditions, InventedSendersNeitherFillTheMemoryNorHideOtherKinds) {
    for (int i = 0; i < 200; ++i)
        hold(ConditionKind::rejected, fmt::format("192.0.2.{}", i + 1), noon);
    LONGS_EQUAL(8, conditions.all().size());
    CHECK_FALSE(conditions.has_room(ConditionKind::rejected));
    CHECK(hold(ConditionKind::another_active, "192.0.2.3", noon));
    LONGS_EQUAL(9, conditions.all().size());
}

TEST(Conditions, RememberWhetherTheyWereTold) {
    hold(ConditionKind::rejected, "192.0.2.3", noon);
    conditions.note_told(ConditionKind::rejected, address("192.0.2.3"));
    hold(ConditionKind::rejected, "192.0.2.4", noon);
    const auto ended = conditions.take_ended(noon + 5s);
    LONGS_EQUAL(1, std::ranges::count(ended, true, &app::Condition::was_told));
}

TEST(Conditions, AllKindsHaveNamesOfTheirOwn) {
    std::set<std::string_view> names;
    for (int kind = 0; kind <= static_cast<int>(ConditionKind::rejected); ++kind)
        names.insert(app::name_of(static_cast<ConditionKind>(kind)));
    LONGS_EQUAL(8, names.size());
}
