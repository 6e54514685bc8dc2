#include "vrrp/claim.hpp"

#include <array>
#include <string>

#include "support.hpp"
#include "vrrp/announce.hpp"
#include "vrrp/checksum.hpp"

#include <CppUTest/TestHarness.h>

using namespace vrrp;
using support::address;

namespace {

constexpr base::MacAddress mac{{0x02, 0x11, 0x22, 0x33, 0x44, 0x55}};
const Claim claim_of_ipv4{address("192.0.2.1"), mac};
const Claim claim_of_ipv6{address("2001:db8::1"), mac};

constexpr std::size_t arp = 14;
constexpr std::size_t ipv6 = 14;
constexpr std::size_t icmp = 14 + 40;

base::Bytes arp_frame() { return gratuitous_arp(mac, address("192.0.2.1"), ArpOperation::request); }
base::Bytes advertisement() {
    return unsolicited_neighbor_advertisement(mac, address("2001:db8::1"), Forwarding::on);
}

// With another octet, and the sum right again.
base::Bytes with(base::Bytes frame, std::size_t offset, std::uint8_t value) {
    frame[offset] = value;
    if (frame.size() <= icmp || frame[12] != 0x86) return frame;
    frame[icmp + 2] = frame[icmp + 3] = 0;
    const auto part = [&](std::size_t at) {
        return *base::IpAddress::from_octets(base::ByteView{frame}.subspan(at, 16));
    };
    const auto sum =
        internet_checksum(base::ByteView{frame}.subspan(icmp), part(ipv6 + 8), part(ipv6 + 24), 58);
    frame[icmp + 2] = static_cast<std::uint8_t>(sum >> 8);
    frame[icmp + 3] = static_cast<std::uint8_t>(sum);
    return frame;
}

}  // namespace

TEST_GROUP(Claim){};

TEST(Claim, OfArpIsItsSender) {
    CHECK(parse_claim(arp_frame()) == claim_of_ipv4);
    CHECK(parse_claim(gratuitous_arp(mac, address("192.0.2.1"), ArpOperation::reply)) ==
          claim_of_ipv4);
    // A request for something else, too.
    CHECK(parse_claim(with(arp_frame(), arp + 27, 9)) == claim_of_ipv4);
}

TEST(Claim, OfAnAdvertisementIsItsTarget) {
    CHECK(parse_claim(advertisement()) == claim_of_ipv6);
    CHECK(parse_claim(with(advertisement(), icmp + 4, 0x40)) == claim_of_ipv6);  // an answer
}

TEST(Claim, ThePaddingOfAShortFrameIsNoPartOfIt) {
    base::Bytes padded = arp_frame();
    padded.resize(60);
    CHECK(parse_claim(padded) == claim_of_ipv4);
    padded = advertisement();
    padded.resize(padded.size() + 10, 0xff);
    CHECK(parse_claim(padded) == claim_of_ipv6);
}

TEST(Claim, WithoutATargetOptionTheMacIsThatOfTheFrame) {
    base::Bytes frame = advertisement();
    frame.resize(frame.size() - 8);
    frame[ipv6 + 5] = 24;
    CHECK(parse_claim(with(frame, 11, 0x77)) ==
          (Claim{address("2001:db8::1"), {{0x02, 0x11, 0x22, 0x33, 0x44, 0x77}}}));
}

TEST(Claim, AnOptionOfAnotherKindIsPassedOver) {
    CHECK(parse_claim(with(advertisement(), icmp + 24, 14)) == claim_of_ipv6);
}

TEST(Claim, AFrameThatIsCutShortClaimsNothing) {
    for (const base::Bytes& whole : {arp_frame(), advertisement()})
        for (std::size_t size = 0; size < whole.size(); ++size)
            CHECK_FALSE(parse_claim(base::ByteView{whole}.first(size)).has_value());
}

TEST(Claim, WhatIsNotExactlyRightClaimsNothing) {
    struct Case {
        const char* what;
        base::Bytes frame;
    };
    const base::Bytes probe =
        with(with(with(with(arp_frame(), arp + 14, 0), arp + 15, 0), arp + 16, 0), arp + 17, 0);
    base::Bytes wrong_sum = advertisement();
    ++wrong_sum[icmp + 3];
    for (const Case& c : {
             Case{"another ethertype", with(arp_frame(), 13, 0x00)},
             Case{"hardware", with(arp_frame(), arp + 1, 6)},
             Case{"protocol", with(arp_frame(), arp + 3, 1)},
             Case{"size of a MAC", with(arp_frame(), arp + 4, 8)},
             Case{"size of an address", with(arp_frame(), arp + 5, 16)},
             Case{"operation 3", with(arp_frame(), arp + 7, 3)},
             Case{"operation 257", with(arp_frame(), arp + 6, 1)},
             Case{"a group as MAC", with(arp_frame(), arp + 8, 0x03)},
             Case{"a group as address", with(arp_frame(), arp + 14, 239)},
             Case{"a probe", probe},
             Case{"IPv4", with(advertisement(), ipv6, 0x40)},
             Case{"next header", with(advertisement(), ipv6 + 6, 0)},
             Case{"a Hop Limit of 254", with(advertisement(), ipv6 + 7, 254)},
             Case{"a solicitation", with(advertisement(), icmp, 135)},
             Case{"code 1", with(advertisement(), icmp + 1, 1)},
             Case{"a group as target", with(advertisement(), icmp + 8, 0xff)},
             Case{"an option without length", with(advertisement(), icmp + 25, 0)},
             Case{"an option that is too long", with(advertisement(), icmp + 25, 2)},
             Case{"a group in the option", with(advertisement(), icmp + 26, 0x03)},
             Case{"the checksum", wrong_sum},
         })
        CHECK_FALSE_TEXT(parse_claim(c.frame).has_value(), c.what);
}
