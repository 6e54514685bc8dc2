#include "kernel/claim_socket.hpp"

#include <algorithm>

#include "support.hpp"

#include <CppUTest/TestHarness.h>

using kernel::Span;
using kernel::spans_over;

namespace {

bool covers(const std::vector<Span>& spans, std::uint32_t number) {
    return std::ranges::any_of(
        spans, [&](const Span& span) { return number >= span.first && number <= span.last; });
}

}  // namespace

TEST_GROUP(Spans){};

TEST(Spans, NeighboursShareOne) {
    CHECK(spans_over({7, 5, 6, 9, 9}, 10) == (std::vector<Span>{{5, 7}, {9, 9}}));
    CHECK(spans_over({}, 10).empty());
    CHECK(spans_over({0, 0xffffffff}, 10) == (std::vector<Span>{{0, 0}, {0xffffffff, 0xffffffff}}));
}

TEST(Spans, WhenThereAreTooManyTheWidestGapsStay) {
    CHECK(spans_over({1, 3, 100, 102, 5000, 5002}, 3) ==
          (std::vector<Span>{{1, 3}, {100, 102}, {5000, 5002}}));
    CHECK(spans_over({1, 3, 100, 102, 5000, 5002}, 1) == (std::vector<Span>{{1, 5002}}));
}

TEST(Spans, EveryNumberIsCoveredWhateverTheLimit) {
    std::vector<std::uint32_t> numbers;
    std::uint32_t number = 12345;
    for (int i = 0; i < 1000; ++i) numbers.push_back(number = number * 1664525U + 1013904223U);
    for (const std::size_t limit : {1U, 2U, 7U, 200U, 999U, 1000U, 5000U}) {
        const auto spans = spans_over(numbers, limit);
        CHECK(spans.size() <= limit);
        for (const std::uint32_t each : numbers) CHECK_TRUE(covers(spans, each));
    }
}
