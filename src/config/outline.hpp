// The shape of a configuration file: which settings stand where, in libconfig's grammar but
// stricter.
//
// After a mistake it goes on at the next setting, so that one run finds them all. What was mistaken
// is left out of the outline and the group around it is marked incomplete, so that nobody complains
// that it is missing. Knows no setting's meaning.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "config/problems.hpp"

namespace config {

enum class Kind : std::uint8_t { boolean, integer, real, string, array, list, group };

// A setting, or a value inside a list.
struct Entry {
    std::string name;  // empty for a value inside a list, and for the file as a whole
    Place name_at;     // without a name: the same as `at`
    Place at;          // of the value
    Kind kind = Kind::group;
    std::string_view raw;  // a scalar as it is written
    std::vector<Entry> children;
    bool is_incomplete = false;

    // The entry at a path like "routers.lan.vrid" or "routers.lan.addresses.0"; none: nullptr.
    [[nodiscard]] const Entry* find(std::string_view path) const;
};

// Reads a file's text, which must outlive the outline.
Entry outline_of(std::string_view text, int file, Problems& problems);

// The outline as text again: what libconfig is given instead of a text with mistakes.
std::string mended_text(const Entry& root);

}  // namespace config
