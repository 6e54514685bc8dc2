// Every cell of the transition tables of RFC 9568 section 6.4 (and RFC 3768 section 6.4). A step is
// compared whole, so that a test for one effect notices another that should not be there. How a
// schedule runs over many steps is in vrrp_machine_schedule_test.cpp.
#include "vrrp/machine.hpp"

#include <optional>

#include "step_text.hpp"
#include "support.hpp"

#include <CppUTest/TestHarness.h>

using namespace vrrp;
using namespace std::chrono_literals;
using state::Awaiting;
using step_text::text_of;
using support::address;
using support::centiseconds;
using support::priority;
using support::seconds;

namespace {

constexpr Instant now{1h};
constexpr Instant always{};
constexpr std::nullopt_t never = std::nullopt;

const IpAddress our_address = address("192.0.2.128");
const IpAddress lower_address = address("192.0.2.127");
const IpAddress higher_address = address("192.0.2.129");

// Priority 100, 1 s, preempting.
Params usual() { return {Version::v3, priority(100), centiseconds(100), our_address, always}; }

Params with_priority(int value) {
    Params params = usual();
    params.priority = priority(value);
    return params;
}

Params with_preemption(std::optional<Instant> from) {
    Params params = usual();
    params.preempt_from = from;
    return params;
}

Params version2(int interval_seconds) {
    Params params = usual();
    params.version = Version::v2;
    params.interval = seconds(interval_seconds);
    return params;
}

event::Received advert(int from_priority, AdvertInterval interval = centiseconds(100)) {
    return {higher_address, priority(from_priority), interval};
}

event::Received advert_from(const IpAddress& source, int from_priority) {
    return {source, priority(from_priority), centiseconds(100)};
}

// A Backup that learned 200 ms, with half a second to go.
constexpr state::Backup backup{now + 500ms, centiseconds(20)};
// An Active router that has answered nobody yet, with half a second to go.
constexpr state::Active active{now + 500ms};

Step becomes_active(int with, Cause cause) {
    return {state::Active{now + 1s}, priority(with), true, cause};
}

Step becomes_backup(Duration down, AdvertInterval interval, Cause cause) {
    return {.next = state::Backup{now + down, interval}, .cause = cause};
}

// An Active router that yields has a last word, which lets the stronger one know of it.
Step yields(Duration down, AdvertInterval interval, Cause cause) {
    Step step = becomes_backup(down, interval, cause);
    step.advert = priority(100);
    return step;
}

void check_step(const Step& expected, const Params& params, const State& state,
                const Event& event) {
    STRCMP_EQUAL(text_of(expected).c_str(), text_of(step(params, state, event, now)).c_str());
}

}  // namespace

// --- Initialize ---

TEST_GROUP(Rfc9568_6_4_1){};

TEST(Rfc9568_6_4_1, StartupOfTheOwnerMakesItActiveAtOnce) {
    check_step(becomes_active(255, Cause::startup), with_priority(255), state::Initialize{},
               event::Startup{});
}

TEST(Rfc9568_6_4_1, StartupOfTheOwnerDoesNotAskForPreemption) {
    Params owner = with_priority(255);
    owner.preempt_from = never;
    check_step(becomes_active(255, Cause::startup), owner, state::Initialize{}, event::Startup{});
}

TEST(Rfc9568_6_4_1, StartupOfAnyOtherMakesItABackupForAnActiveDownInterval) {
    for (int value = 1; value <= 254; ++value)
        check_step(becomes_backup(3s + Duration{1s} * (256 - value) / 256, centiseconds(100),
                                  Cause::startup),
                   with_priority(value), state::Initialize{}, event::Startup{});
}

TEST(Rfc9568_6_4_1, AnythingElseIsIgnored) {
    for (const Event& event : {Event{event::Shutdown{}}, Event{event::Deadline{}}, Event{advert(0)},
                               Event{advert(1)}, Event{advert(255)}})
        check_step({.next = state::Initialize{}}, usual(), state::Initialize{}, event);
}

TEST_GROUP(Rfc3768_6_4_1){};

