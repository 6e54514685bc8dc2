// RFC 9568 section 5, the protocol on the wire: a test a sentence.
#include <concepts>

#include "config/config.hpp"
#include "rfc_support.hpp"

#include <CppUTest/TestHarness.h>

using namespace vrrp;
using namespace rfc;
using support::address;
using support::centiseconds;
using support::from_hex;
using support::priority;
using support::to_hex;
using support::vrid;

namespace {

// Octet `offset` of an advert for two IPv4 addresses.
int octet_of(const Advert& advert, std::size_t offset) { return message_of(advert).at(offset); }

std::string verdict(const Arrival& arrival) { return arrival.verdict(); }

base::Bytes ipv4_datagram(int protocol) {
    base::Bytes datagram = from_hex("45c0002000000000ff7017a0c00002fbe0000012");
    datagram[9] = static_cast<std::uint8_t>(protocol);
    datagram.resize(32);
    return datagram;
}

base::Bytes ipv6_datagram(int next_header) {
    base::Bytes datagram = ipv6_header(over_ipv6, 255, 12);
    datagram[6] = static_cast<std::uint8_t>(next_header);
    datagram.resize(52);
    return datagram;
}

std::uint16_t sum_field(const base::Bytes& message) {
    return static_cast<std::uint16_t>(message[6] << 8 | message[7]);
}

}  // namespace

TEST_GROUP(Rfc9568_5_1_1_2_Destination){};

// proves: 9568-5.1.1.2-a
TEST(Rfc9568_5_1_1_2_Destination, IsTheGroup224_0_0_18) {
    STRCMP_EQUAL("224.0.0.18", multicast_group(Family::ipv4).text().c_str());
}

TEST_GROUP(Rfc9568_5_1_1_3_Ttl){};

// proves: 9568-5.1.1.3-b, 9568-7.1-a
TEST(Rfc9568_5_1_1_3_Ttl, OtherThan255IsDiscarded) {
    Arrival arrival = arrival_of(version3(ipv4_addresses));
    for (int ttl = 0; ttl < 255; ++ttl) {
        arrival.ttl = static_cast<std::uint8_t>(ttl);
        CHECK_EQUAL(std::string{"ip-ttl-errors"}, verdict(arrival));
    }
}

TEST_GROUP(Rfc9568_5_1_1_4_Protocol){};

// proves: 9568-5.1.1.4-a
TEST(Rfc9568_5_1_1_4_Protocol, IsNumber112) {
    LONGS_EQUAL(112, ip_protocol);
    CHECK_TRUE(parse_ip(ipv4_datagram(112)).has_value());
    CHECK_FALSE(parse_ip(ipv4_datagram(111)).has_value());
}

TEST_GROUP(Rfc9568_5_1_2_2_Destination){};

// proves: 9568-5.1.2.2-a
TEST(Rfc9568_5_1_2_2_Destination, IsTheGroupFf02_12) {
    STRCMP_EQUAL("ff02::12", multicast_group(Family::ipv6).text().c_str());
}

TEST_GROUP(Rfc9568_5_1_2_3_HopLimit){};

// proves: 9568-5.1.2.3-b, 9568-7.1-a
TEST(Rfc9568_5_1_2_3_HopLimit, OtherThan255IsDiscarded) {
    Arrival arrival = arrival_of(version3(ipv6_addresses));
    for (int hop_limit = 0; hop_limit < 255; ++hop_limit) {
        arrival.ttl = static_cast<std::uint8_t>(hop_limit);
        CHECK_EQUAL(std::string{"ip-ttl-errors"}, verdict(arrival));
    }
}

TEST_GROUP(Rfc9568_5_1_2_4_NextHeader){};

// proves: 9568-5.1.2.4-a
TEST(Rfc9568_5_1_2_4_NextHeader, IsNumber112) {
    LONGS_EQUAL(112, ipv6_header(over_ipv6, 255, 12)[6]);
    CHECK_TRUE(parse_ip(ipv6_datagram(112)).has_value());
    CHECK_FALSE(parse_ip(ipv6_datagram(0)).has_value());
}

TEST_GROUP(Rfc9568_5_2_1_Version){};

