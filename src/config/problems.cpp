#include "config/problems.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

namespace config {
namespace {

constexpr std::size_t most_shown = 100;

// Lines of one file by number, for many questions about it.
std::vector<std::string_view> lines_of(std::string_view text) {
    std::vector<std::string_view> lines;
    while (true) {
        const auto end = text.find('\n');
        std::string_view line = text.substr(0, end);
        if (line.ends_with('\r')) line.remove_suffix(1);
        lines.push_back(line);
        if (end == std::string_view::npos) return lines;
        text.remove_prefix(end + 1);
    }
}

// Octets of the UTF-8 sequence that `text` begins with; 0 when it begins with none.
std::size_t utf8_length(std::string_view text) {
    const auto lead = static_cast<unsigned char>(text.front());
    std::size_t length = 0;
    if (lead < 0x80) length = 1;
    if (lead >= 0xc2 && lead < 0xe0) length = 2;
    if (lead >= 0xe0 && lead < 0xf0) length = 3;
    if (lead >= 0xf0 && lead < 0xf5) length = 4;
    if (length == 0 || length > text.size()) return 0;
    const bool continued = std::ranges::all_of(text.substr(1, length - 1), [](char octet) {
        return (static_cast<unsigned char>(octet) & 0xc0U) == 0x80;
    });
    return continued ? length : 0;
}

// The text with a '?' for each octet that could upset a terminal or a JSON reader. The number of
// octets stays, so that columns do.
std::string printable(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const std::size_t length = utf8_length(text);
        const auto first = static_cast<unsigned char>(text.front());
        const bool is_control = (first < 0x20 && first != '\t') || first == 0x7f;
        if (length == 0 || is_control)
            out += '?';
        else
            out += text.substr(0, length);
        text.remove_prefix(std::max<std::size_t>(length, 1));
    }
    return out;
}

}  // namespace

void Problems::error(const Place& at, std::string text, std::string hint) {
    add(at, std::move(text), Details{Severity::error, std::move(hint)});
}

void Problems::warning(const Place& at, std::string text) {
    add(at, std::move(text), Details{Severity::warning, {}});
}

void Problems::add(const Place& at, std::string text, Details&& details) {
    const bool is_error = details.severity == Severity::error;
    const bool is_new = problems_.try_emplace({at, std::move(text)}, std::move(details)).second;
    if (is_new && is_error) ++error_count_;
}

std::string Problems::name_of(const Place& place, const Place& from) const {
    if (place.file == from.file) return fmt::format("line {}", place.line);
    return fmt::format("{} line {}", sources_[static_cast<std::size_t>(place.file)].path,
                       place.line);
}

Diagnostic Problems::diagnostic(const Place& at, const std::string& text,
                                const Details& details) const {
    Diagnostic out;
    out.severity = details.severity;
    if (!sources_.empty()) out.file = sources_[static_cast<std::size_t>(at.file)].path;
    out.line = at.line;
    out.column = at.column;
    out.text = printable(text);
    out.hint = printable(details.hint);
    return out;
}

std::vector<Diagnostic> Problems::diagnostics() const {
    std::vector<Diagnostic> out;
    std::optional<int> file;
    std::vector<std::string_view> lines;
    std::size_t hidden_errors = error_count_;
    for (const auto& [key, details] : problems_) {
        const auto& [at, text] = key;
        if (out.size() == most_shown) break;
        if (file != at.file) {
            file = at.file;
            const auto index = static_cast<std::size_t>(at.file);
            const bool is_read = index < sources_.size() && sources_[index].text.has_value();
            lines = lines_of(is_read ? std::string_view{*sources_[index].text} : "");
        }
        out.push_back(diagnostic(at, text, details));
        const auto line = static_cast<std::size_t>(at.line);
        if (line >= 1 && line <= lines.size()) out.back().source_line = printable(lines[line - 1]);
        if (details.severity == Severity::error) --hidden_errors;
    }
    if (problems_.size() > out.size()) {
        const Severity severity = hidden_errors > 0 ? Severity::error : Severity::warning;
        const std::string text = fmt::format("{} more problems after these are not shown",
                                             problems_.size() - out.size());
        out.push_back(diagnostic({file.value_or(0), 0, 0}, text, {severity, {}}));
    }
    return out;
}

}  // namespace config
