#include "ctl/page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "ctl/unit_page.hpp"
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
    // Each advert that it hears puts the takeover off: without that said, it looks like an
    // announcement.
    const std::string_view what = session.state == "active"   ? "next advert in"
                                  : session.state == "backup" ? "takes over if nothing is heard for"
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

std::string peer_page_text(const Peer& peer) {
    std::string out =
        fmt::format("{}, priority {}", or_dash(peer.address), number_text(peer.priority));
    if (peer.priority == 0) out += " (it has given up)";
    if (peer.interval_ms) out += ", adverts every " + milliseconds_text(peer.interval_ms);
    if (!peer.checksum.empty()) out += ", checksum " + peer.checksum;
    return fmt::format("{}; last advert {} ago ({})", out, span_text(peer.last_seen_ms),
                       instant_text(peer.last_seen));
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
    for (const Condition& condition : session.conditions) {
        // Most texts name the other side already.
        const bool is_named = condition.text.find(condition.with) != std::string::npos;
        out += labelled("condition",
                        fmt::format("{}{}: {} (since {})", or_dash(condition.kind),
                                    is_named ? "" : " with " + condition.with,
                                    or_dash(condition.text), instant_text(condition.since)),
                        style);
    }
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
    if (counters.older_version_ignored.value_or(0) != 0)
        out += labelled("ignored",
                        count_text(counters.older_version_ignored) +
                            " adverts of version 2 from routers that speak version 3 too",
                        style);
    return out + labelled("counted",
                          pair("transitions", counters.transitions, "announcements sent",
                               counters.announcements_sent) +
                              ", " +
                              pair("send errors", counters.send_errors, "addresses restored",
                                   counters.restored),
                          style);
}

std::string process_lines(const Status& status, const Style& style) {
    std::string out =
        labelled("process",
                 fmt::format("real-time priority {}, memory locked {}, log messages dropped {}",
                             yes_no(status.realtime), yes_no(status.memory_locked),
                             count_text(status.log_dropped)),
                 style);
    if (status.reloads_done || status.reloads_failed)
        out +=
            labelled("reloads",
                     fmt::format("{} done, {} failed{}", count_text(status.reloads_done),
                                 count_text(status.reloads_failed),
                                 status.last_reload_succeeded == false ? ", the last one too" : ""),
                     style);
    if (!status.runner_deaths) return out;
    return out +
           labelled("runner",
                    fmt::format("{}, died {} times",
                                status.runner_trouble.empty() ? "at work" : status.runner_trouble,
                                count_text(status.runner_deaths)),
                    style);
}

// Routes or rules, a line each.
std::string upheld_lines(std::string_view label, const std::vector<Upheld>& all,
                         const Style& style) {
    std::string out;
    for (const Upheld& one : all) {
        const std::string_view place = !one.is_installed   ? "-"
                                       : *one.is_installed ? "installed"
                                                           : "not installed";
        out += labelled(label,
                        fmt::format("{} ({}{})", or_dash(one.text), place,
                                    one.error.empty() ? "" : ": " + one.error),
                        style);
    }
    return out;
}

// What a user has set and the daemon has worked out from it, as far as it is told.
std::string setting_lines(const Session& session, const Style& style) {
    std::string out;
    if (session.accepts)
        out += labelled("accept",
                        *session.accepts ? "yes" : "no, what is sent to the addresses is dropped",
                        style);
    if (!session.lease.empty()) out += labelled("lease", session.lease, style);
    if (session.up_for_ms.value_or(0) > 0)
        out += labelled(
            "up for", span_text(session.up_for_ms) + ", and then the interface is trusted", style);
    return out;
}

}  // namespace

std::string node_page(const Status& status, const Style& style) {
    std::string out = headline(status, style);
    out += labelled("tandemd",
                    fmt::format("{}, pid {}", or_dash(status.version), number_text(status.pid)),
                    style);
    std::string config = fmt::format("{}, loaded {}", or_dash(status.config_file),
                                     instant_text(status.config_loaded));
    if (status.unconfirmed_ms)
        config += fmt::format("; not confirmed: in {} what was before comes back",
                              span_text(status.unconfirmed_ms));
    out += labelled("config", config, style) + process_lines(status, style);
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
    if (session.is_preferred)
        out += labelled("preferred", *session.is_preferred ? "this node" : "another node", style);
    if (unit != nullptr) out += unit_lines(*unit, status, style);
    out += labelled("preempt", preempt_text(session), style);
    out += labelled("timers", timers_text(session), style);
    out += labelled("checksum", checksum_text(session), style);
    out += labelled("source", or_dash(session.source), style) + setting_lines(session, style);
    out += labelled("mac", or_dash(session.mac), style);
    if (!session.vmac.empty()) out += labelled("vmac", vmac_text(session), style);
    out += labelled("addresses", list_text(session.addresses), style);
    out += labelled("wanted", list_text(session.wanted), style);
    out += labelled("installed", list_text(session.installed), style);
    out += address_trouble(session, style);
    out +=
        upheld_lines("route", session.routes, style) + upheld_lines("rule", session.rules, style);
    out += peer_lines(session, style) + condition_lines(session, style);
    return out + counter_lines(session.counters, style);
}

}  // namespace ctl
