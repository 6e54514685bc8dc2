#include "vrrp/receive.hpp"

#include <array>
#include <set>
#include <string>
#include <vector>

#include "support.hpp"

#include <CppUTest/TestHarness.h>

using namespace vrrp;
using support::address;
using support::centiseconds;
using support::priority;
using support::seconds;

namespace {

constexpr std::array<std::uint8_t, 8> password{'s', '3', 'c', 'r', 'e', 't'};

// An advertisement and the router that hears it. As made, they agree in everything.
struct Meeting {
    Decoded heard;
    Expectation expected;

    [[nodiscard]] std::expected<Accepted, Discard> result() const {
        return accept(heard, address("192.0.2.251"), expected);
    }
    // "accept", or the counter under which the advertisement is dropped.
    [[nodiscard]] std::string verdict() const {
        const auto outcome = result();
        return outcome ? "accept" : std::string{name_of(outcome.error())};
    }
    [[nodiscard]] std::set<std::string> notes() const {
        std::set<std::string> names;
        const auto outcome = result();
        for (std::size_t i = 0; i < note_count; ++i)
            if (outcome.value().notes.test(i)) names.emplace(name_of(static_cast<Note>(i)));
        return names;
    }
};

Meeting version3(std::vector<IpAddress> addresses, std::optional<ChecksumDialect> dialect) {
    return {{.version = Version::v3,
             .vrid = 10,
             .priority = priority(100),
             .interval = 100,
             .addresses = addresses,
             .dialect = dialect},
            {.version = Version::v3,
             .interval = centiseconds(100),
             .addresses = addresses,
             .dialect = {}}};
}

Meeting version3_ipv4() {
    return version3({address("192.0.2.1"), address("192.0.2.2")}, ChecksumDialect::rfc9568);
}

Meeting version3_ipv6() { return version3({address("fe80::1"), address("2001:db8::1")}, {}); }

Meeting version2() {
    const std::vector<IpAddress> addresses{address("192.0.2.1"), address("192.0.2.2")};
    return {
        {.version = Version::v2,
         .vrid = 51,
         .priority = priority(100),
         .interval = 1,
         .addresses = addresses},
        {.version = Version::v2, .interval = seconds(1), .addresses = addresses, .dialect = {}}};
}

Meeting version2_with_password() {
    Meeting meeting = version2();
    meeting.heard.auth_type = 1;
    meeting.heard.auth_data = password;
    meeting.expected.authentication = {AuthType::simple_text, password};
    return meeting;
}

const std::vector<Meeting> friendly_meetings{version3_ipv4(), version3_ipv6(), version2(),
                                             version2_with_password()};

// One thing that is wrong, and the counter for it.
struct Fault {
    const char* counter;
    void (*commit)(Meeting&);
};

// Of all sets of faults the first in the list must be the one that is counted. A fault that
// overwrites what another needs stands before it.
void check_order(const Meeting& meeting, const std::vector<Fault>& faults) {
    for (unsigned chosen = 0; chosen < 1U << faults.size(); ++chosen) {
        Meeting faulty = meeting;
        const char* expected = "accept";
        for (std::size_t i = faults.size(); i-- > 0;) {
            if ((chosen >> i & 1) == 0) continue;
            faults[i].commit(faulty);
            expected = faults[i].counter;
        }
        STRCMP_EQUAL_TEXT(expected, faulty.verdict().c_str(), fmt::format("{:b}", chosen).c_str());
    }
}

constexpr Fault other_version{
    "version-errors", [](Meeting& meeting) {
        meeting.heard.version = meeting.heard.version == Version::v3 ? Version::v2 : Version::v3;
    }};
constexpr Fault other_dialect{"checksum-errors", [](Meeting& meeting) {
                                  meeting.heard.dialect = ChecksumDialect::rfc5798;
                                  meeting.expected.dialect = ChecksumDialect::rfc9568;
                              }};
constexpr Fault heard_by_owner{"owner-received-advert",
                               [](Meeting& meeting) { meeting.expected.is_owner = true; }};
constexpr Fault no_address{"address-count-zero",
                           [](Meeting& meeting) { meeting.heard.addresses.clear(); }};
constexpr Fault unknown_auth{"invalid-auth-type",
                             [](Meeting& meeting) { meeting.heard.auth_type = 9; }};
constexpr Fault other_auth{"auth-type-mismatch",
                           [](Meeting& meeting) { meeting.heard.auth_type = 0; }};
constexpr Fault wrong_password{"auth-failures",
                               [](Meeting& meeting) { meeting.heard.auth_data[7] = 'x'; }};
constexpr Fault zero_interval{"interval-zero",
                              [](Meeting& meeting) { meeting.heard.interval = 0; }};
constexpr Fault other_interval{"interval-errors",
                               [](Meeting& meeting) { meeting.heard.interval = 2; }};
constexpr Fault global_first{"first-address-not-link-local", [](Meeting& meeting) {
                                 if (!meeting.heard.addresses.empty())
                                     meeting.heard.addresses[0] = address("2001:db8::1");
                             }};
constexpr Fault other_list{"address-list-errors", [](Meeting& meeting) {
                               meeting.heard.addresses = {address("192.0.2.9")};
                           }};

}  // namespace

