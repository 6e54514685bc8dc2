// Groups: routers that move as one.
#include <fmt/format.h>

#include "lan_test.hpp"

using namespace sim;

namespace {

using Finding = Lan::Finding;

config::Router member(int number, int priority) {
    config::Router made = router(priority);
    made.name = fmt::format("r{}", number);
    made.interface = fmt::format("eth{}", number);
    made.vrid = vrrp::Vrid::from(51 + number).value();
    made.addresses = {interface_address(fmt::format("192.0.{}.1/24", 2 + number))};
    return made;
}

config::Config node(int priority) {
    config::Config made{
        .file = "sim.conf", .hash = "00000000", .node = "", .nodes = {}, .routers = {}};
    made.groups = {{.name = "edge", .members = {"r0", "r1", "r2"}, .checks = {"web"}}};
    made.checks = {{.name = "web",
                    .probe = config::probe::Process{"x"},
                    .start = config::Check::Start::passed,
                    .on_fail = config::on_fail::Fault{}}};
    for (int number = 0; number < 3; ++number) {
        made.routers.push_back(member(number, priority));
        made.priorities[fmt::format("r{}", number)] = {{"h0", vrrp::Priority::from(200).value()},
                                                       {"h1", vrrp::Priority::from(100).value()}};
    }
    return made;
}

}  // namespace

TEST_GROUP_BASE(Groups, LanTest){void start_pair(){lan.add_wide(3, node(200));
lan.add_wide(3, node(100));
lan.run_for(20s);
}
[[nodiscard]] int held_by(HostId id) const {
    int held = 0;
    for (int number = 0; number < 3; ++number)
        held += lan.kernel(id).marked(fmt::format("eth{}", number)).empty() ? 0 : 1;
    return held;
}
[[nodiscard]] bool has_all(HostId id) const { return held_by(id) == 3 && held_by(1 - id) == 0; }
}
;

TEST(Groups, MembersAreActiveTogether) {
    start_pair();
    CHECK(has_all(0));
    lan.crash(0);
    lan.run_for(active_down(100) + 10ms);
    LONGS_EQUAL(3, held_by(1));
}

TEST(Groups, AFaultOfOneMemberMovesAllWithinTheSkewTime) {
    start_pair();
    lan.kernel(0).set_carrier("eth1", Carrier::off);
    lan.run_for(1ms);
    // Priority 0 on the others in that very turn.
    int goodbyes = 0;
    for (const SentAdvert& advert : lan.adverts())
        goodbyes += advert.host == 0 && advert.priority == 0 ? 1 : 0;
    LONGS_EQUAL(2, goodbyes);
    lan.run_for(active_down(100) + 10ms);
    CHECK(has_all(1));
    for (const app::Session& session : lan.engine(0).sessions())
        CHECK(session.shown_state() == app::ShownState::fault);
    lan.kernel(0).set_carrier("eth1", Carrier::on);
    lan.run_for(20s);
    CHECK(has_all(0));
}

TEST(Groups, AFailedCheckOfTheGroupMovesAllMembers) {
    start_pair();
    lan.find(0, "web", Finding::failed);
    lan.run_for(skew(100) + 10ms);
    CHECK(has_all(1));
}

// Who waits less than the others for a successor is not Active again before it can have come.
TEST(Groups, MembersWithOtherIntervalsHandOverAsOne) {
    const auto slow = [](int priority) {
        config::Config made = node(priority);
        made.checks.front().on_fail = config::on_fail::Penalty{150};
        made.routers[1].advertise = vrrp::AdvertInterval::from(base::Centiseconds{10}).value();
        made.routers[2].advertise = vrrp::AdvertInterval::from(base::Centiseconds{1000}).value();
        for (config::Router& router : made.routers) router.preempt.enabled = false;
        return made;
    };
    lan.add_wide(3, slow(200));
    lan.run_for(60s);
    lan.add_wide(3, slow(100));
    lan.run_for(60s);
    CHECK(has_all(0));
    lan.find(0, "web", Finding::failed);
    lan.run_for(10s);
    CHECK(has_all(1));
}

TEST(Groups, ALanThatCarriesNothingSplitsNoGroup) {
    start_pair();
    lan.cut("eth1");
    lan.run_for(60s);
    CHECK(has_all(0));
    lan.crash(0);
    lan.run_for(active_down(100) + 10ms);
    LONGS_EQUAL(3, held_by(1));
}

// The one that is relieved hears of it on two of its LANs.
TEST(Groups, AMemberThatHearsNoSuccessorHoldsUpNoTakeover) {
    for (const int priority : {200, 100}) {
        config::Config made = node(priority);
        made.checks.front().on_fail = config::on_fail::Penalty{150};
        lan.add_wide(3, made);
    }
    lan.run_for(20s);
    lan.cut("eth0");
    lan.run_for(10s);
    lan.find(0, "web", Finding::failed);
    lan.run_for(1500ms);
    CHECK(has_all(1));
    lan.stop(1, app::Stop::at_once);
    lan.run_for(active_down(50) + 10ms);
    CHECK(has_all(0));
}

TEST(Groups, EqualPrioritiesAndADeadLanStillHaveOneWinner) {
    lan.add_wide(3, node(100));
    lan.add_wide(3, node(100));
    lan.cut("eth0");
    lan.run_for(30s);
    CHECK(has_all(0) || has_all(1));
}

