// What comes from the wire and is not what it should be.
#include <algorithm>

#include "lan_test.hpp"
#include "wire.hpp"

using namespace sim;

namespace {

struct Wrong {
    const char* what;
    vrrp::Discard reason;
    base::Bytes datagram;
};

base::Bytes changed(base::Bytes datagram, std::size_t offset, std::uint8_t value) {
    datagram.at(offset) = value;
    return datagram;
}

base::Bytes cut_short(base::Bytes datagram, std::size_t size) {
    datagram.resize(size);
    return datagram;
}

// Each from a sender that would otherwise win, to a Backup; offset 20 is the VRRP message.
std::vector<Wrong> wrong_datagrams() {
    const Crafted strong{.priority = 254};
    const base::Bytes good = packet(strong);
    const base::Bytes message(good.begin() + 20, good.end());
    base::Bytes no_addresses = packet({.priority = 254, .addresses = {}});
    const Envelope unicast{.source = address("192.0.2.99"), .destination = address("192.0.2.12")};
    return {
        {"the TTL", vrrp::Discard::ip_ttl, packet({.priority = 254, .ttl = 254})},
        {"the sum", vrrp::Discard::checksum, changed(good, 22, 253)},
        {"the version", vrrp::Discard::version, changed(good, 20, 0x41)},
        {"the type", vrrp::Discard::type, changed(good, 20, 0x32)},
        {"the count", vrrp::Discard::packet_length, changed(good, 23, 2)},
        {"no address", vrrp::Discard::address_count_zero, std::move(no_addresses)},
        {"the destination", vrrp::Discard::wrong_destination, datagram(unicast, message)},
    };
}

}  // namespace

TEST_GROUP_BASE(Packets, LanTest){void setup() override{lan.add({router(200)});
lan.add({router(100)});
lan.run_for(10s);
}
[[nodiscard]] std::uint64_t discarded(HostId id, vrrp::Discard reason) const {
    return lan.session(id).counters().discarded[static_cast<std::size_t>(reason)];
}
}
;

// proves: 9568-7.1-i
TEST(Packets, WrongOnesTouchNoTimerAndAreCountedByReason) {
    for (const Wrong& wrong : wrong_datagrams()) {
        const auto deadline = lan.session(1).deadline();
        const std::uint64_t before = discarded(1, wrong.reason);
        lan.inject(1, wrong.datagram);
        lan.run_for(1us);
        CHECK_TEXT(lan.session(1).deadline() == deadline, wrong.what);
        CHECK_TEXT(discarded(1, wrong.reason) == before + 1, wrong.what);
    }
    CHECK(is_alone(0));
}

TEST(Packets, WrongOnesDoNotKeepADeadRouterAlive) {
    lan.crash(0);
    const Instant last_advert = last_advert_of(0);
    const std::vector<Wrong> all = wrong_datagrams();
    for (std::size_t i = 0; !lan.is_active(1) && i < 1000; ++i) {
        lan.inject(1, all[i % all.size()].datagram);
        lan.run_for(10ms);
    }
    CHECK(lan.session(1).last_transition().at - last_advert <= active_down(100) + 1ms);
}

TEST(Packets, WrongOnesDoNotDisturbAnActiveRouter) {
    const std::size_t before = lan.count_adverts(0);
    for (int i = 0; i < 100; ++i) {
        lan.inject(0, packet({.priority = 254, .ttl = 1}));
        lan.run_for(100ms);
    }
    CHECK(is_alone(0));
    LONGS_EQUAL(before + 10, lan.count_adverts(0));
    LONGS_EQUAL(1, lan.count_told(0, "advert discarded"));
}

TEST(Packets, TruncatedOnesOfEveryLengthAreSafe) {
    const base::Bytes good = packet({.priority = 254});
    for (std::size_t size = 0; size < good.size(); ++size) {
        lan.inject(1, cut_short(good, size));
        lan.run_for(1us);
    }
    CHECK(is_alone(0));
    LONGS_EQUAL(1, transitions(1));
}

TEST(Packets, OurOwnThatComeBackAreDropped) {
    const Duration due = *lan.engine(0).deadline() - lan.now();
    lan.run_for(due + 1us);
    for (int i = 0; i < 100; ++i) {
        lan.inject(0, packet({.source = "192.0.2.11", .priority = 200}));
        lan.run_for(2ms);
    }
    CHECK(is_alone(0));
    LONGS_EQUAL(100, discarded(0, vrrp::Discard::own_packet));
    LONGS_EQUAL(0, lan.session(0).counters().received);
}

