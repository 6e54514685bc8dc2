// What the state machine does over several steps, and what holds for every step. The single cells
// of its tables are in vrrp_machine_test.cpp.
#include <optional>
#include <vector>

#include "step_text.hpp"
#include "support.hpp"
#include "vrrp/machine.hpp"

#include <CppUTest/TestHarness.h>

using namespace vrrp;
using namespace std::chrono_literals;
using state::Awaiting;
using step_text::text_of;
using support::address;
using support::centiseconds;
using support::priority;

namespace {

constexpr Instant start{1h};

Params params_with(int own_priority, std::optional<Instant> preempt_from) {
    return {Version::v3, priority(own_priority), centiseconds(100), address("192.0.2.128"),
            preempt_from};
}

Params preempting() { return params_with(100, Instant{}); }

event::Received advert(int from_priority) {
    return {address("192.0.2.127"), priority(from_priority), centiseconds(100)};
}

// One router, fed events in order.
struct Router {
    Params params;
    State state = state::Initialize{};

    Step hear(const Event& event, Instant now) {
        const Step taken = step(params, state, event, now);
        state = taken.next;
        return taken;
    }
};

Router active_router() {
    Router router{preempting(), {}};
    router.state = state::Active{start};
    return router;
}

}  // namespace

TEST_GROUP(AdvertSchedule){};

TEST(AdvertSchedule, HasNoDriftHoweverLateEachTurnIs) {
    Router router = active_router();
    Duration late{0};
    for (int slot = 0; slot < 10000; ++slot) {
        CHECK_TRUE(deadline(router.state) == start + slot * 1s);
        late = (late + 387654321ns) % 1s;
        CHECK_TRUE(router.hear(event::Deadline{}, start + slot * 1s + late).advert.has_value());
    }
}

TEST(AdvertSchedule, SkipsTheSlotsThatPassedWhileTheProcessWasStopped) {
    struct Case {
        Duration late;
        Duration next;
    };
    for (const Case& c : {Case{0ns, 1s}, Case{1ns, 1s}, Case{1s - 1ns, 1s}, Case{1s, 2s},
                          Case{1s + 1ns, 2s}, Case{10500ms, 11s}, Case{24h, 24h + 1s}}) {
        Router router = active_router();
        const Step taken = router.hear(event::Deadline{}, start + c.late);
        const Step expected{.next = state::Active{start + c.next}, .advert = priority(100)};
        STRCMP_EQUAL(text_of(expected).c_str(), text_of(taken).c_str());
    }
}

TEST(AdvertSchedule, GoesOnWithANewIntervalFromTheSlotThatWasDue) {
    Router router = active_router();
    router.params.interval = centiseconds(30);
    router.hear(event::Deadline{}, start + 100ms);
    CHECK_TRUE(deadline(router.state) == start + 300ms);
}

TEST(AdvertSchedule, IsNotMovedByAnAnswerToALosingAdvert) {
    Router router = active_router();
    router.hear(event::Deadline{}, start);
    CHECK_TRUE(router.hear(advert(50), start + 400ms).advert.has_value());
    CHECK_TRUE(deadline(router.state) == start + 1s);
}

TEST(AdvertSchedule, AnswersAFloodOfLosingAdvertsOnceAnInterval) {
    Router router = active_router();
    std::vector<Duration> answers;
    for (Duration at{0}; at < 3s; at += 1ms)
        if (router.hear(advert(99), start + at).announce) answers.push_back(at);
    CHECK_TRUE((answers == std::vector<Duration>{0s, 1s, 2s}));
}

TEST_GROUP(Evidence){};

TEST(Evidence, IsSilenceWhenNobodyWasEverHeard) {
    Router router{preempting()};
    router.hear(event::Startup{}, start);
    CHECK_FALSE(router.hear(event::Deadline{}, start + 3609375us - 1ns).cause.has_value());
    CHECK_TRUE(router.hear(event::Deadline{}, start + 3609375us).cause == Cause::silence);
}

TEST(Evidence, IsPreemptionWhenAWeakerRouterWentOnTalking) {
    Router router{preempting()};
    router.hear(event::Startup{}, start);
    for (int i = 1; i <= 3; ++i) router.hear(advert(50), start + i * 1s);
    CHECK_TRUE(router.hear(event::Deadline{}, start + 3609375us).cause == Cause::preempted);
}

TEST(Evidence, IsReleaseASkewTimeAfterPriorityZero) {
    Router router{preempting()};
    router.hear(event::Startup{}, start);
    router.hear(advert(200), start + 1s);
    router.hear(advert(0), start + 2s);
    CHECK_FALSE(router.hear(event::Deadline{}, start + 2609375us - 1ns).cause.has_value());
    CHECK_TRUE(router.hear(event::Deadline{}, start + 2609375us).cause == Cause::released);
}

