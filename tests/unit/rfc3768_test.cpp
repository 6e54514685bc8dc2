// RFC 3768 where version 2 differs from version 3, with the password of RFC 2338: a test a
// sentence.
#include "rfc_support.hpp"

#include <CppUTest/TestHarness.h>

using namespace vrrp;
using namespace rfc;
using support::address;
using support::priority;
using support::seconds;
using support::to_hex;

namespace {

constexpr std::array<std::uint8_t, 8> password{'s', '3', 'c', 'r', 'e', 't'};

// A version 2 router that sends every three seconds.
Params slow_router(int priority) {
    return with_interval(router(priority, Version::v2), seconds(3));
}

Advert with_password() {
    Advert advert = version2();
    advert.authentication = {AuthType::simple_text, password};
    return advert;
}

}  // namespace

TEST_GROUP(Rfc3768_5_2_Ip){};

// proves: 3768-5.2-a
TEST(Rfc3768_5_2_Ip, IsThatOfVersion3OverIpv4) {
    CHECK_EQUAL(std::string{"accept"}, arrival_of(version2()).verdict());
    Arrival over_the_other_family = arrival_of(version2());
    over_the_other_family.route = over_ipv6;
    CHECK_EQUAL(std::string{"version-errors"}, over_the_other_family.verdict());
}

TEST_GROUP(Rfc3768_5_3_1_Version){};

// proves: 3768-5.3.1-a
TEST(Rfc3768_5_3_1_Version, IsTwo) { LONGS_EQUAL(0x21, message_of(version2())[0]); }

TEST_GROUP(Rfc3768_5_3_6_AuthType){};

// proves: 3768-5.3.6-a
TEST(Rfc3768_5_3_6_AuthType, ThatIsUnknownIsDiscarded) {
    for (int type = 2; type <= 255; ++type) {
        const auto message = with_octet(message_of(version2()), 4, type);
        CHECK_EQUAL(std::string{"invalid-auth-type"}, arrival_of(version2(), message).verdict());
    }
}

// proves: 3768-5.3.6-b
TEST(Rfc3768_5_3_6_AuthType, OtherThanOursIsDiscarded) {
    CHECK_EQUAL(std::string{"auth-type-mismatch"},
                arrival_of(version2(), message_of(with_password())).verdict());
    CHECK_EQUAL(std::string{"auth-type-mismatch"},
                arrival_of(with_password(), message_of(version2())).verdict());
}

// proves: 3768-5.3.6-c, 3768-7.1-f
TEST(Rfc3768_5_3_6_AuthType, OfAPasswordComparesAllOctets) {
    CHECK_EQUAL(std::string{"accept"}, arrival_of(with_password()).verdict());
    for (std::size_t i = 0; i < 8; ++i) {
        Arrival arrival = arrival_of(with_password());
        arrival.expected.authentication.data[i] ^= 1;
        CHECK_EQUAL(std::string{"auth-failures"}, arrival.verdict());
    }
}

TEST_GROUP(Rfc3768_5_3_7_Interval){};

// proves: 3768-5.3.7-a
TEST(Rfc3768_5_3_7_Interval, IsEightBitsOfSeconds) {
    Advert sent = version2();
    for (int value = 1; value <= 255; ++value) {
        sent.interval = seconds(value);
        LONGS_EQUAL(value, message_of(sent)[5]);
        CHECK_TRUE(arrival_of(sent).result().value().event.interval == seconds(value));
    }
}

// proves: 3768-5.3.7-b
TEST(Rfc3768_5_3_7_Interval, IsOneByDefault) {
    CHECK_TRUE(AdvertInterval::one_second() == seconds(1));
    LONGS_EQUAL(1, message_of(version2())[5]);
}

TEST_GROUP(Rfc3768_5_3_8_Checksum){};

// proves: 3768-5.3.8-a
TEST(Rfc3768_5_3_8_Checksum, CoversTheAuthenticationDataAndNoPseudoHeader) {
    for (const auto dialect : {ChecksumDialect::rfc9568, ChecksumDialect::rfc5798}) {
        base::Bytes message = message_of(with_password(), dialect);
        LONGS_EQUAL(0, internet_checksum(message));
        message.back() ^= 1;
        CHECK_EQUAL(std::string{"checksum-errors"}, arrival_of(with_password(), message).verdict());
    }
}

TEST_GROUP(Rfc3768_5_3_10_AuthData){};

// proves: 3768-5.3.10-a
TEST(Rfc3768_5_3_10_AuthData, IsAlwaysThere) {
    const base::Bytes message = message_of(version2());
    LONGS_EQUAL(8 + 2 * 4 + 8, message.size());
    const auto without = with_right_sum({message.begin(), message.end() - 8});
    CHECK_EQUAL(std::string{"packet-length-errors"}, arrival_of(version2(), without).verdict());
}

// proves: 3768-5.3.10-b
TEST(Rfc3768_5_3_10_AuthData, IsZeroAndIgnoredWithoutAuthentication) {
    const base::Bytes message = message_of(version2());
    CHECK_EQUAL(std::string{"0000000000000000"}, to_hex(base::ByteView{message}.last(8)));
    const auto scribbled = with_octet(message, message.size() - 1, 0xaa);
    CHECK_EQUAL(std::string{"accept"}, arrival_of(version2(), scribbled).verdict());
}

TEST_GROUP(Rfc3768_6_1_Parameters){};

// proves: 3768-6.1-a
TEST(Rfc3768_6_1_Parameters, SkewTimeIsAFractionOfASecond) {
    for (const int interval : {1, 3, 255})
        CHECK_TRUE(skew_time(Version::v2, priority(100), seconds(interval)) == 609375us);
}

