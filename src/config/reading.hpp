// What the readers of single values are made of.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/address.hpp"
#include "base/time.hpp"
#include "config/schema.hpp"
#include "config/spelling.hpp"
#include "config/value.hpp"

namespace config {

struct Range {
    std::int64_t least;
    std::int64_t most;
};

std::optional<std::int64_t> read_number(const Value& value, Range range, const Context& context);

// A string with a unit, or whole seconds.
std::optional<base::Duration> read_duration(const Value& value, const Context& context);

struct Durations {
    base::Duration least;
    base::Duration longest;
};
std::optional<base::Duration> read_duration_in(const Value& value, Durations range,
                                               const Context& context);

template <typename T>
using Choices = std::span<const std::pair<std::string_view, T>>;

// One of a few words.
template <typename T>
std::optional<T> read_choice(const Value& value, Choices<T> choices, const Context& context) {
    std::vector<std::string_view> words;
    for (const auto& [word, meaning] : choices) words.push_back(word);
    const std::string wanted = fmt::format("\"{}\"", fmt::join(words, "\" or \""));
    if (value.kind != Kind::string) {
        report_type(value, wanted, context);
        return std::nullopt;
    }
    for (const auto& [word, meaning] : choices)
        if (value.string() == word) return meaning;
    context.problems.error(
        value.at, fmt::format("'{}' is {}, not \"{}\"{}", context.setting, wanted, value.string(),
                              did_you_mean(value.string(), words)));
    return std::nullopt;
}

// An address of a host, as `source` and `peers` have them.
struct HostWords {
    std::string_view no_prefix;  // why there is none
    std::string_view meaning;    // what the address is
};
Maybe<base::IpAddress> read_host(const Value& value, const HostWords& words,
                                 const Context& context);

// Why it is no prefix with a length.
void report_no_prefix(const Value& value, const Context& context);

// An array or a list.
bool is_row(const Value& value);

}  // namespace config
