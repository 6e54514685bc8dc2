#include "vrrp/advert.hpp"

#include <set>
#include <string>
#include <utility>

#include "support.hpp"
#include "vrrp/checksum.hpp"

#include <CppUTest/TestHarness.h>

using namespace vrrp;
using support::address;
using support::centiseconds;
using support::from_hex;
using support::priority;
using support::seconds;
using support::to_hex;
using support::vrid;

namespace {

const Route over_ipv4{address("192.0.2.251"), address("224.0.0.18")};
const Route over_ipv6{address("fe80::5054:ff:fe00:fb"), address("ff02::12")};

Advert version3(std::vector<IpAddress> addresses) {
    return {Version::v3, vrid(10), priority(100), centiseconds(100), std::move(addresses)};
}

Advert version2(std::vector<IpAddress> addresses) {
    return {Version::v2, vrid(51), priority(100), seconds(1), std::move(addresses)};
}

// What every kind of message that we accept looks like.
struct Kind {
    const char* name;
    Advert advert;
    Route route;
    std::optional<ChecksumDialect> dialect;

    [[nodiscard]] base::Bytes message() const {
        return encode(advert, route, dialect.value_or(ChecksumDialect::rfc9568));
    }
};

const std::vector<Kind> kinds{
    {"v2", version2({address("192.0.2.1"), address("192.0.2.2")}), over_ipv4, {}},
    {"v3 ipv4 rfc9568", version3({address("192.0.2.1"), address("192.0.2.2")}), over_ipv4,
     ChecksumDialect::rfc9568},
    {"v3 ipv4 rfc5798", version3({address("192.0.2.1")}), over_ipv4, ChecksumDialect::rfc5798},
    {"v3 ipv6", version3({address("fe80::1"), address("2001:db8::1")}), over_ipv6, {}},
};

std::expected<Decoded, Discard> decoded(const base::Bytes& message, const Route& route) {
    return decode(Datagram{route, 255, message});
}

// The message with the sum over itself alone in place of whatever it carries.
base::Bytes with_right_sum(base::Bytes message) {
    message[6] = message[7] = 0;
    const std::uint16_t sum = internet_checksum(message);
    message[6] = static_cast<std::uint8_t>(sum >> 8);
    message[7] = static_cast<std::uint8_t>(sum);
    return message;
}

// "accept", or the counter under which the message is dropped.
std::string verdict(const std::expected<Decoded, Discard>& result) {
    return result ? "accept" : std::string{name_of(result.error())};
}

std::vector<IpAddress> addresses_of(Family family, int count) {
    std::vector<IpAddress> list;
    for (int i = 0; i < count; ++i)
        list.push_back(family == Family::ipv4
                           ? IpAddress::v4(0xc0000200U + static_cast<unsigned>(i))
                           : address(fmt::format("fe80::{:x}", i + 1)));
    return list;
}

}  // namespace

TEST_GROUP(AdvertEncode){};

TEST(AdvertEncode, MakesTheOctetsThatTheRfcsAskFor) {
    constexpr auto bare = ChecksumDialect::rfc9568;
    constexpr auto with_pseudo_header = ChecksumDialect::rfc5798;
    const auto first = address("192.0.2.1");
    Advert password = version2({first});
    password.authentication = {AuthType::simple_text, {'s', '3', 'c', 'r', 'e', 't'}};
    Advert owner = version2({first, address("192.0.2.2")});
    owner.priority = Priority::owner();
    Advert fast = version3({first});
    fast.interval = centiseconds(10);
    fast.priority = priority(200);
    const Advert ipv6 = version3({address("fe80::1"), address("2001:db8::1")});
    const std::string ipv6_octets =
        "310a64020064efd5fe80000000000000000000000000000120010db8000000000000000000000001";

    struct Case {
        Advert advert;
        Route route;
        ChecksumDialect dialect;
        std::string octets;
    };
    for (const Case& c : {
             Case{version2({first}), over_ipv4, bare, "213364010001b8c8c00002010000000000000000"},
             Case{version2({first}), over_ipv4, with_pseudo_header,
                  "213364010001b8c8c00002010000000000000000"},
             Case{owner, over_ipv4, bare, "2133ff0200015bc4c0000201c00002020000000000000000"},
             Case{password, over_ipv4, bare, "2133640101017baec00002017333637265740000"},
             Case{version3({first}), over_ipv4, bare, "310a64010064a88ec0000201"},
             Case{version3({first}), over_ipv4, with_pseudo_header, "310a640100640504c0000201"},
             Case{fast, over_ipv4, bare, "310ac801000a44e8c0000201"},
             Case{ipv6, over_ipv6, bare, ipv6_octets},
             Case{ipv6, over_ipv6, with_pseudo_header, ipv6_octets},
         })
        CHECK_EQUAL(c.octets, to_hex(encode(c.advert, c.route, c.dialect)));
}

