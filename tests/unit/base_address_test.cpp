#include "base/address.hpp"

#include <array>
#include <string>

#include "support.hpp"

#include <CppUTest/TestHarness.h>

using namespace base;
using support::address;

namespace {

InterfaceAddress on_interface(const char* text) { return InterfaceAddress::parse(text).value(); }

}  // namespace

TEST_GROUP(IpAddressText){};

TEST(IpAddressText, IsReadAndPrintedInItsCanonicalForm) {
    struct Case {
        const char* text;
        const char* canonical;
    };
    for (const Case& c :
         {Case{"0.0.0.0", "0.0.0.0"}, Case{"192.0.2.1", "192.0.2.1"},
          Case{"255.255.255.255", "255.255.255.255"}, Case{"::", "::"}, Case{"FE80::1", "fe80::1"},
          Case{"2001:0db8:0:0:0:0:0:0001", "2001:db8::1"},
          Case{"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
               "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"}})
        STRCMP_EQUAL(c.canonical, address(c.text).text().c_str());
}

TEST(IpAddressText, TellsTheFamily) {
    CHECK_TRUE(address("192.0.2.1").family() == Family::ipv4);
    CHECK_TRUE(address("2001:db8::1").family() == Family::ipv6);
}

TEST(IpAddressText, OfAnythingElseIsRefused) {
    for (const char* text :
         {"", "localhost", "eth0", "192.0.2", "192.0.2.256", "192.0.02.1", "192.0.2.1.1",
          "192.0.2.1/24", " 192.0.2.1", "192.0.2.1 ", "0xc0000201", "3221225985", "fe80::1%eth0",
          "2001:db8::1/64", "2001:db8::1::2", "12345::", "[::1]"})
        CHECK_TEXT(!IpAddress::parse(text), text);
}

TEST(IpAddressText, MayNotHideSomethingBehindAZeroOctet) {
    CHECK_FALSE(IpAddress::parse(std::string_view{"192.0.2.1\0x", 11}).has_value());
    CHECK_FALSE(IpAddress::parse(std::string_view{"192.0.2.1\0", 10}).has_value());
}

TEST(IpAddressText, MayBePartOfALongerText) {
    const std::string_view line{"192.0.2.17"};
    STRCMP_EQUAL("192.0.2.1", IpAddress::parse(line.substr(0, 9)).value().text().c_str());
}

TEST_GROUP(IpAddressValue){};

TEST(IpAddressValue, ComesFromFourOrSixteenOctetsOnly) {
    const std::array<std::uint8_t, 20> octets{};
    for (std::size_t size = 0; size <= octets.size(); ++size)
        CHECK_EQUAL(size == 4 || size == 16,
                    IpAddress::from_octets(ByteView{octets}.first(size)).has_value());
}

TEST(IpAddressValue, KeepsTheOrderOfItsOctets) {
    CHECK_EQUAL(std::string{"c0000201"}, support::to_hex(address("192.0.2.1").octets()));
    CHECK_EQUAL(std::string{"fe800000000000000102030405060708"},
                support::to_hex(address("fe80::102:304:506:708").octets()));
}

TEST(IpAddressValue, IsTheSameHoweverItWasMade) {
    CHECK_TRUE(IpAddress::v4(0xc0000201) == address("192.0.2.1"));
    CHECK_TRUE(IpAddress::from_octets(support::from_hex("c0000201")) == address("192.0.2.1"));
    CHECK_TRUE(IpAddress{} == address("0.0.0.0"));
}

TEST(IpAddressValue, HasFourOrSixteenOctets) {
    LONGS_EQUAL(4, address_size(Family::ipv4));
    LONGS_EQUAL(16, address_size(Family::ipv6));
    LONGS_EQUAL(4, address("0.0.0.0").octets().size());
    LONGS_EQUAL(16, address("::").octets().size());
}

TEST(IpAddressValue, NamesItsFamily) {
    CHECK_TRUE(name_of(Family::ipv4) == "ipv4");
    CHECK_TRUE(name_of(Family::ipv6) == "ipv6");
}

