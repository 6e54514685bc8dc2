// What a session remembers and tells; what it does is tests/sim.
#include "app/session.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

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

const vrrp::Datagram from_peer{{peer, vrrp::multicast_group(base::Family::ipv4)}, 255, {}};

}  // namespace

TEST_GROUP(Session) {
    Session session{router({"192.0.2.1/24"}), base::Family::ipv4, noon};

    void make_backup() { session.follow(ready(), noon); }
    void make_active() {
        make_backup();
        session.expire(noon + 10s);
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
    void hears(int theirs, base::Instant at) { session.receive(from_peer, advert(theirs), at); }
};

TEST(Session, BeginsWithoutAPartInTheElection) {
    CHECK(session.shown_state() == ShownState::init);
    CHECK_FALSE(session.deadline().has_value());
    CHECK_FALSE(session.wants_addresses());
    CHECK_FALSE(session.take_advert(noon + 20s).has_value());
    STRCMP_EQUAL("startup", reason().c_str());
}

TEST(Session, KnowsTheAddressesOfItsFamilyOnly) {
    const Session mixed{router({"192.0.2.1/24", "2001:db8::1/64"}), base::Family::ipv4, noon};
    LONGS_EQUAL(1, mixed.addresses().size());
}

TEST(Session, SilenceNamesTheRouterThatFellSilent) {
    make_backup();
    hears(200, noon + 1s);
    session.expire(noon + 5s);
    STRCMP_EQUAL("silence", reason().c_str());
    STRCMP_EQUAL("no advert from 192.0.2.3 (priority 200) for 4000 ms", why().c_str());
}

TEST(Session, SilenceSinceTheStartSaysSo) {
    make_backup();
    session.expire(noon + 4s);
    STRCMP_EQUAL("no advert heard for 4000 ms since the start", why().c_str());
}

TEST(Session, AReleaseNamesWhoGaveUp) {
    make_backup();
    hears(0, noon + 1s);
    session.expire(noon + 2s);
    STRCMP_EQUAL("released", reason().c_str());
    STRCMP_EQUAL("192.0.2.3 gave up with priority 0", why().c_str());
    LONGS_EQUAL(1, session.counters().priority_zero_received);
}

TEST(Session, APreemptionComparesThePriorities) {
    make_backup();
    hears(50, noon + 1s);
    session.expire(noon + 4s);
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
    CHECK(session.take_advert(noon + 20s)->priority == vrrp::Priority::releasing());
    session.follow(ready(), noon + 12s);
    CHECK(session.shown_state() == ShownState::init);
}

TEST(Session, ATransitionIsOneNoticeWithItsEvidence) {
    make_backup();
    hears(200, noon + 1s);
    session.expire(noon + 5s);
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
    const auto due = session.take_advert(noon + 20s);
    CHECK(due->copies.front().route.source == address("192.0.2.2"));
    CHECK(due->priority == priority(100));
    CHECK_FALSE(session.take_advert(noon + 20s).has_value());
}

TEST(Session, TheDialectFollowsThePeerOnlyWhenItMay) {
    make_backup();
    vrrp::Decoded other = advert(200);
    other.dialect = vrrp::ChecksumDialect::rfc5798;
    session.receive(from_peer, other, noon + 1s);
    CHECK(session.sending_dialects() == std::vector{vrrp::ChecksumDialect::rfc5798});
    STRCMP_EQUAL("rfc5798", last_field("checksum").c_str());

    config::Router strict = router({"192.0.2.1/24"});
    strict.checksum = config::Checksum::rfc9568;
    Session firm{strict, base::Family::ipv4, noon};
    firm.follow(ready(), noon);
    firm.receive(from_peer, other, noon + 1s);
    CHECK(firm.sending_dialects() == std::vector{vrrp::ChecksumDialect::rfc9568});
    LONGS_EQUAL(1, firm.counters().discarded[static_cast<std::size_t>(vrrp::Discard::checksum)]);
}

TEST(Session, WhatIsRejectedLeavesNoPeerAndMovesNoDeadline) {
    make_backup();
    const auto before = session.deadline();
    vrrp::Decoded wrong = advert(200);
    wrong.addresses.clear();
    session.receive(from_peer, wrong, noon + 1s);
    CHECK(session.peer() == nullptr);
    CHECK(session.deadline() == before);
    LONGS_EQUAL(0, session.counters().received);
}

TEST(Session, DiscardsAreToldOnceAMinuteAndCountedAlways) {
    make_backup();
    (void)session.take_records();
    for (int i = 0; i < 5; ++i)
        session.discard(vrrp::Discard::ip_ttl, from_peer, nullptr, noon + std::chrono::seconds{i});
    LONGS_EQUAL(1, session.take_records().size());
    session.discard(vrrp::Discard::ip_ttl, from_peer, nullptr, noon + 1min);
    STRCMP_EQUAL("4", last_field("repeated").c_str());
    LONGS_EQUAL(6, session.counters().discarded[static_cast<std::size_t>(vrrp::Discard::ip_ttl)]);
}

TEST(Session, ADeadlineThatHasNotComeChangesNothing) {
    make_backup();
    session.expire(noon + 3s);
    CHECK(session.shown_state() == ShownState::backup);
    session.expire(noon + 4s);
    CHECK(session.shown_state() == ShownState::active);
}

TEST(Session, IpVersion6IsProtocolVersion3WhateverTheRouterSays) {
    config::Router old = router({"fe80::1/64", "192.0.2.1/24"});
    old.version = vrrp::Version::v2;
    CHECK(Session(old, base::Family::ipv4, noon).version() == vrrp::Version::v2);
    CHECK(Session(old, base::Family::ipv6, noon).version() == vrrp::Version::v3);
}

TEST(Session, SpeaksBothChecksumFormsUntilAPeerIsKnown) {
    make_active();
    const auto due = session.take_advert(noon + 10s);
    LONGS_EQUAL(2, due->copies.size());
    std::set<vrrp::ChecksumDialect> forms;
    for (const auto& [message, route] : due->copies)
        forms.insert(*vrrp::decode({route, 255, message})->dialect);
    LONGS_EQUAL(2, forms.size());
    hears(100, noon + 11s);
    session.expire(noon + 12s);
    LONGS_EQUAL(1, session.take_advert(noon + 12s)->copies.size());
}

TEST(Session, UnicastGoesToEachPeerOfTheFamilyAndNotToUs) {
    config::Router unicast = router({"192.0.2.1/24"});
    unicast.transport = config::Transport::unicast;
    unicast.checksum = config::Checksum::rfc9568;
    unicast.peers = {address("192.0.2.2"), address("192.0.2.3"), address("fe80::3"),
                     address("192.0.2.4")};
    Session made{unicast, base::Family::ipv4, noon};
    made.follow(ready(), noon);
    made.expire(noon + 10s);
    std::string destinations;
    const auto due = made.take_advert(noon + 10s);
    for (const auto& [message, route] : due->copies) destinations += route.destination.text() + " ";
    STRCMP_EQUAL("192.0.2.3 192.0.2.4 ", destinations.c_str());
}

TEST(Session, UnicastAnswersEachPeerInItsOwnForm) {
    config::Router unicast = router({"192.0.2.1/24"});
    unicast.transport = config::Transport::unicast;
    unicast.peers = {address("192.0.2.3"), address("192.0.2.4")};
    Session made{unicast, base::Family::ipv4, noon};
    made.follow(ready(), noon);
    const auto hear = [&](const char* from, vrrp::ChecksumDialect form) {
        vrrp::Decoded decoded = advert(200);
        decoded.dialect = form;
        made.receive({{address(from), address("192.0.2.2")}, 255, {}}, decoded, noon + 1s);
    };
    hear("192.0.2.3", vrrp::ChecksumDialect::rfc9568);
    hear("192.0.2.4", vrrp::ChecksumDialect::rfc5798);
    made.expire(noon + 10s);
    std::string forms;
    const auto due = made.take_advert(noon + 10s);
    for (const auto& [message, route] : due->copies)
        forms += fmt::format("{} {}, ", route.destination.text(),
                             vrrp::name_of(*vrrp::decode({route, 255, message})->dialect));
    STRCMP_EQUAL("192.0.2.3 rfc9568, 192.0.2.4 rfc5798, ", forms.c_str());
}

TEST(Session, UnicastTakesAdvertsOfItsPeersOnly) {
    config::Router unicast = router({"192.0.2.1/24"});
    unicast.transport = config::Transport::unicast;
    unicast.peers = {peer, address("192.0.2.2")};
    Session made{unicast, base::Family::ipv4, noon};
    made.follow(ready(), noon);
    const auto group = vrrp::multicast_group(base::Family::ipv4);
    made.receive({{address("192.0.2.9"), address("192.0.2.2")}, 255, {}}, advert(200), noon + 1s);
    made.receive({{peer, group}, 255, {}}, advert(200), noon + 1s);
    made.receive({{address("192.0.2.2"), address("192.0.2.2")}, 255, {}}, advert(200), noon + 1s);
    const auto& discarded = made.counters().discarded;
    LONGS_EQUAL(2, discarded[static_cast<std::size_t>(vrrp::Discard::unknown_source)]);
    LONGS_EQUAL(1, discarded[static_cast<std::size_t>(vrrp::Discard::wrong_destination)]);
    LONGS_EQUAL(0, made.counters().received);
    made.receive({{peer, address("192.0.2.2")}, 255, {}}, advert(200), noon + 1s);
    LONGS_EQUAL(1, made.counters().received);
}

// proves: 9568-8.4.2-a, 9568-8.4.2-b, 9568-8.4.2-c, 9568-8.4.2-d, 9568-8.4.2-e
TEST(Session, InMigrationItSendsBothVersionsAndPrefersTheNewer) {
    config::Router migrating = router({"192.0.2.1/24"});
    migrating.speaks_v2_too = true;
    migrating.checksum = config::Checksum::rfc9568;
    Session made{migrating, base::Family::ipv4, noon};
    made.follow(ready(), noon);
    vrrp::Decoded old = advert(200);
    old.version = vrrp::Version::v2;
    old.dialect.reset();
    old.interval = 2;  // seconds: learned
    const vrrp::Datagram datagram{{peer, vrrp::multicast_group(base::Family::ipv4)}, 255, {}};
    made.receive(datagram, old, noon + 1s);
    LONGS_EQUAL(200, made.active_interval().value().count());
    made.receive(datagram, advert(200), noon + 1s);
    made.receive(datagram, old, noon + 1s);
    LONGS_EQUAL(100, made.active_interval().value().count());
    LONGS_EQUAL(1, made.counters().older_version);
    made.expire(noon + 20s);
    std::string versions;
    const auto due = made.take_advert(noon + 20s);
    for (const auto& [message, route] : due->copies)
        versions += fmt::format("{} ", message[0] >> 4);
    STRCMP_EQUAL("3 2 ", versions.c_str());
}

TEST(Session, AnotherRouterWithOurSourceIsNotAnEcho) {
    make_active();
    const auto due = session.take_advert(noon + 10s);
    const base::Bytes& sent = due->copies.front().message;
    base::Bytes other = sent;
    other[2] = 200;
    CHECK(session.is_echo(sent, noon + 10s + 1ms));
    CHECK_FALSE(session.is_echo(other, noon + 10s + 1ms));
    CHECK_FALSE(session.is_echo(sent, noon + 10s + 500ms));
}

TEST(Session, AConditionBeginsNamesTheOtherSideAndEnds) {
    make_active();
    (void)session.take_records();
    hears(50, noon + 20s);
    LONGS_EQUAL(1, session.conditions().all().size());
    STRCMP_EQUAL(
        "192.0.2.3 (priority 50) is Active too: it does not hear us, or rejects our "
        "adverts; look at its status and at firewalls between us",
        session.conditions().all().front().text.c_str());
    hears(50, noon + 21s);
    LONGS_EQUAL(1, session.conditions().all().size());
    session.forget(noon + 21s + 5s);
    CHECK_FALSE(session.conditions().all().empty());
    session.forget(noon + 21s + 10s);
    CHECK(session.conditions().all().empty());
    STRCMP_EQUAL("another-active", last_field("condition").c_str());
}

TEST(Session, ADiscardNamesSenderValueAndCure) {
    make_backup();
    vrrp::Decoded other = advert(200);
    other.version = vrrp::Version::v2;
    const base::Bytes message{0x21};
    session.receive({{peer, vrrp::multicast_group(base::Family::ipv4)}, 255, message}, other,
                    noon + 1s);
    const std::vector<Record> records = session.take_records();
    STRCMP_EQUAL(
        "advert discarded router=lan family=ipv4 vrid=51 interface=eth0 "
        "condition=version-differs reason=version-errors sender=192.0.2.3 value=\"version 2, ours "
        "is 3\" "
        "cure=\"set the same version on both; vrrp = \\\"2+3\\\" speaks both over "
        "IPv4\"",
        records.back().text().c_str());
    CHECK(session.conditions().all().front().kind == app::ConditionKind::version_differs);
}

TEST(Session, SentAdvertsAreCountedWithTheirPriority) {
    session.advert_was_sent(priority(100), noon);
    session.advert_was_sent(vrrp::Priority::releasing(), noon);
    LONGS_EQUAL(2, session.counters().sent);
    LONGS_EQUAL(1, session.counters().priority_zero_sent);
}
