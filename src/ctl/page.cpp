#include "ctl/page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "ctl/words.hpp"

namespace ctl {

namespace {

std::string long_family(const Session& session) {
    const std::string family = short_family(session);
    return family == "v4" || family == "v6" ? "IP" + family : family;
}

std::string heading(const Session& session, const Style& style) {
    constexpr std::size_t facts_column = 45;
    const std::string name = or_dash(session.name);
    const std::string_view older = session.vrrp2_too == true ? " and VRRPv2" : "";
    const std::string facts = fmt::format(
        "{} VRID {} on {}, VRRPv{}{}, {}", long_family(session), number_text(session.vrid),
        or_dash(session.interface), number_text(session.vrrp), older, or_dash(session.transport));
    const std::size_t used = display_width(name) + 2;
    const bool fits = style.width == 0 || facts_column + display_width(facts) <= style.width;
    const std::size_t blanks = fits && used < facts_column ? facts_column - used : 0;
    return fmt::format("{}  {:{}}{}\n", name, "", blanks, facts);
}

// "2026-03-02T09:14:07Z": microseconds are for machines.
std::string instant_text(const std::string& instant) {
    const auto dot = instant.find('.');
    if (dot == std::string::npos || !instant.ends_with('Z')) return or_dash(instant);
    return instant.substr(0, dot) + "Z";
}

std::string yes_no(std::optional<bool> truth) {
    if (!truth) return "-";
    return *truth ? "yes" : "no";
}

std::string why_text(const Session& session) {
    if (session.reason_text.empty()) return or_dash(session.reason);
    if (session.reason.empty()) return session.reason_text;
    return fmt::format("{} ({})", session.reason_text, session.reason);
}

std::string preempt_text(const Session& session) {
    if (session.preempts != true) return yes_no(session.preempts);
    if (session.preempt_after_ms == 0.0) return "yes, at once";
    return "yes, after " + milliseconds_text(session.preempt_after_ms);
}

std::string timers_text(const Session& session) {
    const Timers& timers = session.timers;
    std::string out = "advert " + milliseconds_text(timers.advertise_ms);
    if (timers.active_advertise_ms && timers.active_advertise_ms != timers.advertise_ms)
        out += fmt::format(" (the active router's: {})",
                           milliseconds_text(timers.active_advertise_ms));
    out += fmt::format("; as backup: skew {}, down interval {}", milliseconds_text(timers.skew_ms),
                       milliseconds_text(timers.down_ms));
    if (!timers.remaining_ms) return out;
    const std::string_view what = session.state == "active"   ? "next advert in"
                                  : session.state == "backup" ? "takeover in"
                                                              : "timer ends in";
    return fmt::format("{}; {} {}", out, what, milliseconds_text(timers.remaining_ms));
}

std::string checksum_text(const Session& session) {
    const bool is_told = !session.checksum_configured.empty() || !session.checksum_sending.empty();
    if (!is_told && session.vrrp == 2) return "one form only in VRRPv2";
    if (!is_told && session.family == "ipv6") return "one form only for IPv6";
    return fmt::format("{}, sending {}", or_dash(session.checksum_configured),
                       or_dash(session.checksum_sending));
}

std::string list_text(const std::optional<std::vector<std::string>>& addresses) {
    if (!addresses) return "-";
    return addresses->empty() ? "none" : joined(*addresses, "  ");
}

std::string peer_page_text(const Peer& peer) {
    constexpr double second = 1000;
    const bool is_recent =
        peer.last_seen_ms && *peer.last_seen_ms >= 0 && *peer.last_seen_ms < second;
    const std::string age = is_recent           ? fmt::format("{:.0f}ms", *peer.last_seen_ms)
                            : peer.last_seen_ms ? age_text(*peer.last_seen_ms / second)
                                                : "-";
    std::string out =
        fmt::format("{}, priority {}", or_dash(peer.address), number_text(peer.priority));
    if (!peer.checksum.empty()) out += ", checksum " + peer.checksum;
    return fmt::format("{}; last advert {} ago ({})", out, age, instant_text(peer.last_seen));
}

// The one heard last comes first.
std::string peer_lines(const Session& session, const Style& style) {
    if (session.peers.empty()) return labelled("peer", "none heard", style);
    std::string out;
    for (const Peer& peer : session.peers) out += labelled("peer", peer_page_text(peer), style);
    return out;
}

std::string condition_lines(const Session& session, const Style& style) {
    std::string out;
    for (const Condition& condition : session.conditions)
        out += labelled("condition",
                        fmt::format("{}: {} (since {})", or_dash(condition.kind),
                                    or_dash(condition.text), instant_text(condition.since)),
                        style);
    return out;
}

// "3 (checksum-errors 2, ttl-errors 1)", or "0".
std::string reasons_text(const Reasons& counted) {
    double total = 0;  // a sum of numbers that are not ours cannot overflow this way
    std::vector<std::string> reasons;
    for (const auto& [reason, count] : counted) {
        total += static_cast<double>(count.value_or(0));
        reasons.push_back(reason + " " + count_text(count));
    }
    constexpr double exact = 9e15;
    if (reasons.empty()) return "0";
    const std::string sum = std::abs(total) < exact ? count_text(static_cast<std::int64_t>(total))
                                                    : fmt::format("{:.3g}", total);
    return fmt::format("{} ({})", sum, joined(reasons, ", "));
}

std::string vmac_text(const Session& session) {
    return fmt::format("{} on {}, adverts from {}", session.vmac, or_dash(session.vmac_interface),
                       session.vmac_transmit == "base" ? "the interface's own" : "it");
}

std::string counter_lines(const Counters& counters, const Style& style) {
    const auto pair = [](std::string_view first, std::optional<std::int64_t> a,
                         std::string_view second, std::optional<std::int64_t> b) {
        return fmt::format("{} {}, {} {}", first, count_text(a), second, count_text(b));
    };
    std::string out = labelled("adverts",
                               pair("sent", counters.sent, "received", counters.received) +
                                   ", discarded " + reasons_text(counters.discarded),
                               style);
    if (!counters.noted.empty()) out += labelled("noted", reasons_text(counters.noted), style);
    out += labelled(
        "priority 0",
        pair("sent", counters.priority_zero_sent, "received", counters.priority_zero_received),
        style);
    if (counters.announcements_put_off.value_or(0) != 0 || counters.claims_heard.value_or(0) != 0)
        out += labelled("announced",
                        pair("put off", counters.announcements_put_off, "claims by other machines",
                             counters.claims_heard),
                        style);
    return out + labelled("counted",
                          pair("transitions", counters.transitions, "announcements sent",
                               counters.announcements_sent) +
                              ", " +
                              pair("send errors", counters.send_errors, "addresses restored",
                                   counters.restored),
                          style);
}

// How it has failed, as far as the daemon says.
std::string ending_text(const HookResult& failed) {
    if (failed.is_timed_out == true) return "ran out of time and was killed";
    if (failed.signal.value_or(0) != 0) return "was ended by signal " + number_text(failed.signal);
    return failed.exit_status ? "exited with " + number_text(failed.exit_status) : "failed";
}

// Whose it is and which program: a group and each of its members may have one.
std::string hook_text(const Hooks& hooks, const HookResult& last) {
    const bool is_notify = last.what == "notify" && !last.program.empty();
    std::string out =
        fmt::format("{}: {} for {}: {} in {} at {}", or_dash(hooks.name),
                    or_dash(is_notify ? last.program : last.what), or_dash(last.phase),
                    last.is_ok == true ? "done" : ending_text(last),
                    milliseconds_text(last.duration_ms), instant_text(last.at));
    if (!last.said.empty()) out += ", said: " + last.said;
    return out;
}

// What is decided for all that are elected together.
std::string unit_lines(const Unit& unit, const Style& style) {
    std::string out;
    for (const Term& term : unit.terms)
        out += labelled("less", fmt::format("{}  {}", number_text(term.points), term.what), style);
    if (unit.kind == "group") out += labelled("group", or_dash(unit.name), style);
    if (!unit.checks.empty()) out += labelled("checks", list_text(unit.checks), style);
    if (unit.held_back_ms)
        out += labelled("holds back", "for " + milliseconds_text(unit.held_back_ms), style);
    if (unit.preparing_ms)
        out += labelled("prepares", "for at most " + milliseconds_text(unit.preparing_ms), style);
    if (unit.draining_ms)
        out += labelled("drains", "for at most " + milliseconds_text(unit.draining_ms), style);
    if (!unit.order.empty()) out += labelled("order", unit.order + " is under way", style);
    if (!unit.handed_over_since.empty())
        out += labelled("handed over",
                        fmt::format("to {} at {}, and does not preempt until it has been Active "
                                    "again (tandemctl undrain {} ends that)",
                                    or_dash(unit.handed_over_to),
                                    instant_text(unit.handed_over_since), unit.name),
                        style);
    for (const Hooks& hooks : unit.hooks) {
        if (hooks.results.empty())
            out += labelled("hook", or_dash(hooks.name) + ": not run yet", style);
        for (auto result = hooks.results.begin(); result != hooks.results.end(); ++result) {
            const bool is_latest =
                std::none_of(std::next(result), hooks.results.end(),
                             [&](const HookResult& later) { return later.what == result->what; });
            if (is_latest) out += labelled("hook", hook_text(hooks, *result), style);
        }
    }
    return out;
}

}  // namespace

std::string node_page(const Status& status, const Style& style) {
    std::string out = headline(status, style);
    out += labelled("tandemd",
                    fmt::format("{}, pid {}", or_dash(status.version), number_text(status.pid)),
                    style);
    out += labelled("config",
                    fmt::format("{}, loaded {}", or_dash(status.config_file),
                                instant_text(status.config_loaded)),
                    style);
    out += labelled("process",
                    fmt::format("real-time priority {}, memory locked {}, log messages dropped {}",
                                yes_no(status.realtime), yes_no(status.memory_locked),
                                count_text(status.log_dropped)),
                    style);
    if (!status.discarded.empty())
        out += labelled("discarded",
                        reasons_text(status.discarded) + " adverts that belong to no router here",
                        style);
    return out + list_lines("  problems     ", status.problems, style);
}

std::string session_page(const Session& session, const Status& status, const Style& style) {
    const auto found = std::ranges::find(status.units, session.unit, &Unit::name);
    const Unit* unit = session.unit.empty() || found == status.units.end() ? nullptr : &*found;
    const std::string state =
        painted(or_dash(upper(session.state)), paint_of_state(session.state), style);
    std::string out = heading(session, style);
    out += labelled("state",
                    fmt::format("{} since {} ({})", state, instant_text(session.since),
                                age_text(session.since_seconds)),
                    style);
    out += labelled("why", why_text(session), style) + blocked_lines(session, style);
    out += labelled("priority",
                    fmt::format("{} base, {} effective", number_text(session.base_priority),
                                number_text(session.effective_priority)),
                    style);
    if (unit != nullptr) out += unit_lines(*unit, style);
    out += labelled("preempt", preempt_text(session), style);
    out += labelled("timers", timers_text(session), style);
    out += labelled("checksum", checksum_text(session), style);
    out += labelled("source", or_dash(session.source), style);
    out += labelled("mac", or_dash(session.mac), style);
    if (!session.vmac.empty()) out += labelled("vmac", vmac_text(session), style);
    out += labelled("addresses", list_text(session.addresses), style);
    out += labelled("wanted", list_text(session.wanted), style);
    out += labelled("installed", list_text(session.installed), style);
    out += address_trouble(session, style);
    out += peer_lines(session, style) + condition_lines(session, style);
    return out + counter_lines(session.counters, style);
}

}  // namespace ctl