TEST(Rfc3768_6_4_1, StartupDoesNotScaleTheSkewWithTheInterval) {
    check_step(becomes_backup(9609375us, seconds(3), Cause::startup), version2(3),
               state::Initialize{}, event::Startup{});
}

// --- Backup ---

TEST_GROUP(Rfc9568_6_4_2){};

TEST(Rfc9568_6_4_2, ShutdownLeadsToInitializeWithoutAWord) {
    check_step({.next = state::Initialize{}, .cause = Cause::shutdown}, usual(), backup,
               event::Shutdown{});
}

TEST(Rfc9568_6_4_2, StartupChangesNothing) {
    check_step({.next = backup}, usual(), backup, event::Startup{});
}

TEST(Rfc9568_6_4_2, ADeadlineThatIsNotYetDueDoesNothing) {
    for (const auto awaiting : {Awaiting::any_advert, Awaiting::release, Awaiting::preemption}) {
        const state::Backup waiting{now + 1ns, centiseconds(100), awaiting};
        check_step({.next = waiting}, usual(), waiting, event::Deadline{});
    }
}

TEST(Rfc9568_6_4_2, ExpiryMakesItActiveAndSaysOnWhatEvidence) {
    struct Case {
        Awaiting awaiting;
        Cause cause;
    };
    for (const Case& c :
         {Case{Awaiting::any_advert, Cause::silence}, Case{Awaiting::release, Cause::released},
          Case{Awaiting::preemption, Cause::preempted}})
        check_step(becomes_active(100, c.cause), usual(),
                   state::Backup{now, centiseconds(100), c.awaiting}, event::Deadline{});
}

// The Adver_Timer is our own interval from now: not the learned one, not from when it was due.
TEST(Rfc9568_6_4_2, ExpiryStartsAScheduleOfItsOwn) {
    check_step(becomes_active(100, Cause::silence), usual(),
               state::Backup{now - 700ms, centiseconds(20)}, event::Deadline{});
}

TEST(Rfc9568_6_4_2, ExpiryDoesNotAskForPreemption) {
    check_step(becomes_active(100, Cause::silence), with_preemption(never),
               state::Backup{now, centiseconds(20)}, event::Deadline{});
}

TEST(Rfc9568_6_4_2, PriorityZeroLeavesASkewTimeOfTheLearnedInterval) {
    for (int value = 1; value <= 255; ++value)
        check_step({.next = state::Backup{now + Duration{200ms} * (256 - value) / 256,
                                          centiseconds(20), Awaiting::release}},
                   with_priority(value), backup, advert(0));
}

TEST(Rfc9568_6_4_2, PriorityZeroAtTheFastestIntervalKeepsMicroseconds) {
    check_step({.next = state::Backup{now + 78125ns, centiseconds(1), Awaiting::release}},
               with_priority(254), state::Backup{now + 30ms, centiseconds(1)}, advert(0));
}

TEST(Rfc9568_6_4_2, PriorityZeroTeachesNoIntervalAndAsksForNoPreemption) {
    const Step expected{.next = state::Backup{now + 121875us, centiseconds(20), Awaiting::release}};
    for (const auto& preempt_from : {std::optional{always}, std::optional<Instant>{}})
        check_step(expected, with_preemption(preempt_from), backup, advert(0, centiseconds(4095)));
}

TEST(Rfc9568_6_4_2, AnEqualOrHigherPriorityIsObeyedAndItsIntervalLearned) {
    for (const int value : {100, 101, 254, 255})
        check_step({.next = state::Backup{now + 360937500ns, centiseconds(10)}}, usual(), backup,
                   advert(value, centiseconds(10)));
}

TEST(Rfc9568_6_4_2, TheLongestIntervalIsLearnedToo) {
    check_step({.next = state::Backup{now + 147803906250ns, centiseconds(4095)}}, usual(), backup,
               advert(200, centiseconds(4095)));
}

