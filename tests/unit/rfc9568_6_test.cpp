// RFC 9568 section 6, the state machine: a test a sentence, each for one effect. That a step has no
// other effects is in vrrp_machine_test.cpp, which compares whole steps.
#include "config/config.hpp"
#include "rfc_support.hpp"
#include "vrrp/announce.hpp"

#include <CppUTest/TestHarness.h>

using namespace vrrp;
using namespace rfc;
using support::address;
using support::centiseconds;
using support::from_hex;
using support::priority;
using support::to_hex;

namespace {

constexpr base::MacAddress mac{{0x02, 0x00, 0x5e, 0x10, 0x00, 0x01}};

// Octets `offset` to `offset + size` of a frame that announces an address.
std::string octets_of_arp(std::size_t offset, std::size_t size) {
    return to_hex(
        base::ByteView{gratuitous_arp(mac, address("192.0.2.1"), vrrp::ArpOperation::request)}
            .subspan(offset, size));
}
std::string octets_of_na(std::size_t offset, std::size_t size) {
    return to_hex(base::ByteView{
        unsolicited_neighbor_advertisement(mac, address("2001:db8::1"), vrrp::Forwarding::on)}
                      .subspan(offset, size));
}

}  // namespace

TEST_GROUP(Rfc9568_6_1_Parameters){};

// proves: 9568-6.1-a
TEST(Rfc9568_6_1_Parameters, SkewTimeIsAFractionOfTheLearnedInterval) {
    CHECK_TRUE(skew_time(Version::v3, priority(100), one_second) == 609375us);
    CHECK_TRUE(skew_time(Version::v3, priority(100), tenth) == 60937500ns);
    CHECK_TRUE(skew_time(Version::v3, priority(254), centiseconds(1)) == 78125ns);
    CHECK_TRUE(skew_time(Version::v3, priority(255), one_second) == 3906250ns);
    CHECK_TRUE(timer(after(router(100), state::Backup{now, tenth}, advert(0))) == 60937500ns);
}

// proves: 9568-6.1-b
TEST(Rfc9568_6_1_Parameters, ActiveDownIntervalIsThreeIntervalsAndTheSkew) {
    for (int value = 1; value <= 254; ++value)
        CHECK_TRUE(active_down_interval(Version::v3, priority(value), tenth) ==
                   300ms + skew_time(Version::v3, priority(value), tenth));
}

// proves: 9568-6.1-d
TEST(Rfc9568_6_1_Parameters, ActiveAdverIntervalBeginsAsOurOwn) {
    CHECK_TRUE(learned(after_startup(with_interval(router(100), tenth))) == tenth);
}

// proves: 9568-6.1-e
TEST(Rfc9568_6_1_Parameters, PreemptModeIsOnByDefault) { CHECK_TRUE(config::Preempt{}.enabled); }

// proves: 9568-6.1-f
TEST(Rfc9568_6_1_Parameters, TheOwnerTakesOverWhateverPreemptModeSays) {
    const Step step = after(without_preemption(router(255)), backup, advert(254));
    CHECK_TRUE(timer(step) == backup.active_down_at - now);
}

TEST_GROUP(Rfc9568_6_2_Timers){};

// proves: 9568-6.2-a
TEST(Rfc9568_6_2_Timers, ActiveDownTimerFiresAfterAnActiveDownIntervalOfSilence) {
    const State waiting = after(router(100), backup, advert(200)).next;
    const Instant due = now + active_down_interval(Version::v3, priority(100), one_second);
    CHECK_FALSE(owns_addresses(step(router(100), waiting, event::Deadline{}, due - 1ns).next));
    CHECK_TRUE(owns_addresses(step(router(100), waiting, event::Deadline{}, due).next));
}

// proves: 9568-6.2-b
TEST(Rfc9568_6_2_Timers, AdverTimerIsOurIntervalNotTheLearnedOne) {
    const state::Backup learned_a_tenth{now, tenth};
    CHECK_TRUE(timer(after(router(100), learned_a_tenth, event::Deadline{})) == 1s);
}

TEST_GROUP(Rfc9568_6_4_1_Initialize){};

// proves: 9568-6.4.1-a
TEST(Rfc9568_6_4_1_Initialize, StartupOfTheOwnerSendsAnAdvert) {
    CHECK_TRUE(sends(after_startup(router(255)), 255));
    CHECK_FALSE(after_startup(router(254)).advert.has_value());
}

