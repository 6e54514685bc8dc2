#include "health/hysteresis.hpp"

#include <string>
#include <string_view>

#include <CppUTest/TestHarness.h>

using health::Hysteresis;
using health::Verdict;

namespace {

// What becomes of results, a letter each: 'p' passed, 'f' failed.
std::string verdicts(Hysteresis check, std::string_view results) {
    std::string out;
    for (const char result : results)
        out += check.take(result == 'p' ? Verdict::passed : Verdict::failed) == Verdict::passed
                   ? 'p'
                   : 'f';
    return out;
}

}  // namespace

TEST_GROUP(Hysteresis){};

TEST(Hysteresis, TheFirstResultCountsAtOnce) {
    STRCMP_EQUAL("ff", verdicts({3, 3, {}}, "fp").c_str());
    STRCMP_EQUAL("pp", verdicts({3, 3, {}}, "pf").c_str());
}

TEST(Hysteresis, ItFailsAfterFallBadResultsInARow) {
    STRCMP_EQUAL("ppf", verdicts({1, 3, Verdict::passed}, "fff").c_str());
    STRCMP_EQUAL("ppppp", verdicts({1, 3, Verdict::passed}, "ffpff").c_str());
}

TEST(Hysteresis, ItPassesAfterRiseGoodResultsInARow) {
    STRCMP_EQUAL("fp", verdicts({2, 1, Verdict::failed}, "pp").c_str());
    STRCMP_EQUAL("fffp", verdicts({2, 1, Verdict::failed}, "pfpp").c_str());
}

TEST(Hysteresis, WithOneEveryResultCounts) {
    STRCMP_EQUAL("pfpf", verdicts({1, 1, Verdict::failed}, "pfpf").c_str());
}

TEST(Hysteresis, NewLimitsKeepWhatWasCounted) {
    Hysteresis check{1, 5, Verdict::passed};
    check.take(Verdict::failed);
    check.limit(1, 2);
    LONGS_EQUAL(1, check.against());
    CHECK(check.take(Verdict::failed) == Verdict::failed);
}

TEST(Hysteresis, NothingIsSaidBeforeTheFirstResult) {
    CHECK_FALSE((Hysteresis{1, 1, {}}.verdict().has_value()));
}
