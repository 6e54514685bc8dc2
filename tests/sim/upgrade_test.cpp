// Another program in the place of the one that runs: nobody can tell, not even by the log.
#include <fmt/format.h>

#include <algorithm>

#include "app/record.hpp"
#include "app/record_reader.hpp"
#include "app/snapshot.hpp"
#include "lan_test.hpp"

using namespace sim;

namespace {

using Finding = Lan::Finding;

config::Config with_check(int priority) {
    config::Config made{
        .file = "sim.conf", .hash = "00000000", .node = "", .nodes = {}, .routers = {}};
    made.routers = {router(priority)};
    made.routers[0].checks = {"web"};
    made.routers[0].notify = config::Notify{.command = {"/bin/true"}};
    made.checks = {{.name = "web",
                    .probe = config::probe::Process{"x"},
                    .on_fail = config::on_fail::Penalty{150}}};
    return made;
}

}  // namespace

TEST_GROUP_BASE(Upgrade, LanTest){void start_pair(){lan.add({router(200)});
lan.add({router(100)});
lan.run_for(30s);
CHECK(is_alone(0));
}
}
;

TEST(Upgrade, ChangesNothingAtAllWhateverIsGoingOn) {
    const auto run = [](bool upgrades) {
        Lan pair{7};
        pair.add_dual({with_addresses(router(200), {"192.0.2.1/24", "fe80::1/64"})});
        pair.add_dual({with_addresses(router(100), {"192.0.2.1/24", "fe80::1/64"})});
        int done = 0;
        for (int i = 0; i < 300; ++i) {
            if (i == 60) pair.crash(0);
            if (i == 150) pair.start(0);
            if (i == 220) pair.kernel(1).set_carrier("eth0", Carrier::off);
            if (upgrades)
                for (const HostId id : {0U, 1U}) done += pair.upgrade(id) ? 1 : 0;
            pair.run_for(100ms);
        }
        if (upgrades) CHECK(done > 400);
        return pair.trace();
    };
    STRCMP_EQUAL(run(false).c_str(), run(true).c_str());
}

TEST(Upgrade, KeepsWhatPeopleReadAndWhatReplayNeeds) {
    start_pair();
    const auto before = lan.session(0).counters();
    const auto since = lan.session(0).last_transition().at;
    const auto events = lan.engine(0).recorder().occurrences().size();
    CHECK(lan.upgrade(0));
    lan.run_for(1ms);
    LONGS_EQUAL(before.transitions, lan.session(0).counters().transitions);
    LONGS_EQUAL(before.received, lan.session(0).counters().received);
    CHECK(since == lan.session(0).last_transition().at);
    STRCMP_EQUAL("silence", reason(0).c_str());
    LONGS_EQUAL(events, lan.engine(0).recorder().occurrences().size());
    const auto record = app::read_record(app::record_json(lan.engine(0), {lan.now(), {}}));
    vrrp::Origin session = record.sessions[0];
    for (const vrrp::Occurrence& one : record.occurrences) vrrp::replay(session, one);
    CHECK(session.state == lan.session(0).state());
}

TEST(Upgrade, AnnouncesOnlyWhatNotEverybodyKnowsYet) {
    start_pair();
    const auto announcements = lan.announcements().size();
    CHECK(lan.upgrade(0));
    lan.run_for(5s);
    LONGS_EQUAL(announcements, lan.announcements().size());
    lan.crash(0);
    lan.run_for(active_down(100) + 10ms);
    CHECK(lan.is_active(1));
    const auto begun = lan.announcements().size();
    CHECK(lan.upgrade(1));
    lan.run_for(20s);
    CHECK(lan.announcements().size() - begun >= 10);
}

TEST(Upgrade, MakesNoRequestOfTheKernel) {
    start_pair();
    const auto requests = lan.kernel(0).address_requests();
    for (int i = 0; i < 10; ++i) {
        CHECK(lan.upgrade(0));
        lan.run_for(1ms);
    }
    LONGS_EQUAL(requests, lan.kernel(0).address_requests());
}

TEST(Upgrade, WhatIsKnownOfAChecksStandsAndNoHookRuns) {
    lan.add_wide(1, with_check(200));
    lan.add_wide(1, with_check(100));
    lan.run_for(100ms);
    lan.find(1, "web", Finding::passed);
    lan.find(0, "web", Finding::failed);
    lan.run_for(30s);
    CHECK(is_alone(1));
    const auto told = lan.count_told(1, "notify done");
    for (const HostId id : {0U, 1U}) CHECK(lan.upgrade(id));
    lan.run_for(1ms);
    LONGS_EQUAL(50, lan.session(0).effective_priority().wire());
    lan.run_for(30s);
    CHECK(is_alone(1));
    LONGS_EQUAL(told, lan.count_told(1, "notify done"));
    lan.find(0, "web", Finding::passed);
    lan.run_for(10s);
    CHECK(is_alone(0));
}

TEST(Upgrade, WaitsUntilNothingIsUnderWay) {
    start_pair();
    lan.cut(0, 1);
    lan.stop(0);
    lan.run_for(100ms);
    CHECK_FALSE(lan.upgrade(0));
    STRCMP_EQUAL("tandemd is being stopped", lan.engine(0).reason_against_pause().c_str());
}

TEST(Upgrade, ADeadlineThatPassesMeanwhileIsMet) {
    start_pair();
    const Instant last = last_advert_of(0);
    lan.crash(0);
    lan.run_for(2s);
    CHECK(lan.upgrade(1));
    CHECK(time_until_active(1, 5s) < 5s);
    CHECK(lan.now() - last <= active_down(100) + 2ms);
}

// --- the text ---

TEST(Upgrade, ASnapshotOfAnotherVersionOrNoneIsRefused) {
    start_pair();
    const std::string text = app::text_of(lan.engine(0).snapshot({lan.now(), {}}));
    CHECK(app::snapshot_in(text).has_value());
    std::string other = text;
    other.replace(other.find("\"version\":1"), 11, "\"version\":2");
    STRCMP_CONTAINS("of version 2", app::snapshot_in(other).error().text().c_str());
    for (std::size_t size = 0; size < text.size(); size += 97)
        CHECK_FALSE(app::snapshot_in(text.substr(0, size)).has_value());
    for (const char* name : {"sessions", "units", "state", "peers", "counters", "hooks"}) {
        std::string broken = text;
        const auto place = broken.find(fmt::format("\"{}\":", name));
        if (place == std::string::npos) continue;
        broken[place + 1] = '?';
        CHECK_FALSE(app::snapshot_in(broken).has_value());
    }
}