TEST(Packets, AnotherRouterWithOurSourceIsHeardToldAndAnsweredOnceAnInterval) {
    const std::size_t before = lan.count_adverts(0);
    for (int i = 0; i < 100; ++i) {
        lan.inject(0, packet({.source = "192.0.2.11", .priority = 150}));
        lan.run_for(100ms);
    }
    CHECK(is_alone(0));
    CHECK(lan.count_adverts(0) <= before + 2 * 11);
    CHECK(std::ranges::any_of(lan.session(0).conditions().all(), [](const auto& condition) {
        return condition.kind == app::ConditionKind::duplicate_source;
    }));
    LONGS_EQUAL(1, lan.count_told(0,
                                  "another router sends from our address 192.0.2.11; give each "
                                  "its own"));
}

// proves: 9568-7.1-f
TEST(Packets, OtherVridsDoNotReachTheRouter) {
    lan.inject(1, packet({.vrid = 52, .priority = 254}));
    lan.run_for(1ms);
    CHECK(is_alone(0));
    CHECK(std::ranges::all_of(lan.session(1).counters().discarded,
                              [](std::uint64_t count) { return count == 0; }));
}

// proves: 9568-7.1-j
TEST(Packets, AnotherAddressListIsToldAndTakesNoPartInTheElection) {
    lan.inject(1, packet({.source = "192.0.2.99", .priority = 250, .addresses = {"192.0.2.7"}}));
    lan.run_for(1ms);
    const auto differs = static_cast<std::size_t>(vrrp::Note::address_list_differs);
    LONGS_EQUAL(1, lan.session(1).counters().noted[differs]);
    STRCMP_EQUAL("192.0.2.99", lan.session(1).peer()->address.text().c_str());
}

TEST(Packets, AStrangersPriorityZeroShortensTheWaitButARealAdvertEndsIt) {
    lan.inject(1, packet({.priority = 0}));
    lan.run_for(1ms);
    CHECK(*lan.session(1).deadline() <= lan.now() + skew(100));
    lan.inject(0, packet({.priority = 0}));  // the Active router answers at once
    lan.run_for(10s);
    CHECK(is_alone(0));
}

// keepalived and FRR know the RFC 5798 form only.
TEST(Packets, AutomaticChecksumSettlesWithAWeakerPeerOfTheOtherForm) {
    Lan mixed{1};
    mixed.add({with_checksum(router(200), config::Checksum::automatic)});
    mixed.add({with_checksum(router(100), config::Checksum::rfc5798)});
    mixed.run_for(10s);
    CHECK(mixed.actives() == std::set<HostId>{0});
    LONGS_EQUAL(1, mixed.session(1).counters().transitions);  // understood from the first advert on
    mixed.run_for(60s);
    CHECK(mixed.actives() == std::set<HostId>{0});
    mixed.stop(0);
    mixed.run_for(skew(100) + 1ms);
    CHECK(mixed.actives() == std::set<HostId>{1});
}

TEST(Packets, AutomaticChecksumSettlesWithAStrongerPeerOfTheOtherForm) {
    Lan mixed{1};
    mixed.add({with_checksum(router(100), config::Checksum::automatic)});
    mixed.add({with_checksum(router(200), config::Checksum::rfc5798)});
    mixed.run_for(10s);
    CHECK(mixed.actives() == std::set<HostId>{1});
    mixed.crash(1);
    mixed.run_for(10s);
    mixed.start(1);
    mixed.run_for(10s);
    CHECK(mixed.actives() == std::set<HostId>{1});
}

// The third one has never spoken: whoever takes over from an automatic router must go on in both
// forms.
TEST(Packets, AutomaticRoutersAreUnderstoodByOneThatHasNeverSpoken) {
    Lan both{1};
    for (const int priority : {200, 150})
        both.add({with_checksum(router(priority), config::Checksum::automatic)});
    both.add({with_checksum(router(100), config::Checksum::rfc5798)});
    both.run_for(10s);
    both.crash(0);
    both.run_for(20s);
    CHECK(both.actives() == std::set<HostId>{1});
    LONGS_EQUAL(1, both.session(2).counters().transitions);
}

// The other one speaks only to whom it understands, as keepalived does, which starts its timer anew
// at whatever it hears.
TEST(Packets, ASplitOlderThanTheirAcquaintanceHeals) {
    for (const int ours : {200, 100}) {
        Lan split{1};
        split.add({with_checksum(router(ours), config::Checksum::automatic)});
        split.add({with_checksum(router(150), config::Checksum::rfc5798)});
        split.partition({0});
        split.run_for(10s);
        LONGS_EQUAL(2, split.actives().size());
        split.heal();
        split.run_for(2s);
        CHECK(split.actives() == std::set<HostId>{ours == 200 ? 0U : 1U});
    }
}