TEST(AdvertEncode, KeepsTheReserveBitsZeroAtTheLongestInterval) {
    Advert slow = version3({address("192.0.2.1")});
    slow.interval = centiseconds(4095);
    CHECK_EQUAL(
        std::string{"0fff"},
        to_hex(base::ByteView{encode(slow, over_ipv4, ChecksumDialect::rfc9568)}.subspan(4, 2)));
}

TEST(AdvertEncode, NeverWrapsAnIntervalThatItsFieldCannotHold) {
    const auto interval_octets = [](Version version, AdvertInterval interval) {
        const Advert advert{version, vrid(10), priority(100), interval, {address("192.0.2.1")}};
        const auto bytes = encode(advert, over_ipv4, ChecksumDialect::rfc9568);
        return to_hex(base::ByteView{bytes}.subspan(4, 2));
    };
    STRCMP_EQUAL("0fff", interval_octets(Version::v3, seconds(41)).c_str());
    STRCMP_EQUAL("0001", interval_octets(Version::v2, centiseconds(50)).c_str());
}

TEST(AdvertEncode, SendsToTheGroupsOfTheRfc) {
    CHECK_TRUE(multicast_group(Family::ipv4) == address("224.0.0.18"));
    CHECK_TRUE(multicast_group(Family::ipv6) == address("ff02::12"));
}

TEST_GROUP(AdvertRoundTrip){};

TEST(AdvertRoundTrip, KeepsEveryPriorityAndVrid) {
    for (Kind kind : kinds)
        for (int value = 1; value <= 255; ++value) {
            kind.advert.priority = priority(255 - value);
            kind.advert.vrid = vrid(value);
            const auto result = decoded(kind.message(), kind.route);
            STRCMP_EQUAL_TEXT("accept", verdict(result).c_str(), kind.name);
            LONGS_EQUAL(255 - value, result->priority.wire());
            LONGS_EQUAL(value, result->vrid);
        }
}

TEST(AdvertRoundTrip, KeepsEveryIntervalOfVersion3InCentiseconds) {
    for (int value = 1; value <= 4095; ++value) {
        Advert advert = version3({address("192.0.2.1")});
        advert.interval = centiseconds(value);
        const auto result = decoded(encode(advert, over_ipv4, ChecksumDialect::rfc9568), over_ipv4);
        LONGS_EQUAL(value, result.value().interval);
    }
}

TEST(AdvertRoundTrip, KeepsEveryIntervalOfVersion2InSeconds) {
    for (int value = 1; value <= 255; ++value) {
        Advert advert = version2({address("192.0.2.1")});
        advert.interval = seconds(value);
        const auto result = decoded(encode(advert, over_ipv4, ChecksumDialect::rfc9568), over_ipv4);
        LONGS_EQUAL(value, result.value().interval);
    }
}

TEST(AdvertRoundTrip, KeepsTheAddressesInOrder) {
    for (Kind kind : kinds)
        for (const int count : {0, 1, 2, 3, 16, 127, 128, 255}) {
            kind.advert.addresses = addresses_of(kind.route.source.family(), count);
            const auto result = decoded(kind.message(), kind.route);
            STRCMP_EQUAL_TEXT("accept", verdict(result).c_str(), kind.name);
            CHECK_TEXT(result->addresses == kind.advert.addresses, kind.name);
        }
}

