#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "config/complaints.hpp"
#include "config/lexer.hpp"
#include "config/outline.hpp"

namespace config {
namespace {

constexpr int deepest = 32;
// libconfig compares each new name with all before it: a hundred thousand would take minutes.
constexpr std::size_t most_settings = 5000;

bool opens(TokenKind kind) {
    return kind == TokenKind::open_group || kind == TokenKind::open_array ||
           kind == TokenKind::open_list;
}

bool closes(TokenKind kind) {
    return kind == TokenKind::close_group || kind == TokenKind::close_array ||
           kind == TokenKind::close_list;
}

std::optional<Kind> scalar_kind(TokenKind kind) {
    if (kind == TokenKind::string) return Kind::string;
    if (kind == TokenKind::integer) return Kind::integer;
    if (kind == TokenKind::real) return Kind::real;
    if (kind == TokenKind::boolean) return Kind::boolean;
    return std::nullopt;
}

bool begins_value(TokenKind kind) {
    return opens(kind) || scalar_kind(kind).has_value() || kind == TokenKind::broken;
}

class Parser {
public:
    Parser(Tokens tokens, Problems& problems) : tokens_{std::move(tokens)}, problems_{problems} {}

    Entry run() && {
        Entry root;
        root.at = root.name_at = {peek().at.file, 1, 1};
        settings(root);
        if (tokens_.cut_short) root.is_incomplete = true;
        return root;
    }

private:
    // ---- groups ----------------------------------------------------------------------------

    // The settings of `group`, up to its '}' or the end of the file.
    void settings(Entry& group) {
        std::map<std::string, Place, std::less<>> first_places;
        bool is_full_reported = false;
        while (!is_next(TokenKind::end)) {
            if (is_next(TokenKind::close_group) && depth_ > 0) return;
            auto entry = setting();
            const bool is_full = group.children.size() == most_settings;
            if (entry && is_full && !std::exchange(is_full_reported, true))
                problems_.error(entry->name_at,
                                fmt::format("more than {} settings in one group", most_settings),
                                "split it into files in conf.d");
            if (!entry || is_full) {
                group.is_incomplete = true;
                continue;
            }
            const auto [first, is_first] = first_places.emplace(entry->name, entry->name_at);
            if (is_first)
                group.children.push_back(*std::move(entry));
            else
                problems_.error(entry->name_at,
                                fmt::format("'{}' is here twice; the first is in line {}",
                                            entry->name, first->second.line));
        }
    }

    // One setting; nothing when it is mistaken. Takes one token at least.
    std::optional<Entry> setting() {
        if (is_next(TokenKind::close_group)) return closes_nothing();
        if (opens(peek().kind)) return nameless();
        const Token name = take();
        const bool is_named = is_setting_name(name);
        if (!is_named) report_bad_name(name, problems_);
        if (!is_named && !is_next(TokenKind::assign) && !is_next(TokenKind::open_group)) {
            if (name.kind != TokenKind::semicolon && name.kind != TokenKind::comma) recover();
            return std::nullopt;
        }
        if (!assignment(name)) return std::nullopt;
        auto entry = value();
        if (!entry) {
            recover();
            return std::nullopt;
        }
        terminator(*entry);
        if (!is_named) return std::nullopt;
        entry->name = name.text;
        entry->name_at = name.at;
        return entry;
    }

    std::optional<Entry> closes_nothing() {
        problems_.error(take().at, "this '}' closes nothing",
                        "remove it, or look for a '{' missing above");
        if (is_next(TokenKind::semicolon)) take();
        return std::nullopt;
    }

    std::optional<Entry> nameless() {
        problems_.error(peek().at, "the name of a setting is missing here",
                        "write NAME = before it");
        if (const auto entry = value())
            terminator(*entry);
        else
            recover();
        return std::nullopt;
    }

    // The '=' behind the name; when only that is missing, goes on as if it were there.
    bool assignment(const Token& name) {
        if (is_next(TokenKind::assign)) {
            take();
            return true;
        }
        if (is_cut_off()) return false;
        const bool goes_on = begins_value(peek().kind);
        problems_.error(
            name.end(), fmt::format("'=' or ':' is missing after '{}'", name.text),
            is_next(TokenKind::open_group) ? fmt::format("write {}: {{", name.text) : "");
        if (!goes_on) recover();
        return goes_on;
    }

