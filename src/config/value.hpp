// A setting's value as libconfig read it, with the places where it stands.
//
// libconfig itself is known to value.cpp alone.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "config/outline.hpp"
#include "config/problems.hpp"

namespace config {

struct Value {
    std::string name;  // empty inside a list
    Place name_at;
    Place at;
    Kind kind = Kind::group;
    // Of a boolean, an integer and a string; no setting has a real number.
    std::variant<std::monostate, bool, std::int64_t, std::string> scalar;
    std::vector<Value> children;
    bool is_incomplete = false;  // something inside was mistaken and left out

    [[nodiscard]] const Value* find(std::string_view child) const;
    [[nodiscard]] bool boolean() const { return std::get<bool>(scalar); }
    [[nodiscard]] std::int64_t integer() const { return std::get<std::int64_t>(scalar); }
    [[nodiscard]] const std::string& string() const { return std::get<std::string>(scalar); }
};

// "a string", "a group { }": what somebody wrote instead of what is wanted.
std::string_view description_of(Kind kind);

// The settings of a text as one group. `outline` is the text's; what it left out is not read.
Value read_text(const std::string& text, const Entry& outline, Problems& problems);

}  // namespace config