// proves: 9568-5.2.1-a
TEST(Rfc9568_5_2_1_Version, IsThree) {
    LONGS_EQUAL(3, octet_of(version3(ipv4_addresses), 0) >> 4);
    LONGS_EQUAL(3, octet_of(version3(ipv6_addresses), 0) >> 4);
}

TEST_GROUP(Rfc9568_5_2_2_Type){};

// proves: 9568-5.2.2-a
TEST(Rfc9568_5_2_2_Type, IsOne) { LONGS_EQUAL(1, octet_of(version3(ipv4_addresses), 0) & 0x0f); }

// proves: 9568-5.2.2-b, 9568-7.1-c
TEST(Rfc9568_5_2_2_Type, OfAnyOtherNumberIsDiscarded) {
    const Advert sent = version3(ipv4_addresses);
    for (int type = 0; type < 16; ++type) {
        if (type == 1) continue;
        const auto message = with_octet(message_of(sent), 0, 0x30 | type);
        CHECK_EQUAL(std::string{"invalid-type-pkts-rcvd"}, verdict(arrival_of(sent, message)));
    }
}

TEST_GROUP(Rfc9568_5_2_3_Vrid){};

// proves: 9568-5.2.3-a
TEST(Rfc9568_5_2_3_Vrid, NamesTheVirtualRouter) {
    Advert sent = version3(ipv4_addresses);
    for (int value = 1; value <= 255; ++value) {
        sent.vrid = vrid(value);
        LONGS_EQUAL(value, octet_of(sent, 1));
        LONGS_EQUAL(value, decode({over_ipv4, 255, message_of(sent)}).value().vrid);
    }
}

// proves: 9568-5.2.3-b
TEST(Rfc9568_5_2_3_Vrid, IsOneTo255AndHasNoDefault) {
    CHECK_FALSE(Vrid::from(0).has_value());
    CHECK_TRUE(Vrid::from(1).has_value());
    CHECK_TRUE(Vrid::from(255).has_value());
    CHECK_FALSE(Vrid::from(256).has_value());
    CHECK_FALSE(std::default_initializable<Vrid>);
}

TEST_GROUP(Rfc9568_5_2_4_Priority){};

// proves: 9568-5.2.4-a
TEST(Rfc9568_5_2_4_Priority, IsHigherWithAHigherNumber) {
    for (int value = 1; value < 255; ++value) {
        CHECK_TRUE(is_active(after(router(value + 1), active, advert(value))));
        CHECK_TRUE(is_backup(after(router(value), active, advert(value + 1))));
    }
}

// proves: 9568-5.2.4-b
TEST(Rfc9568_5_2_4_Priority, OfTheOwnerIs255) {
    Advert sent = version3(ipv4_addresses);
    sent.priority = Priority::owner();
    LONGS_EQUAL(255, octet_of(sent, 2));
}

// proves: 9568-5.2.4-c
TEST(Rfc9568_5_2_4_Priority, OfABackupIsOneTo254) {
    CHECK_FALSE(Priority::from(0).has_value());
    CHECK_TRUE(Priority::from(1).has_value());
    CHECK_TRUE(Priority::from(254).has_value());
    CHECK_FALSE(Priority::from(255).has_value());
}

// proves: 9568-5.2.4-d, 9568-6.1-g
TEST(Rfc9568_5_2_4_Priority, Is100ByDefault) { LONGS_EQUAL(100, Priority::usual().wire()); }

// proves: 9568-5.2.4-e
TEST(Rfc9568_5_2_4_Priority, OfZeroSparesEverybodyTheTimeout) {
    const Step leaving = after(router(200), active, event::Shutdown{});
    CHECK_TRUE(sends(leaving, 0));
    const Step following = after(router(100), backup, advert(0));
    CHECK_TRUE(timer(following) < active_down_interval(Version::v3, priority(100), one_second));
}

TEST_GROUP(Rfc9568_5_2_5_AddrCount){};

