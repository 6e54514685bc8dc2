// Configurations for the simulated LAN, as config::load() would make them.
#pragma once

#include <string_view>
#include <vector>

#include "config/config.hpp"

namespace sim {

inline constexpr std::string_view virtual_address = "192.0.2.1/24";

inline base::InterfaceAddress interface_address(std::string_view text) {
    return base::InterfaceAddress::parse(text).value();
}

// A router on eth0 with VRID 51 and one virtual address; a test changes what matters to it. One
// checksum form: an automatic router that knows no peer sends each advert twice.
inline config::Router router(int priority) {
    return {.name = "lan",
            .interface = "eth0",
            .vrid = vrrp::Vrid::from(51).value(),
            .priority = vrrp::Priority::from(priority).value(),
            .preempt = {},
            .checksum = config::Checksum::rfc9568,
            .announcement = {},
            .peers = {},
            .sources = {},
            .addresses = {interface_address(virtual_address)}};
}

inline config::Router with_addresses(config::Router router,
                                     const std::vector<std::string_view>& addresses) {
    router.addresses.clear();
    for (const std::string_view text : addresses)
        router.addresses.push_back(interface_address(text));
    return router;
}

inline config::Router with_interval(config::Router router, std::int32_t centiseconds) {
    router.advertise = vrrp::AdvertInterval::from(base::Centiseconds{centiseconds}).value();
    return router;
}

inline config::Router with_preempt(config::Router router, const config::Preempt& preempt) {
    router.preempt = preempt;
    return router;
}

inline config::Router with_checksum(config::Router router, config::Checksum checksum) {
    router.checksum = checksum;
    return router;
}

}  // namespace sim
