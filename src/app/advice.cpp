#include "app/advice.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace app {

namespace {

using vrrp::Datagram;
using vrrp::Decoded;
using vrrp::Discard;

// The first few: how many there are is up to the sender.
std::string list_text(const std::vector<base::IpAddress>& addresses) {
    constexpr std::size_t enough = 4;
    std::string out;
    for (std::size_t i = 0; i < std::min(enough, addresses.size()); ++i)
        out += (out.empty() ? "" : ",") + addresses[i].text();
    if (addresses.size() > enough) out += fmt::format(" and {} more", addresses.size() - enough);
    return out;
}

std::vector<base::IpAddress> own_addresses(const config::Router& router, base::Family family) {
    std::vector<base::IpAddress> own;
    for (const auto& address : router.addresses)
        if (address.family() == family) own.push_back(address.address());
    return own;
}

std::string differing_addresses(const Decoded& decoded, const config::Router& router) {
    const auto family = decoded.addresses.front().family();
    return fmt::format("addresses {}, ours are {}", list_text(decoded.addresses),
                       list_text(own_addresses(router, family)));
}

std::string differing_interval(const Decoded& decoded, const config::Router& router) {
    const int milliseconds = decoded.interval * (decoded.version == vrrp::Version::v2 ? 1000 : 10);
    return fmt::format("interval {} ms, ours is {} ms", milliseconds,
                       router.advertise.value().count() * 10);
}

std::string_view transport_of(const config::Router& router) {
    return router.transport == config::Transport::unicast ? "unicast" : "multicast";
}

// What a datagram shows before its fields are read.
std::string value_in(Discard discard, const Datagram& datagram, const config::Router& router) {
    const int first = datagram.message.empty() ? 0 : datagram.message[0];
    switch (discard) {
        case Discard::ip_ttl:
            return fmt::format("TTL {}, ours is at least {}", datagram.ttl, router.least_ttl);
        case Discard::wrong_destination:
            return fmt::format("sent to {}, ours is {}", datagram.route.destination.text(),
                               transport_of(router));
        case Discard::unknown_source:
            return fmt::format("{} is no peer", datagram.route.source.text());
        case Discard::packet_length: return fmt::format("{} octets", datagram.message.size());
        case Discard::version:
            return fmt::format("version {}, ours is {}", first >> 4,
                               static_cast<int>(router.version));
        case Discard::type: return fmt::format("type {}", first & 0x0f);
        case Discard::own_packet: return "our own advert";
        case Discard::checksum: return "a sum that does not fit";
        case Discard::vrid: return "a VRID that is not configured";
        case Discard::ip_header:
        case Discard::owner_received_advert:
        case Discard::address_count_zero:
        case Discard::invalid_auth_type:
        case Discard::auth_type_mismatch:
        case Discard::auth_failure:
        case Discard::interval_zero:
        case Discard::interval:
        case Discard::first_address_not_link_local:
        case Discard::address_list: break;
    }
    return std::string{vrrp::name_of(discard)};
}

std::string value_in(Discard discard, const Decoded& decoded, const Datagram& datagram,
                     const config::Router& router) {
    switch (discard) {
        case Discard::checksum:
            return fmt::format("the form of {}",
                               decoded.dialect ? vrrp::name_of(*decoded.dialect) : "no RFC");
        case Discard::owner_received_advert:
            return fmt::format("priority {}, ours is 255", decoded.priority.wire());
        case Discard::address_count_zero: return "no address";
        case Discard::invalid_auth_type:
        case Discard::auth_type_mismatch:
            return fmt::format("type {}, ours is {}", decoded.auth_type,
                               static_cast<int>(router.authentication.type));
        case Discard::auth_failure: return "another password";
        case Discard::interval_zero: return "interval 0";
        case Discard::interval: return differing_interval(decoded, router);
        case Discard::first_address_not_link_local: return decoded.addresses.front().text();
        case Discard::address_list: return differing_addresses(decoded, router);
        case Discard::ip_header:
        case Discard::ip_ttl:
        case Discard::wrong_destination:
        case Discard::own_packet:
        case Discard::packet_length:
        case Discard::version:
        case Discard::type:
        case Discard::vrid:
        case Discard::unknown_source: break;
    }
    return value_in(discard, datagram, router);
}

constexpr std::string_view look = "if it goes on, look at the sender and the way to it";

std::string_view cure_of_destination(const Datagram& datagram, const config::Router& router) {
    const bool both_unicast = router.transport == config::Transport::unicast &&
                              !datagram.route.destination.is_multicast();
    return both_unicast ? "name the address that we send from as the peer there"
                        : "set the same transport on both";
}

std::string_view cure_of(Discard discard, const Datagram& datagram, const Decoded* decoded,
                         const config::Router& router) {
    switch (discard) {
        case Discard::ip_header:
        case Discard::packet_length: return look;
        case Discard::checksum:
            return decoded == nullptr ? look : "set checksum = \"auto\", or the same form on both";
        case Discard::ip_ttl:
            return "it has crossed a router, or its sender starts lower; with unicast, ttl is the "
                   "least "
                   "that counts";
        case Discard::wrong_destination: return cure_of_destination(datagram, router);
        case Discard::own_packet:
            return "look for a loop, a port that mirrors another, or a router with our address";
        case Discard::version:
            return "set the same version on both; vrrp = \"2+3\" speaks both over IPv4";
        case Discard::type: return "this is no advertisement: look at what else sends protocol 112";
        case Discard::vrid: return "none, unless it is mistyped here or there";
        case Discard::unknown_source: return "name it in peers, or as the source of its node";
        case Discard::owner_received_advert:
            return "we own the addresses: look at why the sender does not hear us";
        case Discard::address_count_zero: return "give the sender its addresses";
        case Discard::invalid_auth_type: return "use plain text or no authentication there";
        case Discard::auth_type_mismatch: return "set the same auth on both";
        case Discard::auth_failure: return "set the same password on both";
        case Discard::interval_zero: return "set a longer interval there";
        case Discard::interval: return "set the same advertise on both: version 2 learns none";
        case Discard::first_address_not_link_local:
            return "give it a link-local address, or set link_local_first = false here";
        case Discard::address_list:
            return "give both the same addresses in the same order, or use version 3";
    }
    return {};
}

}  // namespace

