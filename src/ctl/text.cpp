#include "ctl/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace ctl {

namespace {

struct CodePoint {
    char32_t value = 0;
    std::size_t size = 0;  // octets; 0 when they are not UTF-8
};

// The code point at the front of a text that is not empty. Overlong forms, surrogates and values
// beyond Unicode are not UTF-8.
CodePoint front_of(std::string_view text) {
    const auto octet = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char lead = octet(0);
    if (lead < 0x80) return {lead, 1};
    const std::size_t size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (lead < 0xc2 || lead > 0xf4 || text.size() < size) return {};
    char32_t value = lead & (0x7fU >> size);
    for (std::size_t i = 1; i < size; ++i) {
        if ((octet(i) & 0xc0) != 0x80) return {};
        value = (value << 6) | (octet(i) & 0x3fU);
    }
    const bool overlong = (size == 3 && value < 0x800) || (size == 4 && value < 0x10000);
    const bool surrogate = value >= 0xd800 && value <= 0xdfff;
    if (overlong || surrogate || value > 0x10ffff) return {};
    return {value, size};
}

bool is_control(char32_t c) { return c < 0x20 || (c >= 0x7f && c <= 0x9f); }

// Marks that make a terminal show another order than the one in the text, and line separators.
bool is_misleading(char32_t c) {
    return c == 0x061c || c == 0x200e || c == 0x200f || (c >= 0x2028 && c <= 0x202e) ||
           (c >= 0x2066 && c <= 0x2069);
}

std::string escaped(char32_t c) {
    if (c == '\n') return "\\n";
    if (c == '\t') return "\\t";
    const auto number = static_cast<std::uint32_t>(c);
    return c < 0x80 ? fmt::format("\\x{:02x}", number) : fmt::format("\\u{:04x}", number);
}

std::string_view escape_sequence(Paint paint) {
    switch (paint) {
        case Paint::plain: return "";
        case Paint::good: return "\x1b[32m";
        case Paint::caution: return "\x1b[33m";
        case Paint::bad: return "\x1b[1;31m";
    }
    return "";
}

constexpr std::size_t gap = 2;

// The words of a text in lines of at most `width` columns. A longer word has a line to itself.
std::vector<std::string> wrapped(std::string_view text, std::size_t width) {
    std::vector<std::string> lines;
    std::string line;
    while (!text.empty()) {
        // Blanks before a word stay with it, so that lists with two blanks keep their look.
        const std::size_t word_start = std::min(text.find_first_not_of(' '), text.size());
        const std::size_t word_end = std::min(text.find(' ', word_start), text.size());
        const std::string_view word = text.substr(word_start, word_end - word_start);
        const std::string_view with_blanks = text.substr(0, word_end);
        text.remove_prefix(word_end);
        if (!line.empty() && display_width(line) + display_width(with_blanks) > width) {
            lines.push_back(std::exchange(line, std::string{word}));
            continue;
        }
        line += line.empty() ? word : with_blanks;
    }
    lines.push_back(line);
    return lines;
}

std::string padded(const Cell& cell, std::size_t width, Align align, const Style& style) {
    const std::size_t used = display_width(cell.text);
    const std::string blanks(width > used ? width - used : 0, ' ');
    const std::string text = painted(cell.text, cell.paint, style);
    return align == Align::left ? text + blanks : blanks + text;
}

std::size_t total_width(const std::vector<std::size_t>& widths,
                        const std::vector<std::size_t>& shown) {
    std::size_t total = 0;
    for (const std::size_t column : shown) total += widths[column] + gap;
    return total - std::min(total, gap);
}

// Indices of the columns that fit.
std::vector<std::size_t> fitting(const std::vector<Column>& columns,
                                 const std::vector<std::size_t>& widths, const Style& style) {
    std::vector<std::size_t> shown(columns.size());
    for (std::size_t i = 0; i < shown.size(); ++i) shown[i] = i;
    const auto later = [&](std::size_t i) {
        const int order = columns[i].leave_out_order;
        return order == 0 ? static_cast<int>(columns.size()) + 1 : order;
    };
    while (style.width != 0 && total_width(widths, shown) > style.width) {
        const auto next = std::ranges::min_element(shown, {}, later);
        if (next == shown.end() || columns[*next].leave_out_order == 0) break;
        shown.erase(next);
    }
    return shown;
}

}  // namespace

std::string painted(std::string_view text, Paint paint, const Style& style) {
    if (!style.color || paint == Paint::plain) return std::string{text};
    return fmt::format("{}{}\x1b[0m", escape_sequence(paint), text);
}

std::string printable(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const CodePoint front = front_of(text);
        const std::size_t size = std::max<std::size_t>(front.size, 1);
        if (front.size == 0)
            out += fmt::format("\\x{:02x}", static_cast<unsigned char>(text.front()));
        else if (is_control(front.value) || is_misleading(front.value))
            out += escaped(front.value);
        else
            out += text.substr(0, size);
        text.remove_prefix(size);
    }
    return out;
}