// The first LAN that carries adverts decides for all members, although the addresses of the next
// one sort the other way round.
TEST(Groups, EqualPrioritiesAreDecidedInTheFirstLanThatIsAlive) {
    lan.link.delay_max = lan.link.delay_min;  // adverts arrive in the order in which they were sent
    lan.add_wide(3, node(100));
    lan.add_wide(3, node(100));
    lan.kernel(0).uninstall("eth2", "192.0.4.11/24");
    lan.kernel(0).install("eth2", "192.0.4.21/24", 0);
    lan.cut("eth0");
    lan.run_for(active_down(100) + 10ms);
    CHECK(has_all(1));
    const auto changes = transitions(1);
    lan.run_for(30s);
    CHECK(has_all(1));
    LONGS_EQUAL(changes, transitions(1));
}

TEST(Groups, ARouterWhoseFamiliesAreApartMovesEachByItself) {
    const auto dual_node = [](int priority) {
        config::Router made = with_addresses(
            router(priority), {"192.0.2.1/24", "fe80::5652:5250:0:33/64", "2001:db8::1/64"});
        made.families = config::Router::Families::apart;
        return made;
    };
    lan.add_dual({dual_node(200)});
    lan.add_dual({dual_node(100)});
    lan.run_for(20s);
    lan.kernel(0).uninstall("eth0", "192.0.2.11/24");
    lan.run_for(20s);
    LONGS_EQUAL(1, lan.kernel(1).marked("eth0").size());
    LONGS_EQUAL(2, lan.kernel(0).marked("eth0").size());
}

// Every order of two disturbances out of those that a pair can meet, each undone again after a
// while or not: no group is ever split for longer than a takeover, nobody who could is without
// addresses for longer, and in the end one node has all of them.
namespace {

struct Disturbance {
    const char* name;
    void (*begin)(Lan&);
    void (*end)(Lan&);
};

const std::vector<Disturbance> disturbances{
    {"link of h0", [](Lan& lan) { lan.kernel(0).set_carrier("eth0", Carrier::off); },
     [](Lan& lan) { lan.kernel(0).set_carrier("eth0", Carrier::on); }},
    {"second link of h0", [](Lan& lan) { lan.kernel(0).set_carrier("eth2", Carrier::off); },
     [](Lan& lan) { lan.kernel(0).set_carrier("eth2", Carrier::on); }},
    {"link of h1", [](Lan& lan) { lan.kernel(1).set_carrier("eth1", Carrier::off); },
     [](Lan& lan) { lan.kernel(1).set_carrier("eth1", Carrier::on); }},
    {"check of h0", [](Lan& lan) { lan.find(0, "web", Finding::failed); },
     [](Lan& lan) { lan.find(0, "web", Finding::passed); }},
    {"check of h1", [](Lan& lan) { lan.find(1, "web", Finding::failed); },
     [](Lan& lan) { lan.find(1, "web", Finding::passed); }},
    {"adverts of the first LAN", [](Lan& lan) { lan.cut("eth0"); },
     [](Lan& lan) { lan.mend("eth0"); }},
    {"adverts of the last LAN", [](Lan& lan) { lan.cut("eth2"); },
     [](Lan& lan) { lan.mend("eth2"); }},
    {"h0 hears nothing", [](Lan& lan) { lan.cut(1, 0); }, [](Lan& lan) { lan.mend(1, 0); }},
    {"h1 hears nothing", [](Lan& lan) { lan.cut(0, 1); }, [](Lan& lan) { lan.mend(0, 1); }},
    {"h0 crashes", [](Lan& lan) { lan.crash(0); }, [](Lan& lan) { lan.start(0); }},
    {"h1 crashes", [](Lan& lan) { lan.crash(1); }, [](Lan& lan) { lan.start(1); }},
    {"h0 stalls", [](Lan& lan) { lan.stall(0, 3s); }, [](Lan&) {}},
};

}  // namespace

TEST(Groups, NoTwoDisturbancesSplitAGroupOrStopIt) {
    for (const Disturbance& first : disturbances)
        for (const Disturbance& second : disturbances)
            for (const Duration pause : {Duration{0s}, Duration{300ms}, Duration{1500ms}}) {
                lan = Lan{1};
                lan.tracing = Lan::Tracing::off;
                start_pair();
                first.begin(lan);
                lan.run_for(pause);
                if (&first != &second) second.begin(lan);
                const std::string text =
                    fmt::format("{}, {} ms, {}", first.name, pause / 1ms, second.name);
                const Instant end = lan.now() + 12s;
                Instant last_whole = lan.now();
                while (lan.step(end)) {
                    bool is_whole = true;
                    for (const HostId id : {0U, 1U})
                        if (lan.is_running(id) && !lan.is_stalled(id))
                            is_whole = is_whole && (held_by(id) == 0 || held_by(id) == 3);
                    if (is_whole) last_whole = lan.now();
                    if (lan.now() - last_whole > 100ms) FAIL(text.c_str());
                }
                if (lan.is_running(0)) {
                    const auto& sessions = lan.engine(0).sessions();
                    const auto state = sessions.front().shown_state();
                    for (const app::Session& session : sessions)
                        CHECK_TEXT(session.shown_state() == state, text.c_str());
                }
                first.end(lan);
                if (&first != &second) second.end(lan);
                lan.run_for(20s);
                CHECK_TEXT(has_all(0), text.c_str());
            }
}
