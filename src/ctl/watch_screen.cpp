#include "ctl/watch_screen.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>

#include "ctl/words.hpp"

namespace ctl {

namespace {

using Lines = std::vector<std::string>;

constexpr std::string_view keys = "q quits";

// The sessions of one router: a line of the table.
struct Row {
    std::string name;
    std::vector<const Session*> sessions;

    [[nodiscard]] const Session* of(std::string_view family) const {
        const auto found = std::ranges::find(sessions, family, &Session::family);
        return found == sessions.end() ? nullptr : *found;
    }
};

std::vector<Row> rows_of(const Status& status) {
    std::vector<Row> rows;
    for (const Session& session : status.sessions) {
        if (rows.empty() || rows.back().name != session.name) rows.push_back({session.name, {}});
        rows.back().sessions.push_back(&session);
    }
    return rows;
}

Lines split(std::string_view text) {
    Lines lines;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        lines.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return lines;
}

// Columns are counted as in display_width(). A colour that was begun ends.
std::string cut(std::string_view line, const Style& style) {
    if (style.width == 0 || display_width(line) <= style.width) return std::string{line};
    std::size_t used = 0;
    std::size_t end = 0;
    bool in_escape = false;
    for (; end < line.size(); ++end) {
        in_escape = in_escape || line[end] == '\x1b';
        const bool begins = !in_escape && (static_cast<unsigned char>(line[end]) & 0xc0) != 0x80;
        if (begins && ++used > style.width) break;
        if (line[end] == 'm') in_escape = false;
    }
    return std::string{line.substr(0, end)} + (style.color ? "\x1b[0m" : "");
}

// "2026-03-05 11:40:02"
std::string clock_text(const std::string& instant) {
    constexpr std::size_t seconds_end = 19;
    constexpr std::size_t date_end = 10;
    if (instant.size() < seconds_end) return or_dash(instant);
    return instant.substr(0, date_end) + " " +
           instant.substr(date_end + 1, seconds_end - date_end - 1);
}

std::string with_keys(std::string line, const Style& style) {
    constexpr std::size_t gap = 3;
    const std::size_t used = display_width(line) + keys.size();
    if (style.width != 0 && used + gap > style.width) return line;
    line.append(style.width == 0 ? gap : style.width - used, ' ');
    return line + std::string{keys};
}

Cell state_cell(const Session* session) {
    if (session == nullptr) return {"-"};
    return {or_dash(upper(session->state)), paint_of_state(session->state)};
}

// Each once: both families usually say the same.
std::string priorities_text(const Row& row) {
    Lines texts;
    for (const Session* session : row.sessions) {
        const std::string text = number_text(session->effective_priority);
        if (std::ranges::find(texts, text) == texts.end()) texts.push_back(text);
    }
    return joined(texts, "/");
}

std::string advert_text(const Row& row) {
    constexpr double second = 1000;
    std::optional<double> heard;
    std::optional<double> sends;
    for (const Session* session : row.sessions) {
        if (session->state == "active") sends = session->timers.advertise_ms;
        for (const Peer& peer : session->peers)
            if (peer.last_seen_ms && *peer.last_seen_ms >= 0)
                heard = std::min(heard.value_or(*peer.last_seen_ms), *peer.last_seen_ms);
    }
    if (sends) return "tx every " + milliseconds_text(sends);
    if (!heard) return "-";
    return fmt::format(
        "rx {} ago", *heard < second ? fmt::format("{:.0f}ms", *heard) : age_text(*heard / second));
}

// "[###.......]  31%": how near the worst gap between two adverts came to a failover.
Cell gauge(const Row& row) {
    constexpr int length = 10;
    constexpr double near = 0.75;
    constexpr double most = 9.99;
    std::optional<double> worst;
    for (const Session* session : row.sessions)
        for (const Peer& peer : session->peers)
            if (peer.worst_gap_ms && peer.gap_limit_ms && *peer.gap_limit_ms > 0 &&
                *peer.worst_gap_ms >= 0)
                worst = std::max(worst.value_or(0), *peer.worst_gap_ms / *peer.gap_limit_ms);
    if (!worst) return {"-"};
    const double part = std::min(*worst, most);
    const int full = std::min(static_cast<int>(std::floor(part * length)), length);
    const bool is_near = part >= near;
    return {fmt::format("[{:#>{}}{:.>{}}] {:3.0f}%{}", "", full, "", length - full,
                        std::floor(part * 100), is_near ? " !" : ""),
            is_near ? Paint::caution : Paint::plain};
}

std::string near_text(const Row& row) {
    std::optional<std::int64_t> sum;
    constexpr std::int64_t most = 1'000'000'000'000;
    for (const Session* session : row.sessions)
        if (const auto& own = session->counters.near_failovers; own && *own >= 0 && *own < most)
            sum = sum.value_or(0) + *own;
    return count_text(sum);
}

double discarded(const Session& session) {
    double sum = 0;
    for (const auto& [reason, count] : session.counters.discarded)
        sum += static_cast<double>(count.value_or(0));
    return sum;
}

// Discarded adverts a second. None when something began to count anew.
std::optional<double> discard_rate(const Row& row, const Watched& watched) {
    if (!watched.before || !(watched.seconds_between > 0)) return std::nullopt;
    double sum = 0;
    for (const Session* session : row.sessions) {
        const auto before =
            std::ranges::find_if(watched.before->sessions, [&](const Session& other) {
                return other.name == session->name && other.family == session->family;
            });
        if (before == watched.before->sessions.end()) return std::nullopt;
        const double more = discarded(*session) - discarded(*before);
        if (more < 0) return std::nullopt;
        sum += more;
    }
    return sum / watched.seconds_between;
}

Cell discard_cell(const Row& row, const Watched& watched) {
    const auto rate = discard_rate(row, watched);
    if (!rate) return {"-"};
    if (*rate == 0) return {"0"};
    return {fmt::format(fmt::runtime(*rate < 10 ? "{:.1f}" : "{:.0f}"), *rate), Paint::caution};
}

std::string row_peer_text(const Row& row) {
    for (const Session* session : row.sessions)
        if (!session->peers.empty()) return peer_text(*session);
    return "-";
}

Lines router_lines(const Watched& watched, const std::vector<Row>& rows, const Style& style) {
    if (rows.empty()) return {"no router is configured"};
    const std::vector<Column> columns{
        {"ROUTER", Align::left, 0},      {"V4", Align::left, 0},
        {"V6", Align::left, 0},          {"PRIO", Align::left, 4},
        {"LAST ADVERT", Align::left, 5}, {"WORST GAP / LIMIT", Align::left, 6},
        {"NEAR", Align::right, 1},       {"DISCARD/s", Align::right, 2},
        {"PEER", Align::left, 3},
    };
    std::vector<std::vector<Cell>> cells;
    for (const Row& row : rows)
        cells.push_back({{or_dash(row.name)},
                         state_cell(row.of("ipv4")),
                         state_cell(row.of("ipv6")),
                         {priorities_text(row)},
                         {advert_text(row)},
                         gauge(row),
                         {near_text(row)},
                         discard_cell(row, watched),
                         {row_peer_text(row)}});
    return split(table(columns, cells, style));
}

// Those that fail first, since the end may be cut off.
std::string checks_line(const Status& status) {
    Lines failing;
    Lines passing;
    for (const Check& check : status.checks) {
        const bool passes = check.state == "passed";
        std::string text =
            or_dash(check.name) + " " + (passes ? "ok" : or_dash(upper(check.state)));
        if (check.duration_ms) text += " " + milliseconds_text(check.duration_ms);
        if (!passes && !check.text.empty()) text += " (" + check.text + ")";
        (passes ? passing : failing).push_back(std::move(text));
    }
    failing.insert(failing.end(), passing.begin(), passing.end());
    return "checks    " + joined(failing, "  ");
}

std::string latest_line(const Status& status) {
    const auto known = [](const Session& session) {
        return session.since_seconds.value_or(HUGE_VAL);
    };
    const auto latest = std::ranges::min_element(status.sessions, {}, known);
    return fmt::format("latest    {} {} {} for {}: {}", or_dash(latest->name),
                       short_family(*latest), or_dash(upper(latest->state)),
                       age_text(latest->since_seconds), or_dash(latest->reason_text));
}

// Under the table.
Lines notes(const Status& status) {
    constexpr Style unlimited{};
    Lines lines = split(list_lines("problems  ", status.problems, unlimited));
    if (!status.checks.empty()) lines.push_back(checks_line(status));
    if (!status.sessions.empty()) lines.push_back(latest_line(status));
    return lines;
}

// The first of the routers that have room for them, and how many there are besides.
Lines shortened(Lines routers, const std::vector<Row>& rows, std::size_t room) {
    if (routers.size() <= room) return routers;
    const std::size_t shown = room < 2 ? 0 : room - 2;  // below the titles, above the number
    std::size_t ill = 0;
    for (auto row = rows.begin() + static_cast<std::ptrdiff_t>(shown); row != rows.end(); ++row)
        ill += std::ranges::any_of(row->sessions, [](const Session* session) {
            return session->state != "active" && session->state != "backup";
        });
    routers.resize(std::min(room, shown + 1));
    routers.push_back(
        fmt::format("and {} more, {} of them neither ACTIVE nor BACKUP", rows.size() - shown, ill));
    return routers;
}

Lines lines_of(const Watched& watched, const Status& status, const Style& style,
               std::size_t height) {
    std::string first = split(headline(status, style)).front();
    Lines lines{with_keys(first + "   " + clock_text(status.time), style), ""};
    const std::vector<Row> rows = rows_of(status);
    const Lines below = notes(status);
    // Routers have what the notes leave, and two thirds when that is not enough.
    const std::size_t room = height > lines.size() + 1 ? height - lines.size() - 1 : 1;
    const std::size_t at_least = std::max(room * 2 / 3, std::min(room, std::size_t{2}));
    const std::size_t left = room > below.size() ? room - below.size() : 0;
    const Lines routers =
        shortened(router_lines(watched, rows, style), rows, std::max(left, at_least));
    lines.insert(lines.end(), routers.begin(), routers.end());
    lines.emplace_back();
    lines.insert(lines.end(), below.begin(), below.end());
    return lines;
}

Lines without_answer(const Watched& watched, const Style& style) {
    Lines lines{with_keys(painted(fmt::format("no answer from tandemd for {}; trying again",
                                              age_text(watched.silent_seconds)),
                                  Paint::bad, style),
                          style),
                ""};
    const Lines why = split(hanging("", or_dash(watched.trouble), style));
    lines.insert(lines.end(), why.begin(), why.end());
    return lines;
}

}  // namespace

Lines watch_lines(const Watched& watched, const Style& style, std::size_t rows) {
    Lines lines =
        watched.now ? lines_of(watched, *watched.now, style, rows) : without_answer(watched, style);
    if (lines.size() > rows) lines.resize(rows);
    for (std::string& line : lines) line = cut(style.utf8 ? line : ascii_only(line), style);
    return lines;
}

}  // namespace ctl
