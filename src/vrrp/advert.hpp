// VRRP advertisements as bytes: RFC 9568 section 5.2 and RFC 3768 section 5.3.
//
// The codec knows formats, lengths and sums. Whether an advertisement is for one of our virtual
// routers, and acceptable to it, is asked in receive.hpp.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <optional>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "vrrp/types.hpp"

namespace vrrp {

// RFC 9568 sections 5.1.1.2 and 5.1.2.2: 224.0.0.18 and ff02::12.
IpAddress multicast_group(Family family);

// RFC 3768 section 5.3.6; the other types are reserved there.
enum class AuthType : std::uint8_t { none = 0, simple_text = 1 };

// The Authentication Data of a version 2 advertisement: 8 octets, a password is filled with zeros.
struct Authentication {
    AuthType type = AuthType::none;
    std::array<std::uint8_t, 8> data{};
    bool operator==(const Authentication&) const = default;
};

// What we send.
struct Advert {
    Version version;
    Vrid vrid;
    Priority priority;
    AdvertInterval interval;
    std::vector<IpAddress> addresses;  // of one family, at most 255, in configured order
    Authentication authentication{};   // version 2 only
};

// How an advertisement travels: the pseudo-header, where a sum wants one.
struct Route {
    IpAddress source;
    IpAddress destination;
};

// The octets of the VRRP message. `dialect` matters for version 3 over IPv4 only.
base::Bytes encode(const Advert& advert, const Route& route, ChecksumDialect dialect);

// An IP datagram with its VRRP message, as a raw socket gives it.
struct Datagram {
    Route route;
    std::uint8_t ttl;  // Hop Limit in IPv6
    base::ByteView message;
};

// The fields of an advertisement whose length, version, type and sum are right, before anything
// in them is compared with a configuration. Numbers are as they came: VRID 0 and interval 0 occur.
struct Decoded {
    Version version;
    std::uint8_t vrid;
    Priority priority;
    std::uint16_t interval;  // centiseconds in version 3 (12 bits), seconds in version 2
    std::vector<IpAddress> addresses;
    std::uint8_t auth_type = 0;                // version 2
    std::array<std::uint8_t, 8> auth_data{};   // version 2
    std::optional<ChecksumDialect> dialect{};  // version 3 over IPv4: the form that fitted
};

// Why a datagram was dropped. The names of name_of() are the counters of RFC 8347 where it has one.
enum class Discard : std::uint8_t {
    ip_header,
    ip_ttl,
    wrong_destination,
    own_packet,
    packet_length,
    version,
    type,
    checksum,
    vrid,
    unknown_source,
    owner_received_advert,
    address_count_zero,
    invalid_auth_type,
    auth_type_mismatch,
    auth_failure,
    interval_zero,
    interval,
    first_address_not_link_local,
    address_list,
};
inline constexpr std::size_t discard_count = 19;
std::string_view name_of(Discard discard);

// Splits a datagram behind its IP header, of either version. Fails with ip_header.
std::expected<Datagram, Discard> parse_ip(base::ByteView datagram);

// Splits an IPv4 datagram at its header length (options are allowed) and total length (a frame may
// be padded). Fails with ip_header.
std::expected<Datagram, Discard> parse_ipv4(base::ByteView datagram);

// Splits an IPv6 datagram behind its fixed header, where the VRRP message begins (RFC 9568 section
// 5.1.2.4: no extension header between them), at its payload length. Fails with ip_header.
std::expected<Datagram, Discard> parse_ipv6(base::ByteView datagram);

// The fixed header of RFC 8200 section 3 for a message of this size; parse_ipv6() reads it back.
base::Bytes ipv6_header(const Route& route, std::uint8_t hop_limit, std::size_t message_size);

// The VRID octet, for counting a message that is dropped before it is decoded.
std::optional<std::uint8_t> vrid_of(base::ByteView message);

// RFC 9568 sections 5.1.1.3 and 5.1.2.3: anything less has crossed a router.
inline constexpr std::uint8_t sole_link_ttl = 255;

// RFC 9568 section 7.1 and RFC 3768 section 7.1, the checks that need little or no configuration:
// TTL, length, version, type, sum. Both IPv4 forms of the version 3 sum are tried.
std::expected<Decoded, Discard> decode(const Datagram& datagram, std::uint8_t least_ttl);
inline std::expected<Decoded, Discard> decode(const Datagram& datagram) {
    return decode(datagram, sole_link_ttl);
}

}  // namespace vrrp