// proves: 3768-6.1-b
TEST(Rfc3768_6_1_Parameters, MasterDownIntervalIsThreeIntervalsAndTheSkew) {
    CHECK_TRUE(active_down_interval(Version::v2, priority(100), seconds(3)) == 9609375us);
    CHECK_TRUE(active_down_interval(Version::v2, priority(100), seconds(255)) == 765609375us);
}

TEST_GROUP(Rfc3768_6_4_1_Initialize){};

// proves: 3768-6.4.1-a
TEST(Rfc3768_6_4_1_Initialize, StartupSetsTheTimerToMasterDownInterval) {
    CHECK_TRUE(timer(after_startup(slow_router(100))) == 9609375us);
}

TEST_GROUP(Rfc3768_6_4_2_Backup){};

// proves: 3768-6.4.2-a
TEST(Rfc3768_6_4_2_Backup, AnObeyedAdvertSetsTheTimerToMasterDownInterval) {
    const Step step =
        after(slow_router(100), state::Backup{now, seconds(3)}, advert(200, seconds(3)));
    CHECK_TRUE(timer(step) == 9609375us);
}

// proves: 3768-6.4.2-b
TEST(Rfc3768_6_4_2_Backup, PriorityZeroSetsTheTimerToSkewTime) {
    const Step step = after(slow_router(100), state::Backup{now, seconds(3)}, advert(0));
    CHECK_TRUE(timer(step) == 609375us);
}

TEST_GROUP(Rfc3768_6_4_3_Master){};

// proves: 3768-6.4.3-a
TEST(Rfc3768_6_4_3_Master, YieldsToAHigherPriorityAndToAHigherAddress) {
    CHECK_TRUE(is_backup(after(slow_router(100), active, advert_from(lower_address, 101))));
    CHECK_TRUE(is_backup(after(slow_router(100), active, advert_from(higher_address, 100))));
    CHECK_TRUE(is_active(after(slow_router(100), active, advert_from(lower_address, 100))));
}

// proves: 3768-6.4.3-b
TEST(Rfc3768_6_4_3_Master, AnswersALosingAdvertAsInVersion3) {
    const Step step = after(slow_router(100), active, advert(99, seconds(3)));
    CHECK_TRUE(is_active(step));
    CHECK_TRUE(sends(step, 100));
}

TEST_GROUP(Rfc3768_7_1_Receiving){};

// proves: 3768-7.1-a
TEST(Rfc3768_7_1_Receiving, WantsATtlOf255) {
    Arrival arrival = arrival_of(version2());
    arrival.ttl = 254;
    CHECK_EQUAL(std::string{"ip-ttl-errors"}, arrival.verdict());
}

// proves: 3768-7.1-b
TEST(Rfc3768_7_1_Receiving, WantsVersionTwo) {
    for (const int version : {0, 1, 4, 15}) {
        const auto message = with_octet(message_of(version2()), 0, version << 4 | 1);
        CHECK_EQUAL(std::string{"version-errors"}, arrival_of(version2(), message).verdict());
    }
}

// proves: 3768-7.1-c
TEST(Rfc3768_7_1_Receiving, WantsAWholeMessage) {
    const base::Bytes message = message_of(version2());
    for (std::size_t size = 0; size < message.size(); ++size) {
        const base::Bytes part{message.begin(), message.begin() + static_cast<long>(size)};
        CHECK_EQUAL(std::string{"packet-length-errors"}, arrival_of(version2(), part).verdict());
    }
}

// proves: 3768-7.1-d
TEST(Rfc3768_7_1_Receiving, WantsTheRightChecksum) {
    Arrival arrival = arrival_of(version2());
    arrival.message[7] ^= 1;
    CHECK_EQUAL(std::string{"checksum-errors"}, arrival.verdict());
}

// proves: 3768-7.1-e
TEST(Rfc3768_7_1_Receiving, AnOwnerDiscardsEveryAdvert) {
    Advert sent = version2();
    for (const int value : {0, 1, 254, 255}) {
        sent.priority = priority(value);
        Arrival arrival = arrival_of(sent);
        arrival.expected.is_owner = true;
        CHECK_EQUAL(std::string{"owner-received-advert"}, arrival.verdict());
    }
}

// proves: 3768-7.1-f
TEST(Rfc3768_7_1_Receiving, WantsTheRightPassword) {
    Arrival arrival = arrival_of(with_password());
    arrival.expected.authentication.data = {'w', 'r', 'o', 'n', 'g'};
    CHECK_EQUAL(std::string{"auth-failures"}, arrival.verdict());
}

// proves: 3768-7.1-g
TEST(Rfc3768_7_1_Receiving, BelievesAnotherAddressListOfTheOwnerOnly) {
    Advert sent = version2();
    Arrival arrival = arrival_of(sent);
    arrival.expected.addresses = {address("192.0.2.9")};
    CHECK_EQUAL(std::string{"address-list-errors"}, arrival.verdict());
    sent.priority = Priority::owner();
    arrival.message = message_of(sent);
    CHECK_EQUAL(std::string{"accept"}, arrival.verdict());
    CHECK_TRUE(arrival.has_note(Note::address_list_differs));
}

// proves: 3768-7.1-h
TEST(Rfc3768_7_1_Receiving, WantsOurInterval) {
    Arrival arrival = arrival_of(version2());
    arrival.expected.interval = seconds(2);
    CHECK_EQUAL(std::string{"interval-errors"}, arrival.verdict());
}