TEST(Rfc9568_6_4_2, EqualPriorityIsObeyedWhateverTheAddress) {
    for (const IpAddress& source : {lower_address, our_address, higher_address})
        check_step({.next = state::Backup{now + 3609375us, centiseconds(100)}}, usual(), backup,
                   advert_from(source, 100));
}

TEST(Rfc9568_6_4_2, ALowerPriorityIsNotObeyedWhilePreempting) {
    const Step expected{
        .next = state::Backup{backup.active_down_at, backup.active_interval, Awaiting::preemption}};
    for (const int value : {1, 50, 99})
        check_step(expected, usual(), backup, advert(value, centiseconds(10)));
}

TEST(Rfc9568_6_4_2, ALowerPriorityIsObeyedWithoutPreemption) {
    for (const int value : {1, 50, 99})
        check_step({.next = state::Backup{now + 360937500ns, centiseconds(10)}},
                   with_preemption(never), backup, advert(value, centiseconds(10)));
}

TEST(Rfc9568_6_4_2, PreemptionBeginsAtItsInstantNotBefore) {
    const Step obeyed{.next = state::Backup{now + 3609375us, centiseconds(100)}};
    const Step discarded{
        .next = state::Backup{backup.active_down_at, backup.active_interval, Awaiting::preemption}};
    check_step(obeyed, with_preemption(now + 1ns), backup, advert(99));
    check_step(discarded, with_preemption(now), backup, advert(99));
    check_step(discarded, with_preemption(now - 1ns), backup, advert(99));
}

// Section 6.1: the owner of the addresses takes over whatever Preempt_Mode says.
TEST(Rfc9568_6_4_2, TheOwnerObeysNobodyWeaker) {
    for (const auto& preempt_from : {std::optional<Instant>{}, std::optional{now + 1h}}) {
        Params owner = with_priority(255);
        owner.preempt_from = preempt_from;
        check_step({.next = state::Backup{backup.active_down_at, backup.active_interval,
                                          Awaiting::preemption}},
                   owner, backup, advert(254));
    }
}

TEST(Rfc9568_6_4_2, AnObeyedAdvertWithdrawsOlderEvidence) {
    for (const auto awaiting : {Awaiting::release, Awaiting::preemption}) {
        state::Backup expecting = backup;
        expecting.awaiting = awaiting;
        check_step({.next = state::Backup{now + 3609375us, centiseconds(100)}}, usual(), expecting,
                   advert(200));
    }
}

TEST(Rfc9568_6_4_2, TheLatestEvidenceCounts) {
    state::Backup expecting = backup;
    expecting.awaiting = Awaiting::preemption;
    check_step({.next = state::Backup{now + 121875us, centiseconds(20), Awaiting::release}},
               usual(), expecting, advert(0));
    expecting.awaiting = Awaiting::release;
    check_step({.next = state::Backup{backup.active_down_at, backup.active_interval,
                                      Awaiting::preemption}},
               usual(), expecting, advert(99));
}

TEST_GROUP(Rfc3768_6_4_2){};

TEST(Rfc3768_6_4_2, SkewIsAFractionOfASecond) {
    const state::Backup waiting{now + 500ms, seconds(3)};
    check_step({.next = state::Backup{now + 609375us, seconds(3), Awaiting::release}}, version2(3),
               waiting, advert(0, seconds(3)));
    check_step({.next = state::Backup{now + 9609375us, seconds(3)}}, version2(3), waiting,
               advert(100, seconds(3)));
}

// --- Active ---

TEST_GROUP(Rfc9568_6_4_3){};

TEST(Rfc9568_6_4_3, ShutdownSaysPriorityZero) {
    check_step(
        {.next = state::Initialize{}, .advert = Priority::releasing(), .cause = Cause::shutdown},
        usual(), active, event::Shutdown{});
}

TEST(Rfc9568_6_4_3, StartupChangesNothing) {
    check_step({.next = active}, usual(), active, event::Startup{});
}

TEST(Rfc9568_6_4_3, ADeadlineThatIsNotYetDueDoesNothing) {
    const state::Active waiting{now + 1ns};
    check_step({.next = waiting}, usual(), waiting, event::Deadline{});
}

