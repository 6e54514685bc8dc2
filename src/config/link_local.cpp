#include "config/link_local.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>

#include "config/effective.hpp"

namespace config {
namespace {

constexpr int usual_prefix_length = 64;

bool is_ipv6(const StatedAddress& address) { return address.value.family() == base::Family::ipv6; }

bool is_link_local(const StatedAddress& address) {
    return address.value.address().is_link_local_ipv6();
}

// The node that has the router's addresses as its own; none: nullptr.
const NodeDraft* owner_of(const Draft& draft, std::size_t router) {
    for (std::size_t node = 0; node < draft.nodes.size(); ++node)
        if (is_owner(draft.routers[node][router].settings)) return &draft.nodes[node];
    return nullptr;
}

void add_link_local(const Draft& draft, std::size_t index, RouterDraft& router,
                    Problems& problems) {
    const RouterSettings& settings = router.settings;
    auto& [addresses, at, layer] = *router.settings.addresses;
    if (const NodeDraft* owner = owner_of(draft, index)) {
        problems.error(at,
                       fmt::format("node '{}' is the owner of router '{}', which has no "
                                   "link-local address",
                                   owner->name, router.name),
                       "name that of the owner's interface, as in \"fe80::1/64\"");
        return;
    }
    const base::InterfaceAddress added = usual_link_local(settings.vrid->value);
    problems.warning(at, fmt::format("router '{}' has IPv6 addresses and no link-local one: {} is "
                                     "added; name one to choose another",
                                     router.name, added.text()));
    addresses.insert(std::ranges::find_if(addresses, is_ipv6), StatedAddress{added, at, layer});
}

void lead_with_link_local(const Draft& draft, std::size_t index, RouterDraft& router,
                          Problems& problems) {
    if (!has_family(router.settings, base::Family::ipv6)) return;
    if (versions_of(router.settings) == Versions::v2) return;  // which is refused with IPv6
    StatedAddresses& addresses = router.settings.addresses->value;
    const auto link_local = std::ranges::find_if(addresses, is_link_local);
    if (link_local != addresses.end())
        // Those between keep their order.
        std::rotate(std::ranges::find_if(addresses, is_ipv6), link_local, link_local + 1);
    else if (router.settings.vrid && router.settings.is_known("addresses"))
        add_link_local(draft, index, router, problems);
}

}  // namespace

base::InterfaceAddress usual_link_local(vrrp::Vrid vrid) {
    const std::array<std::uint8_t, 16> octets{0xfe, 0x80, 0,   0,   0, 0, 0, 0,
                                              'V',  'R',  'R', 'P', 0, 0, 0, vrid.wire()};
    return *base::InterfaceAddress::from(*base::IpAddress::from_octets(octets),
                                         usual_prefix_length);
}

void lead_with_link_local(Draft& draft, Problems& problems) {
    for (auto& routers : draft.routers)
        for (std::size_t index = 0; index < routers.size(); ++index)
            lead_with_link_local(draft, index, routers[index], problems);
}

}  // namespace config
