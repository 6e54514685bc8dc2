// The virtual MAC of a virtual router, and advertisements as whole Ethernet frames that come from
// it: RFC 9568 sections 7.2 and 7.3.
//
// For a packet socket on the router's own interface: a socket on an interface with the virtual MAC
// would have the kernel join groups and solicit neighbours there.
#pragma once

#include "base/address.hpp"
#include "base/bytes.hpp"
#include "vrrp/advert.hpp"
#include "vrrp/types.hpp"

namespace vrrp {

// 00:00:5e:00:01:VRID for IPv4, 00:00:5e:00:02:VRID for IPv6.
base::MacAddress virtual_mac(Family family, Vrid vrid);

// A multicast advertisement with its IP and Ethernet headers. `route` goes from an address of the
// interface to multicast_group().
base::Bytes advert_frame(const base::MacAddress& source, base::ByteView message,
                         const Route& route);

// What every link carries in one piece (RFC 8200 section 5); a longer advertisement, one of many
// IPv6 addresses, is left to the kernel, which makes fragments.
inline constexpr std::size_t longest_datagram_in_frame = 1280;

}  // namespace vrrp
