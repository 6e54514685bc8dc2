// What a session remembers and tells; what it does is tests/sim.
#include "app/session.hpp"

#include <algorithm>

#include "app_support.hpp"

#include <CppUTest/TestHarness.h>

using namespace support;
using app::Session;
using app::ShownState;
using base::log::Record;

namespace {

const base::IpAddress peer = address("192.0.2.3");

app::Readiness ready() {
    app::Readiness readiness;
    readiness.link = kernel::LinkIndex{2};
    readiness.source = address("192.0.2.2");
    return readiness;
}

app::Readiness blocked(app::Blocker::Kind kind, std::string text) {
    app::Readiness readiness = ready();
    readiness.blockers.push_back({kind, std::move(text)});
    return readiness;
}

vrrp::Decoded advert(int theirs) {
    return {.version = vrrp::Version::v3,
            .vrid = 51,
            .priority = priority(theirs),
            .interval = 100,
            .addresses = {address("192.0.2.1")},
            .dialect = vrrp::ChecksumDialect::rfc9568};
}

}  // namespace

TEST_GROUP(Session) {
    Session session{router({"192.0.2.1/24"}), base::Family::ipv4, noon};

    void make_backup() { session.follow(ready(), noon); }
    void make_active() {
        make_backup();
        session.expire(noon + 10s, noon + 10s);
    }
    [[nodiscard]] std::string reason() const { return session.last_transition().reason; }
    [[nodiscard]] std::string why() const { return session.last_transition().text; }
    // The value of a field of the last record; "-" when it has none.
    std::string last_field(std::string_view key) {
        const std::vector<Record> records = session.take_records();
        if (records.empty()) return "-";
        const auto& fields = records.back().fields;
        const auto found = std::ranges::find(fields, key, &base::log::Field::key);
        return found == fields.end() ? "-" : found->value;
    }
    void hears(int theirs, base::Instant at) { session.receive(advert(theirs), peer, at); }
};

TEST(Session, BeginsWithoutAPartInTheElection) {
    CHECK(session.shown_state() == ShownState::init);
    CHECK_FALSE(session.deadline().has_value());
    CHECK_FALSE(session.wants_addresses());
    CHECK_FALSE(session.take_advert().has_value());
    STRCMP_EQUAL("startup", reason().c_str());
}

TEST(Session, KnowsTheAddressesOfItsFamilyOnly) {
    const Session mixed{router({"192.0.2.1/24", "2001:db8::1/64"}), base::Family::ipv4, noon};
    LONGS_EQUAL(1, mixed.addresses().size());
}

TEST(Session, SilenceNamesTheRouterThatFellSilent) {
    make_backup();
    hears(200, noon + 1s);
    session.expire(noon + 5s, noon + 5s);
    STRCMP_EQUAL("silence", reason().c_str());
    STRCMP_EQUAL("no advert from 192.0.2.3 (priority 200) for 4000 ms", why().c_str());
}

TEST(Session, SilenceSinceTheStartSaysSo) {
    make_backup();
    session.expire(noon + 4s, noon + 4s);
    STRCMP_EQUAL("no advert heard for 4000 ms since the start", why().c_str());
}

TEST(Session, AReleaseNamesWhoGaveUp) {
    make_backup();
    hears(0, noon + 1s);
    session.expire(noon + 2s, noon + 2s);
    STRCMP_EQUAL("released", reason().c_str());
    STRCMP_EQUAL("192.0.2.3 gave up with priority 0", why().c_str());
    LONGS_EQUAL(1, session.counters().priority_zero_received);
}

TEST(Session, APreemptionComparesThePriorities) {
    make_backup();
    hears(50, noon + 1s);
    session.expire(noon + 4s, noon + 4s);
    STRCMP_EQUAL("preempted", reason().c_str());
    STRCMP_EQUAL("our priority is higher than that of 192.0.2.3 (100 > 50)", why().c_str());
}

TEST(Session, AStrongerAdvertComparesThePriorities) {
    make_active();
    hears(200, noon + 11s);
    STRCMP_EQUAL("stronger-advert", reason().c_str());
    STRCMP_EQUAL("192.0.2.3 has the higher priority (200 > 100)", why().c_str());
}

TEST(Session, ALostTieNamesTheAddressThatWon) {
    make_active();
    hears(100, noon + 11s);
    STRCMP_EQUAL("tie-lost", reason().c_str());
    STRCMP_EQUAL("192.0.2.3 has the same priority and the higher address", why().c_str());
}

TEST(Session, ABlockerIsTheReasonInItsOwnWords) {
    make_active();
    session.follow(blocked(app::Blocker::Kind::link_down, "interface eth0 is down"), noon + 11s);
    CHECK(session.shown_state() == ShownState::fault);
    STRCMP_EQUAL("link-down", reason().c_str());
    STRCMP_EQUAL("interface eth0 is down", why().c_str());
}

TEST(Session, AnAbsenceIsWaitedFor) {
    session.follow(blocked(app::Blocker::Kind::interface_missing, "interface eth0 does not exist"),
                   noon);
    CHECK(session.shown_state() == ShownState::waiting);
    STRCMP_EQUAL("interface-missing", reason().c_str());
}