TEST_GROUP(ReceiveOrder){};

TEST(ReceiveOrder, OfVersion3OverIpv4) {
    check_order(version3_ipv4(), {other_version, other_dialect, no_address, zero_interval});
}

TEST(ReceiveOrder, OfVersion3OverIpv6) {
    check_order(version3_ipv6(), {other_version, no_address, zero_interval, global_first});
}

TEST(ReceiveOrder, OfVersion2) {
    check_order(version2_with_password(),
                {other_version, heard_by_owner, no_address, unknown_auth, other_auth,
                 wrong_password, zero_interval, other_interval, other_list});
}

TEST_GROUP(ReceiveAccepted){};

TEST(ReceiveAccepted, WithoutAnythingToTellWhenAllAgree) {
    for (const Meeting& meeting : friendly_meetings) {
        STRCMP_EQUAL("accept", meeting.verdict().c_str());
        CHECK_TRUE(meeting.notes().empty());
    }
}

TEST(ReceiveAccepted, SaysWhatTheMachineNeeds) {
    for (Meeting meeting : friendly_meetings) {
        meeting.heard.priority = priority(0);
        const auto accepted = meeting.result();
        CHECK_TRUE(accepted.value().event.source == address("192.0.2.251"));
        CHECK_TRUE(accepted->event.priority == Priority::releasing());
        CHECK_TRUE(accepted->event.interval == AdvertInterval::one_second());
        CHECK_TRUE(accepted->dialect == meeting.heard.dialect);
    }
}

// RFC 9568 section 7.1: an interval that differs is learned; RFC 3768: it is a fault.
TEST(ReceiveAccepted, GivesTheIntervalOfTheSenderInVersion3) {
    for (const int interval : {1, 99, 101, 4095}) {
        Meeting meeting = version3_ipv4();
        meeting.heard.interval = static_cast<std::uint16_t>(interval);
        CHECK_TRUE(meeting.result().value().event.interval == centiseconds(interval));
        CHECK_TRUE(meeting.notes() == std::set<std::string>{"interval-errors"});
    }
}

TEST(ReceiveAccepted, ReadsTheIntervalOfVersion2InSeconds) {
    Meeting meeting = version2();
    meeting.heard.interval = 255;
    meeting.expected.interval = seconds(255);
    CHECK_TRUE(meeting.result().value().event.interval == seconds(255));
    CHECK_TRUE(meeting.notes().empty());
}

TEST(ReceiveAccepted, NotesAnotherAddressListInVersion3) {
    for (const auto& list :
         {std::vector{address("192.0.2.9")}, std::vector{address("192.0.2.1")},
          std::vector{address("192.0.2.2"), address("192.0.2.1")},
          std::vector{address("192.0.2.1"), address("192.0.2.2"), address("192.0.2.3")}}) {
        Meeting meeting = version3_ipv4();
        meeting.heard.addresses = list;
        CHECK_TRUE(meeting.notes() == std::set<std::string>{"address-list-errors"});
    }
}

// RFC 3768 section 7.1: the owner of the addresses is believed.
TEST(ReceiveAccepted, NotesAnotherAddressListInVersion2FromTheOwnerOnly) {
    Meeting meeting = version2();
    meeting.heard.addresses = {address("192.0.2.9")};
    for (const int value : {0, 1, 254}) {
        meeting.heard.priority = priority(value);
        STRCMP_EQUAL("address-list-errors", meeting.verdict().c_str());
    }
    meeting.heard.priority = Priority::owner();
    CHECK_TRUE(meeting.notes() == std::set<std::string>{"address-list-errors"});
}

// RFC 9568 erratum 8298.
TEST(ReceiveAccepted, ByAnOwnerInVersion3WithANoteAboutASecondOwner) {
    Meeting meeting = version3_ipv4();
    meeting.expected.is_owner = true;
    meeting.heard.priority = priority(254);
    CHECK_TRUE(meeting.notes().empty());
    meeting.heard.priority = Priority::owner();
    CHECK_TRUE(meeting.notes() == std::set<std::string>{"owner-conflict"});
    meeting.expected.is_owner = false;
    CHECK_TRUE(meeting.notes().empty());
}

