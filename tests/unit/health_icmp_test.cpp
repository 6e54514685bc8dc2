#include "health/icmp.hpp"

#include <string>

#include "support.hpp"

#include <CppUTest/TestHarness.h>

using base::Family;
using health::Echo;
using support::address;
using support::from_hex;
using support::to_hex;

namespace {

constexpr Echo echo{.identifier = 0x1234, .sequence = 7, .nonce = 0x0102030405060708};
// Type 0, code 0, sum, identifier, sequence, nonce.
const std::string reply_v4 = "0000ddb0123400070102030405060708";
const std::string header_v4 = "4500002400000000400100000a0000010a000002";
const std::string reply_v6 = "81000000123400070102030405060708";
// Type 136, code 0, sum, flags (router, solicited, override), the target 2001:db8::9.
const std::string advertisement = "88000000e000000020010db8000000000000000000000009";

std::optional<Echo> reply(Family family, const std::string& hex) {
    return health::parse_echo_reply(family, from_hex(hex));
}
std::optional<base::IpAddress> neighbor(const std::string& hex, int hop_limit = 255) {
    return health::parse_solicited_advertisement(from_hex(hex), hop_limit);
}

}  // namespace

TEST_GROUP(HealthIcmp){};

TEST(HealthIcmp, TheSumIsThatOfRfc1071) {
    LONGS_EQUAL(0x220d, health::internet_sum(from_hex("0001f203f4f5f6f7")));
    LONGS_EQUAL(0xfbfe, health::internet_sum(from_hex("000104")));  // the last octet is a high one
    LONGS_EQUAL(0, health::internet_sum(from_hex("0001f203f4f5f6f7220d")));
}

TEST(HealthIcmp, ARequestOfIpv4HasItsSum) {
    const base::Bytes request = health::echo_request(Family::ipv4, echo);
    STRCMP_EQUAL("0800d5b0123400070102030405060708", to_hex(request).c_str());
}

TEST(HealthIcmp, ARequestOfIpv6LeavesTheSumToTheKernel) {
    const base::Bytes request = health::echo_request(Family::ipv6, echo);
    STRCMP_EQUAL("80000000123400070102030405060708", to_hex(request).c_str());
}

TEST(HealthIcmp, AReplyIsRead) {
    CHECK(reply(Family::ipv4, header_v4 + reply_v4) == echo);
    CHECK(reply(Family::ipv6, reply_v6) == echo);
}

TEST(HealthIcmp, AReplyBehindIpOptionsIsRead) {
    const std::string options = "4600002800000000400100000a0000010a00000294040000";
    CHECK(reply(Family::ipv4, options + reply_v4) == echo);
}

TEST(HealthIcmp, WhatIsNoReplyIsNone) {
    const std::string broken_sum = "0000ddb1123400070102030405060708";
    const std::string a_request = "0800d5b0123400070102030405060708";
    CHECK(!reply(Family::ipv4, header_v4 + broken_sum));
    CHECK(!reply(Family::ipv4, header_v4 + a_request));
    CHECK(!reply(Family::ipv4, reply_v4));
    CHECK(!reply(Family::ipv4, ""));
    CHECK(!reply(Family::ipv6, "80" + reply_v6.substr(2)));
    CHECK(!reply(Family::ipv6, "8101" + reply_v6.substr(4)));
}

TEST(HealthIcmp, NoPartOfAReplyIsOne) {
    const base::Bytes whole = from_hex(header_v4 + reply_v4);
    for (std::size_t size = 0; size < whole.size(); ++size)
        CHECK(!health::parse_echo_reply(Family::ipv4, base::ByteView{whole}.first(size)));
    const base::Bytes whole_v6 = from_hex(reply_v6);
    for (std::size_t size = 0; size < whole_v6.size(); ++size)
        CHECK(!health::parse_echo_reply(Family::ipv6, base::ByteView{whole_v6}.first(size)));
}

TEST(HealthIcmp, ASolicitationNamesItsTargetAndOurOwnHardware) {
    const base::Bytes solicitation =
        health::neighbor_solicitation(address("2001:db8::9"), from_hex("020000000001"));
    STRCMP_EQUAL("870000000000000020010db80000000000000000000000090101020000000001",
                 to_hex(solicitation).c_str());
}

TEST(HealthIcmp, AnOptionIsFilledToWholeUnits) {
    const base::Bytes solicitation =
        health::neighbor_solicitation(address("2001:db8::9"), from_hex("0200000000000001"));
    LONGS_EQUAL(24 + 16, solicitation.size());
    LONGS_EQUAL(2, solicitation[25]);
}

TEST(HealthIcmp, ALinkWithoutHardwareAddressesGivesNoOption) {
    LONGS_EQUAL(24, health::neighbor_solicitation(address("2001:db8::9"), {}).size());
}

TEST(HealthIcmp, TheSolicitedNodeGroupHasTheLastThreeOctets) {
    STRCMP_EQUAL("ff02::1:ff12:3456",
                 health::solicited_node_group(address("2001:db8::ab12:3456")).text().c_str());
}

TEST(HealthIcmp, AnAdvertisementTellsItsTarget) {
    CHECK(neighbor(advertisement) == address("2001:db8::9"));
    CHECK(neighbor(advertisement + "0201020000000009") == address("2001:db8::9"));
}

TEST(HealthIcmp, AnAdvertisementFromBeyondTheLinkIsNone) { CHECK(!neighbor(advertisement, 254)); }

TEST(HealthIcmp, AnUnsolicitedAdvertisementIsNoAnswer) {
    CHECK(!neighbor("88000000a000000020010db8000000000000000000000009"));
}

TEST(HealthIcmp, WhatIsNoAdvertisementIsNone) {
    CHECK(!neighbor("87" + advertisement.substr(2)));
    CHECK(!neighbor("8801" + advertisement.substr(4)));
    CHECK(!neighbor(advertisement.substr(0, 46)));
    CHECK(!neighbor(advertisement + "0200020000000009"));  // an option without a length
    CHECK(!neighbor(advertisement + "0202020000000009"));  // one that is not whole
    CHECK(!neighbor(advertisement + "02"));
    CHECK(!neighbor("88000000e0000000ff020000000000000000000000000001"));
}
