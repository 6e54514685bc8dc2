#include "vrrp/advert.hpp"

#include <algorithm>

#include "vrrp/checksum.hpp"

namespace vrrp {

using base::ByteReader;
using base::ByteView;

namespace {

constexpr std::uint8_t advertisement = 1;  // the only packet type, RFC 9568 section 5.2.2
constexpr std::size_t checksum_offset = 6;
constexpr std::size_t authentication_size = 8;

// Which sum fits, if any. For version 3 over IPv4 that is the peer's dialect.
struct SumVerdict {
    bool correct = false;
    std::optional<ChecksumDialect> dialect{};
};

bool sum_fits(const Datagram& datagram) {
    return internet_checksum(datagram.message, datagram.route.source, datagram.route.destination,
                             ip_protocol) == 0;
}

SumVerdict verify_sum(const Datagram& datagram, Version version) {
    const bool message_alone_fits = internet_checksum(datagram.message) == 0;
    if (version == Version::v2) return {message_alone_fits};
    if (datagram.route.source.family() == Family::ipv6) return {sum_fits(datagram)};
    if (message_alone_fits) return {true, ChecksumDialect::rfc9568};
    if (sum_fits(datagram)) return {true, ChecksumDialect::rfc5798};
    return {};
}

std::optional<Version> version_of(std::uint8_t version_and_type, Family family) {
    const int version = version_and_type >> 4;
    if (version == 3) return Version::v3;
    if (version == 2 && family == Family::ipv4) return Version::v2;
    return std::nullopt;
}

// The interval in the field of its version, at the field's end where it does not fit: a zero or a
// wrapped number would make the peers time out at once.
std::uint16_t interval_field(Version version, AdvertInterval interval) {
    const std::int32_t centiseconds = interval.value().count();
    const std::int32_t field = version == Version::v2 ? std::clamp(centiseconds / 100, 1, 255)
                                                      : std::min(centiseconds, 4095);
    return static_cast<std::uint16_t>(field);
}

}  // namespace

IpAddress multicast_group(Family family) {
    if (family == Family::ipv4) return IpAddress::v4(0xe0000012);
    constexpr std::array<std::uint8_t, 16> group{0xff, 0x02, 0, 0, 0, 0, 0, 0,
                                                 0,    0,    0, 0, 0, 0, 0, 0x12};
    return *IpAddress::from_octets(group);
}

base::Bytes encode(const Advert& advert, const Route& route, ChecksumDialect dialect) {
    const bool v2 = advert.version == Version::v2;
    base::ByteWriter writer;
    writer.u8(static_cast<std::uint8_t>(static_cast<int>(advert.version) << 4 | advertisement));
    writer.u8(advert.vrid.wire());
    writer.u8(advert.priority.wire());
    writer.u8(static_cast<std::uint8_t>(advert.addresses.size()));
    const std::uint16_t interval = interval_field(advert.version, advert.interval);
    if (v2) {
        writer.u8(static_cast<std::uint8_t>(advert.authentication.type));
        writer.u8(static_cast<std::uint8_t>(interval));
    } else {
        writer.u16(interval);
    }
    writer.u16(0);
    for (const IpAddress& address : advert.addresses) writer.append(address.octets());
    if (v2) writer.append(advert.authentication.data);

    const bool ipv6 = route.source.family() == Family::ipv6;
    const bool message_alone = v2 || (!ipv6 && dialect == ChecksumDialect::rfc9568);
    writer.patch_u16(checksum_offset, message_alone
                                          ? internet_checksum(writer.view())
                                          : internet_checksum(writer.view(), route.source,
                                                              route.destination, ip_protocol));
    return std::move(writer).finish();
}

std::string_view name_of(Discard discard) {
    switch (discard) {
        case Discard::ip_header: return "ip-header";
        case Discard::ip_ttl: return "ip-ttl-errors";
        case Discard::wrong_destination: return "wrong-destination";
        case Discard::own_packet: return "own-packet";
        case Discard::packet_length: return "packet-length-errors";
        case Discard::version: return "version-errors";
        case Discard::type: return "invalid-type-pkts-rcvd";
        case Discard::checksum: return "checksum-errors";
        case Discard::vrid: return "vrid-errors";
        case Discard::unknown_source: return "unknown-source";
        case Discard::owner_received_advert: return "owner-received-advert";
        case Discard::address_count_zero: return "address-count-zero";
        case Discard::invalid_auth_type: return "invalid-auth-type";
        case Discard::auth_type_mismatch: return "auth-type-mismatch";
        case Discard::auth_failure: return "auth-failures";
        case Discard::interval_zero: return "interval-zero";
        case Discard::interval: return "interval-errors";
        case Discard::first_address_not_link_local: return "first-address-not-link-local";
        case Discard::address_list: return "address-list-errors";
    }
    return "unknown";
}

std::expected<Datagram, Discard> parse_ipv4(ByteView datagram) {
    ByteReader reader{datagram};
    const std::uint8_t version_and_length = reader.u8();
    reader.u8();  // type of service
    const std::size_t total_length = reader.u16();
    reader.u32();  // identification and fragment: the kernel has put fragments together
    const std::uint8_t ttl = reader.u8();
    const std::uint8_t protocol = reader.u8();
    reader.u16();  // header checksum: the kernel has verified it
    const std::uint32_t source = reader.u32();
    const std::uint32_t destination = reader.u32();

    const std::size_t header_length = (version_and_length & 0x0fU) * 4U;
    const bool fits =
        header_length >= 20 && header_length <= total_length && total_length <= datagram.size();
    if (!reader.ok() || version_and_length >> 4 != 4 || protocol != ip_protocol || !fits)
        return std::unexpected(Discard::ip_header);

    return Datagram{{IpAddress::v4(source), IpAddress::v4(destination)},
                    ttl,
                    datagram.first(total_length).subspan(header_length)};
}

std::expected<Datagram, Discard> parse_ipv6(ByteView datagram) {
    constexpr std::size_t header_size = 40;
    ByteReader reader{datagram};
    const std::uint32_t version_class_and_flow = reader.u32();
    const std::size_t payload_length = reader.u16();
    const std::uint8_t next_header = reader.u8();
    const std::uint8_t hop_limit = reader.u8();
    const ByteView source = reader.take(16);
    const ByteView destination = reader.take(16);

    const bool fits = header_size + payload_length <= datagram.size();
    if (!reader.ok() || version_class_and_flow >> 28 != 6 || next_header != ip_protocol || !fits)
        return std::unexpected(Discard::ip_header);

    return Datagram{{*IpAddress::from_octets(source), *IpAddress::from_octets(destination)},
                    hop_limit,
                    datagram.subspan(header_size, payload_length)};
}

std::expected<Datagram, Discard> parse_ip(ByteView datagram) {
    const bool is_ipv6 = !datagram.empty() && datagram[0] >> 4 == 6;
    return is_ipv6 ? parse_ipv6(datagram) : parse_ipv4(datagram);
}

base::Bytes ipv6_header(const Route& route, std::uint8_t hop_limit, std::size_t message_size) {
    constexpr std::uint32_t version_and_network_control = 0x6c000000;
    base::ByteWriter writer;
    writer.u32(version_and_network_control);
    writer.u16(static_cast<std::uint16_t>(message_size));
    writer.u8(ip_protocol);
    writer.u8(hop_limit);
    writer.append(route.source.octets());
    writer.append(route.destination.octets());
    return std::move(writer).finish();
}

std::optional<std::uint8_t> vrid_of(ByteView message) {
    if (message.size() < 2) return std::nullopt;
    return message[1];
}

std::expected<Decoded, Discard> decode(const Datagram& datagram, std::uint8_t least_ttl) {
    const Family family = datagram.route.source.family();
    ByteReader reader{datagram.message};
    const std::uint8_t version_and_type = reader.u8();
    Decoded decoded{.version = Version::v3,
                    .vrid = reader.u8(),
                    .priority = Priority::from_wire(reader.u8()),
                    .interval = 0,
                    .addresses = {}};
    const std::uint8_t count = reader.u8();
    const std::uint8_t auth_or_interval = reader.u8();
    const std::uint8_t interval_low = reader.u8();
    reader.u16();  // checksum, verified over the whole message below

    if (datagram.ttl < least_ttl) return std::unexpected(Discard::ip_ttl);
    if (!reader.ok()) return std::unexpected(Discard::packet_length);
    const auto version = version_of(version_and_type, family);
    if (!version) return std::unexpected(Discard::version);
    if ((version_and_type & 0x0f) != advertisement) return std::unexpected(Discard::type);
    const std::size_t trailer = *version == Version::v2 ? authentication_size : 0;
    if (reader.remaining() != count * base::address_size(family) + trailer)
        return std::unexpected(Discard::packet_length);
    const SumVerdict sum = verify_sum(datagram, *version);
    if (!sum.correct) return std::unexpected(Discard::checksum);

    decoded.version = *version;
    decoded.dialect = sum.dialect;
    decoded.addresses.reserve(count);
    for (int i = 0; i < count; ++i)
        decoded.addresses.push_back(
            *IpAddress::from_octets(reader.take(base::address_size(family))));
    if (*version == Version::v3) {
        decoded.interval =
            static_cast<std::uint16_t>((auth_or_interval & 0x0fU) << 8 | interval_low);
        return decoded;
    }
    decoded.auth_type = auth_or_interval;
    decoded.interval = interval_low;
    std::ranges::copy(reader.rest(), decoded.auth_data.begin());
    return decoded;
}

}  // namespace vrrp
