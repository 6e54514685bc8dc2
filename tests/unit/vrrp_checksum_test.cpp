#include "vrrp/checksum.hpp"

#include <utility>

#include "support.hpp"

#include <CppUTest/TestHarness.h>

using namespace vrrp;
using support::address;
using support::from_hex;

namespace {

// The sum as RFC 1071 section 4.1 writes it, with the carry brought around at each step.
std::uint16_t slow_checksum(const base::Bytes& bytes) {
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        sum += i % 2 == 0 ? static_cast<std::uint32_t>(bytes[i]) << 8 : bytes[i];
        if (sum > 0xffff) sum -= 0xffff;
    }
    return static_cast<std::uint16_t>(0xffff - sum);
}

base::Bytes pattern(std::size_t size) {
    base::Bytes bytes;
    for (std::size_t i = 0; i < size; ++i)
        bytes.push_back(static_cast<std::uint8_t>(i * 167U + 201U));
    return bytes;
}

base::Bytes joined(const base::IpAddress& source, const base::IpAddress& destination,
                   const base::Bytes& length_and_protocol, const base::Bytes& message) {
    base::ByteWriter writer;
    writer.append(source.octets());
    writer.append(destination.octets());
    writer.append(length_and_protocol);
    writer.append(message);
    return std::move(writer).finish();
}

}  // namespace

TEST_GROUP(Rfc1071){};

TEST(Rfc1071, TheExampleOfItsSection3) {
    LONGS_EQUAL(0x220d, internet_checksum(from_hex("0001f203f4f5f6f7")));
}

TEST(Rfc1071, AnOddOctetIsPaddedOnTheRight) {
    LONGS_EQUAL(internet_checksum(from_hex("0102ab00")), internet_checksum(from_hex("0102ab")));
    CHECK_TRUE(internet_checksum(from_hex("0102ab")) != internet_checksum(from_hex("010200ab")));
}

TEST(Rfc1071, TheSumOfNothingAndOfZerosIsAllOnes) {
    LONGS_EQUAL(0xffff, internet_checksum({}));
    LONGS_EQUAL(0xffff, internet_checksum(from_hex("00000000")));
}

TEST(Rfc1071, ACarryThatMakesAnotherCarryIsBroughtAroundToo) {
    LONGS_EQUAL(0xfffe, internet_checksum(from_hex("ffffffff0001")));
}

TEST(Rfc1071, AResultOfZeroStaysZero) { LONGS_EQUAL(0, internet_checksum(from_hex("ffff"))); }

TEST(Rfc1071, EveryLengthGivesTheSlowSum) {
    for (std::size_t size = 0; size <= 1500; ++size)
        LONGS_EQUAL(slow_checksum(pattern(size)), internet_checksum(pattern(size)));
}

TEST(Rfc1071, TheLongestMessageDoesNotOverflow) {
    const base::Bytes longest(65535, 0xff);
    LONGS_EQUAL(slow_checksum(longest), internet_checksum(longest));
}

TEST(Rfc1071, AMessageThatCarriesItsSumGivesZero) {
    LONGS_EQUAL(0, internet_checksum(from_hex("310a64010064a88ec0000201")));
}

TEST_GROUP(PseudoHeader){};

TEST(PseudoHeader, OfIpv4HoldsAddressesProtocolAndLength) {
    const auto source = address("192.0.2.251");
    const auto destination = address("224.0.0.18");
    for (std::size_t size = 0; size <= 64; ++size) {
        const base::Bytes tail{0, 112, 0, static_cast<std::uint8_t>(size)};
        LONGS_EQUAL(slow_checksum(joined(source, destination, tail, pattern(size))),
                    internet_checksum(pattern(size), source, destination, ip_protocol));
    }
}

TEST(PseudoHeader, OfIpv6HoldsAddressesLengthAndNextHeader) {
    const auto source = address("fe80::5054:ff:fe00:fb");
    const auto destination = address("ff02::12");
    for (std::size_t size = 0; size <= 64; ++size) {
        const base::Bytes tail{0, 0, 0, static_cast<std::uint8_t>(size), 0, 0, 0, 58};
        LONGS_EQUAL(slow_checksum(joined(source, destination, tail, pattern(size))),
                    internet_checksum(pattern(size), source, destination, 58));
    }
}

TEST(PseudoHeader, ChangesTheSumOfTheSameMessage) {
    const base::Bytes message = from_hex("310a640100640000c0000201");
    LONGS_EQUAL(0xa88e, internet_checksum(message));
    LONGS_EQUAL(0x0504, internet_checksum(message, address("192.0.2.251"), address("224.0.0.18"),
                                          ip_protocol));
}

TEST(PseudoHeader, OfIpv6GivesZeroOverAMessageThatCarriesItsSum) {
    const base::Bytes message = from_hex(
        "310a64020064efd5fe80000000000000000000000000000120010db8000000000000000000000001");
    LONGS_EQUAL(0, internet_checksum(message, address("fe80::5054:ff:fe00:fb"), address("ff02::12"),
                                     ip_protocol));
}

TEST(PseudoHeader, HasTheProtocolNumberOfVrrp) { LONGS_EQUAL(112, ip_protocol); }
