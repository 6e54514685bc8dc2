#include "wire.hpp"

#include "vrrp/checksum.hpp"

namespace sim {

base::IpAddress address(std::string_view text) { return base::IpAddress::parse(text).value(); }

base::Bytes datagram(const Envelope& envelope, base::ByteView message) {
    constexpr std::size_t header_size = 20;
    constexpr std::size_t checksum_offset = 10;
    base::ByteWriter writer;
    writer.u8(0x45);
    writer.u8(0xc0);
    writer.u16(static_cast<std::uint16_t>(header_size + message.size()));
    writer.u32(0);
    writer.u8(envelope.ttl);
    writer.u8(vrrp::ip_protocol);
    writer.u16(0);
    writer.append(envelope.source.octets());
    writer.append(envelope.destination.octets());
    writer.patch_u16(checksum_offset, vrrp::internet_checksum(writer.view()));
    writer.append(message);
    return std::move(writer).finish();
}

base::Bytes packet(const Crafted& crafted) {
    vrrp::Advert advert{
        .version = vrrp::Version::v3,
        .vrid = vrrp::Vrid::from(crafted.vrid).value(),
        .priority = vrrp::Priority::from_wire(crafted.priority),
        .interval = vrrp::AdvertInterval::from(base::Centiseconds{crafted.centiseconds}).value(),
        .addresses = {}};
    for (const std::string_view text : crafted.addresses) advert.addresses.push_back(address(text));
    Envelope envelope{.source = address(crafted.source), .ttl = crafted.ttl};
    return datagram(envelope,
                    vrrp::encode(advert, {envelope.source, envelope.destination}, crafted.dialect));
}

base::IpAddress announced_address(base::ByteView frame) {
    constexpr std::size_t arp_target = 14 + 24;
    if (frame.size() < arp_target + 4) return {};
    return base::IpAddress::from_octets(frame.subspan(arp_target, 4)).value();
}

}  // namespace sim
