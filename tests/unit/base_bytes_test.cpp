#include "base/bytes.hpp"

#include <string>
#include <utility>

#include "support.hpp"

#include <CppUTest/TestHarness.h>

using namespace base;
using support::from_hex;
using support::to_hex;

TEST_GROUP(ByteReading){};

TEST(ByteReading, IsBigEndian) {
    const Bytes bytes = from_hex("01020304050607");
    ByteReader reader{bytes};
    LONGS_EQUAL(0x01, reader.u8());
    LONGS_EQUAL(0x0203, reader.u16());
    LONGS_EQUAL(0x04050607, reader.u32());
}

TEST(ByteReading, KeepsTheHighestBit) {
    const Bytes bytes = from_hex("fffffefffffffd");
    ByteReader reader{bytes};
    LONGS_EQUAL(0xff, reader.u8());
    LONGS_EQUAL(0xfffe, reader.u16());
    LONGS_EQUAL(0xfffffffd, reader.u32());
}

TEST(ByteReading, UpToTheLastByteIsFine) {
    const Bytes bytes = from_hex("0102");
    ByteReader reader{bytes};
    reader.u16();
    CHECK_TRUE(reader.ok());
    LONGS_EQUAL(0, reader.remaining());
}

TEST(ByteReading, OfNothingIsFine) {
    ByteReader reader{{}};
    reader.take(0);
    CHECK_TRUE(reader.ok());
}

TEST(ByteReading, BeyondTheEndGivesZeroAndIsRemembered) {
    const Bytes bytes = from_hex("ff");
    ByteReader reader{bytes};
    LONGS_EQUAL(0, reader.u16());
    CHECK_FALSE(reader.ok());
}

TEST(ByteReading, DoesNotRecoverFromAReadBeyondTheEnd) {
    const Bytes bytes = from_hex("aabbcc");
    ByteReader reader{bytes};
    reader.u32();
    LONGS_EQUAL(0, reader.u8());
    LONGS_EQUAL(0, reader.remaining());
    CHECK_FALSE(reader.ok());
}

TEST(ByteReading, TakesAViewAndGoesOnBehindIt) {
    const Bytes bytes = from_hex("0102030405");
    ByteReader reader{bytes};
    CHECK_EQUAL(std::string{"010203"}, to_hex(reader.take(3)));
    LONGS_EQUAL(2, reader.remaining());
    CHECK_EQUAL(std::string{"0405"}, to_hex(reader.rest()));
    LONGS_EQUAL(0x04, reader.u8());
}

TEST(ByteReading, TakesNothingWhenThereIsTooLittle) {
    const Bytes bytes = from_hex("0102");
    ByteReader reader{bytes};
    LONGS_EQUAL(0, reader.take(3).size());
    CHECK_FALSE(reader.ok());
}

TEST_GROUP(ByteWriting){};

TEST(ByteWriting, IsBigEndian) {
    ByteWriter writer;
    writer.u8(0xf1);
    writer.u16(0xf203);
    writer.u32(0xf4050607);
    CHECK_EQUAL(std::string{"f1f203f4050607"}, to_hex(writer.view()));
}

TEST(ByteWriting, AppendsInOrder) {
    ByteWriter writer;
    writer.u8(1);
    writer.append(from_hex("0203"));
    writer.zeros(3);
    writer.u8(4);
    LONGS_EQUAL(7, writer.size());
    CHECK_EQUAL(std::string{"01020300000004"}, to_hex(std::move(writer).finish()));
}

TEST(ByteWriting, PatchesTwoBytesInPlace) {
    ByteWriter writer;
    writer.u32(0x01020304);
    writer.patch_u16(1, 0xabcd);
    CHECK_EQUAL(std::string{"01abcd04"}, to_hex(writer.view()));
}

TEST(ByteWriting, PatchesTheLastTwoBytes) {
    ByteWriter writer;
    writer.u32(0);
    writer.patch_u16(2, 0xfeff);
    CHECK_EQUAL(std::string{"0000feff"}, to_hex(writer.view()));
}
