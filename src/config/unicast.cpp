#include "config/unicast.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <string_view>

#include "config/effective.hpp"

namespace config {
namespace {

constexpr std::array families{base::Family::ipv4, base::Family::ipv6};

std::string_view word_for(base::Family family) {
    return family == base::Family::ipv4 ? "IPv4" : "IPv6";
}

const RouterSettings& settings_at(const Draft& draft, Seat seat) {
    return draft.routers[seat.node][seat.router].settings;
}

bool is_unicast(const RouterSettings& settings) {
    return transport_of(settings) == Transport::unicast;
}

// Those of `peers` in one family; none when they are nobody but the node itself.
std::vector<base::IpAddress> named_peers(const RouterSettings& settings, base::Family family) {
    std::vector<base::IpAddress> named;
    if (!settings.peers) return named;
    for (const auto& peer : settings.peers->value)
        if (peer.value.family() == family) named.push_back(peer.value);
    const auto& own = settings.sources.of(family);
    const bool has_others = std::ranges::any_of(
        named, [&](const base::IpAddress& peer) { return !own || peer != own->value; });
    if (!has_others) named.clear();
    return named;
}

// ---- whether all can be reached -------------------------------------------------------------

// A node that cannot reach the others refuses the file; the others need not.
void report_unreachable(const Draft& draft, Seat seat, const std::string& text,
                        const std::string& cure, Problems& problems) {
    const Place& at = draft.routers[seat.node][seat.router].name_at;
    if (draft.here == seat.node)
        problems.error(at, text, cure);
    else
        problems.warning(at, text);
}

void check_sources_of_others(const Draft& draft, Seat seat, base::Family family,
                             Problems& problems) {
    const std::string& name = draft.routers[seat.node][seat.router].name;
    for (std::size_t node = 0; node < draft.nodes.size(); ++node) {
        const RouterSettings& other = settings_at(draft, {node, seat.router});
        if (node == seat.node || other.sources.of(family) || !other.is_known("source")) continue;
        report_unreachable(
            draft, seat,
            fmt::format("node '{}' cannot reach node '{}' in router '{}': unicast needs its {} "
                        "source",
                        draft.nodes[seat.node].name, draft.nodes[node].name, name,
                        word_for(family)),
            fmt::format(R"(write source = {{ {} = "..."; }}; or peers = [ "..." ];)",
                        draft.nodes[node].name),
            problems);
    }
}

void check_reach(const Draft& draft, Seat seat, Problems& problems) {
    const RouterSettings& settings = settings_at(draft, seat);
    if (!is_unicast(settings) || !settings.is_known("peers")) return;
    for (const base::Family family : families) {
        if (!has_family(settings, family) || !named_peers(settings, family).empty()) continue;
        if (draft.nodes.size() > 1)
            check_sources_of_others(draft, seat, family, problems);
        else
            report_unreachable(
                draft, seat,
                fmt::format("router '{}' has no {} peer, and unicast needs one",
                            draft.routers[seat.node][seat.router].name, word_for(family)),
                R"(write peers = [ "..." ];, or name the other nodes and their sources)", problems);
    }
}

// ---- what belongs to unicast ----------------------------------------------------------------

void check_peers_are_different(const RouterSettings& settings, Problems& problems) {
    if (!settings.peers) return;
    std::map<base::IpAddress, Place> first_places;
    for (const auto& [peer, at, layer] : settings.peers->value) {
        const auto [first, is_new] = first_places.try_emplace(peer, at);
        if (is_new) continue;
        problems.error(at,
                       fmt::format("{} is here twice; the first is in {}", peer.text(),
                                   problems.name_of(first->second, at)),
                       "remove one of them");
    }
}

// A value of `defaults` does not hurt the routers that use multicast, as long as there is one that
// it is for.
void check_transport(const RouterSettings& settings, bool is_of_use_elsewhere, Problems& problems) {
    if (is_unicast(settings) || !settings.is_known("transport")) return;
    const auto is_idle = [&](Layer layer) {
        return layer == Layer::router || !is_of_use_elsewhere;
    };
    const std::string cure = "remove it, or write transport = \"unicast\";";
    if (settings.peers && is_idle(settings.peers->layer))
        problems.error(settings.peers->at, "multicast has no peers: it reaches all", cure);
    // Multicast does not leave the link, so an advert with less was sent on to us.
    if (settings.ttl && settings.ttl->value < 255 && is_idle(settings.ttl->layer))
        problems.error(settings.ttl->at,
                       fmt::format("'ttl' is 255 with multicast, not {}", settings.ttl->value),
                       cure);
}

}  // namespace

std::vector<base::IpAddress> peers_of(const Draft& draft, Seat seat) {
    const RouterSettings& settings = settings_at(draft, seat);
    std::vector<base::IpAddress> peers;
    if (!is_unicast(settings)) return peers;
    for (const base::Family family : families) {
        if (!has_family(settings, family)) continue;
        const std::vector<base::IpAddress> named = named_peers(settings, family);
        peers.insert(peers.end(), named.begin(), named.end());
        if (!named.empty()) continue;
        for (std::size_t node = 0; node < draft.nodes.size(); ++node) {
            const auto& source = settings_at(draft, {node, seat.router}).sources.of(family);
            if (node != seat.node && source) peers.push_back(source->value);
        }
    }
    return peers;
}

void check_unicast(const Draft& draft, Problems& problems) {
    for (std::size_t node = 0; node < draft.routers.size(); ++node) {
        const auto& routers = draft.routers[node];
        const bool has_unicast = std::ranges::any_of(
            routers, [](const RouterDraft& router) { return is_unicast(router.settings); });
        for (std::size_t router = 0; router < routers.size(); ++router) {
            check_transport(routers[router].settings, has_unicast, problems);
            check_peers_are_different(routers[router].settings, problems);
            if (!draft.lost_nodes && !draft.nodes.empty())
                check_reach(draft, {node, router}, problems);
        }
    }
}

}  // namespace config
