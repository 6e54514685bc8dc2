#include "base/result.hpp"

#include <cerrno>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <CppUTest/TestHarness.h>

using base::Error;
using base::failure;
using base::os_failure;
using base::Result;

namespace {

// Says which attempts were made, so that a test sees where a function stopped.
struct Attempts {
    std::vector<std::string> made;

    Result<int> number(const char* name, int value) {
        made.emplace_back(name);
        return value;
    }
    Result<int> refuse(const char* name) {
        made.emplace_back(name);
        return failure(name, "refused");
    }
    Result<void> work(const char* name) {
        made.emplace_back(name);
        return {};
    }
    Result<void> fail(const char* name) {
        made.emplace_back(name);
        return os_failure(name, EPERM);
    }
};

Result<int> sum_of_two(Attempts& attempts) {
    TRY(const int left, attempts.number("left", 40));
    TRY(const int right, attempts.number("right", 2));
    return left + right;
}

Result<int> second_number_fails(Attempts& attempts) {
    TRY(const int left, attempts.number("first", 1));
    TRY(const int right, attempts.refuse("second"));
    TRY(const int never, attempts.number("third", 3));
    return left + right + never;
}

Result<std::string> works_then_fails(Attempts& attempts) {
    TRY_DO(attempts.work("first"));
    TRY_DO(attempts.fail("second"));
    TRY_DO(attempts.work("third"));
    return "done";
}

Result<std::unique_ptr<int>> owned_number() { return std::make_unique<int>(7); }

Result<std::unique_ptr<int>> passes_ownership_on() {
    TRY(auto owned, owned_number());
    return owned;
}

Result<std::map<int, int>> pair_of(int key, int value) { return std::map<int, int>{{key, value}}; }

Result<int> expression_with_commas() {
    TRY(const auto pairs, pair_of(1, 2));
    return pairs.at(1);
}

Result<int> assigns_to_what_exists() {
    int number = 1;
    TRY(number, Result<int>{5});
    return number;
}

}  // namespace

TEST_GROUP(ErrorText){};

TEST(ErrorText, NamesTheAttemptThenTheReason) {
    STRCMP_EQUAL("open the lock", failure("open the lock").error().text().c_str());
    STRCMP_EQUAL("read line: too long", failure("read line", "too long").error().text().c_str());
    STRCMP_EQUAL("add 192.0.2.1/24 to eth1: No such device",
                 os_failure("add 192.0.2.1/24 to eth1", ENODEV).error().text().c_str());
    const Error both{"add a route", EEXIST, "table 100"};
    STRCMP_EQUAL("add a route: table 100: File exists", both.text().c_str());
}

TEST(ErrorText, KeepsTheNumberOfTheSystem) {
    LONGS_EQUAL(ENODEV, os_failure("add", ENODEV).error().os_error);
    LONGS_EQUAL(0, failure("add").error().os_error);
}

TEST_GROUP(TryMacro){};

TEST(TryMacro, GivesTheValuesOfAllAttempts) {
    Attempts attempts;
    LONGS_EQUAL(42, sum_of_two(attempts).value());
    LONGS_EQUAL(2, attempts.made.size());
}

TEST(TryMacro, ReturnsTheErrorOfTheFirstFailedAttempt) {
    Attempts attempts;
    const Result<int> result = second_number_fails(attempts);
    CHECK_FALSE(result.has_value());
    STRCMP_EQUAL("second: refused", result.error().text().c_str());
}

TEST(TryMacro, MakesNoAttemptAfterAFailureAndNoneTwice) {
    Attempts attempts;
    (void)second_number_fails(attempts);
    CHECK_TRUE((attempts.made == std::vector<std::string>{"first", "second"}));
}

TEST(TryMacro, MovesAValueThatCannotBeCopied) { LONGS_EQUAL(7, *passes_ownership_on().value()); }

TEST(TryMacro, TakesAnExpressionWithCommas) { LONGS_EQUAL(2, expression_with_commas().value()); }

TEST(TryMacro, AssignsToAVariableThatExists) { LONGS_EQUAL(5, assigns_to_what_exists().value()); }

TEST_GROUP(TryDoMacro){};

TEST(TryDoMacro, ReturnsTheErrorOfTheFirstFailedAttempt) {
    Attempts attempts;
    const Result<std::string> result = works_then_fails(attempts);
    CHECK_FALSE(result.has_value());
    STRCMP_EQUAL("second: Operation not permitted", result.error().text().c_str());
}

TEST(TryDoMacro, MakesNoAttemptAfterAFailureAndNoneTwice) {
    Attempts attempts;
    (void)works_then_fails(attempts);
    CHECK_TRUE((attempts.made == std::vector<std::string>{"first", "second"}));
}
