#include "config/diagnostic.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace config {
namespace {

constexpr std::size_t widest_line = 120;
// How much of a line that is wider stays before the caret.
constexpr std::size_t kept_before = 70;
constexpr std::string_view cut_mark = "...";

bool continues_character(char octet) { return (static_cast<unsigned char>(octet) & 0xc0U) == 0x80; }

// What is shown of a source line, and how many of its octets stand before the caret.
struct Excerpt {
    std::string text;
    std::size_t before = 0;
};

Excerpt excerpt(std::string_view line, std::size_t before) {
    if (line.size() <= widest_line) return {std::string{line}, before};
    std::size_t begin = before > kept_before ? before - kept_before : 0;
    begin = std::min(begin, line.size() - widest_line);
    std::size_t end = begin + widest_line;
    while (begin > 0 && continues_character(line[begin])) --begin;
    while (end < line.size() && continues_character(line[end])) ++end;

    Excerpt out;
    if (begin > 0) out.text += cut_mark;
    out.before = out.text.size() + before - begin;
    out.text += line.substr(begin, end - begin);
    if (end < line.size()) out.text += cut_mark;
    return out;
}

// Blanks as wide as the first `before` octets of the line; a tab stays a tab.
std::string blanks(std::string_view line, std::size_t before) {
    std::string out;
    for (const char octet : line.substr(0, std::min(before, line.size())))
        if (!continues_character(octet)) out += octet == '\t' ? '\t' : ' ';
    if (before > line.size()) out.append(before - line.size(), ' ');
    return out;
}

std::string_view name_of(Severity severity) {
    return severity == Severity::error ? "error" : "warning";
}

std::string counted(std::ptrdiff_t count, std::string_view what) {
    return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

std::ptrdiff_t count_of(const std::vector<Diagnostic>& diagnostics, Severity severity) {
    return std::ranges::count(diagnostics, severity, &Diagnostic::severity);
}

}  // namespace

std::string text_of(const Diagnostic& diagnostic) {
    std::string out = diagnostic.file;
    if (diagnostic.line > 0) out += fmt::format(":{}", diagnostic.line);
    if (diagnostic.line > 0 && diagnostic.column > 0) out += fmt::format(":{}", diagnostic.column);
    out += fmt::format(": {}: {}", name_of(diagnostic.severity), diagnostic.text);
    if (diagnostic.line == 0) return out;

    const std::size_t before = static_cast<std::size_t>(std::max(diagnostic.column, 1)) - 1;
    const Excerpt shown = excerpt(diagnostic.source_line, before);
    out += fmt::format("\n{:5} | {}", diagnostic.line, shown.text);
    if (diagnostic.column == 0) return out;
    const std::size_t gutter = std::max<std::size_t>(5, std::to_string(diagnostic.line).size());
    out += fmt::format("\n{:{}} | {}^", "", gutter, blanks(shown.text, shown.before));
    if (!diagnostic.hint.empty()) out += " " + diagnostic.hint;
    return out;
}

std::string text_of(const std::vector<Diagnostic>& diagnostics) {
    std::string out;
    for (const Diagnostic& diagnostic : diagnostics) out += text_of(diagnostic) + "\n";
    const std::ptrdiff_t errors = count_of(diagnostics, Severity::error);
    const std::ptrdiff_t warnings = count_of(diagnostics, Severity::warning);
    if (errors > 0) out += counted(errors, "error");
    if (errors > 0 && warnings > 0) out += ", ";
    if (warnings > 0) out += counted(warnings, "warning");
    if (!diagnostics.empty()) out += "\n";
    return out;
}

bool has_errors(const std::vector<Diagnostic>& diagnostics) {
    return count_of(diagnostics, Severity::error) > 0;
}

}  // namespace config
