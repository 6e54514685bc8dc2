// RFC 9568 sections 7 and 8, sending, receiving and operation: a test a sentence.
#include <set>

#include "rfc_support.hpp"

#include <CppUTest/TestHarness.h>

using namespace vrrp;
using namespace rfc;
using support::address;
using support::centiseconds;
using support::priority;
using support::to_hex;

namespace {

// An advert in both families.
const std::vector<Advert> adverts{version3(ipv4_addresses), version3(ipv6_addresses)};

}  // namespace

TEST_GROUP(Rfc9568_7_1_Receiving){};

// proves: 9568-7.1-b, 9568-7.1-h
TEST(Rfc9568_7_1_Receiving, WantsVersionThree) {
    const Advert sent = version3(ipv4_addresses);
    for (int version = 0; version < 16; ++version) {
        if (version == 3 || version == 2) continue;  // version 2 is in 8.4.2
        const auto message = with_octet(message_of(sent), 0, version << 4 | 1);
        CHECK_EQUAL(std::string{"version-errors"}, arrival_of(sent, message).verdict());
    }
}

// proves: 9568-7.1-c, 9568-7.1-h
TEST(Rfc9568_7_1_Receiving, WantsTypeOne) {
    const Advert sent = version3(ipv4_addresses);
    const auto message = with_octet(message_of(sent), 0, 0x32);
    CHECK_EQUAL(std::string{"invalid-type-pkts-rcvd"}, arrival_of(sent, message).verdict());
}

// proves: 9568-7.1-d, 9568-7.1-h
TEST(Rfc9568_7_1_Receiving, WantsAWholeMessage) {
    for (const Advert& sent : adverts) {
        const base::Bytes message = message_of(sent);
        for (std::size_t size = 0; size < message.size(); ++size) {
            const base::Bytes part{message.begin(), message.begin() + static_cast<long>(size)};
            CHECK_EQUAL(std::string{"packet-length-errors"}, arrival_of(sent, part).verdict());
        }
    }
}

// proves: 9568-7.1-d
TEST(Rfc9568_7_1_Receiving, WantsAsManyAddressesAsTheMessageSays) {
    const Advert sent = version3(ipv4_addresses);
    for (int count = 0; count <= 255; ++count) {
        if (count == 2) continue;
        const auto message = with_octet(message_of(sent), 3, count);
        CHECK_EQUAL(std::string{"packet-length-errors"}, arrival_of(sent, message).verdict());
    }
}

// proves: 9568-7.1-e, 9568-7.1-h
TEST(Rfc9568_7_1_Receiving, WantsTheRightChecksum) {
    for (const Advert& sent : adverts) {
        Arrival arrival = arrival_of(sent);
        arrival.message[7] ^= 1;
        CHECK_EQUAL(std::string{"checksum-errors"}, arrival.verdict());
    }
}

// proves: 9568-7.1-g, 9568-8.3.2-a
TEST(Rfc9568_7_1_Receiving, AnOwnerTellsOfAnotherOwnerAndHearsIt) {
    Advert sent = version3(ipv4_addresses);
    sent.priority = Priority::owner();
    Arrival arrival = arrival_of(sent);
    CHECK_FALSE(arrival.has_note(Note::owner_conflict));
    arrival.expected.is_owner = true;
    CHECK_EQUAL(std::string{"accept"}, arrival.verdict());
    CHECK_TRUE(arrival.has_note(Note::owner_conflict));
}

// proves: 9568-7.1-j
TEST(Rfc9568_7_1_Receiving, AnotherAddressListIsToldAndDoesNotMatter) {
    Arrival arrival = arrival_of(version3(ipv4_addresses));
    CHECK_FALSE(arrival.has_note(Note::address_list_differs));
    arrival.expected.addresses = {address("192.0.2.9")};
    CHECK_EQUAL(std::string{"accept"}, arrival.verdict());
    CHECK_TRUE(arrival.has_note(Note::address_list_differs));
}

// proves: 9568-7.1-k
TEST(Rfc9568_7_1_Receiving, AnotherIntervalIsToldAndLearned) {
    Arrival arrival = arrival_of(version3(ipv4_addresses));
    CHECK_FALSE(arrival.has_note(Note::interval_differs));
    arrival.expected.interval = tenth;
    CHECK_TRUE(arrival.has_note(Note::interval_differs));
    CHECK_TRUE(arrival.result().value().event.interval == one_second);
}

TEST_GROUP(Rfc9568_7_2_Sending){};

// proves: 9568-7.2-a
TEST(Rfc9568_7_2_Sending, TheFieldsSayConfigurationAndState) {
    Advert sent = version3({address("192.0.2.1")});
    sent.vrid = support::vrid(7);
    sent.priority = priority(9);
    sent.interval = centiseconds(300);
    const base::Bytes message = message_of(sent);
    CHECK_EQUAL(std::string{"31070901012c"}, to_hex(base::ByteView{message}.first(6)));
    CHECK_EQUAL(std::string{"c0000201"}, to_hex(base::ByteView{message}.subspan(8)));
}

// proves: 9568-7.2-b
TEST(Rfc9568_7_2_Sending, TheChecksumIsOfTheFinishedMessage) {
    for (Advert sent : adverts)
        for (const int value : {0, 1, 254, 255}) {
            sent.priority = priority(value);
            CHECK_EQUAL(std::string{"accept"}, arrival_of(sent).verdict());
        }
}

TEST_GROUP(Rfc9568_8_3_2_Recommendations){};

// proves: 9568-8.3.2-b
TEST(Rfc9568_8_3_2_Recommendations, DifferentPrioritiesTakeOverOneAfterTheOther) {
    std::set<Duration> timers;
    for (int value = 1; value <= 254; ++value)
        timers.insert(*timer(after_startup(with_interval(router(value), centiseconds(1)))));
    LONGS_EQUAL(254, timers.size());
    CHECK_TRUE(*timers.begin() ==
               *timer(after_startup(with_interval(router(254), centiseconds(1)))));
}

TEST_GROUP(Rfc9568_8_4_2_OtherVersion){};

// proves: 9568-8.4.2-f
TEST(Rfc9568_8_4_2_OtherVersion, IsDiscardedByARouterOfOneVersion) {
    Arrival from_version2 = arrival_of(version2());
    from_version2.expected.version = Version::v3;
    CHECK_EQUAL(std::string{"version-errors"}, from_version2.verdict());
    Arrival from_version3 = arrival_of(version3(ipv4_addresses));
    from_version3.expected.version = Version::v2;
    CHECK_EQUAL(std::string{"version-errors"}, from_version3.verdict());
}
