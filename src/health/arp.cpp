#include "health/arp.hpp"

namespace health {

namespace {

constexpr std::uint16_t ipv4_protocol = 0x0800;
constexpr std::uint16_t request = 1;
constexpr std::uint16_t reply = 2;

ArpParty read_party(base::ByteReader& reader, std::size_t hardware_size) {
    const base::ByteView hardware = reader.take(hardware_size);
    const base::ByteView address = reader.take(4);
    return {{hardware.begin(), hardware.end()},
            base::IpAddress::from_octets(address).value_or(base::IpAddress{})};
}

}  // namespace

base::Bytes arp_request(std::uint16_t hardware_type, const ArpParty& sender,
                        const base::IpAddress& target) {
    base::ByteWriter writer;
    writer.u16(hardware_type);
    writer.u16(ipv4_protocol);
    writer.u8(static_cast<std::uint8_t>(sender.hardware.size()));
    writer.u8(4);
    writer.u16(request);
    writer.append(sender.hardware);
    writer.append(sender.address.octets());
    writer.zeros(sender.hardware.size());
    writer.append(target.octets());
    return std::move(writer).finish();
}

std::optional<ArpReply> parse_arp_reply(base::ByteView message) {
    base::ByteReader reader{message};
    reader.u16();  // the hardware's type: the socket knows on which link it came
    const std::uint16_t protocol = reader.u16();
    const std::uint8_t hardware_size = reader.u8();
    const std::uint8_t address_size = reader.u8();
    const std::uint16_t operation = reader.u16();
    ArpReply heard{.sender = read_party(reader, hardware_size),
                   .target = read_party(reader, hardware_size)};
    if (!reader.ok()) return std::nullopt;
    if (protocol != ipv4_protocol || address_size != 4 || operation != reply) return std::nullopt;
    return heard;
}

}  // namespace health
