// ICMP and ICMPv6 messages as octets: echoes (RFC 792, RFC 4443 section 4), and the solicitation
// and advertisement of a neighbour (RFC 4861 section 4). Knows no socket.
#pragma once

#include <cstdint>
#include <optional>

#include "base/address.hpp"
#include "base/bytes.hpp"

namespace health {

// What makes an echo ours: the identifier of the process, the number of the request, and a secret
// that nobody knows who has not heard the request.
struct Echo {
    std::uint16_t identifier;
    std::uint16_t sequence;
    std::uint64_t nonce;
    bool operator==(const Echo&) const = default;
};

// From the ICMP header on. The sum of ICMPv6, which covers the IP header, is the kernel's to make.
base::Bytes echo_request(base::Family family, const Echo& echo);

// Of a datagram as a raw socket gives it: IPv4 with its header, IPv6 from the ICMPv6 header on. No
// value for anything but a whole reply; the kernel has seen to the sum of ICMPv6, and not to that
// of ICMP.
std::optional<Echo> parse_echo_reply(base::Family family, base::ByteView datagram);

// Who has this address? `ours` is the link's hardware address (RFC 4861 section 4.3).
base::Bytes neighbor_solicitation(const base::IpAddress& target, base::ByteView ours);

// ff02::1:ffXX:XXXX (RFC 4291 section 2.7.1).
base::IpAddress solicited_node_group(const base::IpAddress& target);

// The target of a sound advertisement (RFC 4861 section 7.1.2) that answers a solicitation.
std::optional<base::IpAddress> parse_solicited_advertisement(base::ByteView message, int hop_limit);

// RFC 1071.
std::uint16_t internet_sum(base::ByteView octets);

}  // namespace health
