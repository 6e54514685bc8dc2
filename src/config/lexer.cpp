#include "config/lexer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <limits>
#include <optional>

namespace config {
namespace {

// libconfig's classes of characters: of the C locale, whatever the process has set.
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_hex_digit(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\f'; }
bool is_name_character(char c) { return is_letter(c) || is_digit(c) || c == '_' || c == '-'; }

// More than names and numbers have, so that an address or an interface without quotes is one word
// and gets one message. Octets of UTF-8 characters too.
bool is_word_character(char c) {
    return is_name_character(c) || c == '.' || c == '+' || c == '*' || c == '/' ||
           static_cast<unsigned char>(c) >= 0x80;
}

bool equals_ignoring_case(std::string_view word, std::string_view lower) {
    return std::ranges::equal(word, lower, [](char a, char b) {
        return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
    });
}

bool is_name(std::string_view word) {
    return is_letter(word.front()) && std::ranges::all_of(word, is_name_character);
}

bool is_hexadecimal(std::string_view word) {
    return word.size() > 2 && (word.starts_with("0x") || word.starts_with("0X")) &&
           std::ranges::all_of(word.substr(2), is_hex_digit);
}

std::string_view without_sign(std::string_view word) {
    if (word.front() == '+' || word.front() == '-') word.remove_prefix(1);
    return word;
}

bool is_decimal(std::string_view word) {
    const std::string_view digits = without_sign(word);
    return !digits.empty() && std::ranges::all_of(digits, is_digit);
}

bool is_real(std::string_view word) {
    const std::string_view digits = without_sign(word);
    const auto point = digits.find('.');
    return point != std::string_view::npos && digits.size() > 1 &&
           std::ranges::all_of(digits.substr(0, point), is_digit) &&
           std::ranges::all_of(digits.substr(point + 1), is_digit);
}

// libconfig keeps the lower 32 bits of anything larger and says nothing.
bool fits_32_bits(std::string_view word) {
    const bool is_hex = is_hexadecimal(word);
    if (is_hex) word.remove_prefix(2);
    if (word.front() == '+') word.remove_prefix(1);
    std::int64_t value = 0;
    const auto [end, error] =
        std::from_chars(word.data(), word.data() + word.size(), value, is_hex ? 16 : 10);
    return error == std::errc{} && value >= std::numeric_limits<std::int32_t>::min() &&
           value <= std::numeric_limits<std::int32_t>::max();
}

std::optional<TokenKind> punctuation(char c) {
    switch (c) {
        case '=':
        case ':': return TokenKind::assign;
        case ',': return TokenKind::comma;
        case ';': return TokenKind::semicolon;
        case '{': return TokenKind::open_group;
        case '}': return TokenKind::close_group;
        case '[': return TokenKind::open_array;
        case ']': return TokenKind::close_array;
        case '(': return TokenKind::open_list;
        case ')': return TokenKind::close_list;
        default: return std::nullopt;
    }
}

// Whether each bracket that opens in the line closes there, and none else does.
bool is_balanced(std::string_view line) {
    int depth = 0;
    for (const char c : line) {
        const auto kind = punctuation(c);
        if (kind == TokenKind::open_group || kind == TokenKind::open_array ||
            kind == TokenKind::open_list)
            ++depth;
        if (kind == TokenKind::close_group || kind == TokenKind::close_array ||
            kind == TokenKind::close_list)
            --depth;
        if (depth < 0) return false;
    }
    return depth == 0;
}

class Lexer {
public:
    Lexer(std::string_view text, int file, Problems& problems)
        : text_{text}, file_{file}, problems_{problems} {}

    Tokens run() && {
        const auto nul = text_.find('\0');
        if (nul != std::string_view::npos) no_text(nul);
        while (next_ < text_.size()) step();
        add(TokenKind::end, 0);
        return std::move(tokens_);
    }

private:
    void step() {
        const char c = text_[next_];
        if (c == '\n') return new_line();
        if (is_blank(c)) return skip(1);
        if (c == '#' || rest().starts_with("//")) return skip_to_end_of_line();
        if (rest().starts_with("/*")) return block_comment();
        if (is_torn() || is_bare_url()) return missing_quote("a quote is missing in this line");
        if (c == '"') return string();
        if (c == '@') return directive();
        if (const auto kind = punctuation(c)) return add(*kind, 1);
        if (is_word_character(c)) return word();
        add(TokenKind::stray, 1);
    }

    void word() {
        std::size_t size = 0;
        while (size < rest().size() && is_word_character(rest()[size]) && !is_comment_at(size))
            ++size;
        const std::string_view text = rest().substr(0, size);
        const bool is_integer = is_decimal(text) || is_hexadecimal(text);
        if (is_integer && !fits_32_bits(text)) {
            problems_.error(here(), fmt::format("the number {} is too large", text),
                            "a number without unit goes up to 2147483647");
            return add(TokenKind::broken, size);
        }
        if (is_integer) return add(TokenKind::integer, size);
        if (is_real(text)) return add(TokenKind::real, size);
        if (equals_ignoring_case(text, "true") || equals_ignoring_case(text, "false"))
            return add(TokenKind::boolean, size);
        add(is_name(text) ? TokenKind::name : TokenKind::word, size);
    }

    // A string ends on its line: none of our settings wants a line break, and one quote forgotten
    // would otherwise turn the next strings inside out.
    void string() {
        std::size_t size = 1;
        bool has_nul = false;
        while (size < rest().size() && rest()[size] != '"' && rest()[size] != '\n') {
            has_nul = has_nul || is_escaped_nul(size);
            const bool escapes = rest()[size] == '\\' && size + 1 < rest().size();
            size += escapes && rest()[size + 1] != '\n' ? 2 : 1;
        }
        if (size >= rest().size() || rest()[size] == '\n')
            return missing_quote("this string is not closed on its line");
        if (has_nul) {
            problems_.error(here(), "a string cannot hold a NUL character", R"(remove the \x00)");
            return add(TokenKind::broken, size + 1);
        }
        add(TokenKind::string, size + 1);
    }

    // Which of the line's quotes is missing nobody knows, so nothing in the line means what it
    // seems to. Behind it everything does, unless a bracket may have been swallowed.
    void missing_quote(std::string_view text) {
        const std::string_view line = text_.substr(
            line_begin_, std::min(text_.find('\n', next_), text_.size()) - line_begin_);
        problems_.error(here(), std::string{text}, "where is its other \"?");
        while (!tokens_.list.empty() && tokens_.list.back().at.line == line_) {
            at_line_start_ = tokens_.list.back().starts_line;
            tokens_.list.pop_back();
        }
        if (!is_balanced(line)) return give_up();
        next_ = line_begin_;
        add(TokenKind::broken, line.size());
    }

    void block_comment() {
        const Place begin = here();
        const auto end = text_.find("*/", next_ + 2);
        if (end == std::string_view::npos) {
            problems_.error(begin, "this comment is never closed", "add '*/' where it ends");
            return give_up();
        }
        skip_to(end + 2);
    }

    // libconfig would open the file itself, relative to the working directory, and end the whole
    // process when it is a directory.
    void directive() {
        if (rest().starts_with("@include")) {
            problems_.error(here(), "@include is not supported",
                            "put that file into the directory conf.d beside this one");
            return skip_to_end_of_line();
        }
        add(TokenKind::stray, 1);
    }

    // A NUL anywhere, also in a comment: libconfig would read up to it and no further.
    void no_text(std::size_t nul) {
        skip_to(nul);
        problems_.error(here(), "this file holds a NUL character: it is not a text file");
        give_up();
    }

    void give_up() {
        tokens_.cut_short = true;
        next_ = text_.size();
    }

    // Whether a string touches a word here, as it does where one is turned inside out.
    [[nodiscard]] bool is_torn() const {
        if (next_ == line_begin_) return false;
        const char before = text_[next_ - 1];
        const char c = text_[next_];
        return (c == '"' && is_word_character(before)) || (before == '"' && is_word_character(c));
    }
    // A name, a ':' and a comment up to the end of the line, which nobody meant.
    [[nodiscard]] bool is_bare_url() const {
        const std::string_view before = text_.substr(line_begin_, next_ - line_begin_);
        return rest().starts_with("://") && (before.ends_with("http") || before.ends_with("https"));
    }
    [[nodiscard]] bool is_comment_at(std::size_t offset) const {
        return rest().substr(offset).starts_with("//") || rest().substr(offset).starts_with("/*");
    }
    [[nodiscard]] bool is_escaped_nul(std::size_t offset) const {
        const std::string_view escape = rest().substr(offset, 4);
        return escape == R"(\x00)" || escape == R"(\X00)";
    }
    [[nodiscard]] std::string_view rest() const { return text_.substr(next_); }
    [[nodiscard]] Place here() const {
        return {file_, line_, static_cast<int>(next_ - line_begin_) + 1};
    }

    void add(TokenKind kind, std::size_t size) {
        tokens_.list.push_back({kind, at_line_start_, rest().substr(0, size), here()});
        at_line_start_ = false;
        skip(size);
    }
    void skip(std::size_t size) { next_ += size; }
    void skip_to_end_of_line() { next_ = std::min(text_.find('\n', next_), text_.size()); }
    // Over anything, counting lines.
    void skip_to(std::size_t end) {
        while (next_ < end) {
            if (text_[next_] == '\n')
                new_line();
            else
                skip(1);
        }
    }
    void new_line() {
        ++next_;
        ++line_;
        line_begin_ = next_;
        at_line_start_ = true;
    }

    std::string_view text_;
    int file_;
    Problems& problems_;
    Tokens tokens_;
    std::size_t next_ = 0;
    std::size_t line_begin_ = 0;
    int line_ = 1;
    bool at_line_start_ = true;
};

}  // namespace

Tokens tokens_of(std::string_view text, int file, Problems& problems) {
    return Lexer{text, file, problems}.run();
}

}  // namespace config
