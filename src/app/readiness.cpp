#include "app/readiness.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace app {

namespace {

bool is_own(const kernel::Link& link, const base::IpAddress& address, const kernel::View& view) {
    return std::ranges::any_of(view.own_addresses_on(link.index), [&](const auto& candidate) {
        const kernel::AddressFacts& facts = *view.address({link.index, candidate});
        // The kernel answers nobody for an address that is tentative, or that failed duplicate
        // address detection because the present Active router has it.
        return candidate.address() == address && !facts.is_ours() && !facts.is_tentative;
    });
}

// The primary address of RFC 9568 section 1.6: the first own one, IPv6 the first link-local one,
// unless the file names another. Never a virtual one: Linux drops an IPv4 packet whose source it
// has itself, so the router that holds the address meanwhile would not hear its owner come back.
// An owner may have no other link-local address; IPv6 has no such check.
std::optional<base::IpAddress> source_on(const kernel::Link& link, const config::Router& router,
                                         base::Family family,
                                         const VirtualAddresses& virtual_addresses,
                                         const kernel::View& view) {
    std::optional<base::IpAddress> owned;
    std::optional<base::IpAddress> first;
    for (const base::InterfaceAddress& candidate : view.own_addresses_on(link.index)) {
        const base::IpAddress& address = candidate.address();
        const kernel::AddressFacts& facts = *view.address({link.index, candidate});
        const bool fits = candidate.family() == family &&
                          (family == base::Family::ipv4 || address.is_link_local_ipv6());
        if (!fits || facts.is_ours() || facts.is_tentative) continue;
        const auto& named = router.sources.of(family);
        if (named && *named != address) continue;
        if (virtual_addresses.contains(router.interface, address)) {
            if (!owned) owned = address;
            continue;
        }
        // The others take unicast from the addresses that the list names.
        if (std::ranges::find(router.peers, address) != router.peers.end()) return address;
        if (!first) first = address;
    }
    if (first) return first;
    const bool may_use_owned =
        family == base::Family::ipv6 && router.priority == vrrp::Priority::owner();
    return may_use_owned ? owned : std::nullopt;
}

Blocker missing_source(const config::Router& router, base::Family family) {
    if (family == base::Family::ipv4 && router.priority == vrrp::Priority::owner())
        return {Blocker::Kind::no_source_address,
                fmt::format("interface {} has no IPv4 address of its own to send from besides the "
                            "virtual ones",
                            router.interface)};
    if (const auto& named = router.sources.of(family))
        return {Blocker::Kind::no_source_address,
                fmt::format("source {} is not on interface {}", named->text(), router.interface)};
    return {Blocker::Kind::no_source_address,
            fmt::format("interface {} has no {} address of its own to send from", router.interface,
                        family == base::Family::ipv4 ? "IPv4" : "IPv6 link-local")};
}

// Who advertises 255 and does not have the addresses would keep everybody else from serving them.
std::optional<Blocker> missing_own_address(const kernel::Link& link, const config::Router& router,
                                           base::Family family, const kernel::View& view) {
    for (const base::InterfaceAddress& address : router.addresses) {
        if (address.family() != family || is_own(link, address.address(), view)) continue;
        return Blocker{Blocker::Kind::not_owner,
                       fmt::format("this node is the owner, but interface {} does not have {} of "
                                   "its own{}",
                                   router.interface, address.address().text(),
                                   family == base::Family::ipv6
                                       ? ", or it is tentative: configure it with nodad"
                                       : "")};
    }
    return std::nullopt;
}

}  // namespace

