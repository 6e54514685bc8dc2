// What encode() sends arrives as it was meant, through an IP header of either family. One field may
// differ: an interval that the version's field cannot hold arrives as the nearest one that it can.

#include <algorithm>
#include <vector>

#include "targets.hpp"
#include "vrrp/advert.hpp"
#include "vrrp/checksum.hpp"

namespace fuzz {
namespace {

using namespace vrrp;

struct Letter {
    Advert advert;
    Route route;
    ChecksumDialect dialect;
};

// Octets that the input does not have are zeros.
IpAddress address_from(base::ByteReader& reader, Family family) {
    base::Bytes octets(base::address_size(family));
    for (std::uint8_t& octet : octets) octet = reader.u8();
    return *IpAddress::from_octets(octets);
}

std::vector<IpAddress> addresses_from(base::ByteReader& reader, Family family) {
    std::vector<IpAddress> addresses;
    const std::size_t count = reader.u8();
    while (addresses.size() < count) addresses.push_back(address_from(reader, family));
    return addresses;
}

Letter letter_from(base::ByteView input) {
    base::ByteReader reader{input};
    const std::uint8_t kind = reader.u8();
    const Family family = (kind & 1) != 0 ? Family::ipv6 : Family::ipv4;
    const bool v2 = family == Family::ipv4 && (kind & 2) != 0;
    const std::uint8_t vrid = std::max<std::uint8_t>(reader.u8(), 1);
    const Priority priority = Priority::from_wire(reader.u8());
    // All intervals that the type can hold: up to 255 s, past what the version 3 field takes.
    const std::uint16_t number = reader.u16();
    const auto interval = (kind & 4) != 0 ? AdvertInterval::from_seconds(1 + number % 255)
                                          : AdvertInterval::from(Centiseconds{1 + number % 4095});
    Advert advert{.version = v2 ? Version::v2 : Version::v3,
                  .vrid = *Vrid::from(vrid),
                  .priority = priority,
                  .interval = *interval,
                  .addresses = {}};
    if (v2) {
        advert.authentication.type = (kind & 8) != 0 ? AuthType::simple_text : AuthType::none;
        for (std::uint8_t& octet : advert.authentication.data) octet = reader.u8();
    }
    const Route route{address_from(reader, family),
                      (kind & 16) != 0 ? address_from(reader, family) : multicast_group(family)};
    advert.addresses = addresses_from(reader, family);
    return {std::move(advert), route,
            (kind & 32) != 0 ? ChecksumDialect::rfc5798 : ChecksumDialect::rfc9568};
}

// The kernel makes this header when we send.
base::Bytes ipv4_header(const Route& route, std::size_t message_size) {
    base::ByteWriter writer;
    writer.u16(0x45c0);
    writer.u16(static_cast<std::uint16_t>(20 + message_size));
    writer.u32(0);
    writer.u8(255);
    writer.u8(ip_protocol);
    writer.u16(0);
    writer.append(route.source.octets());
    writer.append(route.destination.octets());
    return std::move(writer).finish();
}

std::int32_t interval_on_wire(const Advert& advert) {
    const std::int32_t centiseconds = advert.interval.value().count();
    return advert.version == Version::v2 ? std::clamp(centiseconds / 100, 1, 255)
                                         : std::min(centiseconds, 4095);
}

Complaint compare(const Letter& letter, const Decoded& came) {
    const Advert& sent = letter.advert;
    if (came.version != sent.version) return "another version arrives";
    if (came.vrid != sent.vrid.wire()) return "another VRID arrives";
    if (came.priority != sent.priority) return "another priority arrives";
    if (came.interval != interval_on_wire(sent)) return "another interval arrives";
    if (came.addresses != sent.addresses) return "other addresses arrive";
    if (came.auth_type != static_cast<std::uint8_t>(sent.authentication.type))
        return "another authentication type arrives";
    if (came.auth_data != sent.authentication.data) return "another password arrives";
    return std::nullopt;
}

// Both forms fit when the pseudo-header adds nothing; the RFC 9568 one is then seen.
Complaint compare_dialect(const Letter& letter, const Datagram& datagram, const Decoded& came) {
    const bool has_dialect =
        came.version == Version::v3 && letter.route.source.family() == Family::ipv4;
    if (came.dialect.has_value() != has_dialect) return "a dialect where there is none";
    if (!has_dialect || came.dialect == letter.dialect) return std::nullopt;
    if (internet_checksum(datagram.message) == 0) return std::nullopt;
    return "another dialect arrives";
}

}  // namespace

Complaint fields(base::ByteView input) {
    const Letter letter = letter_from(input);
    const base::Bytes message = encode(letter.advert, letter.route, letter.dialect);
    const bool ipv6 = letter.route.source.family() == Family::ipv6;
    base::Bytes packet = ipv6 ? ipv6_header(letter.route, 255, message.size())
                              : ipv4_header(letter.route, message.size());
    packet.insert(packet.end(), message.begin(), message.end());

    const auto datagram = parse_ip(packet);
    if (!datagram) return "the datagram is not taken apart";
    if (datagram->route.source != letter.route.source ||
        datagram->route.destination != letter.route.destination)
        return "another route arrives";
    const auto came = decode(*datagram);
    if (!came) return "decode() refuses it: " + std::string{name_of(came.error())};
    if (auto complaint = compare(letter, *came)) return complaint;
    return compare_dialect(letter, *datagram, *came);
}

}  // namespace fuzz