TEST(Rfc9568_6_4_3, ExpirySendsAnAdvertAndNoAnnouncement) {
    check_step({.next = state::Active{now + 1s}, .advert = priority(100)}, usual(),
               state::Active{now}, event::Deadline{});
}

TEST(Rfc9568_6_4_3, ExpirySaysThePriorityOfNow) {
    check_step({.next = state::Active{now + 1s}, .advert = priority(30)}, with_priority(30),
               state::Active{now}, event::Deadline{});
}

TEST(Rfc9568_6_4_3, PriorityZeroIsAnsweredAtOnceAndRestartsTheTimer) {
    check_step({.next = state::Active{now + 1s}, .advert = priority(100)}, usual(), active,
               advert(0, centiseconds(10)));
}

TEST(Rfc9568_6_4_3, PriorityZeroIsAnsweredHoweverRecentlyWeContradicted) {
    const state::Active contradicting{now + 500ms, now + 900ms};
    check_step({.next = state::Active{now + 1s, now + 900ms}, .advert = priority(100)}, usual(),
               contradicting, advert(0));
}

TEST(Rfc9568_6_4_3, AHigherPriorityIsObeyedAndItsIntervalLearned) {
    for (const int value : {101, 200, 255})
        check_step(yields(360937500ns, centiseconds(10), Cause::stronger_advert), usual(), active,
                   advert(value, centiseconds(10)));
}

TEST(Rfc9568_6_4_3, AHigherPriorityFromALowerAddressIsObeyed) {
    check_step(yields(3609375us, centiseconds(100), Cause::stronger_advert), usual(), active,
               advert_from(lower_address, 101));
}

TEST(Rfc9568_6_4_3, ATieIsLostToAHigherAddress) {
    check_step(yields(3609375us, centiseconds(100), Cause::tie_lost), usual(), active,
               advert_from(higher_address, 100));
}

TEST(Rfc9568_6_4_3, ATieIsWonAgainstALowerAddressAndOurOwn) {
    for (const IpAddress& source : {lower_address, our_address})
        check_step({state::Active{now + 500ms, now + 1s}, priority(100), true, {}}, usual(), active,
                   advert_from(source, 100));
}

TEST(Rfc9568_6_4_3, AddressesAreComparedAsUnsignedIntegersInNetworkByteOrder) {
    struct Case {
        const char* smaller;
        const char* larger;
    };
    for (const Case& c : {Case{"127.255.255.255", "128.0.0.0"}, Case{"9.0.0.1", "10.0.0.0"},
                          Case{"10.0.0.255", "10.0.1.0"}, Case{"fe80::1", "fe80::2"},
                          Case{"fe80::7fff:0:0:ffff", "fe80::8000:0:0:0"}}) {
        Params params = usual();
        params.source = address(c.smaller);
        CHECK_FALSE(
            owns_addresses(step(params, active, advert_from(address(c.larger), 100), now).next));
        params.source = address(c.larger);
        CHECK_TRUE(
            owns_addresses(step(params, active, advert_from(address(c.smaller), 100), now).next));
    }
}

TEST(Rfc9568_6_4_3, ALowerPriorityIsContradictedAtOnceOnTheOldSchedule) {
    for (const int value : {1, 50, 99})
        check_step({state::Active{now + 500ms, now + 1s}, priority(100), true, {}}, usual(), active,
                   advert(value, centiseconds(10)));
}

TEST(Rfc9568_6_4_3, ALowerPriorityIsContradictedWhateverPreemptModeSays) {
    for (const auto& preempt_from : {std::optional<Instant>{}, std::optional{now + 1h}})
        check_step({state::Active{now + 500ms, now + 1s}, priority(100), true, {}},
                   with_preemption(preempt_from), active, advert(99));
}

TEST(Rfc9568_6_4_3, TheOwnerContradictsAnOwnerWithALowerAddress) {
    check_step({state::Active{now + 500ms, now + 1s}, priority(255), true, {}}, with_priority(255),
               active, advert_from(lower_address, 255));
}

