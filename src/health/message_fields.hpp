// The fields of a message that another process wrote, read with their types and ranges.
#pragma once

#include <array>
#include <concepts>
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/address.hpp"
#include "base/result.hpp"
#include "base/time.hpp"

namespace health {

// The longest time that a message may name; it keeps sums of times from overflowing.
inline constexpr std::int64_t seconds_at_most = 10LL * 365 * 24 * 3600;

// Reads fields and remembers the first one that was missing or wrong: a message is read as a whole,
// then error() is asked once.
class Fields {
public:
    explicit Fields(const nlohmann::json& object) : object_{object} {}

    std::string text(const char* name) {
        const nlohmann::json* value = find(name);
        if (value == nullptr || !value->is_string()) return refuse(name), std::string{};
        return value->get<std::string>();
    }
    std::string some_text(const char* name) {
        std::string value = text(name);
        if (value.empty()) refuse(name);
        return value;
    }
    template <std::integral T>
    T number(const char* name, T least, T most) {
        const nlohmann::json* value = find(name);
        if (value == nullptr || !value->is_number_integer()) return refuse(name), least;
        // A number beyond int64 is kept as unsigned, and get() would wrap it.
        if (value->is_number_unsigned()) {
            const auto wide = value->get<std::uint64_t>();
            if (std::cmp_less(wide, least) || std::cmp_greater(wide, most))
                return refuse(name), least;
            return static_cast<T>(wide);
        }
        const auto wide = value->get<std::int64_t>();
        if (std::cmp_less(wide, least) || std::cmp_greater(wide, most)) return refuse(name), least;
        return static_cast<T>(wide);
    }
    std::uint64_t count(const char* name) {
        return number<std::uint64_t>(name, 0, std::numeric_limits<std::uint64_t>::max());
    }
    template <typename Unit>
    base::Duration duration(const char* name) {
        constexpr auto most = Unit{std::chrono::seconds{seconds_at_most}}.count();
        return Unit{number<std::int64_t>(name, 0, most)};
    }
    base::Duration some_time(const char* name) {
        const auto value = duration<std::chrono::microseconds>(name);
        if (value <= base::Duration::zero()) refuse(name);
        return value;
    }
    bool truth(const char* name) {
        const nlohmann::json* value = find(name);
        if (value == nullptr || !value->is_boolean()) return refuse(name), false;
        return value->get<bool>();
    }
    std::vector<std::string> some_texts(const char* name) {
        std::vector<std::string> out;
        const nlohmann::json* value = find(name);
        if (value == nullptr || !value->is_array() || value->empty()) return refuse(name), out;
        for (const nlohmann::json& item : *value) {
            if (!item.is_string()) return refuse(name), out;
            out.push_back(item.get<std::string>());
        }
        return out;
    }
    std::vector<int> some_codes(const char* name) {
        std::vector<int> out;
        const nlohmann::json* value = find(name);
        if (value == nullptr || !value->is_array() || value->empty()) return refuse(name), out;
        for (const nlohmann::json& item : *value) {
            if (!item.is_number_unsigned() || item.get<std::uint64_t>() > 999)
                return refuse(name), out;
            out.push_back(item.get<int>());
        }
        return out;
    }
    std::map<std::string, std::string> texts_by_name(const char* name) {
        std::map<std::string, std::string> out;
        const nlohmann::json* value = find(name);
        if (value == nullptr || !value->is_object()) return refuse(name), out;
        for (const auto& [key, item] : value->items()) {
            if (!item.is_string()) return refuse(name), out;
            out.emplace(key, item.get<std::string>());
        }
        return out;
    }
    template <typename T, std::size_t N>
    T word(const char* name, const std::array<std::pair<std::string_view, T>, N>& words) {
        const std::string value = text(name);
        for (const auto& [word, meaning] : words)
            if (word == value) return meaning;
        refuse(name);
        return words.front().second;
    }
    base::IpAddress address(const char* name) {
        const auto value = base::IpAddress::parse(text(name));
        if (!value) refuse(name);
        return value.value_or(base::IpAddress{});
    }
    base::InterfaceAddress prefix(const char* name) {
        const auto value = base::InterfaceAddress::parse(text(name));
        if (!value) refuse(name);
        return value.value_or(*base::InterfaceAddress::from({}, 0));
    }
    [[nodiscard]] bool has(const char* name) const { return object_.contains(name); }

    [[nodiscard]] const std::optional<base::Error>& error() const { return error_; }
    void refuse(const char* name) {
        if (!error_)
            error_ = base::Error{
                "read a message", 0,
                std::string{"the field "} + name + " is " + (has(name) ? "wrong" : "missing")};
    }

private:
    const nlohmann::json* find(const char* name) {
        const auto found = object_.find(name);
        return found == object_.end() ? nullptr : &*found;
    }

    const nlohmann::json& object_;
    std::optional<base::Error> error_;
};

}  // namespace health