// proves: 9568-5.2.5-a
TEST(Rfc9568_5_2_5_AddrCount, SaysHowManyAddressesFollow) {
    LONGS_EQUAL(2, octet_of(version3(ipv4_addresses), 3));
    LONGS_EQUAL(1, octet_of(version3({address("192.0.2.1")}), 3));
    LONGS_EQUAL(8 + 2 * 4, message_of(version3(ipv4_addresses)).size());
    LONGS_EQUAL(8 + 2 * 16, message_of(version3(ipv6_addresses)).size());
}

// proves: 9568-5.2.5-b
TEST(Rfc9568_5_2_5_AddrCount, OfZeroIsIgnored) {
    const Advert sent = version3({});
    LONGS_EQUAL(0, octet_of(sent, 3));
    CHECK_EQUAL(std::string{"address-count-zero"}, verdict(arrival_of(sent)));
}

TEST_GROUP(Rfc9568_5_2_6_Reserve){};

// proves: 9568-5.2.6-a
TEST(Rfc9568_5_2_6_Reserve, IsSentAsZero) {
    Advert sent = version3(ipv4_addresses);
    sent.interval = centiseconds(4095);
    LONGS_EQUAL(0, octet_of(sent, 4) >> 4);
}

// proves: 9568-5.2.6-b
TEST(Rfc9568_5_2_6_Reserve, IsIgnoredWhenItComes) {
    const Advert sent = version3(ipv4_addresses);
    for (int reserve = 0; reserve < 16; ++reserve) {
        const auto message = with_octet(message_of(sent), 4, reserve << 4);
        const auto accepted = arrival_of(sent, message).result();
        CHECK_TRUE(accepted.value().event.interval == one_second);
    }
}

TEST_GROUP(Rfc9568_5_2_7_Interval){};

// proves: 9568-5.2.7-a
TEST(Rfc9568_5_2_7_Interval, IsTwelveBitsOfCentiseconds) {
    Advert sent = version3(ipv4_addresses);
    sent.interval = centiseconds(0xabc);
    CHECK_EQUAL(std::string{"0abc"}, to_hex(base::ByteView{message_of(sent)}.subspan(4, 2)));
    CHECK_TRUE(arrival_of(sent).result().value().event.interval.value() ==
               base::Centiseconds{0xabc});
}

// proves: 9568-5.2.7-b, 9568-6.1-c
TEST(Rfc9568_5_2_7_Interval, Is100ByDefault) {
    CHECK_TRUE(AdvertInterval::one_second().value() == base::Centiseconds{100});
    const config::Router unsaid{.name = {},
                                .interface = {},
                                .vrid = vrid(1),
                                .priority = Priority::usual(),
                                .preempt = {},
                                .announcement = {},
                                .peers = {},
                                .sources = {},
                                .addresses = {}};
    CHECK_TRUE(unsaid.advertise == centiseconds(100));
}

// proves: 9568-5.2.7-c
TEST(Rfc9568_5_2_7_Interval, IsOneTo4095) {
    CHECK_FALSE(AdvertInterval::from(base::Centiseconds{0}).has_value());
    CHECK_TRUE(AdvertInterval::from(base::Centiseconds{1}).has_value());
    CHECK_TRUE(AdvertInterval::from(base::Centiseconds{4095}).has_value());
    CHECK_FALSE(AdvertInterval::from(base::Centiseconds{4096}).has_value());
}

// proves: 9568-5.2.7-c
TEST(Rfc9568_5_2_7_Interval, OfZeroIsDiscarded) {
    const Advert sent = version3(ipv4_addresses);
    const auto message = with_octet(message_of(sent), 5, 0);
    CHECK_EQUAL(std::string{"interval-zero"}, verdict(arrival_of(sent, message)));
}

TEST_GROUP(Rfc9568_5_2_8_Checksum){};

// The words of 310a 6401 0064 0000 c000 0201 add up to 1 5770, which is 5771 with its carry.
// proves: 9568-5.2.8-a, 9568-5.2.8-e
TEST(Rfc9568_5_2_8_Checksum, IsTheComplementOfTheSumOfTheWords) {
    const auto message = message_of(version3({address("192.0.2.1")}));
    LONGS_EQUAL(0x5771 ^ 0xffff, sum_field(message));
}

