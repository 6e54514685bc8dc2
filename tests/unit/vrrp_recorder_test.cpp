// The flight recorder: bounded, and what it keeps gives the same states again.
#include "vrrp/recorder.hpp"

#include <chrono>

#include "step_text.hpp"
#include "support.hpp"

#include <CppUTest/TestHarness.h>

using namespace std::chrono_literals;
using namespace vrrp;

namespace {

constexpr Instant noon{12h};
const Params params{.version = Version::v3,
                    .priority = support::priority(100),
                    .interval = AdvertInterval::one_second(),
                    .source = support::address("192.0.2.2"),
                    .preempt_from = noon};

Event advert(int priority) {
    return event::Received{support::address("192.0.2.3"), support::priority(priority),
                           AdvertInterval::one_second()};
}

// A session that runs and is recorded.
struct Flight {
    Recorder recorder;
    State state{};
    Instant now = noon;

    void happens(const Event& event) {
        now += 1s;
        const Step step = vrrp::step(params, state, event, now);
        state = step.next;
        recorder.note(0, params, event, now, step.cause);
    }
    // What the record says that the state is.
    [[nodiscard]] State replayed() const {
        Origin origin = recorder.origin(0);
        for (const Occurrence& occurrence : recorder.occurrences()) replay(origin, occurrence);
        return origin.state;
    }
};

}  // namespace

TEST_GROUP(Recorder){};

TEST(Recorder, KeepsTheParametersOnceAndEveryEvent) {
    Flight flight{Recorder{100}};
    flight.happens(event::Startup{});
    flight.happens(advert(200));
    LONGS_EQUAL(3, flight.recorder.occurrences().size());
    CHECK(std::holds_alternative<Params>(flight.recorder.occurrences().front().what));
    CHECK(flight.recorder.occurrences()[1].cause == Cause::startup);
    CHECK_FALSE(flight.recorder.occurrences()[2].cause.has_value());
}

TEST(Recorder, GivesTheSameStateWhateverWasDropped) {
    for (const std::size_t capacity : {1U, 2U, 3U, 10U, 100U}) {
        Flight flight{Recorder{capacity}};
        flight.happens(event::Startup{});
        for (int i = 0; i < 20; ++i) {
            flight.happens(advert(i % 3 == 0 ? 0 : 200));
            flight.happens(event::Deadline{});
            CHECK(flight.recorder.occurrences().size() <= capacity);
            STRCMP_EQUAL(step_text::text_of(Step{flight.state}).c_str(),
                         step_text::text_of(Step{flight.replayed()}).c_str());
        }
    }
}

TEST(Recorder, FollowsSessionsThatGetOtherNumbers) {
    Recorder recorder{100};
    for (std::uint32_t session = 0; session < 3; ++session)
        recorder.note(session, params, event::Startup{}, noon + Duration{session}, Cause::startup);
    recorder.renumber({{0, 2}, {2, 0}});
    LONGS_EQUAL(4, recorder.occurrences().size());  // parameters and an event of each
    for (const Occurrence& one : recorder.occurrences())
        LONGS_EQUAL(one.at == noon ? 2 : 0, one.session);
    recorder.note(0, params, event::Shutdown{}, noon, std::nullopt);
    LONGS_EQUAL(5, recorder.occurrences().size());  // the parameters are known
}

TEST(Recorder, KeepsSessionsApart) {
    Recorder recorder{4};
    for (std::uint32_t session = 0; session < 3; ++session)
        recorder.note(session, params, event::Startup{}, noon, Cause::startup);
    LONGS_EQUAL(3, recorder.sessions());
    LONGS_EQUAL(4, recorder.occurrences().size());
    CHECK(std::holds_alternative<state::Backup>(recorder.origin(0).state));
    CHECK(std::holds_alternative<state::Initialize>(recorder.origin(2).state));
}
