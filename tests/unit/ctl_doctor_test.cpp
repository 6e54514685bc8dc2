// What `tandemctl doctor` finds in facts, and its two forms.
#include "ctl/doctor.hpp"

#include <nlohmann/json.hpp>
#include <sstream>

#include <CppUTest/TestHarness.h>

#include "ctl/tap.hpp"
#include "ctl_sample.hpp"

using namespace ctl;
using ctl_sample::healthy;
using ctl_sample::with;

namespace {

constexpr Style plain{.color = false, .utf8 = true, .width = 0};

// The sample without what would be found in it: "lan" is Active, "transit" is Backup.
Facts well() {
    Facts facts;
    facts.status = *status_in(healthy);
    for (Session& session : facts.status.sessions) {
        session.counters.restored = 0;
        session.counters.discarded.clear();
    }
    facts.before = facts.status;
    facts.listened_seconds = 1;
    facts.wires = {{"eth1", {}}, {"bond0.120", {}}};
    facts.rp_filter = {{"all", 0}};
    facts.forwarding = {{"ipv4", true}, {"ipv6", true}};
    facts.capabilities = std::uint64_t{1} << 12 | std::uint64_t{1} << 13;
    facts.clock_source = "tsc";
    facts.lateness = Lateness{};
    return facts;
}

Session& lan(Facts& facts) { return facts.status.sessions[0]; }
Session& transit(Facts& facts) { return facts.status.sessions[1]; }

std::string codes_in(const Facts& facts) {
    std::string codes;
    for (const Finding& finding : findings_of(facts))
        codes += (codes.empty() ? "" : " ") + std::string{finding.code};
    return codes;
}

void check_codes(const Facts& facts, const std::string& codes) {
    STRCMP_EQUAL(codes.c_str(), codes_in(facts).c_str());
    for (const Finding& finding : findings_of(facts))
        CHECK(!finding.text.empty() && !finding.evidence.empty() && !finding.cure.empty());
}

void check_condition(const std::string& kind, const std::string& text, const std::string& code) {
    Facts facts = well();
    lan(facts).conditions = {{.kind = kind, .with = "", .text = text, .since = ""}};
    facts.status.problems = {"lan (ipv4): " + text};
    check_codes(facts, code);  // and the daemon's problem is not said once more
}

SeenAdvert advert(int vrid, std::vector<std::string> addresses) {
    return {.source = "192.0.2.3",
            .family = "ipv4",
            .vrid = vrid,
            .version = 3,
            .is_multicast = true,
            .is_outgoing = false,
            .addresses = std::move(addresses)};
}

const SeenAdvert of_peer = advert(10, {"192.0.2.1", "192.0.2.9"});

}  // namespace

TEST_GROUP(CtlDoctor){};

TEST(CtlDoctor, NothingIsFoundWhereNothingIsWrong) { check_codes(well(), ""); }

TEST(CtlDoctor, NothingIsFoundOnAccountOfWhatIsNotKnown) {
    Facts facts;
    facts.status = well().status;
    check_codes(facts, "");
    check_codes(Facts{}, "");
}

TEST(CtlDoctor, AdvertsThatComeInAndAreNotCountedWereDroppedHere) {
    Facts facts = well();
    facts.wires["eth1"].adverts = {{of_peer, 1}};
    check_codes(facts, "");  // it may have come between two readings
    facts.wires["eth1"].adverts = {{of_peer, 5}};
    check_codes(facts, "firewall-in");
    *lan(facts).counters.received += 4;
    check_codes(facts, "");
    facts = well();
    facts.wires["eth1"].adverts = {{of_peer, 5}};
    lan(facts).counters.discarded = {{"own-packet", 1}};
    check_codes(facts, "discarded-before");
    facts = well();
    facts.wires["eth1"].adverts = {{of_peer, 5}};
    lan(facts).transport = "unicast";  // what is multicast is not for it
    check_codes(facts, "");
}

TEST(CtlDoctor, AdvertsThatAreSentAndDoNotLeaveWereDroppedHere) {
    Facts facts = well();
    *lan(facts).counters.send_errors += 2;
    check_codes(facts, "firewall-out");
    facts = well();
    *lan(facts).counters.sent += 5;
    check_codes(facts, "firewall-out");
    SeenAdvert own = of_peer;
    own.source = "192.0.2.2";
    own.is_outgoing = true;
    facts.wires["eth1"].adverts = {{own, 5}};
    check_codes(facts, "");
    facts = well();
    lan(facts).blockers = {"no advert could be sent for 5 s: x: Operation not permitted"};
    check_codes(facts, "firewall-out");
}

