// The frames that tell the LAN where a virtual address is now: RFC 9568 sections 6.4.1, 6.4.2.
//
// Whole Ethernet frames for a packet socket; padding to 60 octets is the driver's business.
#pragma once

#include "base/address.hpp"
#include "base/bytes.hpp"

namespace vrrp {

// A broadcast ARP request with sender = target = `address` (IPv4). The target MAC is the sender's
// (RFC 9568 errata 7947 and 7949), which Linux accepts as gratuitous too.
base::Bytes gratuitous_arp(const base::MacAddress& mac, const base::IpAddress& address);

// An unsolicited Neighbor Advertisement to all nodes (IPv6): Router and Override set, Solicited
// clear, with the target link-layer option (RFC 4861 section 4.4).
base::Bytes unsolicited_neighbor_advertisement(const base::MacAddress& mac,
                                               const base::IpAddress& address);

}  // namespace vrrp
