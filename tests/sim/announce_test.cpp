// When announcements leave, how fast, and what is done about a machine that claims our addresses.
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <map>

#include "lan_test.hpp"
#include "wire.hpp"

using namespace sim;

namespace {

constexpr base::MacAddress stranger{{0x02, 0, 0, 0, 0, 0x99}};
constexpr std::string_view restless = "sending failed";

config::Router with_policy(config::Router router, const config::Announcement& policy) {
    router.announcement = policy;
    return router;
}

// 10.1.NUMBER.1 and so on.
config::Router with_many(config::Router router, int number, int count) {
    router.name = fmt::format("lan{}", number);
    router.vrid = vrrp::Vrid::from(number + 1).value();
    router.addresses.clear();
    for (int i = 0; i < count; ++i)
        router.addresses.push_back(interface_address(fmt::format("10.1.{}.{}/32", number, i + 1)));
    return router;
}

bool is_of(const SentAnnouncement& sent, int number) {
    return sent.address.text().starts_with(fmt::format("10.1.{}.", number));
}

}  // namespace

TEST_GROUP_BASE(Announcing, LanTest){
    // One host that is Active since this instant.
    Instant start(std::vector<config::Router> routers){lan.add(std::move(routers));
time_until_active(0, 10s);
return lan.now();
}
[[nodiscard]] std::size_t count() const { return lan.count_announcements(0); }
// Announcements between these instants, counted from `since`.
[[nodiscard]] std::size_t count_between(Instant since, Duration from, Duration to) const {
    return static_cast<std::size_t>(
        std::ranges::count_if(lan.announcements(), [&](const SentAnnouncement& sent) {
            return sent.at >= since + from && sent.at < since + to;
        }));
}
}
;

TEST(Announcing, ARefreshComesForAsLongAsTheRouterIsActive) {
    const Instant active = start({router(100)});
    lan.run_for(30s);
    LONGS_EQUAL(10, count());
    lan.run_for(10min);
    const std::size_t refreshes = count() - 10;
    CHECK(refreshes >= 9 && refreshes <= 12);
    CHECK(count_between(active, 30s, 59s) == 0);
    lan.stop(0);
    lan.run_for(1s);
    const std::size_t before = count();
    lan.run_for(10min);
    LONGS_EQUAL(before, count());
}

TEST(Announcing, RefreshesDoNotMultiplyHoweverOftenTheRoleChanges) {
    start({with_policy(router(100), {.count = 1, .again_after = 0s, .refresh = 10s})});
    for (int i = 0; i < 20; ++i) {
        lan.kernel(0).set_carrier("eth0", Carrier::off);
        lan.run_for(1s);
        lan.kernel(0).set_carrier("eth0", Carrier::on);
        lan.run_for(5s);
    }
    const std::size_t before = count();
    lan.run_for(100s);
    CHECK(count() - before >= 8 && count() - before <= 12);
}

TEST(Announcing, WithoutARefreshThereIsSilence) {
    start({with_policy(router(100), {.count = 2, .again_after = 0s, .refresh = 0s})});
    lan.run_for(1h);
    LONGS_EQUAL(2, count());
}

TEST(Announcing, ALinkThatWasDownForAMomentIsToldAnew) {
    start({router(100)});
    lan.run_for(30s);
    const std::uint64_t before = transitions(0);
    lan.kernel(0).set_carrier("eth0", Carrier::off);
    lan.kernel(0).set_carrier("eth0", Carrier::on);
    lan.run_for(1s);
    LONGS_EQUAL(before, transitions(0));
    LONGS_EQUAL(15, count());
}

TEST(Announcing, ANewMacIsToldAnew) {
    start({router(100)});
    lan.run_for(30s);
    lan.kernel(0).set_mac("eth0", stranger);
    lan.run_for(1s);
    LONGS_EQUAL(15, count());
}

// --- how fast ---

TEST(Announcing, TheRateOfTheInterfaceIsKept) {
    const config::Announcement slow{.count = 1, .again_after = 0s, .refresh = 0s, .rate = 100};
    const Instant active = start({with_policy(with_many(router(100), 0, 250), slow)});
    lan.run_for(10s);
    LONGS_EQUAL(250, count());
    CHECK(count_between(active, 0s, 1s) <= 64 + 101);
    CHECK(count_between(active, 1s, 1500ms) >= 45 && count_between(active, 1s, 1500ms) <= 55);
}

TEST(Announcing, TwoRoutersOnAnInterfaceShareItsRate) {
    const config::Announcement slow{.count = 3, .again_after = 0s, .refresh = 0s, .rate = 100};
    const Instant active = start({with_policy(with_many(router(100), 0, 200), slow),
                                  with_policy(with_many(router(100), 1, 200), slow)});
    lan.run_for(2s);
    for (const Duration from : {100ms, 500ms, 1000ms}) {
        std::map<int, int> of;
        for (const SentAnnouncement& sent : lan.announcements())
            if (sent.at >= active + from && sent.at < active + from + 500ms)
                ++of[is_of(sent, 0) ? 0 : 1];
        CHECK(of[0] >= 20 && of[0] <= 30);
        CHECK(of[1] >= 20 && of[1] <= 30);
    }
    lan.run_for(20s);
    LONGS_EQUAL(2 * 200 * 3, count());
}

TEST(Announcing, EveryAddressIsAnnouncedOnceBeforeAnyIsAnnouncedTwice) {
    const config::Announcement slow{.count = 3, .again_after = 0s, .refresh = 0s, .rate = 100};
    start({with_policy(with_many(router(100), 0, 150), slow),
           with_policy(with_many(router(100), 1, 150), slow)});
    lan.run_for(20s);
    std::set<base::IpAddress> first;
    for (std::size_t i = 0; i < 300; ++i) first.insert(lan.announcements()[i].address);
    LONGS_EQUAL(300, first.size());
}

