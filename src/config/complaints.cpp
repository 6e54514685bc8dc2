#include "config/complaints.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>

namespace config {
namespace {

constexpr std::size_t longest_name = 63;

// The word that a switch is written with elsewhere, as libconfig wants it.
std::optional<std::string_view> as_boolean(std::string_view word) {
    using Pair = std::pair<std::string_view, std::string_view>;
    static constexpr std::array<Pair, 4> words{
        {{"yes", "true"}, {"on", "true"}, {"no", "false"}, {"off", "false"}}};
    std::string lower{word};
    std::ranges::transform(lower, lower.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    const auto found = std::ranges::find(words, lower, &Pair::first);
    if (found == words.end()) return std::nullopt;
    return found->second;
}

bool has_curly_quotes(std::string_view word) {
    return word.find("\xe2\x80\x9c") != std::string_view::npos ||
           word.find("\xe2\x80\x9d") != std::string_view::npos;
}

}  // namespace

bool is_setting_name(const Token& token) {
    return token.kind == TokenKind::name && token.text.size() <= longest_name;
}

void report_bad_name(const Token& token, Problems& problems) {
    const bool is_dotted = token.text.find('.') != std::string_view::npos;
    switch (token.kind) {
        case TokenKind::name:
            return problems.error(
                token.at, fmt::format("this name is longer than {} characters", longest_name));
        case TokenKind::word:
        case TokenKind::integer:
        case TokenKind::real:
            return problems.error(
                token.at,
                fmt::format("'{}' cannot be a name: names begin with a letter and have only "
                            "letters, digits, '-' and '_'",
                            token.text),
                is_dotted ? "an interface's name goes into quotes, behind 'interface ='" : "");
        case TokenKind::string:
            return problems.error(token.at, "a setting's name has no quotes", "remove the quotes");
        case TokenKind::semicolon:
        case TokenKind::comma:
            return problems.error(token.at, fmt::format("this '{}' ends nothing", token.text),
                                  "remove it");
        case TokenKind::broken: return;
        case TokenKind::boolean:
        case TokenKind::assign:
        case TokenKind::open_group:
        case TokenKind::close_group:
        case TokenKind::open_array:
        case TokenKind::close_array:
        case TokenKind::open_list:
        case TokenKind::close_list:
        case TokenKind::stray:
        case TokenKind::end: break;
    }
    problems.error(token.at,
                   fmt::format("the name of a setting is expected here, not '{}'", token.text));
}

void report_bare_word(const Token& token, Problems& problems) {
    if (has_curly_quotes(token.text))
        return problems.error(token.at, "these are typographic quotes", "write straight ones: \"");
    if (const auto boolean = as_boolean(token.text))
        return problems.error(token.at, fmt::format("'{}' is not a value", token.text),
                              fmt::format("write {}", *boolean));
    problems.error(token.at, fmt::format("'{}' needs quotes", token.text),
                   fmt::format("write \"{}\"", token.text));
}

void report_unexpected(const Token& token, TokenKind before, Problems& problems) {
    if (token.kind == TokenKind::string && before == TokenKind::string)
        return problems.error(token.at, "two strings stand side by side",
                              "these would be read as one string");
    if (token.text == "'")
        return problems.error(token.at, "a string has double quotes", "write \" instead of '");
    problems.error(token.at, fmt::format("'{}' is not expected here", token.text));
}

}  // namespace config
