// What a frame says about who has an address: the sender of an ARP packet (RFC 826), the target of
// a Neighbor Advertisement (RFC 4861 section 4.4).
//
// Anybody on the LAN can send one, so it is read strictly. It knows nothing of whose address it is.
#pragma once

#include <optional>

#include "base/address.hpp"
#include "base/bytes.hpp"

namespace vrrp {

struct Claim {
    base::IpAddress address;
    base::MacAddress mac;  // where the address is said to be
    bool operator==(const Claim&) const = default;
};

// From the Ethernet header on; nothing when the frame claims no address. An ARP probe (RFC 5227
// section 2.1.1) asks and claims nothing.
std::optional<Claim> parse_claim(base::ByteView frame);

}  // namespace vrrp
