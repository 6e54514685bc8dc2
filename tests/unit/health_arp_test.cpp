#include "health/arp.hpp"

#include <string>

#include "support.hpp"

#include <CppUTest/TestHarness.h>

using support::address;
using support::from_hex;
using support::to_hex;

namespace {

const std::string reply =
    "0001080006040002" + std::string{"020000000009c0000209"} + "020000000001c0000201";

}  // namespace

TEST_GROUP(HealthArp){};

TEST(HealthArp, ARequestComesFromUsAndAsksForTheTarget) {
    const base::Bytes request = health::arp_request(
        1, {from_hex("020000000001"), address("192.0.2.1")}, address("192.0.2.9"));
    STRCMP_EQUAL("0001080006040001020000000001c0000201000000000000c0000209",
                 to_hex(request).c_str());
}

TEST(HealthArp, AReplyTellsBothParties) {
    const auto heard = health::parse_arp_reply(from_hex(reply));
    CHECK(heard.has_value());
    CHECK((heard->sender == health::ArpParty{from_hex("020000000009"), address("192.0.2.9")}));
    CHECK((heard->target == health::ArpParty{from_hex("020000000001"), address("192.0.2.1")}));
}

TEST(HealthArp, AReplyIsReadWithWhatEthernetFillsItUpWith) {
    CHECK(health::parse_arp_reply(from_hex(reply + std::string(36, '0'))).has_value());
}

TEST(HealthArp, WhatIsNoReplyIsNone) {
    std::string request = reply;
    request[15] = '1';
    CHECK(!health::parse_arp_reply(from_hex(request)));
    std::string of_ipv6 = reply;
    of_ipv6.replace(4, 4, "86dd");
    CHECK(!health::parse_arp_reply(from_hex(of_ipv6)));
    std::string of_long_addresses = reply;
    of_long_addresses.replace(10, 2, "10");
    CHECK(!health::parse_arp_reply(from_hex(of_long_addresses)));
    std::string of_long_hardware = reply;
    of_long_hardware.replace(8, 2, "ff");
    CHECK(!health::parse_arp_reply(from_hex(of_long_hardware)));
}

TEST(HealthArp, NoPartOfAReplyIsOne) {
    const base::Bytes whole = from_hex(reply);
    for (std::size_t size = 0; size < whole.size(); ++size)
        CHECK(!health::parse_arp_reply(base::ByteView{whole}.first(size)));
}
