// Findings about adverts on the wire, and about what the other node tells.
#include <fmt/format.h>

#include <algorithm>

#include "ctl/findings.hpp"
#include "ctl/text.hpp"

namespace ctl {

namespace {

std::int64_t all_discarded(const Session& session) {
    std::int64_t sum = 0;
    for (const auto& [reason, count] : session.counters.discarded) sum += count.value_or(0);
    return sum;
}

// It listens, so that its counters move with what arrives.
bool is_taking_part(const Session& session) {
    return holds_addresses(session) || session.state == "backup";
}

// "192.0.2.1" of "192.0.2.1/24"
std::string_view bare(std::string_view address) { return address.substr(0, address.find('/')); }

bool shares_an_address(const SeenAdvert& advert, const Session& session) {
    return std::ranges::any_of(session.addresses, [&](const std::string& own) {
        return std::ranges::find(advert.addresses, bare(own)) != advert.addresses.end();
    });
}

// How many adverts of this session's kind came from other routers, and how many left.
struct Traffic {
    std::int64_t arrived = 0;
    std::int64_t left = 0;
    std::vector<std::string> senders;
};

Traffic traffic_of(const Wire& wire, const Session& session) {
    Traffic traffic;
    for (const auto& [advert, count] : wire.adverts) {
        if (advert.family != session.family || advert.vrid != session.vrid) continue;
        // The kernel keeps multicast from a session that does not use it.
        if (advert.is_multicast != (session.transport != "unicast")) continue;
        if (advert.is_outgoing) traffic.left += count;
        if (advert.is_outgoing || advert.source == session.source) continue;
        traffic.arrived += count;
        traffic.senders.push_back(advert.source);
    }
    return traffic;
}

void look_at_input(const Facts& facts, const Session& before, const Session& session,
                   const Traffic& traffic, Findings& found) {
    constexpr std::int64_t enough = 2;  // one may have come between two readings
    if (traffic.arrived < enough || !is_taking_part(before) || !is_taking_part(session)) return;
    const std::int64_t counted = session.counters.received.value_or(0) + all_discarded(session);
    const std::int64_t counted_before =
        before.counters.received.value_or(0) + all_discarded(before);
    if (counted != counted_before) return;
    found.add(
        "firewall-in", &session,
        fmt::format("{} adverts of {} came in on {} within {:.1f} s, and none of them reached "
                    "the daemon",
                    traffic.arrived, joined(traffic.senders, ", "), session.interface,
                    facts.listened_seconds));
}

void look_at_output(const Facts& facts, const Session& before, const Session& session,
                    const Traffic* traffic, Findings& found) {
    const std::int64_t sent = session.counters.sent.value_or(0) - before.counters.sent.value_or(0);
    const std::int64_t errors =
        session.counters.send_errors.value_or(0) - before.counters.send_errors.value_or(0);
    const auto refused = std::ranges::find_if(session.blockers, [](const std::string& blocker) {
        return blocker.starts_with("no advert could be sent") &&
               blocker.find("Operation not permitted") != std::string::npos;
    });
    if (errors > 0)
        return found.add("firewall-out", &session,
                         fmt::format("sending failed {} times within {:.1f} s on {}", errors,
                                     facts.listened_seconds, session.interface));
    if (refused != session.blockers.end()) return found.add("firewall-out", &session, *refused);
    constexpr std::int64_t enough = 2;
    if (traffic != nullptr && sent >= enough && traffic->left == 0)
        found.add(
            "firewall-out", &session,
            fmt::format("the daemon sent {} adverts within {:.1f} s, and none of them left on "
                        "{}",
                        sent, facts.listened_seconds, session.interface),
            "look for what drops protocol 112 on its way out: nft list ruleset (also the "
            "egress hooks), tc filter");
}

// A Backup is silent, so silence alone says nothing: who is Active answers for the address.
void look_at_multicast(const Facts& facts, const Session& session, const Wire& wire,
                       const Traffic& traffic, Findings& found) {
    if (session.transport == "unicast" || !holds_addresses(session) || traffic.arrived > 0) return;
    std::vector<std::string> evidence;
    bool is_rivalled = false;
    for (const Answering& answer : wire.answering) {
        if (answer.mac == session.mac) continue;
        const bool is_virtual = std::ranges::any_of(
            session.addresses, [&](const std::string& own) { return bare(own) == answer.address; });
        const bool is_peer =
            std::ranges::find(session.peers, answer.address, &Peer::address) != session.peers.end();
        is_rivalled = is_rivalled || is_virtual;
        if (is_virtual || is_peer)
            evidence.push_back(fmt::format("{} (MAC {})", answer.address, answer.mac));
    }
    const Session* there = facts.other ? same_session(*facts.other, session) : nullptr;
    const bool is_told = there != nullptr && holds_addresses(*there);
    if (!is_rivalled && !is_told) return;
    found.add("multicast-lost", &session,
              fmt::format("no advert of another router on {} within {:.1f} s, but {}",
                          session.interface, facts.listened_seconds,
                          is_rivalled ? "another machine answers ARP for " + joined(evidence, ", ")
                                      : facts.other->node + " says that it is Active"));
}

void look_at_vrids(const Session& session, const Wire& wire, Findings& found) {
    for (const auto& [advert, count] : wire.adverts) {
        if (advert.is_outgoing || advert.family != session.family || advert.addresses.empty() ||
            !session.vrid)
            continue;
        const bool is_same = advert.vrid == *session.vrid;
        if (is_same == shares_an_address(advert, session)) continue;
        found.add(is_same ? "vrid-clash" : "vrid-differs", &session,
                  fmt::format("{} adverts of {} with VRID {} and {}; ours is VRID {} with {}",
                              count, advert.source, advert.vrid, joined(advert.addresses, ", "),
                              *session.vrid, joined(session.addresses, ", ")));
    }
}

std::string ordered(std::vector<std::string> texts) {
    std::ranges::sort(texts);
    return joined(texts, ", ");
}

void compare(const Session& here, const Session& there, const std::string& node, Findings& found) {
    std::vector<std::string> differing;
    const auto field = [&](std::string_view name, const std::string& ours,
                           const std::string& theirs) {
        if (ours != theirs)
            differing.push_back(
                fmt::format("{} is {} here and {} on {}", name, ours, theirs, node));
    };
    field("vrid", number_text(here.vrid), number_text(there.vrid));
    field("advertise", milliseconds_text(here.timers.advertise_ms),
          milliseconds_text(there.timers.advertise_ms));
    field("the version", number_text(here.vrrp), number_text(there.vrrp));
    field("transport", or_dash(here.transport), or_dash(there.transport));
    field("addresses", ordered(here.addresses), ordered(there.addresses));
    if (!differing.empty()) found.add("config-differs", &here, joined(differing, "; "));
    if (here.state == "active" && there.state == "active")
        found.add("both-active", &here,
                  fmt::format("active here since {} and on {} since {}", or_dash(here.since), node,
                              or_dash(there.since)));
}

}  // namespace

void look_at_wire(const Facts& facts, const Session& session, Findings& found) {
    const Session* before = same_session(facts.before, session);
    if (before == nullptr) return;
    const auto wire = facts.wires.find(session.interface);
    if (wire == facts.wires.end()) return look_at_output(facts, *before, session, nullptr, found);
    const Traffic traffic = traffic_of(wire->second, session);
    look_at_input(facts, *before, session, traffic, found);
    look_at_output(facts, *before, session, &traffic, found);
    look_at_multicast(facts, session, wire->second, traffic, found);
    look_at_vrids(session, wire->second, found);
}

void look_at_other(const Facts& facts, Findings& found) {
    if (!facts.other) return;
    const std::string node = or_dash(facts.other->node);
    for (const Session& here : facts.status.sessions) {
        const Session* there = same_session(*facts.other, here);
        if (there == nullptr)
            found.add("router-missing", &here, fmt::format("{} does not have it", node));
        else
            compare(here, *there, node, found);
    }
    for (const Session& there : facts.other->sessions)
        if (same_session(facts.status, there) == nullptr)
            found.add("router-missing", &there, fmt::format("only {} has it", node));
    if (facts.other->config_hash != facts.status.config_hash)
        found.add("config-hash", nullptr,
                  fmt::format("{} here, {} on {}", or_dash(facts.status.config_hash),
                              or_dash(facts.other->config_hash), node));
}

}  // namespace ctl