TEST(AdvertRoundTrip, TellsTheVersionAndWhichSumFitted) {
    for (const Kind& kind : kinds) {
        const auto result = decoded(kind.message(), kind.route);
        CHECK_TEXT(result.value().version == kind.advert.version, kind.name);
        CHECK_TEXT(result.value().dialect == kind.dialect, kind.name);
    }
}

TEST(AdvertRoundTrip, KeepsTheAuthenticationOfVersion2) {
    Advert advert = version2(addresses_of(Family::ipv4, 2));
    advert.authentication = {AuthType::simple_text, {1, 2, 3, 4, 5, 6, 7, 8}};
    const auto result = decoded(encode(advert, over_ipv4, ChecksumDialect::rfc9568), over_ipv4);
    LONGS_EQUAL(1, result.value().auth_type);
    CHECK_TRUE(result.value().auth_data == advert.authentication.data);
}

TEST_GROUP(AdvertDecode){};

// RFC 9568 section 5.2.6.
TEST(AdvertDecode, IgnoresTheReserveBits) {
    for (unsigned reserve = 0; reserve < 16; ++reserve) {
        base::Bytes message = from_hex("310a640100640000c0000201");
        message[4] = static_cast<std::uint8_t>(reserve << 4 | 1);
        const auto result = decoded(with_right_sum(message), over_ipv4);
        STRCMP_EQUAL("accept", verdict(result).c_str());
        LONGS_EQUAL(0x164, result->interval);
    }
}

TEST(AdvertDecode, GivesIntervalZeroAndVridZeroAsTheyCame) {
    const auto result = decoded(with_right_sum(from_hex("3100640100000000c0000201")), over_ipv4);
    STRCMP_EQUAL("accept", verdict(result).c_str());
    LONGS_EQUAL(0, result->interval);
    LONGS_EQUAL(0, result->vrid);
}

TEST(AdvertDecode, RejectsEverySingleBitFlip) {
    for (const Kind& kind : kinds) {
        const base::Bytes original = kind.message();
        for (std::size_t bit = 0; bit < original.size() * 8; ++bit) {
            base::Bytes flipped = original;
            flipped[bit / 8] = static_cast<std::uint8_t>(flipped[bit / 8] ^ (1U << (bit % 8)));
            CHECK_FALSE_TEXT(decoded(flipped, kind.route).has_value(), kind.name);
        }
    }
}

TEST(AdvertDecode, RejectsEveryTruncationAndEveryExtension) {
    for (const Kind& kind : kinds) {
        const base::Bytes whole = kind.message();
        for (std::size_t size = 0; size <= whole.size() + 40; ++size) {
            base::Bytes message = whole;
            message.resize(size);  // what is added is zero and leaves the sum right
            const auto result = decoded(message, kind.route);
            const char* expected = size == whole.size() ? "accept" : "packet-length-errors";
            STRCMP_EQUAL_TEXT(expected, verdict(result).c_str(), kind.name);
        }
    }
}

// Only the sums with a pseudo-header protect the addresses.
TEST(AdvertDecode, RejectsAnotherSourceWhereTheSumCoversIt) {
    for (const Kind& kind : kinds) {
        const bool covered =
            kind.route.source.family() == Family::ipv6 || kind.dialect == ChecksumDialect::rfc5798;
        Route other = kind.route;
        other.source = other.source.family() == Family::ipv4 ? address("192.0.2.252")
                                                             : address("fe80::5054:ff:fe00:fc");
        STRCMP_EQUAL_TEXT(covered ? "checksum-errors" : "accept",
                          verdict(decoded(kind.message(), other)).c_str(), kind.name);
    }
}

