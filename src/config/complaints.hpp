// What the parser says about a token that stands in the wrong place: each text names the cure.
#pragma once

#include "config/lexer.hpp"

namespace config {

// Whether a setting may have this name.
bool is_setting_name(const Token& token);
void report_bad_name(const Token& token, Problems& problems);

// A word where a value is expected: nearly always a string without its quotes.
void report_bare_word(const Token& token, Problems& problems);

// `before` is the kind of the token in front of it.
void report_unexpected(const Token& token, TokenKind before, Problems& problems);

}  // namespace config
