#include "app/readiness.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace app {

namespace {

// The primary address of RFC 9568 section 1.6: the first own one, unless the file names another.
std::optional<base::IpAddress> source_on(const kernel::Link& link, const config::Router& router,
                                         base::Family family,
                                         const std::set<base::IpAddress>& virtual_addresses,
                                         const kernel::View& view) {
    for (const base::InterfaceAddress& candidate : view.addresses_on(link.index)) {
        const kernel::AddressFacts& facts = *view.address({link.index, candidate});
        const bool usable = candidate.family() == family && !facts.is_ours() &&
                            !facts.is_tentative && !virtual_addresses.contains(candidate.address());
        const auto& named = router.sources.of(family);
        const bool wanted = !named || *named == candidate.address();
        if (usable && wanted) return candidate.address();
    }
    return std::nullopt;
}

Blocker missing_source(const config::Router& router, base::Family family) {
    if (const auto& named = router.sources.of(family))
        return {Blocker::Kind::no_source_address,
                fmt::format("source {} is not on interface {}", named->text(), router.interface)};
    return {Blocker::Kind::no_source_address,
            fmt::format("interface {} has no {} address of its own to send from", router.interface,
                        family == base::Family::ipv4 ? "IPv4" : "IPv6 link-local")};
}

}  // namespace

std::string_view name_of(Blocker::Kind kind) {
    switch (kind) {
        case Blocker::Kind::interface_missing: return "interface-missing";
        case Blocker::Kind::link_down: return "link-down";
        case Blocker::Kind::no_source_address: return "no-source-address";
        case Blocker::Kind::socket: return "socket";
    }
    return "unknown";
}

bool is_absence(Blocker::Kind kind) {
    return kind == Blocker::Kind::interface_missing || kind == Blocker::Kind::no_source_address;
}

Readiness readiness_of(const config::Router& router, base::Family family,
                       const std::set<base::IpAddress>& virtual_addresses,
                       const kernel::View& view) {
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
    if (!found.source) found.blockers.push_back(missing_source(router, family));
    return found;
}

}  // namespace app