TEST(CtlDoctor, SilenceIsAFaultOnlyWhereSomebodyElseIsActive) {
    Facts facts = well();
    facts.wires["eth1"].answering = {{"192.0.2.3", "02:00:00:00:00:09"}};
    check_codes(facts, "");
    facts.wires["eth1"].answering.push_back({"192.0.2.1", "02:00:00:00:00:09"});
    check_codes(facts, "multicast-lost");
    facts.wires["eth1"].answering = {{"192.0.2.1", "02:00:00:00:00:01"}};
    check_codes(facts, "");  // that is our own
}

TEST(CtlDoctor, AVridIsJudgedByItsAddresses) {
    Facts facts = well();
    facts.wires["eth1"].adverts = {{advert(11, {"192.0.2.1"}), 1}};
    check_codes(facts, "vrid-differs");
    facts.wires["eth1"].adverts = {{advert(11, {"192.0.2.77"}), 1}};
    check_codes(facts, "");
    facts.wires["eth1"].adverts = {{advert(10, {"192.0.2.77"}), 1}};
    check_codes(facts, "vrid-clash");
}

TEST(CtlDoctor, EachConditionIsAFinding) {
    for (const char* kind :
         {"another-active", "duplicate-source", "interval-differs", "version-differs",
          "address-list-differs", "transport-differs", "address-claimed"})
        check_condition(kind, "192.0.2.3 is odd; mend it", kind);
    const auto discarded = [](const std::string& reason) {
        return "adverts from 192.0.2.3 are discarded (" + reason + ": value); mend it; or not";
    };
    check_condition("rejected", discarded("checksum-errors"), "checksum");
    check_condition("rejected", discarded("ip-ttl-errors"), "ttl");
    check_condition("rejected", discarded("auth-failures"), "authentication");
    check_condition("rejected", discarded("unknown-source"), "rejected");
    check_condition("of-a-newer-daemon", "192.0.2.3 is odd", "degraded");
}

TEST(CtlDoctor, EvidenceAndCureAreTheDaemonsWords) {
    Facts facts = well();
    lan(facts).conditions = {{.kind = "rejected",
                              .with = "",
                              .text = "adverts from 192.0.2.3 are discarded (x: y); do this; or so",
                              .since = ""}};
    const Finding finding = findings_of(facts).at(0);
    STRCMP_EQUAL("adverts from 192.0.2.3 are discarded (x: y)", finding.evidence.c_str());
    STRCMP_EQUAL("do this; or so", finding.cure.c_str());
}

TEST(CtlDoctor, TheStateAndTheCountersOfASession) {
    Facts facts = well();
    lan(facts).state = "fault";
    lan(facts).blockers = {"no carrier on eth1"};
    facts.status.problems = {"lan (ipv4): fault: no carrier on eth1"};
    transit(facts).state = "drained";
    transit(facts).counters.near_failovers = 3;
    transit(facts).counters.discarded = {{"checksum-errors", 2}};
    check_codes(facts, "not-taking-part discarded-before drained near-failovers");
    facts = well();
    lan(facts).failed = {{"192.0.2.1/24", "add 192.0.2.1/24 to eth1: No such device"}};
    facts.status.problems = {"clock jumped by 3 s"};
    facts.status.discarded = {{"vrid-errors", 2}};
    check_codes(facts, "address-missing degraded other-vrids");
}

TEST(CtlDoctor, TheGreaterReversePathFilterCounts) {
    Facts facts = well();
    lan(facts).vmac_interface = "vrrp4.10";
    const auto set = [&](int own, int all) { facts.rp_filter = {{"vrrp4.10", own}, {"all", all}}; };
    set(1, 0);
    check_codes(facts, "rp-filter");
    set(0, 1);
    check_codes(facts, "rp-filter");
    set(2, 1);
    check_codes(facts, "");
    set(1, 2);
    check_codes(facts, "");
}

TEST(CtlDoctor, WhatTheMachineLacks) {
    Facts facts = well();
    facts.capabilities = std::uint64_t{1} << 12;
    check_codes(facts, "capability-missing");
    STRCMP_CONTAINS("without CAP_NET_RAW", findings_of(facts)[0].evidence.c_str());
    facts = well();
    facts.forwarding["ipv4"] = false;
    facts.clock_source = "hpet";
    facts.lateness = Lateness{.turns = 3, .worst_ms = 999};
    check_codes(facts, "forwarding-off late-turns clock-source");
    lan(facts).state = "backup";
    facts.lateness->worst_ms = 1000;
    check_codes(facts, "starvation clock-source");
}