TEST(Rfc9568_6_4_3, ALosingAdvertIsAnsweredOnceAnInterval) {
    const state::Active just_before{now + 500ms, now + 1ns};
    check_step({.next = just_before}, usual(), just_before, advert(99));
    const state::Active on_the_instant{now + 500ms, now};
    check_step({state::Active{now + 500ms, now + 1s}, priority(100), true, {}}, usual(),
               on_the_instant, advert(99));
}

TEST(Rfc9568_6_4_3, TheAnswerOfTheScheduleDoesNotAllowAnother) {
    check_step({.next = state::Active{now + 1s, now + 300ms}, .advert = priority(100)}, usual(),
               state::Active{now, now + 300ms}, event::Deadline{});
}

TEST_GROUP(Rfc3768_6_4_3){};

TEST(Rfc3768_6_4_3, AHigherPriorityIsObeyedWithTheSkewOfVersion2) {
    check_step(yields(9609375us, seconds(3), Cause::stronger_advert), version2(3), active,
               advert(101, seconds(3)));
}

// A deviation from RFC 3768, which only discards it; machine.cpp says why.
TEST(Rfc3768_6_4_3, ALosingAdvertIsContradictedAsInVersion3) {
    check_step({state::Active{now + 500ms, now + 3s}, priority(100), true, {}}, version2(3), active,
               advert(99, seconds(3)));
}

// --- beyond the RFC ---

TEST_GROUP(MachineChanges){};

TEST(MachineChanges, ANewPriorityOfAnActiveRouterIsAdvertisedAtOnceBesideTheSchedule) {
    check_step({.next = active, .advert = priority(50)}, with_priority(50), active,
               event::Reprioritized{priority(100)});
}

TEST(MachineChanges, ANewPriorityMovesTheDeadlineOfABackupByTheDifferenceOfTheSkewTimes) {
    state::Backup later = backup;
    later.active_down_at += Duration{200ms} * (100 - 50) / 256;
    check_step({.next = later}, with_priority(50), backup, event::Reprioritized{priority(100)});
    state::Backup sooner = backup;
    sooner.active_down_at -= Duration{200ms} * (200 - 100) / 256;
    check_step({.next = sooner}, with_priority(200), backup, event::Reprioritized{priority(100)});
}

TEST(MachineChanges, InVersion2TheDifferenceIsOfSeconds) {
    Params params = version2(3);
    params.priority = priority(200);
    state::Backup before{now + 5s, seconds(3)};
    state::Backup after = before;
    after.active_down_at -= Duration{1s} * (200 - 100) / 256;
    check_step({.next = after}, params, before, event::Reprioritized{priority(100)});
}

TEST(MachineChanges, AnotherIntervalOfAnActiveRouterIsSaidAtOnceAndStartsItsSchedule) {
    Params params = usual();
    params.interval = centiseconds(50);
    check_step(
        {.next = state::Active{now + 500ms, active.may_contradict_at}, .advert = params.priority},
        params, active, event::Rescheduled{Version::v3, seconds(1)});
}

TEST(MachineChanges, AnotherIntervalOfItsOwnDoesNotTouchTheDeadlineOfAVersion3Backup) {
    Params params = usual();
    params.interval = centiseconds(50);
    check_step({.next = backup}, params, backup, event::Rescheduled{Version::v3, seconds(1)});
}

TEST(MachineChanges, AVersion2BackupWaitsAsLongAsItsNewIntervalSays) {
    const state::Backup before{now + 5s, seconds(3)};
    check_step({.next = state::Backup{now + 5s - 6s, seconds(1)}}, version2(1), before,
               event::Rescheduled{Version::v2, seconds(3)});
    state::Backup released = before;
    released.awaiting = state::Awaiting::release;
    state::Backup after = released;
    after.active_interval = seconds(1);
    check_step({.next = after}, version2(1), released, event::Rescheduled{Version::v2, seconds(3)});
}

TEST(MachineChanges, ANewMemberOfAnActiveUnitBeginsAsActive) {
    check_step(becomes_active(100, Cause::joined), usual(), state::Initialize{}, event::Joined{});
    check_step({.next = backup}, usual(), backup, event::Joined{});
    check_step({.next = active}, usual(), active, event::Joined{});
}

