// What decode() accepts, encode() gives back, octet for octet, in the same version, dialect and
// route. These octets may differ, and no others:
//   - the Reserve nibble of version 3 (octet 4): ignored on receipt, sent as zero; the sum (octets
//   6
//     and 7) then differs with it;
//   - a sum of 0xffff, which comes back as 0x0000: in one's complement both are zero.
// VRID 0 and interval 0 cannot be encoded at all: no type holds them. An authentication type that
// RFC 3768 reserves is given back like the others, and the Authentication Data always.

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "targets.hpp"
#include "vrrp/advert.hpp"
#include "vrrp/checksum.hpp"
#include "vrrp/receive.hpp"

namespace fuzz {
namespace {

using namespace vrrp;

constexpr std::size_t reserve_offset = 4;
constexpr std::size_t checksum_offset = 6;

std::optional<AdvertInterval> interval_of(const Decoded& decoded) {
    return decoded.version == Version::v3 ? AdvertInterval::from(Centiseconds{decoded.interval})
                                          : AdvertInterval::from_seconds(decoded.interval);
}

// What a sender would have been told to send.
std::optional<Advert> advert_of(const Decoded& decoded) {
    const auto vrid = Vrid::from(decoded.vrid);
    const auto interval = interval_of(decoded);
    if (!vrid || !interval) return std::nullopt;
    Advert advert{.version = decoded.version,
                  .vrid = *vrid,
                  .priority = decoded.priority,
                  .interval = *interval,
                  .addresses = decoded.addresses};
    advert.authentication = {static_cast<AuthType>(decoded.auth_type), decoded.auth_data};
    return advert;
}

bool is_same(const Decoded& a, const Decoded& b) {
    return a.version == b.version && a.vrid == b.vrid && a.priority == b.priority &&
           a.interval == b.interval && a.addresses == b.addresses && a.auth_type == b.auth_type &&
           a.auth_data == b.auth_data && a.dialect == b.dialect;
}

std::uint16_t sum_in(base::ByteView message) {
    return static_cast<std::uint16_t>(message[checksum_offset] << 8 | message[checksum_offset + 1]);
}

Complaint compare(base::Bytes came, const base::Bytes& sent, const Decoded& decoded) {
    if (came.size() != sent.size()) return "encode() gives another length";
    const std::uint16_t sum_came = sum_in(came);
    const bool has_reserve = decoded.version == Version::v3 && (came[reserve_offset] & 0xf0U) != 0;
    if (has_reserve) came[reserve_offset] = static_cast<std::uint8_t>(came[reserve_offset] & 0x0fU);
    const bool same_sum = sum_came == sum_in(sent) || (sum_came == 0xffff && sum_in(sent) == 0);
    if (!has_reserve && !same_sum) return "encode() gives another sum";
    std::copy_n(sent.begin() + checksum_offset, 2, came.begin() + checksum_offset);
    if (came != sent) return "encode() gives other octets";
    return std::nullopt;
}

Complaint round_trip(const Datagram& datagram, const Decoded& decoded) {
    const auto advert = advert_of(decoded);
    if (!advert) return std::nullopt;
    const base::Bytes sent =
        encode(*advert, datagram.route, decoded.dialect.value_or(ChecksumDialect::rfc9568));
    const auto again = decode(Datagram{datagram.route, datagram.ttl, sent});
    if (!again) return "decode() refuses what encode() gives";
    if (!is_same(decoded, *again)) return "decode() reads other fields in what encode() gives";
    return compare({datagram.message.begin(), datagram.message.end()}, sent, decoded);
}

// A router that is configured as the sender is.
Expectation twin_of(const Decoded& decoded, AdvertInterval interval) {
    Expectation expected{
        .version = decoded.version, .interval = interval, .addresses = decoded.addresses};
    if (decoded.auth_type == static_cast<std::uint8_t>(AuthType::simple_text))
        expected.authentication = {AuthType::simple_text, decoded.auth_data};
    return expected;
}

bool is_sound(const Decoded& decoded) {
    const bool has_list = !decoded.addresses.empty();
    const bool is_known_type =
        decoded.auth_type <= static_cast<std::uint8_t>(AuthType::simple_text);
    const bool is_list_fine = has_list && (decoded.addresses[0].family() == Family::ipv4 ||
                                           decoded.addresses[0].is_link_local_ipv6());
    return is_list_fine && is_known_type && decoded.interval != 0;
}

// Others than the sender would like: they may refuse, for a reason that has a name.
std::vector<Expectation> strangers(const Expectation& twin) {
    std::vector<Expectation> all;
    for (const Version version : {Version::v2, Version::v3}) {
        Expectation other = twin;
        other.version = version;
        other.is_owner = true;
        all.push_back(other);
        other.is_owner = false;
        other.addresses = {IpAddress::v4(0xc0000201)};
        other.interval = AdvertInterval::one_second();
        other.authentication = {AuthType::simple_text, {'s', '3', 'c', 'r', 'e', 't'}};
        all.push_back(other);
        other.authentication = {};
        other.dialect = ChecksumDialect::rfc5798;
        all.push_back(other);
    }
    return all;
}

Complaint acceptance(const Datagram& datagram, const Decoded& decoded) {
    const IpAddress& source = datagram.route.source;
    const auto interval = interval_of(decoded);
    const Expectation twin = twin_of(decoded, interval.value_or(AdvertInterval::one_second()));
    const auto accepted = accept(decoded, source, twin);
    if (accepted.has_value() != is_sound(decoded))
        return accepted ? "a message that is not sound is accepted"
                        : "a router that is configured as the sender refuses its message";
    const bool is_told_right = !accepted || (accepted->event.source == source &&
                                             accepted->event.priority == decoded.priority &&
                                             accepted->event.interval == interval);
    if (!is_told_right) return "accept() tells the machine something else than what came";
    for (const Expectation& other : strangers(twin)) {
        const auto verdict = accept(decoded, source, other);
        if (verdict && !is_sound(decoded)) return "a message that is not sound is accepted";
        if (!verdict && name_of(verdict.error()) == "unknown") return "a refusal has no name";
        if (verdict && decoded.version == Version::v2 && other.is_owner)
            return "an owner accepts a version 2 message";
    }
    return std::nullopt;
}

Complaint judge(const Datagram& datagram) {
    const auto decoded = decode(datagram);
    if (!decoded)
        return name_of(decoded.error()) == "unknown" ? Complaint{"a refusal has no name"}
                                                     : std::nullopt;
    if (auto complaint = acceptance(datagram, *decoded)) return complaint;
    return round_trip(datagram, *decoded);
}

// Random octets hardly ever have the right sum, so it is put right: over the message alone or with
// the pseudo-header.
base::Bytes mended(const Datagram& datagram, ChecksumDialect dialect) {
    base::Bytes message{datagram.message.begin(), datagram.message.end()};
    message[checksum_offset] = message[checksum_offset + 1] = 0;
    const Route& route = datagram.route;
    const std::uint16_t sum =
        dialect == ChecksumDialect::rfc9568
            ? internet_checksum(message)
            : internet_checksum(message, route.source, route.destination, ip_protocol);
    message[checksum_offset] = static_cast<std::uint8_t>(sum >> 8);
    message[checksum_offset + 1] = static_cast<std::uint8_t>(sum);
    return message;
}

}  // namespace

Complaint datagram(base::ByteView input) {
    const auto parsed = parse_ip(input);
    if (!parsed) return std::nullopt;
    if (auto complaint = judge(*parsed)) return complaint;
    if (parsed->message.size() < checksum_offset + 2) return std::nullopt;
    for (const auto dialect : {ChecksumDialect::rfc9568, ChecksumDialect::rfc5798}) {
        const base::Bytes message = mended(*parsed, dialect);
        if (auto complaint = judge(Datagram{parsed->route, 255, message})) return complaint;
    }
    return std::nullopt;
}

}  // namespace fuzz