TEST(IpAddressValue, ComparesAsUnsignedIntegerInNetworkByteOrder) {
    struct Case {
        const char* smaller;
        const char* larger;
    };
    for (const Case& c :
         {Case{"192.0.2.1", "192.0.2.2"}, Case{"192.0.2.255", "192.0.3.0"},
          Case{"9.255.255.255", "10.0.0.0"}, Case{"127.255.255.255", "128.0.0.0"},
          Case{"0.0.0.1", "1.0.0.0"}, Case{"fe80::1", "fe80::2"}, Case{"fe80::ff", "fe80::100"},
          Case{"7fff::", "8000::"}, Case{"255.255.255.255", "::"}}) {
        CHECK_TEXT(address(c.smaller) < address(c.larger), c.smaller);
        CHECK_TEXT(address(c.larger) > address(c.smaller), c.smaller);
    }
}

TEST(IpAddressValue, OfOneFamilyIsNeverEqualToOneOfTheOther) {
    CHECK_FALSE(address("0.0.0.0") == address("::"));
}

TEST(IpAddressValue, KnowsWhatKindOfAddressItIs) {
    struct Case {
        const char* text;
        bool unspecified;
        bool multicast;
        bool loopback;
        bool link_local;
    };
    for (const Case& c : {
             Case{"0.0.0.0", true, false, false, false},
             Case{"0.0.0.1", false, false, false, false},
             Case{"126.255.255.255", false, false, false, false},
             Case{"127.0.0.0", false, false, true, false},
             Case{"127.255.255.255", false, false, true, false},
             Case{"128.0.0.1", false, false, false, false},
             Case{"169.254.0.1", false, false, false, false},
             Case{"223.255.255.255", false, false, false, false},
             Case{"224.0.0.18", false, true, false, false},
             Case{"239.255.255.255", false, true, false, false},
             Case{"240.0.0.0", false, false, false, false},
             Case{"254.128.0.1", false, false, false, false},
             Case{"::", true, false, false, false},
             Case{"::1", false, false, true, false},
             Case{"::2", false, false, false, false},
             Case{"1::1", false, false, false, false},
             Case{"fe7f:ffff::1", false, false, false, false},
             Case{"fe80::", false, false, false, true},
             Case{"febf:ffff::1", false, false, false, true},
             Case{"fec0::1", false, false, false, false},
             Case{"feff::1", false, false, false, false},
             Case{"ff02::12", false, true, false, false},
         }) {
        const IpAddress subject = address(c.text);
        CHECK_EQUAL_TEXT(c.unspecified, subject.is_unspecified(), c.text);
        CHECK_EQUAL_TEXT(c.multicast, subject.is_multicast(), c.text);
        CHECK_EQUAL_TEXT(c.loopback, subject.is_loopback(), c.text);
        CHECK_EQUAL_TEXT(c.link_local, subject.is_link_local_ipv6(), c.text);
    }
}

TEST_GROUP(InterfaceAddressText){};

TEST(InterfaceAddressText, KeepsTheHostBits) {
    for (const char* text :
         {"192.0.2.1/24", "192.0.2.1/0", "192.0.2.1/32", "2001:db8::1/64", "fe80::1/128", "::/0"})
        STRCMP_EQUAL(text, on_interface(text).text().c_str());
}

TEST(InterfaceAddressText, IsSplitIntoAddressAndLength) {
    const InterfaceAddress subject = on_interface("2001:db8::1/64");
    CHECK_TRUE(subject.address() == address("2001:db8::1"));
    LONGS_EQUAL(64, subject.prefix_length());
    CHECK_TRUE(subject.family() == Family::ipv6);
}

TEST(InterfaceAddressText, NeedsAnAddressASlashAndALengthThatFits) {
    for (const char* text : {"",
                             "/",
                             "192.0.2.1",
                             "192.0.2.1/",
                             "/24",
                             "192.0.2.1/33",
                             "192.0.2.1/128",
                             "192.0.2.1/-1",
                             "192.0.2.1/+24",
                             "192.0.2.1/24 ",
                             "192.0.2.1/ 24",
                             "192.0.2.1/0x18",
                             "192.0.2.1/24/24",
                             "192.0.2.1/0024",
                             "192.0.2.1/4294967320",
                             "192.0.2.1/eth0",
                             "2001:db8::1",
                             "2001:db8::1/129",
                             "2001:db8::1/256",
                             "2001:db8::1/999",
                             "eth0/24"})
        CHECK_TEXT(!InterfaceAddress::parse(text), text);
}

