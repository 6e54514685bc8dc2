// Reads a group of settings by a table of all that may stand in it.
//
// A name that the table does not have is an error, and so is one that it has without a reader: a
// setting of a later version. Any value may be a group keyed by the names of nodes.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/draft.hpp"
#include "config/problems.hpp"
#include "config/value.hpp"

namespace config {

enum class Home : std::uint8_t { anywhere, router, defaults };
enum class Need : std::uint8_t { optional, required };
enum class Keys : std::uint8_t { plain, by_node };

// All node names of the files, and whose values are wanted.
struct NodeNames {
    std::span<const std::string_view> all;
    std::string_view wanted;
    std::string_view here;     // this machine's; empty when it is not known
    bool is_complete = false;  // false when some could not be read
};

// Where the reader is, for its messages and its choices.
struct Context {
    Problems& problems;
    NodeNames nodes;
    Home home;
    Layer layer;
    Keys keys;
    std::string_view where;    // "routers.lan"; empty for the file as a whole
    std::string_view setting;  // "vrid"

    [[nodiscard]] Context of(std::string_view name) const {
        Context inner = *this;
        inner.setting = name;
        return inner;
    }
};

inline constexpr std::span<const std::string_view> no_own_keys;

template <typename Target>
struct Setting {
    std::string_view name;
    void (*read)(const Value&, const Context&, Target&);  // none: not supported yet
    Home home = Home::anywhere;
    Need need = Need::optional;
    // Names inside the value, when it may be a group of its own.
    std::span<const std::string_view> own_keys = no_own_keys;
};

// Table lines: a value that goes into a member, one that is only checked, one of a later version.
template <auto Member, auto Reader, typename Target>
void store(const Value& value, const Context& context, Target& target) {
    if (auto read = Reader(value, context))
        target.*Member = {*std::move(read), value.at, context.layer};
    else if constexpr (requires { target.refused; })
        target.refused.insert(context.setting);
}
// What is left of a list counts, so that its other elements are checked; but who misses something
// in it must know that some was refused.
template <auto Member, auto Reader, typename Target>
void store_list(const Value& value, const Context& context, Target& target) {
    store<Member, Reader>(value, context, target);
    const bool is_whole = (target.*Member) && !value.is_incomplete &&
                          (target.*Member)->value.size() == value.children.size();
    if (!is_whole) target.refused.insert(context.setting);
}
template <auto Reader, typename Target>
void check(const Value& value, const Context& context, Target& /*target*/) {
    static_cast<void>(Reader(value, context));
}
template <typename Target>
constexpr Setting<Target> later(std::string_view name) {
    return {name, nullptr};
}

template <typename Target, std::size_t count>
constexpr std::array<std::string_view, count> names_of(
    const std::array<Setting<Target>, count>& table) {
    std::array<std::string_view, count> names{};
    std::ranges::transform(table, names.begin(), &Setting<Target>::name);
    return names;
}

// The value of a setting on the wanted node; nullptr when it has none (a problem, when the setting
// is required).
const Value* value_on_node(const Value& setting, std::span<const std::string_view> own_keys,
                           Need need, const Context& context);

void report_unknown(const Value& setting, std::span<const std::string_view> known,
                    const Context& context);
void report_misplaced(const Value& setting, const Context& context);
void report_later(const Value& setting, const Context& context);
void report_no_value_on_node(const Value& setting, const Context& context);
void report_missing(const Value& group, std::string_view name, const Context& context);
// "'vrid' is a whole number from 1 to 255, not a string".
void report_type(const Value& value, std::string_view wanted, const Context& context);

template <typename Target, std::size_t count>
void read_group(const Value& group, const std::array<Setting<Target>, count>& table,
                const Context& context, Target& target) {
    const auto is_at_home = [&](const Setting<Target>& setting) {
        return setting.home == Home::anywhere || setting.home == context.home;
    };
    std::vector<std::string_view> names;
    for (const Setting<Target>& setting : table)
        if (is_at_home(setting)) names.push_back(setting.name);

    for (const Value& child : group.children) {
        const auto known = std::ranges::find(table, child.name, &Setting<Target>::name);
        if (known == table.end()) {
            report_unknown(child, names, context);
        } else if (!is_at_home(*known)) {
            report_misplaced(child, context);
        } else if (known->read == nullptr) {
            report_later(child, context);
        } else {
            const Context inner = context.of(known->name);
            const Value* value = value_on_node(child, known->own_keys, known->need, inner);
            if (value != nullptr) known->read(*value, inner, target);
        }
    }
    for (const Setting<Target>& setting : table) {
        const bool is_needed = setting.need == Need::required && is_at_home(setting);
        if (is_needed && !group.is_incomplete && group.find(setting.name) == nullptr)
            report_missing(group, setting.name, context);
    }
}

}  // namespace config