TEST(Announcing, WithoutALimitAllLeaveAsFastAsTurnsGo) {
    const config::Announcement fast{.count = 1, .again_after = 0s, .refresh = 0s, .rate = 0};
    const Instant active = start({with_policy(with_many(router(100), 0, 250), fast)});
    lan.run_for(1ms);
    LONGS_EQUAL(250, count());
    CHECK(count_between(active, 0s, 1ms) == 250);
}

// --- frames that the kernel refuses ---

TEST(Announcing, FramesThatAreRefusedLeaveLater) {
    start({with_policy(router(100), {.count = 2, .again_after = 0s, .refresh = 0s})});
    lan.kernel(0).faults.frame = ENOBUFS;
    lan.kernel(0).set_mac("eth0", stranger);
    const std::size_t before = count();
    const std::size_t steps = lan.steps();
    lan.run_for(5s);
    LONGS_EQUAL(before, count());
    CHECK(lan.session(0).counters().announcements_put_off >= 5);
    CHECK(lan.session(0).counters().send_errors >= 5);
    LONGS_EQUAL(1, lan.count_told(0, restless));
    CHECK(lan.steps() - steps < 100);
    lan.kernel(0).faults.frame = 0;
    lan.run_for(2s);
    CHECK(count() - before >= 2);
}

TEST(Announcing, AQueueThatTakesAFewAtATimeGetsThemAll) {
    const config::Announcement once{.count = 1, .again_after = 0s, .refresh = 0s, .rate = 0};
    lan.add({with_policy(with_many(router(100), 0, 250), once)});
    lan.kernel(0).faults.frames_a_call = 10;
    lan.run_for(60s);
    std::map<base::IpAddress, int> frames;
    for (const SentAnnouncement& sent : lan.announcements()) ++frames[sent.address];
    LONGS_EQUAL(250, frames.size());
    for (const auto& [address, times] : frames) LONGS_EQUAL(1, times);
}

// --- claims ---

TEST(Announcing, AClaimIsAnsweredOnceASecondAndTold) {
    start({router(100)});
    lan.run_for(30s);
    const Instant since = lan.now();
    for (int i = 0; i < 300; ++i) {
        lan.claim(0, {address(virtual_address.substr(0, virtual_address.find('/'))), stranger});
        lan.run_for(10ms);
    }
    LONGS_EQUAL(3, count_between(since, 0s, 3s));
    LONGS_EQUAL(300, lan.session(0).counters().claims);
    LONGS_EQUAL(1, lan.count_told(0, "another machine claims 192.0.2.1"));
    LONGS_EQUAL(1, lan.session(0).conditions().all().size());
    const app::Condition& condition = lan.session(0).conditions().all().front();
    CHECK(condition.kind == app::ConditionKind::address_claimed);
    CHECK(condition.text.find("02:00:00:00:00:99") != std::string::npos);
    lan.run_for(9s);
    LONGS_EQUAL(1, lan.session(0).conditions().all().size());
    lan.run_for(2s);
    LONGS_EQUAL(0, lan.session(0).conditions().all().size());
    LONGS_EQUAL(1, lan.count_told(0, "condition is over"));
    CHECK(count_between(since, 3s, 20s) == 1);  // the last word
}

TEST(Announcing, WhatIsNoClaimOfOthersIsNotAnswered) {
    start({router(100)});
    lan.run_for(30s);
    const base::MacAddress own = lan.engine(0).view().link("eth0")->mac;
    lan.claim(0, {address("192.0.2.1"), own});
    lan.claim(0, {address("192.0.2.77"), stranger});
    lan.run_for(5s);
    LONGS_EQUAL(10, count());
    LONGS_EQUAL(0, lan.session(0).counters().claims);
}

TEST(Announcing, OnlyAnActiveRouterListensForClaims) {
    lan.add({router(200)});
    lan.add({router(100)});
    lan.run_for(10s);
    CHECK_TRUE(lan.kernel(0).hears_claims("eth0", address("192.0.2.1")));
    CHECK_FALSE(lan.kernel(1).hears_claims("eth0", address("192.0.2.1")));
    lan.kernel(0).uninstall("eth0", "192.0.2.11/24");
    lan.run_for(10s);
    CHECK_FALSE(lan.kernel(0).hears_claims("eth0", address("192.0.2.1")));
    CHECK_TRUE(lan.kernel(1).hears_claims("eth0", address("192.0.2.1")));
}

TEST(Announcing, TheLastWordOfARouterThatYieldsIsNoQuarrel) {
    lan.add({router(100)});
    lan.run_for(10s);
    lan.add({router(200)});
    CHECK(time_until_active(1, 10s) < 10s);
    lan.claim(1, {address("192.0.2.1"), stranger});
    lan.run_for(1s);
    LONGS_EQUAL(0, lan.session(1).conditions().all().size());
}

// --- order ---

// proves: 9568-8.2.2-b
TEST(Announcing, ANeighborAdvertisementFollowsTheAdvertAndTheAddress) {
    lan.add_dual({with_addresses(router(100), {"fe80::5652:5250:0:33/64"})});
    time_until_active(0, 10s);
    lan.run_for(1ms);  // until the kernel answers for the address
    const auto& requests = lan.kernel(0).requests();
    const auto place = [&](std::string_view request) {
        return std::ranges::find(requests, request) - requests.begin();
    };
    CHECK(place("advert 100") < place("add fe80::5652:5250:0:33/64"));
    CHECK(place("add fe80::5652:5250:0:33/64") < place("arp fe80::5652:5250:0:33"));
    CHECK(place("arp fe80::5652:5250:0:33") < static_cast<std::ptrdiff_t>(requests.size()));
}
