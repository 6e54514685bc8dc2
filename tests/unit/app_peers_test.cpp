// Who was heard, in which form of the sum, and whether two are Active.
#include "app/peers.hpp"

#include <fmt/format.h>

#include <set>

#include "app_support.hpp"

#include <CppUTest/TestHarness.h>

using namespace support;
using Dialect = vrrp::ChecksumDialect;

TEST_GROUP(Peers) {
    app::Peers peers;

    void hear(std::string_view from, base::Instant at, std::optional<Dialect> dialect = {},
              int theirs = 100) {
        peers.note({{address(from), priority(theirs), centiseconds(100)}, dialect, {}},
                   vrrp::Version::v3, 3609ms, at);
    }
};

TEST(Peers, TheLastHeardComesFirst) {
    CHECK(peers.last() == nullptr);
    hear("192.0.2.3", noon);
    hear("192.0.2.4", noon + 1s);
    hear("192.0.2.3", noon + 2s);
    STRCMP_EQUAL("192.0.2.3", peers.last()->address.text().c_str());
    LONGS_EQUAL(2, peers.all().size());
}

TEST(Peers, InventedSendersDoNotFillTheMemory) {
    for (int i = 0; i < 200; ++i) hear(fmt::format("192.0.2.{}", i + 1), noon);
    LONGS_EQUAL(16, peers.all().size());
}

TEST(Peers, BothFormsAreSpokenUntilOneIsKnown) {
    LONGS_EQUAL(2, peers.dialects().size());
    LONGS_EQUAL(2, peers.dialects_of(address("192.0.2.3")).size());
    hear("192.0.2.3", noon, Dialect::rfc5798);
    CHECK(peers.dialects() == std::vector{Dialect::rfc5798});
    CHECK(peers.dialects_of(address("192.0.2.3")) == std::vector{Dialect::rfc5798});
    LONGS_EQUAL(2, peers.dialects_of(address("192.0.2.4")).size());
}

TEST(Peers, PeersThatDifferNeedBothForms) {
    hear("192.0.2.3", noon, Dialect::rfc5798);
    hear("192.0.2.4", noon, Dialect::rfc9568);
    LONGS_EQUAL(2, peers.dialects().size());
}

// It knows nobody; there may be a third router, which understands one form only.
TEST(Peers, WhoSendsBothIsAnsweredInBoth) {
    for (int i = 0; i < 5; ++i) {
        hear("192.0.2.3", noon + std::chrono::seconds{i}, Dialect::rfc9568);
        hear("192.0.2.3", noon + std::chrono::seconds{i}, Dialect::rfc5798);
        LONGS_EQUAL(2, peers.dialects().size());
        CHECK(peers.dialects_of(address("192.0.2.3")) == std::vector{Dialect::rfc9568});
    }
}

TEST(Peers, ARouterThatWasReplacedByOneOfTheOtherFormIsFollowed) {
    hear("192.0.2.3", noon, Dialect::rfc9568);
    hear("192.0.2.3", noon + 3s, Dialect::rfc5798);
    LONGS_EQUAL(2, peers.dialects().size());
    hear("192.0.2.3", noon + 10s, Dialect::rfc5798);
    CHECK(peers.dialects() == std::vector{Dialect::rfc5798});
}

TEST(Peers, TwoThatGoOnAdvertisingAreRivals) {
    for (int i = 0; i < 3; ++i) {
        hear("192.0.2.3", noon + std::chrono::seconds{i});
        hear("192.0.2.4", noon + std::chrono::seconds{i} + 500ms);
    }
    CHECK(peers.rival_of_last() != nullptr);
    STRCMP_EQUAL("192.0.2.3", peers.rival_of_last()->address.text().c_str());
}

TEST(Peers, AHandoverMakesNoRivals) {
    hear("192.0.2.3", noon);
    hear("192.0.2.3", noon + 1s);
    hear("192.0.2.4", noon + 1500ms);  // takes over
    hear("192.0.2.3", noon + 1501ms);  // the last word
    for (int i = 0; i < 5; ++i) {
        CHECK(peers.rival_of_last() == nullptr);
        hear("192.0.2.4", noon + 2500ms + std::chrono::seconds{i});
    }
}

TEST(Peers, OneThatGaveUpIsNoRival) {
    hear("192.0.2.3", noon);
    hear("192.0.2.4", noon + 100ms);
    hear("192.0.2.3", noon + 2s);
    hear("192.0.2.3", noon + 2s, {}, 0);
    hear("192.0.2.4", noon + 2100ms);
    CHECK(peers.rival_of_last() == nullptr);
}
