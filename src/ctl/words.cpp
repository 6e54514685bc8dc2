#include "ctl/words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <set>

namespace ctl {

namespace {

std::string plural(std::size_t count, std::string_view noun) {
    return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

// A drain is no trouble: somebody has wanted it.
bool is_planned(const std::string& problem, const std::vector<Session>& sessions) {
    return std::ranges::any_of(sessions, [&](const Session& session) {
        const std::string start = fmt::format("{} ({}): ", session.name, session.family);
        return session.state == "drained" && problem.starts_with(start) &&
               problem.substr(start.size()).starts_with("drained since ");
    });
}

bool is_only_drained(const Status& status) {
    return status.health == "degraded" && !status.problems.empty() &&
           status.problems_of_others == 0 &&
           std::ranges::all_of(status.problems, [&](const std::string& problem) {
               return is_planned(problem, status.sessions);
           });
}

std::string health_text(const Status& status, const Style& style) {
    const std::string dot = style.utf8 ? "\u25cf " : "* ";
    if (is_only_drained(status)) return painted(dot, Paint::caution, style) + "drained";
    if (status.health == "ok") return painted(dot, Paint::good, style) + "healthy";
    const std::string word = status.health.empty() ? "UNKNOWN" : upper(status.health);
    std::vector<std::string> counts;
    if (!status.problems.empty()) counts.push_back(plural(status.problems.size(), "problem"));
    if (status.problems_of_others > 0)
        counts.push_back(plural(status.problems_of_others, "problem") + " of other routers");
    return painted(dot + word, Paint::bad, style) + (counts.empty() ? "" : "   ") +
           joined(counts, ", ");
}

// Elements of the first list that are not in the second.
std::vector<std::string> without(const std::vector<std::string>& all,
                                 const std::vector<std::string>& excluded) {
    const std::set<std::string_view> known{excluded.begin(), excluded.end()};
    std::vector<std::string> out;
    std::ranges::copy_if(all, std::back_inserter(out),
                         [&](const std::string& each) { return !known.contains(each); });
    return out;
}

// The error alone when it already names the address.
std::string failed_text(const FailedAddress& failed) {
    if (!failed.address.empty() && failed.error.find(failed.address) != std::string::npos)
        return failed.error;
    return or_dash(failed.address) + ": " + or_dash(failed.error);
}

struct Differences {
    std::vector<std::string> missing;   // wanted, not installed, and no error says why
    std::vector<std::string> unwanted;  // installed, not wanted
};

Differences differences(const Session& session) {
    if (!session.wanted || !session.installed) return {};
    std::vector<std::string> explained = *session.installed;
    for (const FailedAddress& failed : session.failed) explained.push_back(failed.address);
    return {without(*session.wanted, explained), without(*session.installed, *session.wanted)};
}

}  // namespace

std::string upper(std::string_view text) {
    std::string out{text};
    for (char& c : out)
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    return out;
}

Paint paint_of_state(std::string_view state) {
    if (state == "active") return Paint::good;
    if (state == "backup") return Paint::plain;
    if (state == "fault") return Paint::bad;
    return Paint::caution;
}

// "v4" in tables, "IPv4" in pages.
std::string short_family(const Session& session) {
    if (session.family == "ipv4") return "v4";
    if (session.family == "ipv6") return "v6";
    return or_dash(session.family);
}

std::string peer_text(const Session& session) {
    if (session.peers.empty()) return "-";
    const Peer& peer = session.peers.front();
    // 0 is no priority: with it a router says that it leaves.
    if (peer.priority == 0) return or_dash(peer.address) + " gave up";
    return or_dash(peer.address) + " " + number_text(peer.priority);
}

std::string headline(const Status& status, const Style& style) {
    return fmt::format("{}  {}   config {}   up {}\n", or_dash(status.node),
                       health_text(status, style), or_dash(status.config_hash),
                       age_text(status.uptime_seconds));
}

std::string instant_text(const std::string& instant) {
    const auto dot = instant.find('.');
    if (dot == std::string::npos || !instant.ends_with('Z')) return or_dash(instant);
    return instant.substr(0, dot) + "Z";
}

std::string list_text(const std::optional<std::vector<std::string>>& addresses) {
    if (!addresses) return "-";
    return addresses->empty() ? "none" : joined(*addresses, "  ");
}

// What is not as wanted with the addresses, one line each.
std::string address_trouble(const Session& session, const Style& style) {
    std::string out;
    for (const FailedAddress& failed : session.failed)
        out += labelled("failed", failed_text(failed), style);
    const auto [missing, unwanted] = differences(session);
    if (!missing.empty())
        out += labelled("missing", joined(missing, "  ") + " (wanted, not installed)", style);
    if (!unwanted.empty())
        out += labelled("left over", joined(unwanted, "  ") + " (installed, not wanted)", style);
    return out;
}

std::string blocked_lines(const Session& session, const Style& style) {
    std::string out;
    for (const std::string& blocker : session.blockers) out += labelled("blocked", blocker, style);
    return out;
}

std::string list_lines(std::string_view prefix, const std::vector<std::string>& texts,
                       const Style& style) {
    const std::string blanks(display_width(prefix), ' ');
    std::string out;
    for (const std::string& text : texts)
        out += hanging(out.empty() ? prefix : std::string_view{blanks}, text, style);
    return out;
}

}  // namespace ctl