TEST_GROUP(InterfaceAddressValue){};

TEST(InterfaceAddressValue, HasALengthThatItsFamilyAllows) {
    struct Case {
        const char* text;
        int length;
        bool allowed;
    };
    for (const Case& c :
         {Case{"192.0.2.1", -1, false}, Case{"192.0.2.1", 0, true}, Case{"192.0.2.1", 32, true},
          Case{"192.0.2.1", 33, false}, Case{"::1", 0, true}, Case{"::1", 33, true},
          Case{"::1", 128, true}, Case{"::1", 129, false}, Case{"::1", 256, false}})
        CHECK_EQUAL(c.allowed, InterfaceAddress::from(address(c.text), c.length).has_value());
}

TEST(InterfaceAddressValue, DiffersWhenTheLengthDiffers) {
    CHECK_FALSE(on_interface("192.0.2.1/24") == on_interface("192.0.2.1/32"));
    CHECK_TRUE(on_interface("192.0.2.1/24") == on_interface("192.0.2.1/24"));
}

TEST(InterfaceAddressValue, SharesASubnetWhenLengthAndNetworkBitsAreTheSame) {
    struct Case {
        const char* ours;
        const char* theirs;
        bool same;
    };
    for (const Case& c : {
             Case{"192.0.2.1/24", "192.0.2.254/24", true},
             Case{"192.0.2.1/24", "192.0.3.1/24", false},
             Case{"192.0.2.1/24", "192.0.2.1/25", false},
             Case{"192.0.2.127/25", "192.0.2.128/25", false},
             Case{"192.0.2.129/25", "192.0.2.255/25", true},
             Case{"192.0.2.1/31", "192.0.2.2/31", false},
             Case{"192.0.2.2/31", "192.0.2.3/31", true},
             Case{"192.0.2.1/32", "192.0.2.1/32", true},
             Case{"192.0.2.1/32", "192.0.2.0/32", false},
             Case{"192.0.2.1/0", "10.0.0.1/0", true},
             Case{"192.0.0.1/9", "192.127.0.1/9", true},
             Case{"192.0.0.1/9", "192.128.0.1/9", false},
             Case{"2001:db8::1/64", "2001:db8::ffff:0:0:1/64", true},
             Case{"2001:db8::1/64", "2001:db8:0:1::1/64", false},
             Case{"2001:db8::1/128", "2001:db8::1/128", true},
             Case{"0.0.0.0/0", "::/0", false},
         }) {
        CHECK_EQUAL_TEXT(c.same, on_interface(c.ours).is_same_subnet(on_interface(c.theirs)),
                         c.ours);
        CHECK_EQUAL_TEXT(c.same, on_interface(c.theirs).is_same_subnet(on_interface(c.ours)),
                         c.ours);
    }
}

TEST_GROUP(MacAddressText){};

TEST(InterfaceAddressValue, KnowsItsNetwork) {
    const auto network = [](std::string_view text) {
        return base::InterfaceAddress::parse(text).value().network().text();
    };
    STRCMP_EQUAL("192.0.2.0/24", network("192.0.2.77/24").c_str());
    STRCMP_EQUAL("192.0.2.64/27", network("192.0.2.77/27").c_str());
    STRCMP_EQUAL("192.0.2.77/32", network("192.0.2.77/32").c_str());
    STRCMP_EQUAL("0.0.0.0/0", network("192.0.2.77/0").c_str());
    STRCMP_EQUAL("2001:db8::/33", network("2001:db8:7fff::1/33").c_str());
}

TEST(MacAddressText, IsSixHexadecimalPairs) {
    const MacAddress mac{{0x00, 0x00, 0x5e, 0x00, 0x01, 0x0a}};
    STRCMP_EQUAL("00:00:5e:00:01:0a", mac.text().c_str());
}
