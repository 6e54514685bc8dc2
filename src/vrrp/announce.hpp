// The frames that tell the LAN where a virtual address is now: RFC 9568 sections 6.4.1, 6.4.2.
//
// Whole Ethernet frames for a packet socket; padding to 60 octets is the driver's business.
#pragma once

#include <cstdint>

#include "base/address.hpp"
#include "base/bytes.hpp"

namespace vrrp {

// Both are gratuitous (RFC 5227 section 3); some neighbours believe only one of them.
enum class ArpOperation : std::uint8_t { request = 1, reply = 2 };

// A broadcast ARP frame with sender = target = `address` (IPv4). The target MAC is the sender's
// (RFC 9568 errata 7947 and 7949), which Linux accepts as gratuitous too.
base::Bytes gratuitous_arp(const base::MacAddress& mac, const base::IpAddress& address,
                           ArpOperation operation);

// What the Router flag says of us: whether we forward what is sent to our MAC.
enum class Forwarding : std::uint8_t { off, on };

// An unsolicited Neighbor Advertisement to all nodes (IPv6): Override set, Solicited clear, with
// the target link-layer option (RFC 4861 section 4.4). Router is set where we forward.
base::Bytes unsolicited_neighbor_advertisement(const base::MacAddress& mac,
                                               const base::IpAddress& address,
                                               Forwarding forwarding);

}  // namespace vrrp