// proves: 9568-6.4.1-b
TEST(Rfc9568_6_4_1_Initialize, StartupOfTheOwnerAnnouncesItsAddresses) {
    CHECK_TRUE(after_startup(router(255)).announce);
    CHECK_FALSE(after_startup(router(254)).announce);
}

// proves: 9568-6.4.1-c
TEST(Rfc9568_6_4_1_Initialize, StartupOfTheOwnerSetsTheAdverTimer) {
    CHECK_TRUE(timer(after_startup(with_interval(router(255), tenth))) == 100ms);
}

// proves: 9568-6.4.1-d
TEST(Rfc9568_6_4_1_Initialize, StartupOfTheOwnerLeadsToActive) {
    CHECK_TRUE(is_active(after_startup(router(255))));
    CHECK_TRUE(is_active(after_startup(without_preemption(router(255)))));
}

// proves: 9568-6.4.1-e
TEST(Rfc9568_6_4_1_Initialize, StartupOfAnyOtherTakesItsOwnIntervalForTheLearnedOne) {
    CHECK_TRUE(learned(after_startup(with_interval(router(254), tenth))) == tenth);
}

// proves: 9568-6.4.1-f
TEST(Rfc9568_6_4_1_Initialize, StartupOfAnyOtherSetsTheActiveDownTimer) {
    CHECK_TRUE(timer(after_startup(router(100))) == 3609375us);
    CHECK_TRUE(timer(after_startup(router(254))) == 3007812500ns);
}

// proves: 9568-6.4.1-g
TEST(Rfc9568_6_4_1_Initialize, StartupOfAnyOtherLeadsToBackup) {
    for (int value = 1; value <= 254; ++value) CHECK_TRUE(is_backup(after_startup(router(value))));
}

// proves: 9568-6.4.1-h
TEST(Rfc9568_6_4_1_Initialize, AGratuitousArpIsABroadcastOfTheAddressToItself) {
    CHECK_EQUAL(std::string{"ffffffffffff"}, octets_of_arp(0, 6));
    CHECK_EQUAL(std::string{"c0000201"}, octets_of_arp(28, 4));
    CHECK_EQUAL(std::string{"c0000201"}, octets_of_arp(38, 4));
}

// proves: 9568-6.4.1-i
TEST(Rfc9568_6_4_1_Initialize, TheTargetOfAGratuitousArpIsTheMacOfItsSender) {
    CHECK_EQUAL(std::string{"02005e100001"}, octets_of_arp(22, 6));
    CHECK_EQUAL(std::string{"02005e100001"}, octets_of_arp(32, 6));
}

// proves: 9568-6.4.1-k
TEST(Rfc9568_6_4_1_Initialize, ANeighborAdvertisementSaysRouterAndOverrideAndNotSolicited) {
    CHECK_EQUAL(std::string{"8800"}, octets_of_na(54, 2));
    CHECK_EQUAL(std::string{"a0000000"}, octets_of_na(58, 4));
}

// proves: 9568-6.4.1-l
TEST(Rfc9568_6_4_1_Initialize, ANeighborAdvertisementNamesTheAddressAndWhereItIs) {
    CHECK_EQUAL(std::string{"20010db8000000000000000000000001"}, octets_of_na(62, 16));
    CHECK_EQUAL(std::string{"020102005e100001"}, octets_of_na(78, 8));
}

TEST_GROUP(Rfc9568_6_4_2_Backup){};

// proves: 9568-6.4.2-f
TEST(Rfc9568_6_4_2_Backup, ShutdownCancelsTheTimer) {
    CHECK_FALSE(timer(after(router(100), backup, event::Shutdown{})).has_value());
}

// proves: 9568-6.4.2-g
TEST(Rfc9568_6_4_2_Backup, ShutdownLeadsToInitializeWithoutAnAdvert) {
    const Step step = after(router(100), backup, event::Shutdown{});
    CHECK_TRUE(is_initialize(step));
    CHECK_FALSE(step.advert.has_value());
}

// proves: 9568-6.4.2-h
TEST(Rfc9568_6_4_2_Backup, ExpirySendsAnAdvert) { CHECK_TRUE(sends(after_silence(router(7)), 7)); }

