#include "wire.hpp"

#include "vrrp/checksum.hpp"

namespace sim {

base::IpAddress address(std::string_view text) { return base::IpAddress::parse(text).value(); }

namespace {

base::Bytes ipv4_header(const Envelope& envelope, std::size_t message_size) {
    constexpr std::size_t header_size = 20;
    constexpr std::size_t checksum_offset = 10;
    base::ByteWriter writer;
    writer.u8(0x45);
    writer.u8(0xc0);
    writer.u16(static_cast<std::uint16_t>(header_size + message_size));
    writer.u32(0);
    writer.u8(envelope.ttl);
    writer.u8(vrrp::ip_protocol);
    writer.u16(0);
    writer.append(envelope.source.octets());
    writer.append(envelope.destination.octets());
    writer.patch_u16(checksum_offset, vrrp::internet_checksum(writer.view()));
    return std::move(writer).finish();
}

}  // namespace

base::Bytes datagram(const Envelope& envelope, base::ByteView message) {
    base::Bytes packet = envelope.source.family() == base::Family::ipv4
                             ? ipv4_header(envelope, message.size())
                             : vrrp::ipv6_header({envelope.source, envelope.destination},
                                                 envelope.ttl, message.size());
    packet.insert(packet.end(), message.begin(), message.end());
    return packet;
}

base::Bytes packet(const Crafted& crafted) {
    vrrp::Advert advert{
        .version = vrrp::Version::v3,
        .vrid = vrrp::Vrid::from(crafted.vrid).value(),
        .priority = vrrp::Priority::from_wire(crafted.priority),
        .interval = vrrp::AdvertInterval::from(base::Centiseconds{crafted.centiseconds}).value(),
        .addresses = {}};
    for (const std::string_view text : crafted.addresses) advert.addresses.push_back(address(text));
    const base::IpAddress source = address(crafted.source);
    const Envelope envelope{.source = source,
                            .destination = vrrp::multicast_group(source.family()),
                            .ttl = crafted.ttl};
    return datagram(envelope,
                    vrrp::encode(advert, {envelope.source, envelope.destination}, crafted.dialect));
}

base::IpAddress announced_address(base::ByteView frame) {
    constexpr std::size_t type_offset = 12;
    constexpr std::size_t arp_target = 14 + 24;
    constexpr std::size_t advertised_target = 14 + 40 + 8;
    if (frame.size() < arp_target + 4) return {};
    if (frame[type_offset] == 0x08)
        return base::IpAddress::from_octets(frame.subspan(arp_target, 4)).value();
    if (frame.size() < advertised_target + 16) return {};
    return base::IpAddress::from_octets(frame.subspan(advertised_target, 16)).value();
}

}  // namespace sim
