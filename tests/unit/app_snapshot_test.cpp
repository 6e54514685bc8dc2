// A snapshot that a program of version 1 has left, as a file: whatever this program writes, it
// reads that, or counts the version up.
#include "app/snapshot.hpp"

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "app/record_reader.hpp"
#include "app_support.hpp"

#include <CppUTest/TestHarness.h>

using namespace std::chrono_literals;

namespace {

std::string version_1() {
    std::ifstream file{"tests/unit/data/snapshot_1.json"};
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

}  // namespace

TEST_GROUP(Snapshot){};

TEST(Snapshot, OfVersion1IsRead) {
    const auto snapshot = app::snapshot_in(version_1());
    CHECK_TEXT(snapshot.has_value(), snapshot ? "" : snapshot.error().text().c_str());
    LONGS_EQUAL(1, snapshot->sessions.size());
    const app::SessionSnapshot& lan = snapshot->sessions[0];
    STRCMP_EQUAL("eth0", lan.interface.c_str());
    CHECK(lan.family == base::Family::ipv4);
    LONGS_EQUAL(51, lan.vrid);
    const auto& active = std::get<vrrp::state::Active>(lan.standing.state);
    CHECK(active.next_advert_at == base::Instant{3655418750000ns});
    STRCMP_EQUAL("preempted", lan.standing.transition.reason.c_str());
    LONGS_EQUAL(18, lan.standing.counters.sent);
    LONGS_EQUAL(3, lan.standing.counters.transitions);
    STRCMP_EQUAL("192.0.2.12", lan.standing.peers.at(0).address.text().c_str());
    STRCMP_EQUAL("192.0.2.11", lan.standing.last_source->text().c_str());
    STRCMP_EQUAL("192.0.2.1", lan.standing.announced.at(0).text().c_str());
    CHECK(snapshot->units.at(0).told == app::Phase::active);
    LONGS_EQUAL(1, snapshot->units[0].damper.times.size());
    STRCMP_EQUAL("lan", snapshot->units[0].hooks.at(0).name.c_str());
    CHECK(snapshot->checks.at(0).verdict == health::Verdict::passed);
    STRCMP_EQUAL("wan", snapshot->holds.at(0).unit.c_str());
    LONGS_EQUAL(3, snapshot->protected_links.at(0));
    LONGS_EQUAL(3, snapshot->next_hook);
    CHECK(app::read_record(snapshot->record).occurrences.size() > 10);
}

TEST(Snapshot, IsWrittenAsItWasRead) {
    const auto snapshot = app::snapshot_in(version_1());
    const auto again = app::snapshot_in(app::text_of(*snapshot));
    CHECK(nlohmann::json::parse(app::text_of(*snapshot)) ==
          nlohmann::json::parse(app::text_of(*again)));
    // What later programs have added stays out.
    auto sessions = nlohmann::json::parse(app::text_of(*snapshot)).at("sessions");
    for (auto& session : sessions) {
        session.at("counters").erase("near_failovers");
        for (auto& peer : session.at("peers")) peer.erase("gaps");
    }
    CHECK(sessions == nlohmann::json::parse(version_1()).at("sessions"));
}

TEST(Snapshot, TheGapsBetweenAdvertsGoOnBeingCounted) {
    auto snapshot = app::snapshot_in(version_1());
    app::Peer& peer = snapshot->sessions.at(0).standing.peers.at(0);
    peer.arrivals.note(1s, support::centiseconds(100), 3609ms, support::noon);
    snapshot->sessions[0].standing.counters.near_failovers = 3;
    const std::string text = app::text_of(*snapshot);
    const auto again = app::snapshot_in(text);
    const app::Session::Standing& standing = again->sessions.at(0).standing;
    CHECK(standing.peers.at(0).arrivals.histogram() == peer.arrivals.histogram());
    LONGS_EQUAL(3, standing.counters.near_failovers);
    // Another program may part them otherwise.
    auto json = nlohmann::json::parse(text);
    json["sessions"][0]["peers"][0]["gaps"]["bounds_ms"][0] = 14;
    const auto other = app::snapshot_in(json.dump());
    LONGS_EQUAL(0, other->sessions.at(0).standing.peers.at(0).arrivals.histogram().gaps);
}

TEST(Snapshot, OfAnotherVersionIsNotGuessedAt) {
    auto json = nlohmann::json::parse(version_1());
    json["version"] = 2;
    STRCMP_CONTAINS("version 2", app::snapshot_in(json.dump()).error().text().c_str());
    STRCMP_CONTAINS("makes no sense", app::snapshot_in("").error().text().c_str());
    STRCMP_CONTAINS("makes no sense", app::snapshot_in("[]").error().text().c_str());
}
