#include "vrrp/frame.hpp"

#include "vrrp/checksum.hpp"

namespace vrrp {

namespace {

constexpr base::MacAddress group_mac_ipv4{{0x01, 0x00, 0x5e, 0x00, 0x00, 0x12}};
constexpr base::MacAddress group_mac_ipv6{{0x33, 0x33, 0x00, 0x00, 0x00, 0x12}};
constexpr std::uint16_t ethertype_ipv4 = 0x0800;
constexpr std::uint16_t ethertype_ipv6 = 0x86dd;

// RFC 791 section 3.1: no options, DSCP CS6. Don't Fragment goes with identification 0 (RFC 6864
// section 4.1).
base::Bytes ipv4_header(const Route& route, std::size_t message_size) {
    constexpr std::size_t header_size = 20;
    constexpr std::size_t checksum_offset = 10;
    constexpr std::uint8_t version_and_length = 0x45;
    constexpr std::uint8_t network_control = 0xc0;
    constexpr std::uint16_t dont_fragment = 0x4000;
    base::ByteWriter writer;
    writer.u8(version_and_length);
    writer.u8(network_control);
    writer.u16(static_cast<std::uint16_t>(header_size + message_size));
    writer.u16(0);
    writer.u16(dont_fragment);
    writer.u8(sole_link_ttl);
    writer.u8(ip_protocol);
    writer.u16(0);
    writer.append(route.source.octets());
    writer.append(route.destination.octets());
    writer.patch_u16(checksum_offset, internet_checksum(writer.view()));
    return std::move(writer).finish();
}

}  // namespace

base::MacAddress virtual_mac(Family family, Vrid vrid) {
    const std::uint8_t block = family == Family::ipv4 ? 0x01 : 0x02;
    return {{0x00, 0x00, 0x5e, 0x00, block, vrid.wire()}};
}

base::Bytes advert_frame(const base::MacAddress& source, base::ByteView message,
                         const Route& route) {
    const bool is_ipv4 = route.source.family() == Family::ipv4;
    base::ByteWriter writer;
    writer.append((is_ipv4 ? group_mac_ipv4 : group_mac_ipv6).octets);
    writer.append(source.octets);
    writer.u16(is_ipv4 ? ethertype_ipv4 : ethertype_ipv6);
    writer.append(is_ipv4 ? ipv4_header(route, message.size())
                          : ipv6_header(route, sole_link_ttl, message.size()));
    writer.append(message);
    return std::move(writer).finish();
}

}  // namespace vrrp