TEST(Evidence, IsSilenceWhenAWeakerRouterDiesThatWeObeyed) {
    Router router{params_with(100, {})};
    router.hear(event::Startup{}, start);
    router.hear(advert(50), start + 3s);
    CHECK_FALSE(router.hear(event::Deadline{}, start + 3609375us).cause.has_value());
    CHECK_TRUE(router.hear(event::Deadline{}, start + 6609375us).cause == Cause::silence);
}

// A hold time before preemption: obey until then, take over an Active_Down_Interval after the last
// advert that was obeyed.
TEST(Evidence, IsPreemptionOnlyAfterItsDelay) {
    Router router{params_with(100, start + 10s)};
    router.hear(event::Startup{}, start);
    for (int i = 1; i <= 12; ++i) {
        CHECK_FALSE(router.hear(event::Deadline{}, start + i * 1s).cause.has_value());
        router.hear(advert(50), start + i * 1s);
    }
    const auto due = deadline(router.state);
    CHECK_TRUE(due == start + 9s + 3609375us);
    CHECK_TRUE(router.hear(event::Deadline{}, *due).cause == Cause::preempted);
}

TEST_GROUP(EveryStep){};

namespace {

const std::vector<State> states{
    state::Initialize{},
    state::Backup{start, centiseconds(100), Awaiting::any_advert},
    state::Backup{start + 1s, centiseconds(10), Awaiting::release},
    state::Backup{start + 1ns, centiseconds(100), Awaiting::preemption},
    state::Active{start},
    state::Active{start + 1s, start + 500ms},
};
const std::vector<Event> events{event::Startup{}, event::Shutdown{}, event::Deadline{},
                                advert(0),        advert(1),         advert(99),
                                advert(100),      advert(101),       advert(255)};

// Calls `check` with each state, event and priority that there is one of in the tables.
template <typename Check>
void for_every_step(Check check) {
    for (const int own : {1, 99, 100, 254, 255})
        for (const auto& preempt_from : {std::optional<Instant>{}, std::optional{start}})
            for (const State& state : states)
                for (const Event& event : events)
                    check(state, event, step(params_with(own, preempt_from), state, event, start));
}

}  // namespace

TEST(EveryStep, HasACauseExactlyWhenTheKindOfStateChanged) {
    for_every_step([](const State& before, const Event&, const Step& taken) {
        CHECK_EQUAL(before.index() != taken.next.index(), taken.cause.has_value());
    });
}

TEST(EveryStep, SaysPriorityZeroOnlyWhenAnActiveRouterIsShutDown) {
    for_every_step([](const State& before, const Event& event, const Step& taken) {
        const bool gives_up =
            owns_addresses(before) && std::holds_alternative<event::Shutdown>(event);
        CHECK_EQUAL(gives_up, taken.advert == Priority::releasing());
    });
}

TEST(EveryStep, SpeaksOnlyAsAnActiveRouterOrWhenItStopsBeingOne) {
    for_every_step([](const State& before, const Event&, const Step& taken) {
        const bool may_speak = owns_addresses(before) || owns_addresses(taken.next);
        CHECK_TRUE(may_speak || !taken.advert);
        CHECK_TRUE(owns_addresses(taken.next) || !taken.announce);
        CHECK_TRUE(taken.advert.has_value() || !taken.announce);
    });
}

TEST(EveryStep, AfterADeadlineThatWasDueTheNextOneIsLater) {
    for_every_step([](const State&, const Event& event, const Step& taken) {
        if (!std::holds_alternative<event::Deadline>(event)) return;
        const auto next = deadline(taken.next);
        CHECK_TRUE(!next || *next > start);
    });
}

TEST_GROUP(StateQuestions){};

TEST(StateQuestions, TheDeadlineIsTheRunningTimer) {
    CHECK_FALSE(deadline(state::Initialize{}).has_value());
    CHECK_TRUE(deadline(state::Backup{start, centiseconds(1)}) == start);
    CHECK_TRUE(deadline(state::Active{start + 1s, start + 2s}) == start + 1s);
}

TEST(StateQuestions, OnlyAnActiveRouterOwnsTheAddresses) {
    CHECK_FALSE(owns_addresses(state::Initialize{}));
    CHECK_FALSE(owns_addresses(state::Backup{start, centiseconds(1)}));
    CHECK_TRUE(owns_addresses(state::Active{start}));
}