    // The ';' behind a value. libconfig does without; it then reads on in the next line and joins
    // two strings. Nothing can be mistaken where the value is a group or the last of one.
    void terminator(const Entry& entry) {
        if (is_next(TokenKind::semicolon) || is_next(TokenKind::comma)) {
            take();
            return;
        }
        if (is_next(TokenKind::close_group) || is_next(TokenKind::end)) return;
        if (reported_ == next_) return recover();
        const bool starts_setting = is_setting_ahead();
        if (entry.kind == Kind::group && starts_setting) return;
        if (starts_setting || peek().starts_line) {
            problems_.error(last_end_, "';' is missing here", "put ';' at the end of the setting");
            if (!starts_setting) recover();
            return;
        }
        if (!is_next(TokenKind::broken)) report_unexpected(peek(), last_kind_, problems_);
        recover();
    }

    // ---- values ----------------------------------------------------------------------------

    // One value; nothing when it is mistaken (and reported).
    std::optional<Entry> value() {
        const Token& token = peek();
        if (const auto kind = scalar_kind(token.kind)) return scalar(*kind);
        if (token.kind == TokenKind::broken) {
            take();
            return std::nullopt;
        }
        if (!opens(token.kind)) {
            no_value(token);
            return std::nullopt;
        }
        if (depth_ == deepest) {
            problems_.error(token.at, fmt::format("this is nested deeper than {} levels", deepest));
            skip_nested();
            return std::nullopt;
        }
        ++depth_;
        Entry entry = is_next(TokenKind::open_group) ? group() : sequence();
        --depth_;
        return entry;
    }

    Entry scalar(Kind kind) {
        const Token token = take();
        Entry entry;
        entry.kind = kind;
        entry.at = entry.name_at = token.at;
        entry.raw = token.text;
        return entry;
    }

    Entry group() {
        const Token open = take();
        Entry entry;
        entry.kind = Kind::group;
        entry.at = entry.name_at = open.at;
        settings(entry);
        if (is_next(TokenKind::close_group)) {
            take();
            return entry;
        }
        entry.is_incomplete = true;
        not_closed(open, '}');
        return entry;
    }

    // Why there is no value where one is expected.
    void no_value(const Token& token) {
        if (is_cut_off()) return;
        const bool is_bare = token.kind == TokenKind::name || token.kind == TokenKind::word;
        const bool is_elsewhere = is_bare && token.starts_line && peek(1).kind == TokenKind::assign;
        if (is_bare && !is_elsewhere) return report_bare_word(token, problems_);
        if (token.kind == TokenKind::stray) return report_unexpected(token, last_kind_, problems_);
        problems_.error(last_end_, "a value is missing here");
    }

    // ---- arrays and lists ------------------------------------------------------------------

    Entry sequence() {
        const Token open = take();
        const bool is_array = open.kind == TokenKind::open_array;
        Entry entry;
        entry.kind = is_array ? Kind::array : Kind::list;
        entry.at = entry.name_at = open.at;
        if (!ends_sequence()) elements(entry);
        close_sequence(open, entry);
        if (is_array) check_array(entry);
        return entry;
    }

    [[nodiscard]] bool is_sequence_end() const {
        return is_next(TokenKind::close_array) || is_next(TokenKind::close_list);
    }

    void elements(Entry& sequence) {
        while (true) {
            if (auto element = value())
                sequence.children.push_back(*std::move(element));
            else
                element_lost(sequence);
            if (is_next(TokenKind::comma)) {
                const Token comma = take();
                if (is_sequence_end())
                    problems_.error(comma.at, "a comma after the last value", "remove it");
                if (ends_sequence()) return;
                continue;
            }
            if (ends_sequence()) return;
            missing_comma();
            if (!begins_value(peek().kind)) element_lost(sequence);
            if (ends_sequence()) return;
            if (is_next(TokenKind::comma)) take();
        }
    }

    // Goes to the end of a value that was not understood, inside its list.
    void element_lost(Entry& sequence) {
        sequence.is_incomplete = true;
        while (!is_next(TokenKind::comma) && !ends_sequence()) take();
    }

    // Whether the list cannot go on: its end, or what stands behind a list that is not closed.
    [[nodiscard]] bool ends_sequence() const {
        return is_sequence_end() || is_next(TokenKind::semicolon) ||
               is_next(TokenKind::close_group) || is_next(TokenKind::end) ||
               (peek().starts_line && is_setting_ahead());
    }

