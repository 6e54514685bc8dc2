// The words of a configuration file and where they stand.
//
// Runs before libconfig, which has no columns and accepts much that nobody meant: a comment that
// never ends, a number that wraps, a string over three lines. Knows no setting.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "config/problems.hpp"

namespace config {

enum class TokenKind : std::uint8_t {
    name,         // could name a setting
    word,         // a run like eth0.10, 10.0.0.1/24 or 100ms: neither a name nor a number
    string,       // with its quotes
    integer,      // decimal or hexadecimal, fits 32 bits
    real,         // has a decimal point
    boolean,      // true or false, in any case
    assign,       // '=' or ':'
    comma,        //
    semicolon,    //
    open_group,   // '{'
    close_group,  // '}'
    open_array,   // '['
    close_array,  // ']'
    open_list,    // '('
    close_list,   // ')'
    stray,        // a character that means nothing here
    broken,       // a value that has been reported
    end,          // always the last one
};

struct Token {
    TokenKind kind = TokenKind::end;
    bool starts_line = false;  // nothing but blanks stands before it
    std::string_view text;     // no token spans lines
    Place at;

    // The place just behind it.
    [[nodiscard]] Place end() const {
        return {at.file, at.line, at.column + static_cast<int>(text.size())};
    }
};

struct Tokens {
    std::vector<Token> list;
    // Something swallowed the rest of the file (and has been reported).
    bool cut_short = false;
};

// `text` must outlive the tokens.
Tokens tokens_of(std::string_view text, int file, Problems& problems);

}  // namespace config