// Two forms there are of version 3 over IPv4 only: RFC 3768 section 5.3.8, RFC 9568 section 5.2.8.
TEST(AdvertDecode, TakesOneFormOfTheSumInVersion2AndOverIpv6) {
    base::Bytes over_pseudo_header = from_hex("2133640100010000c00002010000000000000000");
    const std::uint16_t sum =
        internet_checksum(over_pseudo_header, over_ipv4.source, over_ipv4.destination, ip_protocol);
    over_pseudo_header[6] = static_cast<std::uint8_t>(sum >> 8);
    over_pseudo_header[7] = static_cast<std::uint8_t>(sum);
    STRCMP_EQUAL("checksum-errors", verdict(decoded(over_pseudo_header, over_ipv4)).c_str());
    const base::Bytes over_message_alone =
        with_right_sum(from_hex("310a640100640000fe800000000000000000000000000001"));
    STRCMP_EQUAL("checksum-errors", verdict(decoded(over_message_alone, over_ipv6)).c_str());
}

TEST(AdvertDecode, WantsTheVersionAndTheTypeOfAnAdvertisement) {
    for (const Kind& kind : kinds)
        for (int octet = 0; octet <= 255; ++octet) {
            const bool ipv4 = kind.route.source.family() == Family::ipv4;
            const int version = octet / 16;
            const bool known = version == 3 || (version == 2 && ipv4);
            if (octet % 16 == 1 && known) continue;
            base::Bytes message = kind.message();
            message[0] = static_cast<std::uint8_t>(octet);
            const char* expected = known ? "invalid-type-pkts-rcvd" : "version-errors";
            STRCMP_EQUAL_TEXT(expected, verdict(decoded(message, kind.route)).c_str(), kind.name);
        }
}

// RFC 9568 sections 5.1.1.3 and 5.1.2.3.
TEST(AdvertDecode, WantsATtlOf255) {
    for (const Kind& kind : kinds) {
        const base::Bytes message = kind.message();
        for (int ttl = 0; ttl <= 255; ++ttl) {
            const Datagram datagram{kind.route, static_cast<std::uint8_t>(ttl), message};
            STRCMP_EQUAL_TEXT(ttl == 255 ? "accept" : "ip-ttl-errors",
                              verdict(decode(datagram)).c_str(), kind.name);
        }
    }
}

// The order of RFC 9568 section 7.1 as the counters of RFC 8347 want it: of several faults the
// first one is counted.
TEST(AdvertDecode, CountsTheFirstOfSeveralFaults) {
    const char* const expected[] = {
        "ip-ttl-errors",        "packet-length-errors", "version-errors", "invalid-type-pkts-rcvd",
        "packet-length-errors", "checksum-errors",      "accept"};
    for (const Kind& kind : kinds)
        for (unsigned faults = 0; faults < 64; ++faults) {
            base::Bytes message = kind.message();
            if ((faults & 32) != 0) message[2] ^= 1;
            if ((faults & 16) != 0) message[3] ^= 1;
            if ((faults & 8) != 0) message[0] ^= 2;
            if ((faults & 4) != 0) message[0] ^= 0x40;
            if ((faults & 2) != 0) message.resize(7);
            const std::uint8_t ttl = (faults & 1) != 0 ? 254 : 255;
            std::size_t first = 0;
            while (first < 6 && (faults >> first & 1) == 0) ++first;
            STRCMP_EQUAL_TEXT(expected[first],
                              verdict(decode(Datagram{kind.route, ttl, message})).c_str(),
                              kind.name);
        }
}

TEST_GROUP(AdvertNames){};

TEST(AdvertNames, OfDiscardsAreKnownAndDistinct) {
    std::set<std::string> names;
    for (std::size_t i = 0; i < discard_count; ++i)
        names.insert(std::string{name_of(static_cast<Discard>(i))});
    LONGS_EQUAL(discard_count, names.size());
    CHECK_FALSE(names.contains("unknown"));
    LONGS_EQUAL(discard_count - 1, static_cast<std::size_t>(Discard::address_list));
}

TEST(AdvertNames, TheVridOfAMessageNeedsTwoOctets) {
    CHECK_FALSE(vrid_of({}).has_value());
    CHECK_FALSE(vrid_of(from_hex("31")).has_value());
    LONGS_EQUAL(0xfe, vrid_of(from_hex("31fe")).value());
    LONGS_EQUAL(0x0a, vrid_of(from_hex("310a64")).value());
}
