// Adverts as octets of a simulated LAN: real IPv4 headers, so that tandem's parser has something to
// parse, and crafted packets for tests.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/address.hpp"
#include "base/bytes.hpp"
#include "vrrp/advert.hpp"

namespace sim {

base::IpAddress address(std::string_view text);

// The message behind an IPv4 header of 20 octets or an IPv6 one, with next protocol 112.
struct Envelope {
    base::IpAddress source;
    base::IpAddress destination = vrrp::multicast_group(base::Family::ipv4);
    std::uint8_t ttl = 255;  // Hop Limit
};
base::Bytes datagram(const Envelope& envelope, base::ByteView message);

// A version 3 advert as a crafted packet; a test changes what it wants to be different. The family
// is that of the source.
struct Crafted {
    std::string_view source = "192.0.2.99";
    int vrid = 51;
    std::uint8_t priority = 100;
    std::int32_t centiseconds = 100;
    std::vector<std::string_view> addresses{"192.0.2.1"};
    vrrp::ChecksumDialect dialect = vrrp::ChecksumDialect::rfc9568;
    std::uint8_t ttl = 255;
};
base::Bytes packet(const Crafted& crafted);

// The address that a gratuitous ARP or an unsolicited NA is about; 0.0.0.0 for anything else.
base::IpAddress announced_address(base::ByteView frame);

}  // namespace sim
