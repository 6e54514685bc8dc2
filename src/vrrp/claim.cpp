#include "vrrp/claim.hpp"

#include <algorithm>

#include "vrrp/checksum.hpp"

namespace vrrp {

namespace {

constexpr std::size_t mac_size = 6;
constexpr std::uint16_t ethertype_arp = 0x0806;
constexpr std::uint16_t ethertype_ipv6 = 0x86dd;

// `octets` are six.
base::MacAddress mac_of(base::ByteView octets) {
    base::MacAddress mac;
    std::ranges::copy(octets, mac.octets.begin());
    return mac;
}

bool is_of_a_machine(const base::MacAddress& mac) {
    constexpr std::uint8_t group_bit = 0x01;
    return (mac.octets[0] & group_bit) == 0 && mac != base::MacAddress{};
}

std::optional<Claim> made(const std::optional<base::IpAddress>& address,
                          const base::MacAddress& mac) {
    if (!address || address->is_unspecified() || address->is_multicast() || !is_of_a_machine(mac))
        return std::nullopt;
    return Claim{*address, mac};
}

// RFC 826: for Ethernet and IPv4, a request or a reply.
std::optional<Claim> parse_arp(base::ByteView packet) {
    base::ByteReader reader{packet};
    const std::uint16_t hardware = reader.u16();
    const std::uint16_t protocol = reader.u16();
    const std::uint16_t sizes = reader.u16();
    const std::uint16_t operation = reader.u16();
    const base::ByteView mac = reader.take(mac_size);
    const base::ByteView address = reader.take(base::address_size(base::Family::ipv4));
    reader.take(mac_size + base::address_size(base::Family::ipv4));

    if (!reader.ok()) return std::nullopt;
    if (hardware != 1 || protocol != 0x0800 || sizes != 0x0604) return std::nullopt;
    if (operation != 1 && operation != 2) return std::nullopt;

    return made(base::IpAddress::from_octets(address), mac_of(mac));
}

// The target link-layer address option, once at most; without it (RFC 4861 section 4.4 allows that
// for an answer to one neighbour) the address is where the frame came from. Nothing when the
// options are broken (section 4.6).
std::optional<base::MacAddress> target_mac(base::ByteView options, const base::MacAddress& sender) {
    constexpr std::uint8_t target_link_layer_address = 2;
    constexpr std::size_t unit = 8;
    base::MacAddress found = sender;
    base::ByteReader reader{options};
    while (reader.remaining() > 0) {
        const std::uint8_t type = reader.u8();
        const std::size_t units = reader.u8();
        if (!reader.ok() || units == 0) return std::nullopt;
        const base::ByteView value = reader.take(units * unit - 2);
        if (!reader.ok()) return std::nullopt;
        if (type == target_link_layer_address && units == 1) found = mac_of(value);
    }
    return found;
}

// RFC 4861 section 7.1.2. One behind an extension header is not looked for.
std::optional<Claim> parse_neighbor_advertisement(base::ByteView packet,
                                                  const base::MacAddress& sender) {
    constexpr std::uint8_t icmpv6 = 58;
    base::ByteReader reader{packet};
    const std::uint32_t first = reader.u32();
    const std::size_t length = reader.u16();
    const std::uint8_t next_header = reader.u8();
    const std::uint8_t hop_limit = reader.u8();
    const base::ByteView source = reader.take(base::address_size(base::Family::ipv6));
    const base::ByteView destination = reader.take(base::address_size(base::Family::ipv6));
    const base::ByteView message = reader.take(length);
    base::ByteReader body{message};
    const std::uint16_t type_and_code = body.u16();
    body.take(6);
    const base::ByteView target = body.take(base::address_size(base::Family::ipv6));

    if (!reader.ok() || !body.ok()) return std::nullopt;
    if (first >> 28 != 6 || next_header != icmpv6 || hop_limit != 255) return std::nullopt;
    if (type_and_code != 0x8800) return std::nullopt;
    if (internet_checksum(message, *base::IpAddress::from_octets(source),
                          *base::IpAddress::from_octets(destination), icmpv6) != 0)
        return std::nullopt;

    const auto mac = target_mac(body.rest(), sender);
    return mac ? made(base::IpAddress::from_octets(target), *mac) : std::nullopt;
}

}  // namespace

std::optional<Claim> parse_claim(base::ByteView frame) {
    base::ByteReader reader{frame};
    reader.take(mac_size);
    const base::ByteView sender = reader.take(mac_size);
    const std::uint16_t ethertype = reader.u16();
    if (!reader.ok()) return std::nullopt;
    if (ethertype == ethertype_arp) return parse_arp(reader.rest());
    if (ethertype == ethertype_ipv6)
        return parse_neighbor_advertisement(reader.rest(), mac_of(sender));
    return std::nullopt;
}

}  // namespace vrrp