ConditionKind kind_of(Discard discard) {
    switch (discard) {
        case Discard::version: return ConditionKind::version_differs;
        case Discard::wrong_destination: return ConditionKind::transport_differs;
        case Discard::interval: return ConditionKind::interval_differs;
        case Discard::address_list: return ConditionKind::address_list_differs;
        case Discard::ip_header:
        case Discard::ip_ttl:
        case Discard::own_packet:
        case Discard::packet_length:
        case Discard::type:
        case Discard::checksum:
        case Discard::vrid:
        case Discard::unknown_source:
        case Discard::owner_received_advert:
        case Discard::address_count_zero:
        case Discard::invalid_auth_type:
        case Discard::auth_type_mismatch:
        case Discard::auth_failure:
        case Discard::interval_zero:
        case Discard::first_address_not_link_local: return ConditionKind::rejected;
    }
    return ConditionKind::rejected;
}

std::optional<ConditionKind> kind_of(vrrp::Note note) {
    switch (note) {
        case vrrp::Note::interval_differs: return ConditionKind::interval_differs;
        case vrrp::Note::address_list_differs: return ConditionKind::address_list_differs;
        case vrrp::Note::owner_conflict: return ConditionKind::another_active;
        case vrrp::Note::checksum_pseudo_header:
        case vrrp::Note::first_address_not_link_local: return std::nullopt;
    }
    return std::nullopt;
}

Advice advice_on(Discard discard, const Datagram& datagram, const Decoded* decoded,
                 const config::Router& router) {
    return {decoded == nullptr ? value_in(discard, datagram, router)
                               : value_in(discard, *decoded, datagram, router),
            std::string{cure_of(discard, datagram, decoded, router)}};
}

Advice advice_on(vrrp::Note note, const Decoded& decoded, const config::Router& router) {
    switch (note) {
        case vrrp::Note::interval_differs:
            return {differing_interval(decoded, router), "set the same advertise on both"};
        case vrrp::Note::address_list_differs:
            return {differing_addresses(decoded, router),
                    "give both the same addresses in the same order"};
        case vrrp::Note::owner_conflict:
            return {"priority 255, ours too", "let only one own the addresses"};
        case vrrp::Note::checksum_pseudo_header:
            return {"the checksum of rfc5798", "none is needed"};
        case vrrp::Note::first_address_not_link_local:
            return {decoded.addresses.front().text(), "none is needed"};
    }
    return {};
}

}  // namespace app
