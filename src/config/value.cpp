#include "config/value.hpp"

#include <fmt/format.h>
#include <libconfig.h>

#include <algorithm>
#include <memory>
#include <optional>

namespace config {
namespace {

// libconfig's memory. It is given a text and never a file name: of itself it would open what
// @include names, and end the process when that is a directory.
class Library {
public:
    Library() { config_init(&config_); }
    ~Library() { config_destroy(&config_); }
    Library(const Library&) = delete;
    Library& operator=(const Library&) = delete;

    bool parse(std::string text) {
        // libconfig 1.5 takes a comment that the end of the text ends for a syntax error.
        text += '\n';
        return config_read_string(&config_, text.c_str()) == CONFIG_TRUE;
    }
    [[nodiscard]] const config_setting_t* root() const { return config_root_setting(&config_); }
    [[nodiscard]] int error_line() const { return config_error_line(&config_); }
    [[nodiscard]] std::string error_text() const {
        const char* text = config_error_text(&config_);
        return text == nullptr ? "unknown error" : text;
    }

private:
    config_t config_{};
};

std::optional<Kind> kind_of(const config_setting_t* setting) {
    switch (config_setting_type(setting)) {
        case CONFIG_TYPE_BOOL: return Kind::boolean;
        case CONFIG_TYPE_INT: return Kind::integer;
        case CONFIG_TYPE_FLOAT: return Kind::real;
        case CONFIG_TYPE_STRING: return Kind::string;
        case CONFIG_TYPE_ARRAY: return Kind::array;
        case CONFIG_TYPE_LIST: return Kind::list;
        case CONFIG_TYPE_GROUP: return Kind::group;
        default: return std::nullopt;
    }
}

bool is_same_setting(const config_setting_t* setting, const Entry& entry) {
    const char* name = config_setting_name(setting);
    return kind_of(setting) == entry.kind && (name == nullptr ? "" : name) == entry.name &&
           static_cast<std::size_t>(std::max(config_setting_length(setting), 0)) ==
               entry.children.size();
}

// Both describe one text. Nothing when they disagree, which a test would have to find out.
std::optional<Value> joined(const config_setting_t* setting, const Entry& entry) {
    if (setting == nullptr || !is_same_setting(setting, entry)) return std::nullopt;
    Value value{entry.name, entry.name_at, entry.at, entry.kind, {}, {}, entry.is_incomplete};
    if (entry.kind == Kind::boolean) value.scalar = config_setting_get_bool(setting) == CONFIG_TRUE;
    if (entry.kind == Kind::integer) value.scalar = std::int64_t{config_setting_get_int(setting)};
    if (entry.kind == Kind::string) value.scalar = std::string{config_setting_get_string(setting)};
    unsigned index = 0;
    for (const Entry& child : entry.children) {
        auto below = joined(config_setting_get_elem(setting, index), child);
        if (!below) return std::nullopt;
        value.children.push_back(*std::move(below));
        ++index;
    }
    return value;
}

Value nothing(const Entry& outline) {
    Value value;
    value.at = value.name_at = outline.at;
    value.is_incomplete = true;
    return value;
}

}  // namespace

const Value* Value::find(std::string_view child) const {
    const auto found = std::ranges::find(children, child, &Value::name);
    return found == children.end() ? nullptr : &*found;
}

std::string_view description_of(Kind kind) {
    switch (kind) {
        case Kind::boolean: return "true or false";
        case Kind::integer: return "a whole number";
        case Kind::real: return "a number with a decimal point";
        case Kind::string: return "a string";
        case Kind::array: return "an array [ ]";
        case Kind::list: return "a list ( )";
        case Kind::group: return "a group { }";
    }
    return {};
}

Value read_text(const std::string& text, const Entry& outline, Problems& problems) {
    Library library;
    if (!library.parse(text)) {
        problems.error({outline.at.file, library.error_line(), 0},
                       fmt::format("libconfig says: {}", library.error_text()));
        return nothing(outline);
    }
    auto value = joined(library.root(), outline);
    if (!value) {
        problems.error({outline.at.file, 0, 0},
                       "libconfig reads this file in another way; please report this");
        return nothing(outline);
    }
    return *std::move(value);
}

}  // namespace config