TEST(ReceiveAccepted, WithAllNotesAtOnce) {
    Meeting meeting = version3_ipv4();
    meeting.expected.is_owner = true;
    meeting.heard.priority = Priority::owner();
    meeting.heard.dialect = ChecksumDialect::rfc5798;
    meeting.heard.interval = 7;
    meeting.heard.addresses = {address("192.0.2.9")};
    CHECK_TRUE(
        (meeting.notes() == std::set<std::string>{"checksum-ipv4-pseudo-header", "interval-errors",
                                                  "address-list-errors", "owner-conflict"}));
}

// RFC 9568 erratum 8300: the first address only, and only over IPv6.
TEST(ReceiveAccepted, WithOneLinkLocalAddressInFront) {
    for (const char* first : {"fe80::1", "febf::1"}) {
        Meeting meeting = version3_ipv6();
        meeting.heard.addresses[0] = address(first);
        STRCMP_EQUAL("accept", meeting.verdict().c_str());
    }
}

TEST_GROUP(ReceiveDialect){};

TEST(ReceiveDialect, EitherIsTakenByAReceiverThatIsNotStrict) {
    Meeting meeting = version3_ipv4();
    CHECK_TRUE(meeting.notes().empty());
    meeting.heard.dialect = ChecksumDialect::rfc5798;
    CHECK_TRUE(meeting.notes() == std::set<std::string>{"checksum-ipv4-pseudo-header"});
}

TEST(ReceiveDialect, OfAStrictReceiverIsTheOnlyOne) {
    for (const auto ours : {ChecksumDialect::rfc9568, ChecksumDialect::rfc5798})
        for (const auto theirs : {ChecksumDialect::rfc9568, ChecksumDialect::rfc5798}) {
            Meeting meeting = version3_ipv4();
            meeting.expected.dialect = ours;
            meeting.heard.dialect = theirs;
            STRCMP_EQUAL(ours == theirs ? "accept" : "checksum-errors", meeting.verdict().c_str());
        }
}

TEST(ReceiveDialect, DoesNotMatterWhereThereIsOneFormOnly) {
    for (Meeting meeting : {version3_ipv6(), version2()}) {
        meeting.expected.dialect = ChecksumDialect::rfc5798;
        STRCMP_EQUAL("accept", meeting.verdict().c_str());
        CHECK_TRUE(meeting.notes().empty());
    }
}

// RFC 3768 section 5.3.6.
TEST_GROUP(ReceiveAuthentication){};

TEST(ReceiveAuthentication, KnowsTypeZeroAndOneOnly) {
    for (int type = 2; type <= 255; ++type) {
        Meeting meeting = version2();
        meeting.heard.auth_type = static_cast<std::uint8_t>(type);
        STRCMP_EQUAL("invalid-auth-type", meeting.verdict().c_str());
    }
}

TEST(ReceiveAuthentication, MustBeOfOurType) {
    Meeting meeting = version2();
    meeting.heard.auth_type = 1;
    STRCMP_EQUAL("auth-type-mismatch", meeting.verdict().c_str());
    meeting = version2_with_password();
    meeting.heard.auth_type = 0;
    STRCMP_EQUAL("auth-type-mismatch", meeting.verdict().c_str());
}

TEST(ReceiveAuthentication, ComparesAllEightOctetsOfAPassword) {
    for (std::size_t i = 0; i < 8; ++i) {
        Meeting meeting = version2_with_password();
        meeting.heard.auth_data[i] ^= 1;
        STRCMP_EQUAL("auth-failures", meeting.verdict().c_str());
    }
}

TEST(ReceiveAuthentication, IgnoresTheFieldWithoutAPassword) {
    Meeting meeting = version2();
    meeting.heard.auth_data.fill(0xaa);
    STRCMP_EQUAL("accept", meeting.verdict().c_str());
}

TEST(ReceiveAuthentication, IsNotAskedInVersion3) {
    Meeting meeting = version3_ipv4();
    meeting.expected.authentication = {AuthType::simple_text, password};
    STRCMP_EQUAL("accept", meeting.verdict().c_str());
}

TEST_GROUP(ReceiveNames){};

TEST(ReceiveNames, OfNotesAreKnownAndDistinct) {
    std::set<std::string> names;
    for (std::size_t i = 0; i < note_count; ++i) names.emplace(name_of(static_cast<Note>(i)));
    LONGS_EQUAL(note_count, names.size());
    CHECK_FALSE(names.contains("unknown"));
    LONGS_EQUAL(note_count - 1, static_cast<std::size_t>(Note::first_address_not_link_local));
}
