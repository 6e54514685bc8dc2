#include "vrrp/announce.hpp"

#include "vrrp/checksum.hpp"

namespace vrrp {

namespace {

constexpr base::MacAddress broadcast{{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};
constexpr base::MacAddress all_nodes{{0x33, 0x33, 0x00, 0x00, 0x00, 0x01}};
constexpr std::uint16_t ethertype_arp = 0x0806;
constexpr std::uint16_t ethertype_ipv6 = 0x86dd;
constexpr std::uint8_t next_header_icmpv6 = 58;

void ethernet_header(base::ByteWriter& writer, const base::MacAddress& destination,
                     const base::MacAddress& source, std::uint16_t ethertype) {
    writer.append(destination.octets);
    writer.append(source.octets);
    writer.u16(ethertype);
}

base::Bytes neighbor_advertisement_message(const base::MacAddress& mac,
                                           const base::IpAddress& target,
                                           const base::IpAddress& destination,
                                           Forwarding forwarding) {
    constexpr std::uint8_t type = 136;
    constexpr std::uint32_t router = 0x80000000;
    constexpr std::uint32_t override = 0x20000000;
    constexpr std::uint8_t target_link_layer_option = 2;
    base::ByteWriter writer;
    writer.u8(type);
    writer.u8(0);
    writer.u16(0);
    // DEVIATION RFC 9568 section 6.4.1: the RFC always sets Router. The kernel answers
    // solicitations with the flag as forwarding is, and a neighbour that sees it go from set to
    // clear takes us off its default routers (RFC 4861 section 7.2.5): both must say the same;
    // proved by tests/net/test_announce.py.
    writer.u32(forwarding == Forwarding::on ? router | override : override);
    writer.append(target.octets());
    writer.u8(target_link_layer_option);
    writer.u8(1);  // in units of 8 octets
    writer.append(mac.octets);
    writer.patch_u16(2, internet_checksum(writer.view(), target, destination, next_header_icmpv6));
    return std::move(writer).finish();
}

}  // namespace

base::Bytes gratuitous_arp(const base::MacAddress& mac, const base::IpAddress& address,
                           ArpOperation operation) {
    constexpr std::uint16_t hardware_ethernet = 1;
    constexpr std::uint16_t protocol_ipv4 = 0x0800;
    base::ByteWriter writer;
    ethernet_header(writer, broadcast, mac, ethertype_arp);
    writer.u16(hardware_ethernet);
    writer.u16(protocol_ipv4);
    writer.u8(static_cast<std::uint8_t>(mac.octets.size()));
    writer.u8(static_cast<std::uint8_t>(address.octets().size()));
    writer.u16(static_cast<std::uint16_t>(operation));
    writer.append(mac.octets);
    writer.append(address.octets());
    writer.append(mac.octets);
    writer.append(address.octets());
    return std::move(writer).finish();
}

base::Bytes unsolicited_neighbor_advertisement(const base::MacAddress& mac,
                                               const base::IpAddress& address,
                                               Forwarding forwarding) {
    const auto destination = *base::IpAddress::parse("ff02::1");
    const base::Bytes message =
        neighbor_advertisement_message(mac, address, destination, forwarding);
    constexpr std::uint32_t version_class_and_flow = 0x60000000;
    constexpr std::uint8_t hop_limit = 255;
    base::ByteWriter writer;
    ethernet_header(writer, all_nodes, mac, ethertype_ipv6);
    writer.u32(version_class_and_flow);
    writer.u16(static_cast<std::uint16_t>(message.size()));
    writer.u8(next_header_icmpv6);
    writer.u8(hop_limit);
    writer.append(address.octets());
    writer.append(destination.octets());
    writer.append(message);
    return std::move(writer).finish();
}

}  // namespace vrrp