    void missing_comma() {
        if (is_next(TokenKind::string) && last_kind_ == TokenKind::string)
            problems_.error(peek().at, "a comma is missing between two strings",
                            "these would be read as one string");
        else if (!begins_value(peek().kind))
            report_unexpected(peek(), last_kind_, problems_);
        else if (!is_next(TokenKind::broken))
            problems_.error(last_end_, "a comma is missing between two values", "put ',' here");
    }

    void close_sequence(const Token& open, Entry& entry) {
        const bool is_array = open.kind == TokenKind::open_array;
        if (is_next(is_array ? TokenKind::close_array : TokenKind::close_list)) {
            take();
            return;
        }
        if (is_sequence_end()) {
            const Token wrong = take();
            problems_.error(wrong.at,
                            fmt::format("this '{}' cannot close the '{}' of line {}", wrong.text,
                                        open.text, open.at.line),
                            fmt::format("write '{}'", is_array ? ']' : ')'));
            return;
        }
        entry.is_incomplete = true;
        not_closed(open, is_array ? ']' : ')');
    }

    // libconfig wants one scalar type in an array. A list may hold anything, so it stands in.
    void check_array(Entry& array) {
        for (const Entry& element : array.children) {
            const Entry& first = array.children.front();
            const bool is_scalar = element.kind != Kind::group && element.kind != Kind::list &&
                                   element.kind != Kind::array;
            if (is_scalar && element.kind == first.kind) continue;
            problems_.error(element.at,
                            is_scalar ? "the values inside [ ] must be of one type"
                                      : "[ ] holds only plain values",
                            is_scalar ? "" : "use ( ) instead of [ ]");
            array.kind = Kind::list;
            return;
        }
    }

    // ---- tokens ----------------------------------------------------------------------------

    [[nodiscard]] const Token& peek(std::size_t ahead) const {
        return tokens_.list[std::min(next_ + ahead, tokens_.list.size() - 1)];
    }
    [[nodiscard]] const Token& peek() const { return peek(0); }
    [[nodiscard]] bool is_next(TokenKind kind) const { return peek().kind == kind; }
    // Whether the rest of the file is missing for a reason that has been reported.
    [[nodiscard]] bool is_cut_off() const { return tokens_.cut_short && is_next(TokenKind::end); }
    [[nodiscard]] bool is_setting_ahead() const {
        const TokenKind next = peek(1).kind;
        return (is_next(TokenKind::name) || is_next(TokenKind::word)) &&
               (next == TokenKind::assign || next == TokenKind::open_group);
    }

    Token take() {
        const Token token = peek();
        if (token.kind != TokenKind::end) ++next_;
        last_end_ = token.end();
        last_kind_ = token.kind;
        return token;
    }

    // Says where an open bracket began. Only for the innermost one: those around it are open for
    // the same reason.
    void not_closed(const Token& open, char close) {
        const bool is_group = open.kind == TokenKind::open_group;
        const bool is_known =
            reported_ == next_ || tokens_.cut_short || last_kind_ == TokenKind::broken;
        reported_ = next_;
        if (is_known) return;
        problems_.error(open.at, fmt::format("this '{}' is never closed", open.text),
                        fmt::format("add '{}{}' at its end", close, is_group ? ";" : ""));
    }

    // To where the next setting may begin: behind a ';', before a '}', or at a line that begins
    // like one.
    void recover() {
        int depth = 0;
        while (!is_next(TokenKind::end)) {
            const bool is_outside = depth == 0;
            if (is_outside && is_next(TokenKind::close_group)) return;
            if (is_outside && peek().starts_line && is_setting_ahead()) return;
            const Token token = take();
            if (is_outside && token.kind == TokenKind::semicolon) return;
            if (token.kind == TokenKind::open_group) ++depth;
            if (token.kind == TokenKind::close_group) --depth;
        }
    }

    // Over a value that opens with a bracket, without recursion.
    void skip_nested() {
        int depth = 0;
        do {
            const TokenKind kind = take().kind;
            if (opens(kind)) ++depth;
            if (closes(kind)) --depth;
        } while (depth > 0 && !is_next(TokenKind::end));
        if (depth > 0) reported_ = next_;
    }

    Tokens tokens_;
    Problems& problems_;
    std::size_t next_ = 0;
    Place last_end_{};
    TokenKind last_kind_ = TokenKind::end;
    int depth_ = 0;
    // The token before which an unclosed bracket was reported, so that it is reported once.
    std::optional<std::size_t> reported_;
};

}  // namespace

Entry outline_of(std::string_view text, int file, Problems& problems) {
    return Parser{tokens_of(text, file, problems), problems}.run();
}

}  // namespace config
