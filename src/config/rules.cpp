#include "config/rules.hpp"

#include <fmt/format.h>

#include <chrono>
#include <map>
#include <string>
#include <utility>

#include "config/duration.hpp"
#include "config/nodes.hpp"

namespace config {
namespace {

using Routers = std::vector<RouterDraft>;

// ---- one router -----------------------------------------------------------------------------

void check_advertise(const RouterSettings& settings, const std::string& router,
                     Problems& problems) {
    if (!settings.advertise) return;
    const auto& [duration, at, layer] = *settings.advertise;
    const vrrp::Version version = version_of(settings);
    if (interval_of(duration, version)) return;
    // In `defaults` the value may be right for all routers but this one.
    const bool is_shared = layer == Layer::defaults && !router.empty();
    const std::string who = is_shared ? fmt::format(" (router '{}')", router) : "";
    if (version == vrrp::Version::v2)
        problems.error(at, fmt::format("VRRP version 2{} advertises in whole seconds, 1s to 255s, "
                                       "not {}",
                                       who, text_of(duration)));
    else
        problems.error(at, fmt::format("VRRP version 3{} advertises every 10ms to 40.95s, in steps "
                                       "of 10ms, not {}",
                                       who, text_of(duration)));
}

// A checksum for all routers of version 3 does not hurt those of version 2, unless it stands with
// them.
void check_checksum(const RouterSettings& settings, Problems& problems) {
    if (!settings.checksum || version_of(settings) != vrrp::Version::v2) return;
    if (settings.vrrp->layer != settings.checksum->layer &&
        settings.checksum->layer == Layer::defaults)
        return;
    problems.error(settings.checksum->at, "VRRP version 2 has only one checksum",
                   "remove this setting");
}

// ---- the routers of one node ----------------------------------------------------------------

void check_vrids(const Routers& routers, Problems& problems) {
    std::map<std::pair<std::string, vrrp::Vrid>, const RouterDraft*> first_uses;
    for (const RouterDraft& router : routers) {
        const auto& [interface, vrid] = std::tie(router.settings.interface, router.settings.vrid);
        if (!interface || !vrid) continue;
        const auto [first, is_new] =
            first_uses.try_emplace({interface->value, vrid->value}, &router);
        if (is_new) continue;
        const RouterDraft& other = *first->second;
        problems.error(vrid->at,
                       fmt::format("VRID {} on {} is already that of router '{}' ({})",
                                   vrid->value.wire(), interface->value, other.name,
                                   problems.name_of(other.settings.vrid->at, vrid->at)),
                       "give each router of an interface a VRID of its own");
    }
}

struct Use {
    const RouterDraft* router;
    Place at;
};
using Uses = std::map<base::IpAddress, Use>;

// Where each virtual address is; says so when it is somewhere else too.
Uses check_addresses(const Routers& routers, Problems& problems) {
    Uses uses;
    for (const RouterDraft& router : routers) {
        if (!router.settings.addresses) continue;
        for (const auto& [address, at, layer] : router.settings.addresses->value) {
            const auto [first, is_new] = uses.try_emplace(address.address(), Use{&router, at});
            if (is_new) continue;
            const Use& other = first->second;
            const std::string place = problems.name_of(other.at, at);
            const std::string text =
                other.router == &router
                    ? fmt::format("{} is here twice; the first is in {}", address.address().text(),
                                  place)
                    : fmt::format("{} is also an address of router '{}' ({})",
                                  address.address().text(), other.router->name, place);
            problems.error(at, text, "remove one of them");
        }
    }
    return uses;
}

void check_sources(const Routers& routers, const Uses& uses, Problems& problems) {
    for (const RouterDraft& router : routers) {
        if (!router.settings.source) continue;
        const auto& [source, at, layer] = *router.settings.source;
        const auto use = uses.find(source);
        if (use == uses.end()) continue;
        problems.error(at,
                       fmt::format("{} is a virtual address of router '{}' ({}) and cannot be a "
                                   "source",
                                   source.text(), use->second.router->name,
                                   problems.name_of(use->second.at, at)),
                       "a source is this node's own address");
    }
}

// ---- all nodes ------------------------------------------------------------------------------

void check_hostnames(const std::vector<NodeDraft>& nodes, Problems& problems) {
    std::map<std::string, const NodeDraft*> first_uses;
    for (const NodeDraft& node : nodes) {
        const auto [first, is_new] = first_uses.try_emplace(hostname_of(node), &node);
        if (is_new) continue;
        problems.error(node.hostname ? node.hostname->at : node.name_at,
                       fmt::format("nodes '{}' and '{}' have the same host name '{}'",
                                   first->second->name, node.name, hostname_of(node)),
                       "no machine could tell which one it is");
    }
}

using SameSetting = bool (*)(const RouterSettings&, const RouterSettings&);

bool has_same_priority(const RouterSettings& a, const RouterSettings& b) {
    return priority_of(a) == priority_of(b);
}

bool has_same_source(const RouterSettings& a, const RouterSettings& b) {
    return a.source && b.source && a.source->value == b.source->value;
}

// A router as one node has it; `node` and `router` count from 0.
struct Seat {
    std::size_t node;
    std::size_t router;
};

const RouterDraft& router_at(const Draft& draft, Seat seat) {
    return draft.routers[seat.node][seat.router];
}

// The first node before this one that has the same router with the same setting.
const NodeDraft* twin(const Draft& draft, Seat seat, SameSetting is_same) {
    const RouterSettings& settings = router_at(draft, seat).settings;
    for (std::size_t node = 0; node < seat.node; ++node) {
        if (draft.nodes[node].is_doubtful) continue;
        if (is_same(router_at(draft, {node, seat.router}).settings, settings))
            return &draft.nodes[node];
    }
    return nullptr;
}

void check_equal_priorities(const Draft& draft, Seat seat, Problems& problems) {
    const NodeDraft* other = twin(draft, seat, has_same_priority);
    if (other == nullptr) return;
    const NodeDraft& node = draft.nodes[seat.node];
    const RouterDraft& router = router_at(draft, seat);
    const Maybe<vrrp::Priority>& stated = router.settings.priority;
    const bool is_own = stated && stated->layer == Layer::router;
    const std::string where = is_own ? fmt::format(" in router '{}'", router.name) : "";
    problems.warning(
        stated ? stated->at : node.name_at,
        fmt::format("nodes '{}' and '{}' have the same priority {}{}; give one a higher one, or "
                    "the greater source address wins",
                    other->name, node.name, priority_of(router.settings).wire(), where));
}

// Each would take the other's adverts for its own that came back.
void check_equal_sources(const Draft& draft, Seat seat, Problems& problems) {
    const NodeDraft* other = twin(draft, seat, has_same_source);
    if (other == nullptr) return;
    const NodeDraft& node = draft.nodes[seat.node];
    const Stated<base::IpAddress>& source = *router_at(draft, seat).settings.source;
    problems.warning(source.at,
                     fmt::format("nodes '{0}' and '{1}' have the same source {2}; give each its "
                                 "own: source = {{ {0} = \"...\"; {1} = \"...\"; }};",
                                 other->name, node.name, source.value.text()));
}

void check_between_nodes(const Draft& draft, Problems& problems) {
    for (std::size_t node = 1; node < draft.nodes.size(); ++node) {
        if (draft.nodes[node].is_doubtful) continue;
        for (std::size_t router = 0; router < draft.routers[node].size(); ++router) {
            check_equal_priorities(draft, {node, router}, problems);
            check_equal_sources(draft, {node, router}, problems);
        }
    }
}

}  // namespace

void check_rules(const Draft& draft, Problems& problems) {
    check_hostnames(draft.nodes, problems);
    for (const Routers& routers : draft.routers) {
        for (const RouterDraft& router : routers) {
            check_advertise(router.settings, router.name, problems);
            check_checksum(router.settings, problems);
        }
        check_vrids(routers, problems);
        check_sources(routers, check_addresses(routers, problems), problems);
        if (!routers.empty()) continue;
        check_advertise(draft.defaults, {}, problems);
        check_checksum(draft.defaults, problems);
        if (!draft.lost_routers)
            problems.warning(draft.routers_at, "no routers: tandem has nothing to do");
    }
    check_between_nodes(draft, problems);
}

std::optional<vrrp::AdvertInterval> interval_of(base::Duration duration, vrrp::Version version) {
    using std::chrono::duration_cast;
    if (duration < base::Duration::zero() || duration > std::chrono::seconds{255})
        return std::nullopt;
    if (version == vrrp::Version::v2) {
        const auto seconds = duration_cast<std::chrono::seconds>(duration);
        if (seconds != duration) return std::nullopt;
        return vrrp::AdvertInterval::from_seconds(seconds.count());
    }
    const auto centiseconds = duration_cast<base::Centiseconds>(duration);
    if (centiseconds != duration) return std::nullopt;
    return vrrp::AdvertInterval::from(centiseconds);
}

vrrp::Version version_of(const RouterSettings& settings) {
    return settings.vrrp ? settings.vrrp->value : vrrp::Version::v3;
}

vrrp::Priority priority_of(const RouterSettings& settings) {
    return settings.priority ? settings.priority->value : vrrp::Priority::usual();
}

}  // namespace config
