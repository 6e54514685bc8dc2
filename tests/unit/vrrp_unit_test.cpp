// Sessions that are elected as one.
#include "vrrp/unit.hpp"

#include <array>
#include <chrono>

#include "support.hpp"

#include <CppUTest/TestHarness.h>

using namespace std::chrono_literals;
using namespace vrrp;

namespace {

constexpr Instant noon{12h};
State backup_until(Duration after) {
    return state::Backup{noon + after, support::centiseconds(100)};
}
State active_until(Duration after) { return state::Active{noon + after}; }

}  // namespace

TEST_GROUP(Unit){};

TEST(Unit, TakesOverWhenTheTimerOfItsLastMemberHasExpired) {
    const std::array members{backup_until(3s), backup_until(5s)};
    CHECK(takeover_at(members) == noon + 5s);
    CHECK(deadline(members) == noon + 5s);
}

TEST(Unit, OfOneIsThatOne) {
    const std::array member{backup_until(3s)};
    CHECK(takeover_at(member) == noon + 3s);
    CHECK_FALSE(is_split(member));
}

TEST(Unit, DoesNotTakeOverWhenAMemberIsNoBackup) {
    const std::array stopped{backup_until(3s), State{state::Initialize{}}};
    const std::array active{active_until(2s), active_until(1s)};
    CHECK_FALSE(takeover_at(stopped).has_value());
    CHECK_FALSE(takeover_at(active).has_value());
    CHECK(deadline(active) == noon + 1s);
}

TEST(Unit, IsSplitWhenSomeAreActiveAndSomeAreNot) {
    CHECK(is_split(std::array{active_until(1s), backup_until(1s)}));
    CHECK(is_split(std::array{State{state::Initialize{}}, active_until(1s)}));
    CHECK_FALSE(is_split(std::array{active_until(1s), active_until(2s)}));
    CHECK_FALSE(is_split(std::array{backup_until(1s), backup_until(2s)}));
}

TEST(Unit, WhoeverIsBeingRelievedSplitsNoUnitUntilOneMemberHasBeen) {
    const State resigning = state::Resigning{noon + 3s, noon + 1s};
    CHECK_TRUE(is_split(std::array{resigning, backup_until(1s)}));
    CHECK_FALSE(is_split(std::array{resigning, active_until(1s)}));
    CHECK_FALSE(is_split(std::array{resigning, resigning}));
    CHECK_TRUE(is_split(std::array{resigning, active_until(1s), backup_until(1s)}));
}
