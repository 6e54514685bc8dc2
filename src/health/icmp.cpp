#include "health/icmp.hpp"

#include <algorithm>
#include <array>

namespace health {

namespace {

constexpr std::uint8_t echo_request_v4 = 8;
constexpr std::uint8_t echo_reply_v4 = 0;
constexpr std::uint8_t echo_request_v6 = 128;
constexpr std::uint8_t echo_reply_v6 = 129;
constexpr std::uint8_t solicitation = 135;
constexpr std::uint8_t advertisement = 136;
constexpr std::uint8_t source_link_layer_address = 1;  // an option, RFC 4861 section 4.6.1
constexpr std::uint32_t solicited_flag = 0x4000'0000;
constexpr int never_forwarded = 255;  // a hop limit that no packet from beyond the link can have

// What follows an IPv4 header; empty when that is not one.
base::ByteView without_ip_header(base::ByteView datagram) {
    if (datagram.empty() || datagram[0] >> 4U != 4) return {};
    const std::size_t length = (datagram[0] & 0x0fU) * 4U;
    if (length < 20 || length > datagram.size()) return {};
    return datagram.subspan(length);
}

// Every option has a length of at least one unit of 8 octets (RFC 4861 section 4.6).
bool has_sound_options(base::ByteView options) {
    while (!options.empty()) {
        if (options.size() < 2) return false;
        const std::size_t length = options[1] * 8U;
        if (length == 0 || length > options.size()) return false;
        options = options.subspan(length);
    }
    return true;
}

}  // namespace

std::uint16_t internet_sum(base::ByteView octets) {
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i < octets.size(); ++i)
        sum += i % 2 == 0 ? std::uint32_t{octets[i]} << 8U : octets[i];
    while (sum >> 16U != 0) sum = (sum & 0xffffU) + (sum >> 16U);
    return static_cast<std::uint16_t>(~sum);
}

base::Bytes echo_request(base::Family family, const Echo& echo) {
    base::ByteWriter writer;
    writer.u8(family == base::Family::ipv4 ? echo_request_v4 : echo_request_v6);
    writer.u8(0);   // code
    writer.u16(0);  // sum
    writer.u16(echo.identifier);
    writer.u16(echo.sequence);
    writer.u32(static_cast<std::uint32_t>(echo.nonce >> 32U));
    writer.u32(static_cast<std::uint32_t>(echo.nonce));
    if (family == base::Family::ipv4) writer.patch_u16(2, internet_sum(writer.view()));
    return std::move(writer).finish();
}

std::optional<Echo> parse_echo_reply(base::Family family, base::ByteView datagram) {
    const bool ipv4 = family == base::Family::ipv4;
    const base::ByteView message = ipv4 ? without_ip_header(datagram) : datagram;
    base::ByteReader reader{message};
    const std::uint8_t type = reader.u8();
    const std::uint8_t code = reader.u8();
    reader.u16();
    Echo echo{.identifier = reader.u16(), .sequence = reader.u16(), .nonce = 0};
    echo.nonce = std::uint64_t{reader.u32()} << 32U;
    echo.nonce |= reader.u32();
    if (!reader.ok()) return std::nullopt;

    if (type != (ipv4 ? echo_reply_v4 : echo_reply_v6) || code != 0) return std::nullopt;
    if (ipv4 && internet_sum(message) != 0) return std::nullopt;
    return echo;
}

base::Bytes neighbor_solicitation(const base::IpAddress& target, base::ByteView ours) {
    base::ByteWriter writer;
    writer.u8(solicitation);
    writer.u8(0);   // code
    writer.u16(0);  // sum
    writer.u32(0);  // reserved
    writer.append(target.octets());
    if (ours.empty()) return std::move(writer).finish();  // a link without such addresses
    const std::size_t units = (2 + ours.size() + 7) / 8;
    writer.u8(source_link_layer_address);
    writer.u8(static_cast<std::uint8_t>(units));
    writer.append(ours);
    writer.zeros(units * 8 - 2 - ours.size());
    return std::move(writer).finish();
}

base::IpAddress solicited_node_group(const base::IpAddress& target) {
    std::array<std::uint8_t, 16> octets{0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff};
    std::ranges::copy(target.octets().last(3), octets.begin() + 13);
    return *base::IpAddress::from_octets(octets);
}

std::optional<base::IpAddress> parse_solicited_advertisement(base::ByteView message,
                                                             int hop_limit) {
    base::ByteReader reader{message};
    const std::uint8_t type = reader.u8();
    const std::uint8_t code = reader.u8();
    reader.u16();
    const std::uint32_t flags = reader.u32();
    const base::ByteView target = reader.take(16);
    if (!reader.ok() || type != advertisement || code != 0) return std::nullopt;

    if (hop_limit != never_forwarded || (flags & solicited_flag) == 0) return std::nullopt;
    if (!has_sound_options(reader.rest())) return std::nullopt;
    const auto address = base::IpAddress::from_octets(target);
    if (address->is_multicast()) return std::nullopt;
    return address;
}

}  // namespace health
