// parse_ipv4() of vrrp/advert.cpp; the rest of that file is tested in vrrp_advert_test.cpp.
#include <string>
#include <string_view>

#include "support.hpp"
#include "vrrp/advert.hpp"

#include <CppUTest/TestHarness.h>

using namespace vrrp;
using support::address;
using support::from_hex;
using support::to_hex;

namespace {

constexpr std::string_view ipv4_header = "45c0002000000000ff7017a0c00002fbe0000012";
constexpr std::string_view message_octets = "310a64010064a88ec0000201";

base::Bytes datagram_octets() {
    return from_hex(std::string{ipv4_header} + std::string{message_octets});
}

bool is_refused(const base::Bytes& datagram) {
    const auto result = parse_ipv4(datagram);
    return !result && result.error() == Discard::ip_header;
}

}  // namespace

TEST_GROUP(Ipv4Header){};

TEST(Ipv4Header, GivesRouteTtlAndMessage) {
    base::Bytes octets = datagram_octets();
    octets[8] = 77;
    const auto datagram = parse_ipv4(octets);
    CHECK_TRUE(datagram.has_value());
    CHECK_TRUE(datagram->route.source == address("192.0.2.251"));
    CHECK_TRUE(datagram->route.destination == address("224.0.0.18"));
    LONGS_EQUAL(77, datagram->ttl);
    CHECK_EQUAL(std::string{message_octets}, to_hex(datagram->message));
}

TEST(Ipv4Header, MayCarryOptionsOfEveryLength) {
    for (std::size_t words = 5; words <= 15; ++words) {
        base::Bytes octets = datagram_octets();
        octets.insert(octets.begin() + 20, (words - 5) * 4, 0x94);
        octets[0] = static_cast<std::uint8_t>(0x40 + words);
        octets[3] = static_cast<std::uint8_t>(octets.size());
        CHECK_EQUAL(std::string{message_octets}, to_hex(parse_ipv4(octets).value().message));
    }
}

// Ethernet pads a short frame to 60 octets: 46 for the datagram.
TEST(Ipv4Header, EndsThePayloadAtItsTotalLength) {
    for (const std::size_t size : {33U, 46U, 1500U}) {
        base::Bytes octets = datagram_octets();
        octets.resize(size, 0xee);
        CHECK_EQUAL(std::string{message_octets}, to_hex(parse_ipv4(octets).value().message));
    }
}

TEST(Ipv4Header, MayBeAllThereIs) {
    base::Bytes octets = datagram_octets();
    octets[3] = 20;
    LONGS_EQUAL(0, parse_ipv4(octets).value().message.size());
}

TEST(Ipv4Header, IsRefusedWhenTheDatagramIsShorterThanItSays) {
    const base::Bytes whole = datagram_octets();
    for (std::size_t size = 0; size < whole.size(); ++size) {
        base::Bytes octets = whole;
        octets.resize(size);
        CHECK_TRUE(is_refused(octets));
    }
}

TEST(Ipv4Header, IsRefusedWithEveryVersionButFour) {
    for (std::uint8_t version = 0; version < 16; ++version) {
        base::Bytes octets = datagram_octets();
        octets[0] = static_cast<std::uint8_t>(version << 4 | 5);
        CHECK_EQUAL(version != 4, is_refused(octets));
    }
}

TEST(Ipv4Header, IsRefusedWithEveryProtocolButVrrp) {
    for (int protocol = 0; protocol < 256; ++protocol) {
        base::Bytes octets = datagram_octets();
        octets[9] = static_cast<std::uint8_t>(protocol);
        CHECK_EQUAL(protocol != 112, is_refused(octets));
    }
}

TEST(Ipv4Header, IsRefusedWhenItIsShorterThan20OctetsOrLongerThanTheDatagram) {
    for (int words = 0; words < 16; ++words) {
        base::Bytes octets = datagram_octets();
        octets[0] = static_cast<std::uint8_t>(0x40 + words);
        CHECK_EQUAL(words < 5 || words > 8, is_refused(octets));
    }
}

TEST(Ipv4Header, IsRefusedWhenItIsLongerThanItsOwnTotalLength) {
    base::Bytes octets = datagram_octets();
    octets[0] = 0x46;
    octets[3] = 23;
    CHECK_TRUE(is_refused(octets));
    octets[3] = 24;
    CHECK_FALSE(is_refused(octets));
}

TEST(Ipv4Header, ReadsBothOctetsOfTheTotalLength) {
    base::Bytes octets = datagram_octets();
    octets[2] = 1;
    CHECK_TRUE(is_refused(octets));
    octets.resize(0x120, 0);
    LONGS_EQUAL(0x120 - 20, parse_ipv4(octets).value().message.size());
}
