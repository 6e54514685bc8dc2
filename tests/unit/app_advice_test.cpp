// Every discard has a value and a cure in words.
#include "app/advice.hpp"

#include <fmt/format.h>

#include <set>

#include "app_support.hpp"

#include <CppUTest/TestHarness.h>

using namespace support;
using app::ConditionKind;
using vrrp::Discard;

TEST_GROUP(Advice) {
    config::Router lan = router({"192.0.2.1/24", "192.0.2.7/24"});
    vrrp::Decoded decoded{.version = vrrp::Version::v2,
                          .vrid = 51,
                          .priority = priority(200),
                          .interval = 2,
                          .addresses = {address("192.0.2.9")},
                          .auth_type = 1};
    const base::Bytes message = from_hex("2133640101017bae");
    const vrrp::Datagram datagram{{address("192.0.2.3"), address("192.0.2.2")}, 64, message};

    [[nodiscard]] std::string value(Discard discard) const {
        return app::advice_on(discard, datagram, &decoded, lan).value;
    }
};

TEST(Advice, NamesTheirValueAndOurs) {
    STRCMP_EQUAL("TTL 64, ours is at least 255", value(Discard::ip_ttl).c_str());
    STRCMP_EQUAL("sent to 192.0.2.2, ours is multicast", value(Discard::wrong_destination).c_str());
    STRCMP_EQUAL("192.0.2.3 is no peer", value(Discard::unknown_source).c_str());
    STRCMP_EQUAL("version 2, ours is 3", value(Discard::version).c_str());
    STRCMP_EQUAL("type 1", value(Discard::type).c_str());
    STRCMP_EQUAL("type 1, ours is 0", value(Discard::auth_type_mismatch).c_str());
    STRCMP_EQUAL("interval 2000 ms, ours is 1000 ms", value(Discard::interval).c_str());
    STRCMP_EQUAL("addresses 192.0.2.9, ours are 192.0.2.1,192.0.2.7",
                 value(Discard::address_list).c_str());
    STRCMP_EQUAL("priority 200, ours is 255", value(Discard::owner_received_advert).c_str());
}

TEST(Advice, NeverTellsAPassword) {
    decoded.auth_data = {'s', '3', 'c', 'r', 'e', 't', 0, 0};
    STRCMP_EQUAL("another password", value(Discard::auth_failure).c_str());
}

TEST(Advice, EveryDiscardHasAValueAndACureBeforeAndAfterDecoding) {
    for (std::size_t i = 0; i < vrrp::discard_count; ++i)
        for (const vrrp::Decoded* fields : {static_cast<const vrrp::Decoded*>(nullptr),
                                            static_cast<const vrrp::Decoded*>(&decoded)}) {
            const auto advice = app::advice_on(static_cast<Discard>(i), datagram, fields, lan);
            CHECK_FALSE(advice.value.empty());
            CHECK_FALSE(advice.cure.empty());
        }
}

TEST(Advice, DifferencesAreConditionsOfTheirOwn) {
    CHECK(app::kind_of(Discard::version) == ConditionKind::version_differs);
    CHECK(app::kind_of(Discard::wrong_destination) == ConditionKind::transport_differs);
    CHECK(app::kind_of(Discard::interval) == ConditionKind::interval_differs);
    CHECK(app::kind_of(Discard::address_list) == ConditionKind::address_list_differs);
    CHECK(app::kind_of(Discard::checksum) == ConditionKind::rejected);
    CHECK(app::kind_of(vrrp::Note::interval_differs) == ConditionKind::interval_differs);
    CHECK_FALSE(app::kind_of(vrrp::Note::checksum_pseudo_header).has_value());
}

TEST(Advice, ACureFitsWhatIsKnown) {
    const auto cure = [&](const vrrp::Decoded* fields) {
        return app::advice_on(Discard::checksum, datagram, fields, lan).cure;
    };
    STRCMP_EQUAL("if it goes on, look at the sender and the way to it", cure(nullptr).c_str());
    STRCMP_EQUAL("set checksum = \"auto\", or the same form on both", cure(&decoded).c_str());
    lan.transport = config::Transport::unicast;
    STRCMP_EQUAL("name the address that we send from as the peer there",
                 app::advice_on(Discard::wrong_destination, datagram, &decoded, lan).cure.c_str());
}

TEST(Advice, ALongListIsCut) {
    decoded.addresses.assign(255, address("192.0.2.9"));
    STRCMP_EQUAL(
        "addresses 192.0.2.9,192.0.2.9,192.0.2.9,192.0.2.9 and 251 more, ours are "
        "192.0.2.1,192.0.2.7",
        value(Discard::address_list).c_str());
}