TEST(CtlDoctor, WhatWasRemovedIsAProblemWhenItGoesOn) {
    Facts facts = well();
    lan(facts).counters.restored = facts.before.sessions[0].counters.restored = 2;
    check_codes(facts, "removed-before");
    facts.other_daemons = {"ucarp"};
    check_codes(facts, "foreign-daemon");
    facts.other_daemons.clear();
    lan(facts).counters.restored = 3;
    check_codes(facts, "foreign-daemon");
}

TEST(CtlDoctor, TheOtherNodeIsCompared) {
    Facts facts = well();
    facts.other = well().status;
    facts.other->node = "r2";
    facts.other->sessions[0].state = "backup";
    check_codes(facts, "");
    facts.other->config_hash = "other";
    facts.other->sessions[0].vrid = 11;
    facts.other->sessions[1].name = "dmz";
    check_codes(facts, "config-differs router-missing router-missing config-hash");
    STRCMP_EQUAL("vrid is 10 here and 11 on r2", findings_of(facts)[0].evidence.c_str());
    facts.other = well().status;
    check_codes(facts, "multicast-lost both-active");
}

TEST(CtlDoctor, TextEndsWithACountAndTheCodeSaysWhetherThereIsAProblem) {
    Examination examination{
        .facts = well(), .looked_at = {"this", "that"}, .skipped = {"the rest"}};
    Outcome outcome = show_findings({}, examination, plain);
    STRCMP_EQUAL("looked at  this, that\nskipped    the rest\n0 problems, 0 remarks\n",
                 outcome.out.c_str());
    LONGS_EQUAL(0, static_cast<int>(outcome.code));
    examination.facts.clock_source = "hpet";
    LONGS_EQUAL(0, static_cast<int>(show_findings({}, examination, plain).code));
    examination.facts.capabilities = 0;
    outcome = show_findings({}, examination, plain);
    LONGS_EQUAL(1, static_cast<int>(outcome.code));
    STRCMP_CONTAINS("PROBLEM  this node  capability-missing: the daemon lacks",
                    outcome.out.c_str());
    STRCMP_CONTAINS("\nremark   this node  clock-source: ", outcome.out.c_str());
    STRCMP_CONTAINS("\n  cure         ", outcome.out.c_str());
    CHECK(outcome.out.ends_with("\n1 problem, 1 remark\n"));
}

TEST(CtlDoctor, JsonHasEveryFinding) {
    Examination examination{.facts = well(), .looked_at = {}, .skipped = {"the wire"}};
    lan(examination.facts).state = "drained";
    Options options;
    options.format = Format::json;
    const Json json = Json::parse(show_findings(options, examination, plain).out);
    LONGS_EQUAL(1, json["schema"].get<int>());
    CHECK(json["skipped"] == Json{"the wire"});
    const Json& finding = json["findings"].at(0);
    CHECK(finding["code"] == "drained" && finding["severity"] == "remark");
    CHECK(finding["router"] == "lan" && finding["family"] == "ipv4");
    for (const char* key : {"text", "evidence", "cure"}) CHECK(finding[key].is_string());
}

TEST(CtlDoctor, WithoutADaemonItSaysSo) {
    const Outcome outcome = run_doctor(
        {}, plain, [] { return Answer{fail(ExitCode::not_permitted, "not permitted")}; });
    LONGS_EQUAL(4, static_cast<int>(outcome.code));
    STRCMP_EQUAL("tandemctl: not permitted\n", outcome.err.c_str());
}

TEST(CtlDoctor, AnAdvertIsReadFromItsDatagramAndNothingElseIs) {
    base::Bytes datagram{0x45, 0, 0, 32, 0,    0,  0,   0, 255, 112, 0, 0, 192, 0, 2, 3,
                         224,  0, 0, 18, 0x31, 10, 100, 1, 0,   100, 0, 0, 192, 0, 2, 1};
    const auto seen = advert_in(datagram);
    CHECK(seen && *seen == advert(10, {"192.0.2.1"}));
    for (std::size_t size = 0; size < datagram.size() - 4; ++size)
        CHECK(!advert_in(base::ByteView{datagram}.first(size)));
    datagram[9] = 17;
    CHECK(!advert_in(datagram));
}
