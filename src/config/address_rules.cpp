#include "config/address_rules.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "config/effective.hpp"

namespace config {
namespace {

// The 8-bit count of an advertisement, RFC 9568 section 5.2.5.
constexpr std::ptrdiff_t most_addresses = 255;

using Routers = std::vector<RouterDraft>;

void check_count(const RouterDraft& router, base::Family family, Problems& problems) {
    if (!router.settings.addresses) return;
    const auto& [addresses, at, layer] = *router.settings.addresses;
    const auto count = std::ranges::count_if(
        addresses, [&](const auto& address) { return address.value.family() == family; });
    if (count <= most_addresses) return;
    problems.error(at,
                   fmt::format("router '{}' has {} {} addresses; an advertisement has room for {}",
                               router.name, count, family == base::Family::ipv4 ? "IPv4" : "IPv6",
                               most_addresses),
                   "split it into several routers");
}

// A link-local address is another one on each interface (RFC 4007 section 6).
using Scoped = std::pair<base::IpAddress, std::string>;

Scoped scoped(const base::IpAddress& address, const RouterSettings& settings,
              const std::string& own_interface = {}) {
    if (!address.is_link_local_ipv6()) return {address, {}};
    if (!own_interface.empty()) return {address, own_interface};
    return {address, settings.interface ? settings.interface->value : ""};
}

struct Use {
    const RouterDraft* router;
    Place at;
};
using Uses = std::map<Scoped, Use>;

void check_duplicates(const RouterDraft& router, const StatedAddresses& addresses, Uses& uses,
                      Problems& problems) {
    for (const StatedAddress& stated : addresses) {
        const base::IpAddress& address = stated.value.address();
        const auto [first, is_new] = uses.try_emplace(
            scoped(address, router.settings, stated.placement.interface), Use{&router, stated.at});
        if (is_new) continue;
        const Use& other = first->second;
        const std::string place = problems.name_of(other.at, stated.at);
        const std::string text =
            other.router == &router
                ? fmt::format("{} is here twice; the first is in {}", address.text(), place)
                : fmt::format("{} is also an address of router '{}' ({})", address.text(),
                              other.router->name, place);
        problems.error(stated.at, text, "remove one of them");
    }
}

// Where each virtual address is; says so when it is somewhere else too.
Uses check_duplicates(const Routers& routers, Problems& problems) {
    Uses uses;
    for (const RouterDraft& router : routers)
        for (const auto* list : {&router.settings.addresses, &router.settings.more_addresses})
            if (*list) check_duplicates(router, (*list)->value, uses, problems);
    return uses;
}

// The owner's IPv6 source may be what it owns. Over IPv4 it may not: Linux drops packets whose
// source it has itself, so whoever has taken the address over would not hear its owner. With
// unicast it may not either: nobody could send to it.
bool may_be_source(const RouterDraft& router, base::Family family, const Use& use) {
    return use.router == &router && is_owner(router.settings) && family == base::Family::ipv6 &&
           transport_of(router.settings) == Transport::multicast;
}

void check_source(const RouterDraft& router, base::Family family, const Uses& uses,
                  Problems& problems) {
    const Maybe<base::IpAddress>& source = router.settings.sources.of(family);
    if (!source) return;
    const auto use = uses.find(scoped(source->value, router.settings));
    if (use == uses.end() || may_be_source(router, family, use->second)) return;
    problems.error(source->at,
                   fmt::format("{} is a virtual address of router '{}' ({}) and cannot be a source",
                               source->value.text(), use->second.router->name,
                               problems.name_of(use->second.at, source->at)),
                   "a source is this node's own address");
}

void check_peers(const RouterDraft& router, const Uses& uses, Problems& problems) {
    if (!router.settings.peers || transport_of(router.settings) == Transport::multicast) return;
    for (const auto& [peer, at, layer] : router.settings.peers->value) {
        const auto use = uses.find(scoped(peer, router.settings));
        if (use == uses.end()) continue;
        problems.error(at,
                       fmt::format("{} is a virtual address of router '{}' ({}) and cannot be a "
                                   "peer",
                                   peer.text(), use->second.router->name,
                                   problems.name_of(use->second.at, at)),
                       "a peer is another router's own address");
    }
}

// What a check sends to, and through which interface; nothing for those that send nowhere.
struct Aim {
    base::IpAddress target;
    std::string interface;
};

std::optional<Aim> aim_of(const probe::Kind& kind) {
    if (const auto* ping = std::get_if<probe::Ping>(&kind))
        return Aim{ping->target, ping->interface};
    if (const auto* arp = std::get_if<probe::Arp>(&kind)) return Aim{arp->target, arp->interface};
    if (const auto* tcp = std::get_if<probe::Tcp>(&kind)) return Aim{tcp->target, tcp->interface};
    return std::nullopt;
}

void check_target(const CheckDraft& check, const Uses& uses, Problems& problems) {
    if (!check.value) return;
    const auto aim = aim_of(check.value->probe);
    if (!aim) return;
    const bool is_scoped = aim->target.is_link_local_ipv6();
    const auto use = uses.find({aim->target, is_scoped ? aim->interface : ""});
    if (use == uses.end()) return;
    problems.error(check.target_at,
                   fmt::format("{} is a virtual address of router '{}' ({}): this node may hold it "
                               "itself, and the check would prove nothing",
                               aim->target.text(), use->second.router->name,
                               problems.name_of(use->second.at, check.target_at)),
                   "a target is another machine's own address");
}

}  // namespace

void check_addresses(const Routers& routers, const std::vector<CheckDraft>& checks,
                     Problems& problems) {
    const Uses uses = check_duplicates(routers, problems);
    for (const RouterDraft& router : routers) {
        for (const base::Family family : {base::Family::ipv4, base::Family::ipv6}) {
            check_count(router, family, problems);
            check_source(router, family, uses, problems);
        }
        check_peers(router, uses, problems);
    }
    for (const CheckDraft& check : checks) check_target(check, uses, problems);
}

}  // namespace config
