// The Internet checksum (RFC 1071) in the forms that VRRP uses.
#pragma once

#include <cstdint>

#include "base/address.hpp"
#include "base/bytes.hpp"

namespace vrrp {

// IP protocol and IPv6 next header, RFC 9568 sections 5.1.1.4 and 5.1.2.4.
inline constexpr std::uint8_t ip_protocol = 112;

// One's complement of the one's complement sum of 16-bit words, an odd octet padded with zero. Over
// a message that carries its correct checksum the result is 0.
std::uint16_t internet_checksum(base::ByteView bytes);

// The same with the pseudo-header of RFC 8200 section 8.1 (IPv6) or RFC 793 (IPv4) in front. Both
// addresses are of one family.
std::uint16_t internet_checksum(base::ByteView bytes, const base::IpAddress& source,
                                const base::IpAddress& destination, std::uint8_t protocol);

}  // namespace vrrp
