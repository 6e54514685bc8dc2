#include "vrrp/announce.hpp"

#include <initializer_list>
#include <string>

#include "support.hpp"
#include "vrrp/checksum.hpp"

#include <CppUTest/TestHarness.h>

using namespace vrrp;
using support::address;
using support::to_hex;

namespace {

constexpr base::MacAddress mac{{0x02, 0x11, 0x22, 0x33, 0x44, 0x55}};

// The octets of a frame from `offset` on, as text.
std::string part(const base::Bytes& frame, std::size_t offset, std::size_t size) {
    return to_hex(base::ByteView{frame}.subspan(offset, size));
}

struct Field {
    std::size_t offset;
    const char* octets;
};

void check_fields(const base::Bytes& frame, std::initializer_list<Field> fields) {
    for (const Field& field : fields) {
        const std::string octets{field.octets};
        const std::string where = fmt::format("offset {}", field.offset);
        STRCMP_EQUAL_TEXT(octets.c_str(), part(frame, field.offset, octets.size() / 2).c_str(),
                          where.c_str());
    }
}

}  // namespace

TEST_GROUP(GratuitousArp){};

TEST(GratuitousArp, IsABroadcastRequestForItsOwnAddress) {
    const base::Bytes frame = gratuitous_arp(mac, address("198.51.100.7"), ArpOperation::request);
    LONGS_EQUAL(42, frame.size());
    check_fields(frame, {{0, "ffffffffffff"},
                         {6, "021122334455"},
                         {12, "0806"},
                         {14, "0001"},
                         {16, "0800"},
                         {18, "06"},
                         {19, "04"},
                         {20, "0001"},
                         {22, "021122334455"},
                         {28, "c6336407"},
                         {32, "021122334455"},
                         {38, "c6336407"}});
}

TEST(GratuitousArp, AReplyDiffersInTheOperationOnly) {
    base::Bytes request = gratuitous_arp(mac, address("198.51.100.7"), ArpOperation::request);
    const base::Bytes reply = gratuitous_arp(mac, address("198.51.100.7"), ArpOperation::reply);
    request[21] = 2;
    CHECK(request == reply);
}

TEST_GROUP(UnsolicitedNeighborAdvertisement){};

TEST(UnsolicitedNeighborAdvertisement, WithoutForwardingItIsOfNoRouter) {
    const base::Bytes frame =
        unsolicited_neighbor_advertisement(mac, address("2001:db8::7"), Forwarding::off);
    check_fields(frame, {{58, "20000000"}});
    constexpr std::uint8_t icmpv6 = 58;
    LONGS_EQUAL(0, internet_checksum(base::ByteView{frame}.subspan(54), address("2001:db8::7"),
                                     address("ff02::1"), icmpv6));
}

TEST(UnsolicitedNeighborAdvertisement, TellsAllNodesWhereTheAddressIs) {
    const base::Bytes frame =
        unsolicited_neighbor_advertisement(mac, address("2001:db8::7"), Forwarding::on);
    LONGS_EQUAL(86, frame.size());
    check_fields(frame, {{0, "333300000001"},
                         {6, "021122334455"},
                         {12, "86dd"},
                         {14, "60000000"},
                         {18, "0020"},
                         {20, "3a"},
                         {21, "ff"},
                         {22, "20010db8000000000000000000000007"},
                         {38, "ff020000000000000000000000000001"},
                         {54, "8800"},
                         {58, "a0000000"},
                         {62, "20010db8000000000000000000000007"},
                         {78, "0201"},
                         {80, "021122334455"}});
}

TEST(UnsolicitedNeighborAdvertisement, CarriesASumThatItsReceiverFindsRight) {
    constexpr std::uint8_t icmpv6 = 58;
    for (const char* text : {"2001:db8::7", "fe80::1", "ffff:ffff::ffff"}) {
        const base::Bytes frame =
            unsolicited_neighbor_advertisement(mac, address(text), Forwarding::on);
        LONGS_EQUAL(0, internet_checksum(base::ByteView{frame}.subspan(54), address(text),
                                         address("ff02::1"), icmpv6));
    }
}