TEST(Session, OneFaultAmongAbsencesIsAFault) {
    app::Readiness both = blocked(app::Blocker::Kind::no_source_address, "no address");
    both.blockers.push_back({app::Blocker::Kind::socket, "no socket"});
    session.follow(both, noon);
    CHECK(session.shown_state() == ShownState::fault);
}

TEST(Session, TheSameBlockerIsToldOnce) {
    for (int i = 0; i < 3; ++i)
        session.follow(blocked(app::Blocker::Kind::link_down, "down"), noon);
    LONGS_EQUAL(1, session.take_records().size());
    LONGS_EQUAL(1, session.counters().transitions);
}

TEST(Session, AnotherBlockerInTheSameStateIsToldAndIsNoTransition) {
    session.follow(blocked(app::Blocker::Kind::link_down, "down"), noon);
    session.follow(blocked(app::Blocker::Kind::socket, "no socket"), noon + 1s);
    LONGS_EQUAL(2, session.take_records().size());
    LONGS_EQUAL(1, session.counters().transitions);
    STRCMP_EQUAL("socket", reason().c_str());
}

TEST(Session, AStopIsStoppedWhateverElseHolds) {
    make_active();
    session.stop(noon + 11s);
    STRCMP_EQUAL("stopped", reason().c_str());
    CHECK(session.take_advert()->priority == vrrp::Priority::releasing());
    session.follow(ready(), noon + 12s);
    CHECK(session.shown_state() == ShownState::init);
}

TEST(Session, ATransitionIsOneNoticeWithItsEvidence) {
    make_backup();
    hears(200, noon + 1s);
    session.expire(noon + 5s, noon + 5s);
    const std::vector<Record> records = session.take_records();
    LONGS_EQUAL(2, records.size());
    CHECK(records[1].level == base::log::Level::notice);
    STRCMP_EQUAL(
        "lan is active router=lan family=ipv4 vrid=51 interface=eth0 from=backup to=active "
        "reason=silence priority=100 last_advert_ms=4000 peer=192.0.2.3 peer_priority=200 "
        "why=\"no advert from 192.0.2.3 (priority 200) for 4000 ms\"",
        records[1].text().c_str());
}

TEST(Session, AskingForTheAdvertTakesIt) {
    make_active();
    const auto due = session.take_advert();
    CHECK(due->route.source == address("192.0.2.2"));
    CHECK(due->priority == priority(100));
    CHECK_FALSE(session.take_advert().has_value());
}

TEST(Session, TheDialectFollowsThePeerOnlyWhenItMay) {
    make_backup();
    vrrp::Decoded other = advert(200);
    other.dialect = vrrp::ChecksumDialect::rfc5798;
    session.receive(other, peer, noon + 1s);
    CHECK(session.sending_dialect() == vrrp::ChecksumDialect::rfc5798);
    STRCMP_EQUAL("rfc5798", last_field("checksum").c_str());

    config::Router strict = router({"192.0.2.1/24"});
    strict.checksum = config::Checksum::rfc9568;
    Session firm{strict, base::Family::ipv4, noon};
    firm.follow(ready(), noon);
    firm.receive(other, peer, noon + 1s);
    CHECK(firm.sending_dialect() == vrrp::ChecksumDialect::rfc9568);
    LONGS_EQUAL(1, firm.counters().discarded[static_cast<std::size_t>(vrrp::Discard::checksum)]);
}

TEST(Session, WhatIsRejectedLeavesNoPeerAndMovesNoDeadline) {
    make_backup();
    const auto before = session.deadline();
    vrrp::Decoded wrong = advert(200);
    wrong.addresses.clear();
    session.receive(wrong, peer, noon + 1s);
    CHECK_FALSE(session.peer().has_value());
    CHECK(session.deadline() == before);
    LONGS_EQUAL(0, session.counters().received);
}

TEST(Session, DiscardsAreToldOnceAMinuteAndCountedAlways) {
    make_backup();
    (void)session.take_records();
    for (int i = 0; i < 5; ++i)
        session.discard(vrrp::Discard::ip_ttl, peer, noon + std::chrono::seconds{i});
    LONGS_EQUAL(1, session.take_records().size());
    session.discard(vrrp::Discard::ip_ttl, peer, noon + 1min);
    STRCMP_EQUAL("4", last_field("repeated").c_str());
    LONGS_EQUAL(6, session.counters().discarded[static_cast<std::size_t>(vrrp::Discard::ip_ttl)]);
}

TEST(Session, ABackupBelievesNoSilenceBehindTheHorizon) {
    make_backup();
    session.expire(noon + 10s, noon + 1s);
    CHECK(session.shown_state() == ShownState::backup);
    session.expire(noon + 10s, noon + 4s);
    CHECK(session.shown_state() == ShownState::active);
}

TEST(Session, AnActiveRouterKeepsItsScheduleWhateverTheHorizon) {
    make_active();
    (void)session.take_advert();
    session.expire(noon + 11s, noon);
    CHECK(session.take_advert().has_value());
}

TEST(Session, SentAdvertsAreCountedWithTheirPriority) {
    session.advert_was_sent(priority(100));
    session.advert_was_sent(vrrp::Priority::releasing());
    LONGS_EQUAL(2, session.counters().sent);
    LONGS_EQUAL(1, session.counters().priority_zero_sent);
}
