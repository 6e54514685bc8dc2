#include "vrrp/frame.hpp"

#include "support.hpp"

#include <CppUTest/TestHarness.h>

using namespace vrrp;
using support::address;
using support::from_hex;
using support::to_hex;

TEST_GROUP(AdvertFrame){};

// proves: 9568-6.1-i, 9568-7.3-a, 9568-7.3-b
TEST(AdvertFrame, TheVirtualMacEndsInTheVrid) {
    STRCMP_EQUAL("00:00:5e:00:01:0a", virtual_mac(Family::ipv4, support::vrid(10)).text().c_str());
    STRCMP_EQUAL("00:00:5e:00:02:ff", virtual_mac(Family::ipv6, support::vrid(255)).text().c_str());
}

// The message and the addresses are those of vector v3-4-1a; the header differs from its in Don't
// Fragment alone.
TEST(AdvertFrame, OverIpv4GoesToTheGroupWithTtl255) {
    const base::Bytes message = from_hex("310a64010064a88ec0000201");
    const Route route{address("192.0.2.251"), address("224.0.0.18")};
    const base::Bytes frame =
        advert_frame(virtual_mac(Family::ipv4, support::vrid(10)), message, route);
    STRCMP_EQUAL(
        "01005e000012"
        "00005e00010a"
        "0800"
        "45c0002000004000ff70d79fc00002fbe0000012"
        "310a64010064a88ec0000201",
        to_hex(frame).c_str());
}

// Vector v3-6-1.
TEST(AdvertFrame, OverIpv6GoesToTheGroupWithHopLimit255) {
    const base::Bytes message = from_hex(
        "310a64020064efd5fe80000000000000000000000000000120010db8000000000000000000000001");
    const Route route{address("fe80::5054:ff:fe00:fb"), address("ff02::12")};
    const base::Bytes frame =
        advert_frame(virtual_mac(Family::ipv6, support::vrid(10)), message, route);
    STRCMP_EQUAL(
        "333300000012"
        "00005e00020a"
        "86dd"
        "6c000000002870fffe80000000000000505400fffe0000fbff020000000000000000000000000012"
        "310a64020064efd5fe80000000000000000000000000000120010db8000000000000000000000001",
        to_hex(frame).c_str());
}

TEST(AdvertFrame, IsReadBackByOurOwnReceiver) {
    const Advert advert{.version = Version::v3,
                        .vrid = support::vrid(10),
                        .priority = support::priority(100),
                        .interval = AdvertInterval::one_second(),
                        .addresses = {address("192.0.2.1")}};
    const Route route{address("192.0.2.251"), address("224.0.0.18")};
    const base::Bytes frame = advert_frame(virtual_mac(Family::ipv4, advert.vrid),
                                           encode(advert, route, ChecksumDialect::rfc9568), route);
    const auto datagram = parse_ip(base::ByteView{frame}.subspan(14));
    CHECK(datagram.has_value());
    CHECK(datagram->route.source == route.source);
    LONGS_EQUAL(255, datagram->ttl);
    CHECK(decode(*datagram).has_value());
}
