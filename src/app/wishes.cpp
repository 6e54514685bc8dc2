#include "app/wishes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "vrrp/timing.hpp"

namespace app {

namespace {

using namespace std::chrono_literals;

// A router that renews must leave time for what it is there for.
constexpr std::size_t renewals_a_second = 500;

bool advertises(const config::Router& router, base::Family family) {
    return std::ranges::any_of(router.addresses,
                               [&](const auto& address) { return address.family() == family; });
}

bool belongs_to(const config::Router& router, base::Family session, base::Family family) {
    return session == family || !advertises(router, family);
}

kernel::RouteType type_of(config::RouteType type) {
    switch (type) {
        case config::RouteType::unicast: return kernel::RouteType::unicast;
        case config::RouteType::blackhole: return kernel::RouteType::blackhole;
        case config::RouteType::unreachable: return kernel::RouteType::unreachable;
        case config::RouteType::prohibit: return kernel::RouteType::prohibit;
        case config::RouteType::throw_away: return kernel::RouteType::throw_away;
    }
    return kernel::RouteType::unicast;
}

kernel::Route route_of(const config::Route& route) {
    return {.place = {route.to, route.table, route.metric},
            .type = type_of(route.type),
            .via = route.via,
            .link = {},
            .source = route.source,
            .scope = route.scope,
            .onlink = route.onlink};
}

// Four intervals are more than any Active_Down_Interval (RFC 9568 section 6.1: three, and a skew of
// less than one), and the next advert may be another one away.
base::Duration reserve_of(const config::Router& router) {
    return 5 * base::Duration{router.advertise.value()};
}

// A round of renewals takes this long; the adverts are as far apart anyhow.
base::Duration round_of(const config::Router& router, std::size_t addresses) {
    const base::Duration round =
        base::Duration{std::chrono::seconds{addresses}} / renewals_a_second;
    return std::max(round - base::Duration{router.advertise.value()}, base::Duration{});
}

}  // namespace

std::vector<base::InterfaceAddress> addresses_held(const config::Router& router,
                                                   base::Family family) {
    std::vector<base::InterfaceAddress> held;
    const auto is_ours = [&](const base::InterfaceAddress& address) {
        return belongs_to(router, family, address.family());
    };
    std::ranges::copy_if(router.addresses, std::back_inserter(held), is_ours);
    std::ranges::copy_if(router.more_addresses, std::back_inserter(held), is_ours);
    return held;
}

std::optional<std::chrono::seconds> lease_of(const config::Router& router, base::Family family) {
    switch (router.lease.kind) {
        case config::Lease::Kind::off: return std::nullopt;
        case config::Lease::Kind::fixed: return router.lease.duration;
        case config::Lease::Kind::automatic: break;
    }
    const auto version = family == base::Family::ipv4 ? router.version : vrrp::Version::v3;
    const auto down = active_down_interval(version, router.priority, router.advertise);
    const auto usual = std::chrono::ceil<std::chrono::seconds>(down) + 1s;
    const auto needed = std::chrono::ceil<std::chrono::seconds>(
        reserve_of(router) + round_of(router, addresses_held(router, family).size()));
    return std::max({usual, std::chrono::seconds{2s}, needed});
}

base::Duration renewal_age(const config::Router& router, std::chrono::seconds lease) {
    return std::max(lease - reserve_of(router), base::Duration{});
}

std::vector<kernel::AddressWish> wishes_of(const config::Router& router, base::Family family,
                                           const Place& place, const kernel::View& view) {
    std::vector<kernel::AddressWish> wishes;
    for (const base::InterfaceAddress& address : addresses_held(router, family)) {
        kernel::AddressWish wish{.key = {place.link, address}, .how = {}, .owner = place.owner};
        wish.how.lease = place.lease;
        // What is sent from a link-local address needs its route on that very link.
        if (!address.address().is_link_local_ipv6()) wish.how.prefix_route = place.prefix_route;
        if (const auto placed = router.placements.find(address);
            placed != router.placements.end()) {
            const config::Placement& placement = placed->second;
            wish.how.label = placement.label;
            wish.how.scope = placement.scope;
            if (!placement.interface.empty()) {
                const kernel::Link* link = view.link(placement.interface);
                if (link == nullptr) continue;
                wish.key.link = link->index;
                wish.how.prefix_route = kernel::PrefixRoute::yes;
            }
        }
        wishes.push_back(std::move(wish));
    }
    std::ranges::sort(wishes, {}, &kernel::AddressWish::key);
    return wishes;
}

std::vector<kernel::RouteWish> route_wishes_of(const config::Router& router, base::Family family,
                                               std::size_t owner, const kernel::View& view) {
    std::vector<kernel::RouteWish> wishes;
    for (const config::Route& configured : router.routes) {
        if (!belongs_to(router, family, configured.to.family())) continue;
        kernel::Route route = route_of(configured);
        if (!configured.interface.empty()) {
            const kernel::Link* link = view.link(configured.interface);
            if (link == nullptr) continue;
            route.link = link->index;
        }
        wishes.push_back({std::move(route), owner});
    }
    return wishes;
}

std::vector<kernel::RuleWish> rule_wishes_of(const config::Router& router, base::Family family,
                                             std::size_t owner) {
    std::vector<kernel::RuleWish> wishes;
    for (const config::Rule& rule : router.rules)
        if (belongs_to(router, family, rule.family))
            wishes.push_back({{.family = rule.family,
                               .priority = rule.priority,
                               .from = rule.from,
                               .to = rule.to,
                               .iif = rule.iif,
                               .fwmark = rule.fwmark,
                               .fwmask = rule.fwmask,
                               .table = rule.table},
                              owner});
    return wishes;
}

std::vector<UnplacedRoute> unplaced_routes_of(const config::Router& router, base::Family family,
                                              const kernel::View& view) {
    std::vector<UnplacedRoute> unplaced;
    for (const config::Route& route : router.routes)
        if (belongs_to(router, family, route.to.family()) && !route.interface.empty() &&
            view.link(route.interface) == nullptr)
            unplaced.push_back(
                {route_of(route).text(), fmt::format("add route {}: interface {} does not exist",
                                                     route_of(route).text(), route.interface)});
    return unplaced;
}

}  // namespace app