// proves: 9568-6.4.2-i
TEST(Rfc9568_6_4_2_Backup, ExpiryAnnouncesTheAddresses) {
    CHECK_TRUE(after_silence(router(100)).announce);
}

// proves: 9568-6.4.2-j
TEST(Rfc9568_6_4_2_Backup, ExpirySetsTheAdverTimer) {
    CHECK_TRUE(timer(after_silence(router(100))) == 1s);
}

// proves: 9568-6.4.2-k
TEST(Rfc9568_6_4_2_Backup, ExpiryLeadsToActive) {
    CHECK_TRUE(is_active(after_silence(router(100))));
    CHECK_TRUE(is_active(after_silence(without_preemption(router(100)))));
}

// proves: 9568-6.4.2-l
TEST(Rfc9568_6_4_2_Backup, PriorityZeroSetsTheTimerToSkewTime) {
    CHECK_TRUE(timer(after(router(100), backup, advert(0))) == 609375us);
    CHECK_TRUE(timer(after(without_preemption(router(200)), backup, advert(0))) == 218750us);
}

// proves: 9568-6.4.2-m
TEST(Rfc9568_6_4_2_Backup, AnEqualOrHigherPriorityIsObeyed) {
    for (int value = 100; value <= 255; ++value)
        CHECK_TRUE(timer(after(router(100), backup, advert(value))) == 3609375us);
}

// proves: 9568-6.4.2-n
TEST(Rfc9568_6_4_2_Backup, WithoutPreemptModeALowerPriorityIsObeyedAsWell) {
    for (int value = 1; value < 100; ++value)
        CHECK_TRUE(timer(after(without_preemption(router(100)), backup, advert(value))) ==
                   3609375us);
}

// proves: 9568-6.4.2-o
TEST(Rfc9568_6_4_2_Backup, AnObeyedAdvertTeachesItsInterval) {
    CHECK_TRUE(learned(after(router(100), backup, advert(200, tenth))) == tenth);
}

// proves: 9568-6.4.2-p
TEST(Rfc9568_6_4_2_Backup, SkewAndDownIntervalFollowTheLearnedInterval) {
    const Step obeyed = after(router(100), backup, advert(200, tenth));
    const Step released = after(router(100), obeyed.next, advert(0));
    CHECK_TRUE(timer(released) == skew_time(Version::v3, priority(100), tenth));
}

// proves: 9568-6.4.2-q
TEST(Rfc9568_6_4_2_Backup, AnObeyedAdvertSetsTheTimerToActiveDownInterval) {
    CHECK_TRUE(timer(after(router(100), backup, advert(200, tenth))) == 360937500ns);
}

// proves: 9568-6.4.2-r
TEST(Rfc9568_6_4_2_Backup, WithPreemptModeALowerPriorityIsDiscarded) {
    for (int value = 1; value < 100; ++value) {
        const Step step = after(router(100), backup, advert(value, tenth));
        CHECK_TRUE(timer(step) == 500ms);
        CHECK_TRUE(learned(step) == one_second);
        CHECK_FALSE(step.advert.has_value());
    }
}

TEST_GROUP(Rfc9568_6_4_3_Active){};

// proves: 9568-6.4.3-f
TEST(Rfc9568_6_4_3_Active, ShutdownCancelsTheTimer) {
    CHECK_FALSE(timer(after(router(100), active, event::Shutdown{})).has_value());
}

// proves: 9568-6.4.3-g
TEST(Rfc9568_6_4_3_Active, ShutdownSendsPriorityZero) {
    CHECK_TRUE(sends(after(router(100), active, event::Shutdown{}), 0));
}

// proves: 9568-6.4.3-h
TEST(Rfc9568_6_4_3_Active, ShutdownLeadsToInitialize) {
    CHECK_TRUE(is_initialize(after(router(100), active, event::Shutdown{})));
}

// proves: 9568-6.4.3-i
TEST(Rfc9568_6_4_3_Active, ExpirySendsAnAdvert) {
    CHECK_TRUE(sends(after(router(100), state::Active{now}, event::Deadline{}), 100));
    CHECK_FALSE(after(router(100), active, event::Deadline{}).advert.has_value());
}

// proves: 9568-6.4.3-j
TEST(Rfc9568_6_4_3_Active, ExpirySetsTheTimerAgain) {
    CHECK_TRUE(timer(after(router(100), state::Active{now}, event::Deadline{})) == 1s);
}

