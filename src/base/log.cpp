#include "base/log.hpp"

#include <algorithm>
#include <array>

namespace base::log {

namespace {

constexpr std::array<std::pair<Level, std::string_view>, 5> level_names{{
    {Level::error, "error"},
    {Level::warning, "warning"},
    {Level::notice, "notice"},
    {Level::info, "info"},
    {Level::debug, "debug"},
}};

bool needs_quotes(std::string_view value) {
    return value.empty() || value.find_first_of(" \t\n\"=") != std::string_view::npos;
}

std::string quoted(std::string_view value) {
    std::string out = "\"";
    for (const char c : value) {
        if (c == '\n') {
            out += "\\n";
            continue;
        }
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out + '"';
}

}  // namespace

std::string Record::text() const {
    std::string out = message;
    for (const Field& field : fields)
        out +=
            ' ' + field.key + '=' + (needs_quotes(field.value) ? quoted(field.value) : field.value);
    return out;
}

std::optional<Level> parse_level(std::string_view name) {
    const auto found =
        std::ranges::find(level_names, name, &std::pair<Level, std::string_view>::second);
    if (found == level_names.end()) return std::nullopt;
    return found->first;
}

std::string_view name_of(Level level) {
    return std::ranges::find(level_names, level, &std::pair<Level, std::string_view>::first)
        ->second;
}

}  // namespace base::log
