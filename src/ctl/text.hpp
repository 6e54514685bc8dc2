// Text for terminals: harmless, coloured when wanted, aligned, wrapped. Knows nothing of VRRP.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ctl {

// What the reader's terminal can show. A value, so that tests choose it.
struct Style {
    bool color = false;
    bool utf8 = false;
    std::size_t width = 0;  // columns; 0 is no limit, as in a pipe or a file
};

// Meaning, not colour. The words never depend on it.
enum class Paint { plain, good, caution, bad };
std::string painted(std::string_view text, Paint paint, const Style& style);

// The text without anything a terminal could obey: control characters, line separators, changes of
// the writing direction and broken UTF-8 become escapes ("\n", "\x1b", "\u009b").
std::string printable(std::string_view text);
// The same escapes for a finished JSON text, where they can only stand inside strings.
std::string printable_json(std::string_view json);
// Every character outside ASCII as "?", for a locale that is not UTF-8.
std::string ascii_only(std::string_view text);
// Columns on a terminal: one a code point, none for what painted() adds.
std::size_t display_width(std::string_view text);

// "0.8s", "00:04:12", "3d 02h"; "-" for what is not known or makes no sense.
std::string age_text(std::optional<double> seconds);
// "218.75ms"; "-" likewise.
std::string milliseconds_text(std::optional<double> milliseconds);
// For how long something takes or lasts: "812ms", and from a second on as age_text().
std::string span_text(std::optional<double> milliseconds);
// "1 330 012"; "-" likewise.
std::string count_text(std::optional<std::int64_t> count);
std::string number_text(std::optional<std::int64_t> number);
std::string or_dash(std::string_view text);

// The text after a prefix, wrapped under itself when the style has a width.
std::string hanging(std::string_view prefix, std::string_view text, const Style& style);
// "  label        text" likewise.
std::string labelled(std::string_view label, std::string_view text, const Style& style);

// Joined with a separator; "" for none.
std::string joined(const std::vector<std::string>& texts, std::string_view separator);

enum class Align { left, right };

struct Column {
    std::string title;
    Align align = Align::left;
    // The first to be left out on a narrow terminal has 1; 0 always stays.
    int leave_out_order = 0;
};

struct Cell {
    std::string text;
    Paint paint = Paint::plain;
};

// Columns two blanks apart under their titles, no blanks at the end of a line. Every row has a cell
// for every column.
std::string table(const std::vector<Column>& columns, const std::vector<std::vector<Cell>>& rows,
                  const Style& style);

}  // namespace ctl