// proves: 9568-6.4.3-k
TEST(Rfc9568_6_4_3_Active, PriorityZeroIsAnsweredWithAnAdvert) {
    const Step step = after(router(100), active, advert(0));
    CHECK_TRUE(sends(step, 100));
    CHECK_TRUE(is_active(step));
}

// proves: 9568-6.4.3-l
TEST(Rfc9568_6_4_3_Active, PriorityZeroSetsTheTimerAgain) {
    CHECK_TRUE(timer(after(router(100), active, advert(0))) == 1s);
}

// proves: 9568-6.4.3-m
TEST(Rfc9568_6_4_3_Active, AHigherPriorityLeadsToBackupWhateverTheAddress) {
    for (const IpAddress& source : {lower_address, higher_address})
        CHECK_TRUE(is_backup(after(router(100), active, advert_from(source, 101))));
}

// proves: 9568-6.4.3-n
TEST(Rfc9568_6_4_3_Active, OurPriorityFromAHigherAddressLeadsToBackup) {
    CHECK_TRUE(is_backup(after(router(100), active, advert_from(higher_address, 100))));
    CHECK_TRUE(is_active(after(router(100), active, advert_from(lower_address, 100))));
    CHECK_TRUE(is_active(after(router(100), active, advert_from(higher_address, 99))));
}

// proves: 9568-6.4.3-o
TEST(Rfc9568_6_4_3_Active, AddressesAreUnsignedIntegersInNetworkByteOrder) {
    struct Pair {
        const char* lower;
        const char* higher;
    };
    for (const Pair& pair : {Pair{"9.0.0.10", "10.0.0.9"}, Pair{"127.255.255.255", "128.0.0.0"},
                             Pair{"fe80::ff:0", "fe80::100:0"}, Pair{"fe80::7f", "fe80::80"}}) {
        Params params = router(100);
        params.source = address(pair.lower);
        CHECK_TRUE(is_backup(after(params, active, advert_from(address(pair.higher), 100))));
        params.source = address(pair.higher);
        CHECK_TRUE(is_active(after(params, active, advert_from(address(pair.lower), 100))));
    }
}

// proves: 9568-6.4.3-p
TEST(Rfc9568_6_4_3_Active, WhoYieldsWaitsForAnActiveDownInterval) {
    CHECK_TRUE(timer(after(router(100), active, advert(200))) == 3609375us);
    CHECK_TRUE(timer(after(router(100), active, advert_from(higher_address, 100))) == 3609375us);
}

// proves: 9568-6.4.3-q
TEST(Rfc9568_6_4_3_Active, WhoYieldsLearnsTheInterval) {
    const Step step = after(router(100), active, advert(200, tenth));
    CHECK_TRUE(learned(step) == tenth);
    CHECK_TRUE(timer(step) == 360937500ns);
}

// proves: 9568-6.4.3-r
TEST(Rfc9568_6_4_3_Active, ALosingAdvertIsDiscardedWhateverPreemptModeSays) {
    for (const Params& params : {router(100), without_preemption(router(100))})
        for (int value = 1; value < 100; ++value) {
            const Step step = after(params, active, advert(value, tenth));
            CHECK_TRUE(is_active(step));
            CHECK_TRUE(timer(step) == 500ms);
        }
}

// proves: 9568-6.4.3-s
TEST(Rfc9568_6_4_3_Active, ALosingAdvertIsAnsweredAtOnce) {
    CHECK_TRUE(sends(after(router(100), active, advert(99)), 100));
    CHECK_TRUE(sends(after(router(100), active, advert_from(lower_address, 100)), 100));
}

// proves: 9568-6.4.3-t
TEST(Rfc9568_6_4_3_Active, LosingAdvertsAreAnsweredOnceAnInterval) {
    const State answered = after(router(100), active, advert(99)).next;
    CHECK_FALSE(step(router(100), answered, advert(99), now + 1s - 1ns).advert.has_value());
    CHECK_TRUE(step(router(100), answered, advert(99), now + 1s).advert.has_value());
}

// proves: 9568-6.4.3-u
TEST(Rfc9568_6_4_3_Active, WhoYieldsHasALastWord) {
    CHECK_TRUE(sends(after(router(100), active, advert(200)), 100));
}