TEST(MachineChanges, ASessionWhoseUnitIsNoLongerActiveGivesUpWithPriorityZero) {
    Step expected =
        becomes_backup(3s + Duration{1s} * (256 - 100) / 256, centiseconds(100), Cause::displaced);
    expected.advert = Priority::releasing();
    check_step(expected, usual(), active, event::Displaced{});
    check_step({.next = backup}, usual(), backup, event::Displaced{});
}

TEST(MachineChanges, WhoIsInitializedChangesNothing) {
    check_step({.next = state::Initialize{}}, usual(), state::Initialize{}, event::Displaced{});
    check_step({.next = state::Initialize{}}, usual(), state::Initialize{},
               event::Reprioritized{priority(1)});
}

TEST(MachineChanges, ATieThatTheUnitHasWonIsNotLostOverTheAddress) {
    Params won = usual();
    won.ties = Ties::ours;
    const Step step = vrrp::step(won, active, advert_from(higher_address, 100), now);
    CHECK(std::holds_alternative<state::Active>(step.next));
    CHECK(step.advert == priority(100));
    check_step(
        yields(3s + Duration{1s} * (256 - 100) / 256, centiseconds(100), Cause::stronger_advert),
        won, active, advert_from(higher_address, 101));
}

// --- Resigning ---

TEST_GROUP(MachineResigning){};

namespace {

constexpr Duration down_of_100 = 3s + Duration{1s} * (256 - 100) / 256;
constexpr state::Resigning resigning{now + down_of_100, now + 1s};

}  // namespace

TEST(MachineResigning, AHandOverSaysPriorityZeroAndKeepsTheAddresses) {
    check_step({.next = resigning, .advert = Priority::releasing(), .cause = Cause::handing_over},
               usual(), active, event::HandOver{});
    CHECK(owns_addresses(resigning));
    LONGS_EQUAL(1, deadline(resigning) == now + 1s);
}

TEST(MachineResigning, MorePatienceMeansALongerWaitAndLessDoesNotShortenIt) {
    const auto until = [](Duration end) {
        return Step{.next = state::Resigning{now + end, now + 1s},
                    .advert = Priority::releasing(),
                    .cause = Cause::handing_over};
    };
    check_step(until(20s), usual(), active, event::HandOver{.patience = 20s});
    check_step(until(down_of_100), usual(), active, event::HandOver{.patience = 1s});
}

TEST(MachineResigning, OnlyAnActiveRouterHandsOver) {
    check_step({.next = state::Initialize{}}, usual(), state::Initialize{}, event::HandOver{});
    check_step({.next = backup}, usual(), backup, event::HandOver{});
    check_step({.next = resigning}, usual(), resigning, event::HandOver{});
}

TEST(MachineResigning, WhoeverIsActiveThenRelievesIt) {
    for (const int theirs : {1, 99, 100, 254})
        check_step(becomes_backup(down_of_100, centiseconds(100), Cause::handed_over), usual(),
                   resigning, advert(theirs));
}

TEST(MachineResigning, ItStaysForTheOverlapWhenItHasHeardASuccessor) {
    const state::Resigning waiting{now + down_of_100, now + 1s, 500ms};
    const state::Resigning relieved{now + 500ms, now + 500ms, 500ms, centiseconds(200)};
    check_step({.next = waiting, .advert = Priority::releasing(), .cause = Cause::handing_over},
               usual(), active, event::HandOver{.overlap = 500ms});
    check_step({.next = waiting}, usual(), waiting, event::Relieved{});
    check_step({.next = relieved}, usual(), waiting, advert(100, centiseconds(200)));
    const state::Resigning later{now + 1ms, now + 1ms, 500ms, centiseconds(100)};
    check_step({.next = state::Resigning{now + 1ms, now + 1ms, 500ms, centiseconds(200)}}, usual(),
               later, advert(100, centiseconds(200)));
    CHECK(owns_addresses(relieved));
}