std::string_view name_of(Blocker::Kind kind) {
    switch (kind) {
        case Blocker::Kind::interface_missing: return "interface-missing";
        case Blocker::Kind::link_down: return "link-down";
        case Blocker::Kind::link_port: return "link-port";
        case Blocker::Kind::settling: return "settling";
        case Blocker::Kind::no_source_address: return "no-source-address";
        case Blocker::Kind::socket: return "socket";
        case Blocker::Kind::given_up: return "addresses-lost";
        case Blocker::Kind::virtual_link: return "virtual-mac";
        case Blocker::Kind::not_owner: return "not-owner";
        case Blocker::Kind::check_awaited: return "check-awaited";
        case Blocker::Kind::check_failed: return "check-failed";
        case Blocker::Kind::mate_waiting:
        case Blocker::Kind::mate_fault: return "mate";
        case Blocker::Kind::drained: return "drained";
    }
    return "unknown";
}

bool is_absence(Blocker::Kind kind) {
    return kind == Blocker::Kind::interface_missing || kind == Blocker::Kind::no_source_address ||
           kind == Blocker::Kind::not_owner || kind == Blocker::Kind::mate_waiting ||
           kind == Blocker::Kind::settling || kind == Blocker::Kind::check_awaited ||
           kind == Blocker::Kind::drained;
}

Readiness readiness_of(const config::Router& router, base::Family family,
                       const VirtualAddresses& virtual_addresses, const kernel::View& view) {
    const kernel::Link* link = view.link(router.interface);
    if (link == nullptr)
        return {.link = std::nullopt,
                .mac = std::nullopt,
                .source = std::nullopt,
                .blockers = {{Blocker::Kind::interface_missing,
                              fmt::format("interface {} does not exist", router.interface)}}};

    Readiness found{.link = link->index,
                    .mac = link->mac,
                    .source = source_on(*link, router, family, virtual_addresses, view),
                    .blockers = {}};
    if (!link->is_up)
        found.blockers.push_back(
            {Blocker::Kind::link_down, fmt::format("interface {} is down", router.interface)});
    else if (!link->has_carrier)
        found.blockers.push_back({Blocker::Kind::link_down,
                                  fmt::format("interface {} has no carrier", router.interface)});
    if (!link->port_of.empty())
        found.blockers.push_back(
            {Blocker::Kind::link_port,
             fmt::format("interface {} is a port of a {}; its traffic belongs to that",
                         router.interface, link->port_of)});
    for (const auto& [address, placement] : router.placements)
        if (!placement.interface.empty() && view.link(placement.interface) == nullptr)
            found.blockers.push_back({Blocker::Kind::interface_missing,
                                      fmt::format("interface {} for {} does not exist",
                                                  placement.interface, address.text())});
    if (!found.source) found.blockers.push_back(missing_source(router, family));
    if (router.priority == vrrp::Priority::owner())
        if (auto missing = missing_own_address(*link, router, family, view))
            found.blockers.push_back(std::move(*missing));
    return found;
}

void share_blockers(std::span<Readiness> unit, std::span<const std::string> names) {
    const auto is_broken = [](const Readiness& member) {
        return std::ranges::any_of(
            member.blockers, [](const Blocker& blocker) { return !is_absence(blocker.kind); });
    };
    const auto why = [](const Readiness& member, const std::string& name) {
        // What is broken counts for more than what is not there yet.
        const auto broken = std::ranges::find_if(
            member.blockers, [](const Blocker& blocker) { return !is_absence(blocker.kind); });
        const bool has_broken = broken != member.blockers.end();
        return name +
               " cannot take part: " + (has_broken ? broken->text : member.blockers.front().text);
    };
    const std::vector<Readiness> own{unit.begin(), unit.end()};
    for (std::size_t i = 0; i < own.size(); ++i)
        for (std::size_t mate = 0; mate < own.size(); ++mate) {
            if (mate == i || own[i].blockers.empty()) continue;
            if (is_broken(own[i]) && !is_broken(unit[mate]))
                unit[mate].blockers.push_back({Blocker::Kind::mate_fault, why(own[i], names[i])});
            else if (unit[mate].blockers.empty())
                unit[mate].blockers.push_back({Blocker::Kind::mate_waiting, why(own[i], names[i])});
        }
}

}  // namespace app
