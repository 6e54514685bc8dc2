#include "app/memory.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <iterator>

#include "base/hash.hpp"

namespace app {

bool Memory::is_of(const config::Router& other, base::Family other_family) const {
    return router == other.name && interface == other.interface && family == other_family &&
           vrid == other.vrid.wire();
}

std::uint64_t settings_of(const config::Router& router, base::Family family) {
    std::string text = fmt::format(
        "{} {} {} {} {} {} {} {} {} {}", router.name, router.interface, base::name_of(family),
        router.vrid.wire(), static_cast<int>(router.version), router.speaks_v2_too,
        router.advertise.value().count(), static_cast<int>(router.transport),
        static_cast<int>(router.authentication.type), fmt::join(router.authentication.data, "."));
    const auto add = [&](const std::string& more) { text += " " + more; };
    add("to");
    for (const base::IpAddress& peer : router.peers)
        if (peer.family() == family) add(peer.text());
    add("holds");
    for (const base::InterfaceAddress& address : router.addresses)
        if (address.family() == family) add(address.text());
    if (router.virtual_mac) add("virtual mac " + router.virtual_mac->link(family));
    return base::fnv1a(text);
}

}  // namespace app
