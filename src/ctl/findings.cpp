#include "ctl/findings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "ctl/text.hpp"

namespace ctl {

namespace {

struct Kind {
    std::string_view code;
    Gravity gravity;
    std::string_view text;
    std::string_view cure;
};

// tandemctl(8) has the same codes.
constexpr std::array kinds{
    Kind{"firewall-in", Gravity::problem, "this machine drops the adverts that arrive",
         "let protocol 112 in: nft list ruleset shows what drops it"},
    Kind{"firewall-out", Gravity::problem, "this machine drops the adverts that it sends",
         "let protocol 112 out: nft list ruleset shows what drops it"},
    Kind{"multicast-lost", Gravity::problem,
         "the other router is there and Active, but its adverts do not arrive",
         "look at the switch: IGMP snooping or a filter for 224.0.0.18 and ff02::12; or set "
         "transport = \"unicast\" on both"},
    Kind{"vrid-clash", Gravity::problem, "another virtual router of this LAN has our VRID",
         "give one of them a VRID that nobody else has on this LAN"},
    Kind{"vrid-differs", Gravity::problem, "our addresses are advertised under another VRID",
         "set the same vrid on both"},
    Kind{"another-active", Gravity::problem, "two routers are Active at the same time",
         "run tandemctl doctor on the other one, too, and look at firewalls between them"},
    Kind{"duplicate-source", Gravity::problem, "another router sends from our address",
         "give each router an address of its own"},
    Kind{"interval-differs", Gravity::problem, "the other router has another interval",
         "set the same advertise on both"},
    Kind{"version-differs", Gravity::problem, "the other router speaks another version of VRRP",
         "set the same version on both"},
    Kind{"address-list-differs", Gravity::problem, "the other router has other addresses",
         "give both the same addresses in the same order"},
    Kind{"transport-differs", Gravity::problem, "one router sends multicast, the other unicast",
         "set the same transport on both"},
    Kind{"address-claimed", Gravity::problem, "another machine answers for a virtual address",
         "look for it by its MAC, and take the address away from it"},
    Kind{"checksum", Gravity::problem, "adverts are discarded for their checksum",
         "set checksum = \"auto\", or the same form on both"},
    Kind{"ttl", Gravity::problem, "adverts are discarded for their TTL",
         "look for a router between the two"},
    Kind{"authentication", Gravity::problem, "adverts are discarded for their authentication",
         "set the same auth on both"},
    Kind{"rejected", Gravity::problem, "adverts are discarded",
         "look at the sender and the way to it"},
    Kind{"discarded-before", Gravity::remark, "adverts were discarded, and are not any more",
         "tandemctl events says when, and whose they were"},
    Kind{"other-vrids", Gravity::remark, "adverts of virtual routers that are not configured here",
         "none, unless a VRID is mistyped here or there"},
    Kind{"not-taking-part", Gravity::problem, "the router takes no part in the election",
         "mend what it waits for"},
    Kind{"drained", Gravity::remark, "an operator has taken the router out of service",
         "tandemctl undrain"},
    Kind{"address-missing", Gravity::problem, "an address cannot be put on its interface",
         "tandemctl diff says what the kernel has refused"},
    Kind{"degraded", Gravity::problem, "the daemon names a problem",
         "tandemctl status -v, and the journal: journalctl -u tandemd"},
    Kind{"rp-filter", Gravity::problem,
         "the reverse path filter drops what is sent to the virtual MAC",
         "set rp_filter of the interface to 2, or of it and of all to 0"},
    Kind{"capability-missing", Gravity::problem, "the daemon lacks a capability that it needs",
         "start it as root, or give the service AmbientCapabilities and CapabilityBoundingSet with "
         "CAP_NET_ADMIN and CAP_NET_RAW"},
    Kind{"forwarding-off", Gravity::remark,
         "this machine holds virtual addresses and forwards nothing",
         "none for a pair that offers a service; for a router, switch it on with sysctl"},
    Kind{"starvation", Gravity::problem, "the daemon is not scheduled in time",
         "let it run with realtime priority (status: realtime), and take load off the machine"},
    Kind{"late-turns", Gravity::remark, "the daemon was scheduled late",
         "none as long as it is far below an interval"},
    Kind{"near-failovers", Gravity::remark, "this router has almost taken over",
         "look for lost adverts and load on the Active router; or set a longer advertise"},
    Kind{"clock-source", Gravity::remark, "the clock of this machine is slow to read",
         "choose another clock source: see available_clocksource beside it"},
    Kind{"foreign-daemon", Gravity::problem, "something else takes away what this router holds",
         "let only one program manage these addresses"},
    Kind{"removed-before", Gravity::remark, "something else has taken away what this router held",
         "tandemctl events says when; look for scripts and for who has logged in then"},
    Kind{"both-active", Gravity::problem, "the router is Active on both nodes",
         "look at what is found beside this: what keeps adverts from arriving"},
    Kind{"config-differs", Gravity::problem, "the two nodes have different settings",
         "put the same file on both, and tandemctl reload"},
    Kind{"config-hash", Gravity::remark, "the two nodes have different files in force",
         "put the same file on both, and tandemctl reload"},
    Kind{"router-missing", Gravity::problem, "the router is configured on one node only",
         "put the same file on both, and tandemctl reload"},
};

const Kind& kind_of(std::string_view code) {
    const auto found = std::ranges::find(kinds, code, &Kind::code);
    return found == kinds.end() ? kinds[0] : *found;  // every code is in a unit test
}

// "checksum-errors" of "adverts from 192.0.2.3 are discarded (checksum-errors: ...)"
std::string_view discard_in(std::string_view text) {
    const auto open = text.find(" are discarded (");
    if (open == std::string_view::npos) return {};
    text.remove_prefix(text.find('(', open) + 1);
    return text.substr(0, text.find_first_of(":)"));
}

std::string_view code_of_discard(std::string_view reason) {
    if (reason == "checksum-errors") return "checksum";
    if (reason == "ip-ttl-errors") return "ttl";
    if (reason == "invalid-auth-type" || reason == "auth-type-mismatch" ||
        reason == "auth-failures")
        return "authentication";
    return "rejected";
}

std::string_view code_of(const Condition& condition) {
    if (condition.kind == "rejected") return code_of_discard(discard_in(condition.text));
    const auto found = std::ranges::find(kinds, condition.kind, &Kind::code);
    return found == kinds.end() ? "degraded" : found->code;
}

// The daemon's words: what is so, and after the first semicolon the cure.
void look_at_conditions(const Session& session, Findings& found) {
    for (const Condition& condition : session.conditions) {
        const auto end = condition.text.find("; ");
        const std::string cure = end == std::string::npos ? "" : condition.text.substr(end + 2);
        found.add(code_of(condition), &session, condition.text.substr(0, end), cure);
    }
}

void look_at_discards(const Session& session, Findings& found) {
    std::vector<std::string> counts;
    for (const auto& [reason, count] : session.counters.discarded)
        if (count.value_or(0) > 0) counts.push_back(fmt::format("{} {}", reason, *count));
    const bool goes_on = std::ranges::any_of(session.conditions, [](const Condition& condition) {
        return !discard_in(condition.text).empty();
    });
    if (!counts.empty() && !goes_on)
        found.add("discarded-before", &session,
                  "since the daemon's start: " + joined(counts, ", "));
}

void look_at_state(const Session& session, Findings& found) {
    std::vector<std::string> reasons = session.blockers;
    if (reasons.empty()) reasons.push_back(or_dash(session.reason_text));
    const std::string evidence = fmt::format("{}: {}", session.state, joined(reasons, "; "));
    if (session.state == "drained") found.add("drained", &session, evidence);
    if (session.state == "fault" || session.state == "waiting")
        found.add("not-taking-part", &session, evidence);
    for (const FailedAddress& failed : session.failed)
        found.add("address-missing", &session, or_dash(failed.error));
    if (session.counters.near_failovers.value_or(0) > 0)
        found.add("near-failovers", &session,
                  fmt::format("{} times since the daemon's start",
                              count_text(session.counters.near_failovers)));
}

// Linux takes the greater one of the interface's and the one of all.
void look_at_rp_filter(const Facts& facts, const Session& session, Findings& found) {
    const auto own = facts.rp_filter.find(session.vmac_interface);
    const auto all = facts.rp_filter.find("all");
    if (session.vmac_interface.empty() || session.family != "ipv4") return;
    if (own == facts.rp_filter.end() || all == facts.rp_filter.end()) return;
    if (std::max(own->second, all->second) != 1) return;
    found.add("rp-filter", &session,
              fmt::format("net/ipv4/conf/{}/rp_filter is {}, of all {}; 1 is strict",
                          session.vmac_interface, own->second, all->second),
              fmt::format("sysctl -w net/ipv4/conf/{}/rp_filter=2", session.vmac_interface));
}

void look_at_removals(const Facts& facts, const Session& session, Findings& found) {
    const std::int64_t restored = session.counters.restored.value_or(0);
    if (restored <= 0) return;
    const Session* before = same_session(facts.before, session);
    const bool goes_on =
        before != nullptr && before->counters.restored.value_or(restored) < restored;
    const std::vector<std::string> daemons{facts.other_daemons.begin(), facts.other_daemons.end()};
    const std::string evidence = fmt::format(
        "{} times restored since the daemon's start; {}", restored,
        daemons.empty() ? "no known daemon runs here" : "here runs " + joined(daemons, ", "));
    found.add(goes_on || !daemons.empty() ? "foreign-daemon" : "removed-before", &session,
              evidence);
}

void look_at_capabilities(const Facts& facts, Findings& found) {
    if (!facts.capabilities) return;
    std::vector<std::string> missing;
    constexpr int net_admin = 12;  // linux/capability.h
    constexpr int net_raw = 13;
    if ((*facts.capabilities >> net_admin & 1) == 0) missing.emplace_back("CAP_NET_ADMIN");
    if ((*facts.capabilities >> net_raw & 1) == 0) missing.emplace_back("CAP_NET_RAW");
    if (!missing.empty())
        found.add(
            "capability-missing", nullptr,
            fmt::format("CapEff of process {} is {:016x}: without {}",
                        number_text(facts.status.pid), *facts.capabilities, joined(missing, ", ")));
}

void look_at_forwarding(const Facts& facts, Findings& found) {
    for (const auto& [family, setting] : {std::pair{"ipv4", "net.ipv4.ip_forward"},
                                          std::pair{"ipv6", "net.ipv6.conf.all.forwarding"}}) {
        const auto known = facts.forwarding.find(family);
        if (known == facts.forwarding.end() || known->second) continue;
        for (const Session& session : facts.status.sessions) {
            if (session.family != family || !holds_addresses(session)) continue;
            found.add(
                "forwarding-off", &session, fmt::format("{} is 0", setting),
                fmt::format("none for a pair that offers a service; for a router: sysctl {}=1",
                            setting));
            break;
        }
    }
}

// Late by an interval is an advert that was not sent in time.
void look_at_lateness(const Facts& facts, Findings& found) {
    if (!facts.lateness || facts.lateness->turns <= 0) return;
    std::optional<double> shortest;
    for (const Session& session : facts.status.sessions)
        if (session.timers.advertise_ms)
            shortest = std::min(*session.timers.advertise_ms,
                                shortest.value_or(*session.timers.advertise_ms));
    const bool is_bad = shortest && facts.lateness->worst_ms >= *shortest;
    found.add(is_bad ? "starvation" : "late-turns", nullptr,
              fmt::format("{} late turns, the worst by {}; the shortest interval is {}",
                          facts.lateness->turns, milliseconds_text(facts.lateness->worst_ms),
                          milliseconds_text(shortest)));
}

void look_at_clock(const Facts& facts, Findings& found) {
    constexpr std::array<std::string_view, 8> quick{
        "tsc",      "kvm-clock", "arch_sys_counter",       "hyperv_clocksource_tsc_page",
        "timebase", "tod",       "hyperv_clocksource_msr", "riscv_clocksource"};
    if (facts.clock_source.empty()) return;
    if (std::ranges::find(quick, facts.clock_source) == quick.end())
        found.add("clock-source", nullptr,
                  fmt::format("current_clocksource is {}", facts.clock_source));
}

// What the daemon names and no finding has said.
void look_at_problems(const Status& status, Findings& found) {
    for (const std::string& problem : status.problems) {
        const std::string said = problem.substr(0, problem.find("; "));
        if (!found.says(said)) found.add("degraded", nullptr, problem);
    }
}

void look_at_other_vrids(const Facts& facts, Findings& found) {
    for (const auto& [reason, count] : facts.status.discarded)
        if (reason == "vrid-errors" && count.value_or(0) > 0)
            found.add("other-vrids", nullptr,
                      fmt::format("{} adverts since the daemon's start", count_text(count)));
}

}  // namespace

std::string_view name_of(Gravity gravity) {
    return gravity == Gravity::problem ? "problem" : "remark";
}

void Findings::add(std::string_view code, const Session* session, std::string evidence,
                   std::string cure) {
    const Kind& kind = kind_of(code);
    all_.push_back({.code = kind.code,
                    .gravity = kind.gravity,
                    .router = session == nullptr ? "" : session->name,
                    .family = session == nullptr ? "" : session->family,
                    .text = std::string{kind.text},
                    .evidence = std::move(evidence),
                    .cure = cure.empty() ? std::string{kind.cure} : std::move(cure)});
}

bool Findings::has(std::string_view code, const Session& session) const {
    return std::ranges::any_of(all_, [&](const Finding& finding) {
        return finding.code == code && finding.router == session.name &&
               finding.family == session.family;
    });
}

bool Findings::says(std::string_view words) const {
    // "lan (ipv4): fault: check ..." is said where the evidence of lan ends in the same words.
    return std::ranges::any_of(all_, [&](const Finding& finding) {
        const std::string evidence = finding.evidence.substr(0, finding.evidence.find("; "));
        return is_problem_of(words, finding.router) && words.ends_with(evidence);
    });
}

std::vector<Finding> Findings::in_order() && {
    std::vector<Finding> sorted;
    for (const Gravity gravity : {Gravity::problem, Gravity::remark})
        std::ranges::copy_if(all_, std::back_inserter(sorted),
                             [&](const Finding& finding) { return finding.gravity == gravity; });
    return sorted;
}

const Session* same_session(const Status& status, const Session& session) {
    const auto found = std::ranges::find_if(status.sessions, [&](const Session& each) {
        return each.name == session.name && each.family == session.family;
    });
    return found == status.sessions.end() ? nullptr : &*found;
}

std::vector<Finding> findings_of(const Facts& facts) {
    Findings found;
    for (const Session& session : facts.status.sessions) {
        look_at_wire(facts, session, found);
        look_at_conditions(session, found);
        look_at_discards(session, found);
        look_at_state(session, found);
        look_at_rp_filter(facts, session, found);
        look_at_removals(facts, session, found);
    }
    look_at_other(facts, found);
    look_at_capabilities(facts, found);
    look_at_problems(facts.status, found);
    look_at_forwarding(facts, found);
    look_at_lateness(facts, found);
    look_at_clock(facts, found);
    look_at_other_vrids(facts, found);
    return std::move(found).in_order();
}

}  // namespace ctl
