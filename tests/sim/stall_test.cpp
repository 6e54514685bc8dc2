// A process that the scheduler, a debugger or a paused virtual machine held up.
#include "lan_test.hpp"
#include "wire.hpp"

using namespace sim;

TEST_GROUP_BASE(Stall, LanTest){void setup() override{lan.add({router(200)});
lan.add({router(100)});
lan.run_for(10s);
}
// One packet for host 1 now, and so on until it was done `count` times.
void flood(int count, Duration every) {
    for (int i = 0; i < count; ++i) {
        lan.inject(1, packet({.priority = 50, .ttl = 64}));
        lan.run_for(every);
    }
}
}
;

TEST(Stall, AStalledBackupBelievesPacketsBeforeItsDeadline) {
    lan.stall(1, 20s);
    lan.run_for(30s);
    CHECK(is_alone(0));
    LONGS_EQUAL(1, transitions(1));
    LONGS_EQUAL(0, lan.count_adverts(1));
}

TEST(Stall, AStalledBackupWithMorePacketsThanATurnReadsDoesNotTakeOver) {
    lan.pace(1).packets_a_turn = 4;
    lan.stall(1, 30s);
    lan.run_for(40s);
    CHECK(is_alone(0));
    LONGS_EQUAL(0, lan.count_adverts(1));
}

TEST(Stall, ThatBackupTakesOverAtOnceWhenTheQueueSaysThatTheActiveRouterIsDead) {
    lan.pace(1).packets_a_turn = 4;
    lan.stall(1, 30s);
    lan.run_for(20s);
    lan.crash(0);
    lan.run_for(10s);
    CHECK(time_until_active(1, 5s) <= 1ms);
}

TEST(Stall, AStalledActiveYieldsToTheBackupThatTookOverOnlyWhenThatIsStronger) {
    lan.stall(0, 20s);
    lan.run_for(15s);
    CHECK(lan.actives() == (std::set<HostId>{0, 1}));  // host 0 cannot know
    const std::size_t before = lan.count_adverts(0);
    lan.run_for(5s + 5ms);
    CHECK(is_alone(0));
    // It said so once, not once for each second that it missed.
    LONGS_EQUAL(before + 1, lan.count_adverts(0));
    lan.run_for(10s);
    CHECK(is_alone(0));
}

TEST(Stall, AStalledWeakerActiveYieldsWithOneWord) {
    lan.crash(0);
    lan.run_for(10s);
    CHECK(is_alone(1));
    lan.stall(1, 20s);
    lan.run_for(1s);
    lan.start(0);
    const std::size_t before = lan.count_adverts(1);
    lan.run_for(30s);
    CHECK(is_alone(0));
    LONGS_EQUAL(before + 1, lan.count_adverts(1));
}

// Heard in one turn: a weaker router, which asks for an answer, and then a stronger one, which asks
// for the last word.
TEST(Stall, OneTurnSaysOneThing) {
    lan.stall(0, 500ms);
    lan.inject(0, packet({.source = "192.0.2.98", .priority = 50}));
    lan.run_for(1ms);
    lan.inject(0, packet({.source = "192.0.2.99", .priority = 250}));
    const std::size_t before = lan.count_adverts(0);
    lan.run_for(600ms);
    STRCMP_EQUAL("stronger-advert", reason(0).c_str());
    LONGS_EQUAL(before + 1, lan.count_adverts(0));
}

TEST(Stall, AFloodDoesNotKeepABackupFromTakingOver) {
    lan.pace(1) = {.turn_cost = 1ms, .packets_a_turn = 4, .socket_capacity = 1000};
    lan.crash(0);
    const Instant last_advert = last_advert_of(0);
    flood(50'000, 100us);
    CHECK(lan.is_active(1));
    const Duration taken = lan.session(1).last_transition().at - last_advert;
    CHECK(taken >= active_down(100));
    // What the socket holds is a quarter of a second of reading.
    CHECK(taken <= active_down(100) + 300ms);
}

TEST(Stall, UnderAFloodABackupStillHearsTheActiveRouter) {
    lan.pace(1) = {.turn_cost = 1ms, .packets_a_turn = 64};
    flood(50'000, 100us);
    CHECK(is_alone(0));
    LONGS_EQUAL(1, transitions(1));
}

TEST(Stall, AdvertsKeepTheirScheduleAfterAStall) {
    const Instant promoted = lan.session(0).last_transition().at;
    lan.stall(0, 2500ms);
    lan.run_for(10s);
    CHECK((lan.adverts().back().at - promoted) % 1s == 0s);
    CHECK(is_alone(0));
    LONGS_EQUAL(0, lan.count_adverts(1));
}

TEST(Stall, AStartTooShortForASilenceClaimsNothing) {
    lan.crash(1);
    lan.start(1);
    lan.stall(1, 10s);
    lan.run_for(20s);
    CHECK(is_alone(0));
    LONGS_EQUAL(0, lan.count_adverts(1));
}