std::string printable_json(std::string_view json) {
    std::string out;
    out.reserve(json.size());
    while (!json.empty()) {
        const CodePoint front = front_of(json);
        const std::size_t size = std::max<std::size_t>(front.size, 1);
        // Smaller ones are white space between the values: the parser refuses them in strings.
        if (front.value >= 0x7f && (is_control(front.value) || is_misleading(front.value)))
            out += fmt::format("\\u{:04x}", static_cast<std::uint32_t>(front.value));
        else
            out += json.substr(0, size);
        json.remove_prefix(size);
    }
    return out;
}

std::string ascii_only(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const CodePoint front = front_of(text);
        out += front.size == 1 ? text.front() : '?';
        text.remove_prefix(std::max<std::size_t>(front.size, 1));
    }
    return out;
}

std::size_t display_width(std::string_view text) {
    std::size_t width = 0;
    bool in_escape = false;  // from ESC to "m"; printable() leaves no others
    for (const char c : text) {
        in_escape = in_escape || c == '\x1b';
        if (!in_escape && (static_cast<unsigned char>(c) & 0xc0) != 0x80) ++width;
        if (c == 'm') in_escape = false;
    }
    return width;
}

std::string age_text(std::optional<double> seconds) {
    constexpr double longest = 1e12;  // beyond any clock: the number is nonsense
    if (!seconds || !(*seconds >= 0) || *seconds > longest) return "-";
    // Cut, not rounded: an age of 59.97 s is not yet a minute.
    if (*seconds < 60) return fmt::format("{:.1f}s", std::floor(*seconds * 10) / 10);
    const auto whole = static_cast<std::int64_t>(*seconds);
    const std::int64_t hours = whole / 3600;
    if (hours < 24) return fmt::format("{:02}:{:02}:{:02}", hours, whole / 60 % 60, whole % 60);
    return fmt::format("{}d {:02}h", hours / 24, hours % 24);
}

std::string milliseconds_text(std::optional<double> milliseconds) {
    if (!milliseconds || !std::isfinite(*milliseconds)) return "-";
    return fmt::format("{}ms", std::round(*milliseconds * 100) / 100);
}

std::string span_text(std::optional<double> milliseconds) {
    constexpr double second = 1000;
    if (!milliseconds || !(*milliseconds >= 0)) return "-";
    // Cut, as an age is: 999.7 ms are not yet a second.
    if (*milliseconds < second) return fmt::format("{:.0f}ms", std::floor(*milliseconds));
    return age_text(*milliseconds / second);
}

std::string count_text(std::optional<std::int64_t> count) {
    std::string digits = number_text(count);
    const std::size_t first = digits.front() == '-' ? 1 : 0;
    for (std::size_t i = digits.size(); i > first + 3; i -= 3) digits.insert(i - 3, 1, ' ');
    return digits;
}

std::string number_text(std::optional<std::int64_t> number) {
    return number ? fmt::format("{}", *number) : "-";
}

std::string or_dash(std::string_view text) { return std::string{text.empty() ? "-" : text}; }

std::string hanging(std::string_view prefix, std::string_view text, const Style& style) {
    constexpr std::size_t narrowest = 20;
    const std::size_t indent = display_width(prefix);
    std::vector<std::string> lines{std::string{text}};
    if (style.width >= indent + narrowest) lines = wrapped(text, style.width - indent);
    const std::string separator = "\n" + std::string(indent, ' ');
    return std::string{prefix} + joined(lines, separator) + "\n";
}

std::string labelled(std::string_view label, std::string_view text, const Style& style) {
    return hanging(fmt::format("  {:11}  ", label), text, style);
}

std::string joined(const std::vector<std::string>& texts, std::string_view separator) {
    return fmt::format("{}", fmt::join(texts, separator));
}

std::string table(const std::vector<Column>& columns, const std::vector<std::vector<Cell>>& rows,
                  const Style& style) {
    std::vector<Cell> titles;
    std::vector<std::size_t> widths;
    for (std::size_t i = 0; i < columns.size(); ++i) {
        titles.push_back(Cell{columns[i].title});
        widths.push_back(display_width(columns[i].title));
        for (const auto& row : rows) widths[i] = std::max(widths[i], display_width(row[i].text));
    }
    const std::vector<std::size_t> shown = fitting(columns, widths, style);
    const auto line = [&](const std::vector<Cell>& cells) {
        std::string out;
        for (const std::size_t i : shown)
            out += padded(cells[i], widths[i], columns[i].align, style) + std::string(gap, ' ');
        out.erase(out.find_last_not_of(' ') + 1);
        return out + "\n";
    };
    std::string out = line(titles);
    for (const auto& row : rows) out += line(row);
    return out;
}

}  // namespace ctl