// proves: 9568-5.2.8-b
TEST(Rfc9568_5_2_8_Checksum, CoversEveryOctetOfTheMessage) {
    for (const auto& list : {ipv4_addresses, ipv6_addresses}) {
        const Advert sent = version3(list);
        Arrival arrival = arrival_of(sent);
        for (std::size_t i = 0; i < arrival.message.size(); ++i) {
            arrival.message[i] ^= 0x20;
            CHECK_FALSE(verdict(arrival) == "accept");
            arrival.message[i] ^= 0x20;
        }
    }
}

// proves: 9568-5.2.8-c
TEST(Rfc9568_5_2_8_Checksum, CountsItselfAsZero) {
    base::Bytes message = message_of(version3(ipv4_addresses));
    const std::uint16_t sent = sum_field(message);
    message[6] = message[7] = 0;
    LONGS_EQUAL(internet_checksum(message), sent);
}

// proves: 9568-5.2.8-d
TEST(Rfc9568_5_2_8_Checksum, IncludesThePseudoHeaderOverIpv6) {
    const Advert sent = version3(ipv6_addresses);
    base::Bytes whole = from_hex(
        "fe8000000000000000000000000000fb"
        "ff020000000000000000000000000012"
        "00000028"
        "00000070");
    const base::Bytes message = message_of(sent);
    whole.insert(whole.end(), message.begin(), message.end());
    LONGS_EQUAL(0, internet_checksum(whole));
    const auto alone = with_right_sum(message);
    CHECK_EQUAL(std::string{"checksum-errors"}, verdict(arrival_of(sent, alone)));
}

// proves: 9568-5.2.8-e
TEST(Rfc9568_5_2_8_Checksum, IncludesNoPseudoHeaderOverIpv4) {
    const Advert sent = version3(ipv4_addresses);
    Arrival elsewhere = arrival_of(sent);
    elsewhere.route.source = address("203.0.113.77");
    CHECK_EQUAL(std::string{"accept"}, verdict(elsewhere));
    CHECK_FALSE(elsewhere.has_note(Note::checksum_pseudo_header));
}

// proves: 9568-5.2.8-f
TEST(Rfc9568_5_2_8_Checksum, WithAnIpv4PseudoHeaderIsToldOfAndRefusedByAStrictRouter) {
    const Advert sent = version3(ipv4_addresses);
    Arrival arrival = arrival_of(sent, message_of(sent, ChecksumDialect::rfc5798));
    CHECK_TRUE(arrival.has_note(Note::checksum_pseudo_header));
    arrival.expected.dialect = ChecksumDialect::rfc9568;
    CHECK_EQUAL(std::string{"checksum-errors"}, verdict(arrival));
}

TEST_GROUP(Rfc9568_5_2_9_Addresses){};

// proves: 9568-5.2.9-a
TEST(Rfc9568_5_2_9_Addresses, AreOfTheFamilyOfTheIpHeader) {
    Arrival arrival = arrival_of(version3(ipv4_addresses));
    CHECK_TRUE(decode({over_ipv4, 255, arrival.message}).value().addresses == ipv4_addresses);
    arrival = arrival_of(version3(ipv6_addresses));
    CHECK_TRUE(decode({over_ipv6, 255, arrival.message}).value().addresses == ipv6_addresses);
    arrival.route = over_ipv4;
    CHECK_EQUAL(std::string{"packet-length-errors"}, verdict(arrival));
}

// proves: 9568-5.2.9-b
TEST(Rfc9568_5_2_9_Addresses, StandInTheConfiguredOrder) {
    const auto message = message_of(version3({address("192.0.2.2"), address("192.0.2.1")}));
    CHECK_EQUAL(std::string{"c0000202c0000201"}, to_hex(base::ByteView{message}.subspan(8)));
}

// proves: 9568-5.2.9-c
TEST(Rfc9568_5_2_9_Addresses, OfIpv6BeginWithALinkLocalOne) {
    CHECK_EQUAL(std::string{"accept"}, verdict(arrival_of(version3(ipv6_addresses))));
    const Advert global_first = version3({address("2001:db8::1"), address("fe80::1")});
    CHECK_EQUAL(std::string{"first-address-not-link-local"}, verdict(arrival_of(global_first)));
}
