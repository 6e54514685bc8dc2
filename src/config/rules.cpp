#include "config/rules.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "config/address_rules.hpp"
#include "config/duration.hpp"
#include "config/effective.hpp"
#include "config/groups.hpp"
#include "config/node_rules.hpp"
#include "config/outcome_rules.hpp"
#include "config/route_rules.hpp"
#include "config/unicast.hpp"
#include "config/virtual_mac.hpp"

namespace config {
namespace {

using Routers = std::vector<RouterDraft>;

// ---- one router -----------------------------------------------------------------------------

// What adverts of these versions can say. `who` names the router when the value stands elsewhere.
std::string intervals_of(Versions versions, const std::string& who) {
    switch (versions) {
        case Versions::v2:
            return fmt::format("VRRP version 2{} advertises in whole seconds, 1s to 255s", who);
        case Versions::v3:
            return fmt::format("VRRP version 3{} advertises every 10ms to 40.95s, in steps of 10ms",
                               who);
        case Versions::both:
            return fmt::format(
                "VRRP \"2+3\"{} advertises in whole seconds, 1s to 40s, or every "
                "10ms to 990ms",
                who);
    }
    return {};
}

void check_advertise(const RouterSettings& settings, const std::string& router,
                     Problems& problems) {
    if (!settings.advertise) return;
    const auto& [duration, at, layer] = *settings.advertise;
    const Versions versions = versions_of(settings);
    // In `defaults` the value may be right for all routers but this one.
    const bool is_shared = layer == Layer::defaults && !router.empty();
    const std::string who = is_shared ? fmt::format(" (router '{}')", router) : "";
    if (!interval_of(duration, versions))
        problems.error(at,
                       fmt::format("{}, not {}", intervals_of(versions, who), text_of(duration)));
    else if (versions == Versions::both && duration < std::chrono::seconds{1})
        // RFC 9568 section 8.4.2.
        problems.warning(at, fmt::format("VRRP \"2+3\"{} every {} says 1s in version 2 and may be "
                                         "too much for old peers; 1s or more is better until all "
                                         "speak version 3",
                                         who, text_of(duration)));
}

// What is left of a lease after an advert must outlive the time in which the others take over.
void check_lease(const RouterSettings& settings, Problems& problems) {
    if (!settings.lease || settings.lease->value.kind != Lease::Kind::fixed) return;
    constexpr base::Duration usual = std::chrono::seconds{1};
    const base::Duration advertise = settings.advertise ? settings.advertise->value : usual;
    const base::Duration lease = settings.lease->value.duration;
    if (lease >= 5 * advertise) return;
    problems.error(settings.lease->at,
                   fmt::format("a lease of {} is too short for adverts every {}", text_of(lease),
                               text_of(advertise)),
                   "write lease = \"auto\"; or at least five times that");
}

// A checksum for all routers of version 3 does not hurt those of version 2, unless it stands with
// them.
void check_checksum(const RouterSettings& settings, Problems& problems) {
    if (!settings.checksum || versions_of(settings) != Versions::v2) return;
    if (settings.vrrp->layer != settings.checksum->layer &&
        settings.checksum->layer == Layer::defaults)
        return;
    problems.error(settings.checksum->at, "VRRP version 2 has only one checksum",
                   "remove this setting");
}

// RFC 3768 section 1: IPv4 only.
void check_version2_family(const RouterSettings& settings, Problems& problems) {
    if (versions_of(settings) != Versions::v2 || !has_family(settings, base::Family::ipv6)) return;
    const auto first = std::ranges::find_if(settings.addresses->value, [](const auto& address) {
        return address.value.family() == base::Family::ipv6;
    });
    problems.error(first->at,
                   fmt::format("VRRP version 2 ({}) has no IPv6",
                               problems.name_of(settings.vrrp->at, first->at)),
                   "write vrrp = 3; or vrrp = \"2+3\"; in this router");
}

// The owner's priority is 255. That of its node and of `defaults` is for its other routers.
void check_owner(const RouterSettings& settings, std::string_view node, Problems& problems) {
    const bool has_priority = settings.priority && settings.priority->layer == Layer::router;
    if (!is_owner(settings) || !has_priority) return;
    problems.error(settings.priority->at,
                   fmt::format("node '{}' is the owner ({}), whose priority is 255", node,
                               problems.name_of(settings.owner->at, settings.priority->at)),
                   "remove it, or name the other nodes: priority = { NODE = 100; };");
}

// ---- the routers of one node ----------------------------------------------------------------

// A password for all routers of version 2 does not hurt those of version 3, as long as there is one
// that it is for: nobody shall believe to have a password and have none.
void check_auth(const Routers& routers, Problems& problems) {
    const bool is_of_use = std::ranges::any_of(routers, [](const RouterDraft& router) {
        return speaks_version2(versions_of(router.settings));
    });
    for (const RouterDraft& router : routers) {
        const RouterSettings& settings = router.settings;
        if (!settings.auth || speaks_version2(versions_of(settings))) continue;
        if (!settings.is_known("vrrp")) continue;
        if (settings.auth->layer == Layer::defaults && is_of_use) continue;
        problems.error(settings.auth->at, "VRRP version 3 has no authentication",
                       "remove it; vrrp = 2; and vrrp = \"2+3\"; have it");
    }
}

// RFC 9568 section 5.2.3: each family has VRIDs of its own.
void check_vrids(const Routers& routers, base::Family family, Problems& problems) {
    std::map<std::pair<std::string, vrrp::Vrid>, const RouterDraft*> first_uses;
    for (const RouterDraft& router : routers) {
        const auto& [interface, vrid] = std::tie(router.settings.interface, router.settings.vrid);
        if (!interface || !vrid || !has_family(router.settings, family)) continue;
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

void check_node(const Draft& draft, std::size_t node, Problems& problems) {
    const Routers& routers = draft.routers[node];
    const std::string name = node < draft.nodes.size() ? draft.nodes[node].name : "";
    for (const RouterDraft& router : routers) {
        check_advertise(router.settings, router.name, problems);
        check_checksum(router.settings, problems);
        check_lease(router.settings, problems);
        check_version2_family(router.settings, problems);
        check_owner(router.settings, name, problems);
    }
    check_auth(routers, problems);
    check_vrids(routers, base::Family::ipv4, problems);
    check_vrids(routers, base::Family::ipv6, problems);
    check_addresses(routers, draft.checks[node], problems);
    check_routes(routers, problems);
    check_virtual_macs(routers, problems);
}

}  // namespace

void check_rules(const Draft& draft, Problems& problems) {
    for (std::size_t node = 0; node < draft.routers.size(); ++node) {
        check_node(draft, node, problems);
        if (!draft.routers[node].empty()) continue;
        check_advertise(draft.defaults, {}, problems);
        check_checksum(draft.defaults, problems);
        if (!draft.lost_routers)
            problems.warning(draft.routers_at, "no routers: tandem has nothing to do");
    }
    check_unicast(draft, problems);
    check_between_nodes(draft, problems);
    check_groups(draft, problems);
    check_outcomes(draft, problems);
}

}  // namespace config
