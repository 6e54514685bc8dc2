#include "config/duration.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <numeric>

namespace config {
namespace {

struct Unit {
    std::string_view name;
    std::int64_t nanoseconds;
};

constexpr std::array<Unit, 5> units{{{"h", 3'600'000'000'000},
                                     {"m", 60'000'000'000},
                                     {"s", 1'000'000'000},
                                     {"ms", 1'000'000},
                                     {"us", 1'000}}};

// Longer than any span that a router could wait, and far from what 64 bits hold.
constexpr std::size_t most_digits = 9;
constexpr base::Duration longest = std::chrono::hours{24 * 366};

std::string_view leading_digits(std::string_view text) {
    const auto end = std::ranges::find_if(text, [](char c) { return c < '0' || c > '9'; });
    return text.substr(0, static_cast<std::size_t>(end - text.begin()));
}

// At most `most_digits` of them.
std::int64_t number(std::string_view digits) {
    std::int64_t value = 0;
    for (const char digit : digits) value = value * 10 + (digit - '0');
    return value;
}

std::unexpected<base::Error> no_duration(std::string_view text) {
    return base::failure(fmt::format("\"{}\" is not a duration", text),
                         R"(write a number and a unit, as in "100ms", "1.5s", "2m" or "1h")");
}

std::unexpected<base::Error> no_unit(std::string_view text) {
    return base::failure(fmt::format("\"{}\" has no unit", text),
                         fmt::format(R"(write "{0}s" or "{0}ms")", text));
}

}  // namespace

base::Result<base::Duration> parse_duration(std::string_view text) {
    std::string_view rest = text;
    const std::string_view whole = leading_digits(rest);
    rest.remove_prefix(whole.size());
    std::string_view fraction;
    if (rest.starts_with('.')) {
        fraction = leading_digits(rest.substr(1));
        if (fraction.empty()) return no_duration(text);
        rest.remove_prefix(1 + fraction.size());
    }
    if (whole.empty()) return no_duration(text);
    if (rest.empty()) return no_unit(text);
    const auto unit = std::ranges::find(units, rest, &Unit::name);
    if (unit == units.end()) return no_duration(text);
    if (fraction.size() > most_digits)
        return base::failure(fmt::format("\"{}\" has too many digits", text));

    const bool is_too_long =
        whole.size() > most_digits || number(whole) > longest.count() / unit->nanoseconds;
    if (is_too_long) return base::failure(fmt::format("\"{}\" is too long a time", text));

    // fraction / scale * unit, reduced first so that no product leaves 64 bits.
    std::int64_t scale = 1;
    for (std::size_t i = 0; i < fraction.size(); ++i) scale *= 10;
    const std::int64_t common = std::gcd(scale, unit->nanoseconds);
    const std::int64_t parts = scale / common;
    if (number(fraction) % parts != 0)
        return base::failure(fmt::format("\"{}\" is finer than a nanosecond", text));
    return base::Duration{number(whole) * unit->nanoseconds +
                          number(fraction) / parts * (unit->nanoseconds / common)};
}

std::string text_of(base::Duration duration) {
    if (duration == base::Duration::zero()) return "0s";
    for (const Unit& unit : units)
        if (duration.count() % unit.nanoseconds == 0)
            return fmt::format("{}{}", duration.count() / unit.nanoseconds, unit.name);
    return fmt::format("{}ns", duration.count());
}

}  // namespace config
