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

bool is_control(char c) {
    const auto octet = static_cast<unsigned char>(c);
    return octet < 0x20 || octet == 0x7f;
}

bool needs_quotes(std::string_view value) {
    return value.empty() || std::ranges::any_of(value, [](char c) {
               return is_control(c) || c == ' ' || c == '"' || c == '=';
           });
}

// A value comes from a file or from the network; it must neither end the line nor steer a terminal.
std::string quoted(std::string_view value) {
    constexpr std::string_view hex = "0123456789abcdef";
    std::string out = "\"";
    for (const char c : value) {
        const auto octet = static_cast<unsigned char>(c);
        if (c == '\n')
            out += "\\n";
        else if (is_control(c))
            out.append("\\x").append(1, hex[octet >> 4]).append(1, hex[octet & 0x0f]);
        else if (c == '"' || c == '\\')
            out.append(1, '\\').append(1, c);
        else
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