TEST(MachineResigning, ThereIsNoOverlapForWhoHearsTheSuccessorTooLate) {
    const state::Resigning late{now, now, 500ms};
    check_step(becomes_backup(down_of_100, centiseconds(100), Cause::handed_over), usual(), late,
               advert(100));
}

TEST(MachineResigning, TheOverlapEndsByItselfOrSoonWhenAllIsAnnounced) {
    const state::Resigning over{now, now, 500ms, centiseconds(100)};
    const state::Resigning early{now + 1ms, now + 1ms, 500ms, centiseconds(100)};
    const Step handed_over = becomes_backup(down_of_100, centiseconds(100), Cause::handed_over);
    check_step(handed_over, usual(), over, event::Deadline{});
    check_step({.next = early}, usual(), early, event::Deadline{});
    check_step({.next = early}, usual(), early, event::Relieved{});
    const state::Resigning long_before{now + 400ms, now + 400ms, 500ms, centiseconds(100)};
    check_step({.next = state::Resigning{now + 50ms, now + 50ms, 500ms, centiseconds(100)}},
               usual(), long_before, event::Relieved{});
    check_step({.next = backup}, usual(), backup, event::Relieved{});
    check_step({.next = active}, usual(), active, event::Relieved{});
}

TEST(MachineResigning, ASuccessorThatLeavesAtOnceIsNoneAndTheNeighboursAreToldWhoIs) {
    const state::Resigning relieved{now + 400ms, now + 400ms, 500ms, centiseconds(100)};
    const state::Resigning alone{now + 400ms, now + 400ms, 500ms};
    check_step({.next = alone, .announce = true}, usual(), relieved, advert(0));
}

TEST(MachineResigning, AnotherOneThatGivesUpDoesNot) {
    check_step({.next = resigning}, usual(), resigning, advert(0));
}

TEST(MachineResigning, PriorityZeroIsRepeatedAnIntervalLaterAndNotBefore) {
    const state::Resigning due{now + 2s, now};
    check_step({.next = state::Resigning{now + 2s, now + 1s}, .advert = Priority::releasing()},
               usual(), due, event::Deadline{});
    const state::Resigning early{now + 2s, now + 1ns};
    check_step({.next = early}, usual(), early, event::Deadline{});
}

TEST(MachineResigning, NobodyRelievesItAndItIsActiveAgainAndSaysSo) {
    check_step({.next = state::Active{now + 1s},
                .advert = priority(100),
                .announce = true,
                .cause = Cause::not_relieved},
               usual(), state::Resigning{now, now + 500ms}, event::Deadline{});
}

TEST(MachineResigning, AStopAndALostUnitEndIt) {
    check_step(
        {.next = state::Initialize{}, .advert = Priority::releasing(), .cause = Cause::shutdown},
        usual(), resigning, event::Shutdown{});
    check_step(becomes_backup(down_of_100, centiseconds(100), Cause::displaced), usual(), resigning,
               event::Displaced{});
    check_step({.next = resigning}, usual(), resigning, event::Startup{});
    check_step({.next = resigning}, usual(), resigning, event::Reprioritized{priority(200)});
}

// --- a process in the place of another ---

TEST_GROUP(MachineResume){};

TEST(MachineResume, GoesOnAsActiveOnTheScheduleAndSaysNothing) {
    check_step({.next = state::Active{.next_advert_at = now + 600ms}, .cause = Cause::resumed},
               usual(), state::Initialize{}, event::Resume{now - 400ms});
}

TEST(MachineResume, AnAdvertThatWasDueMeanwhileIsDueAtOnce) {
    const Step resumed = step(usual(), state::Initialize{}, event::Resume{now - 1300ms}, now);
    check_step({.next = state::Active{.next_advert_at = now + 700ms}, .advert = priority(100)},
               usual(), resumed.next, event::Deadline{});
}

TEST(MachineResume, IsNothingToWhoeverHasBegun) {
    check_step({.next = backup}, usual(), backup, event::Resume{now});
    check_step({.next = active}, usual(), active, event::Resume{now});
}
