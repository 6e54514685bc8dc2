#include "ctl/page.hpp"

#include <nlohmann/json.hpp>

#include <CppUTest/TestHarness.h>

#include "ctl_sample.hpp"

using namespace ctl;
using ctl_sample::degraded;
using ctl_sample::detailed;
using ctl_sample::healthy;
using ctl_sample::with;

namespace {

constexpr Style wide{.color = false, .utf8 = true, .width = 0};

Status status_in(const std::string& line) {
    const auto answer = parse_answer(line);
    if (!answer) return Status{};
    return read_status(*answer).value_or(Status{});
}

std::string first_page(const std::string& line, const Style& style) {
    const Status status = status_in(line);
    return status.sessions.empty() ? "no session"
                                   : session_page(status.sessions.front(), status, style);
}

bool contains(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_GROUP(CtlPage){};

TEST(CtlPage, TheNodeTellsItsVersionItsFileAndItsProblems) {
    STRCMP_EQUAL(
        R"(r1  ● DEGRADED   2 problems   config 7c1e04a2   up 00:17:22
  tandemd      0.1.0, pid 4711
  config       /etc/tandem/tandem.conf, loaded 2026-03-02T09:12:00Z
  process      real-time priority no, memory locked yes, log messages dropped 0
  problems     lan (ipv4): waiting: interface eth1 does not exist
               clock jumped by 3 s
)",
        node_page(status_in(degraded()), wide).c_str());
}

TEST(CtlPage, AnActiveSessionTellsEverything) {
    STRCMP_EQUAL(
        R"(lan                                          IPv4 VRID 10 on eth1, VRRPv3, multicast
  state        ACTIVE since 2026-03-02T09:14:07Z (3d 02h)
  why          no advert from 192.0.2.3 (priority 200) for 3612 ms (silence)
  priority     200 base, 200 effective
  preempt      yes, at once
  timers       advert 1000ms; as backup: skew 218.75ms, down interval 3218.75ms; next advert in 812.4ms
  checksum     auto, sending rfc9568
  source       192.0.2.2
  mac          02:00:00:00:00:01
  addresses    192.0.2.1/24  192.0.2.9/24
  wanted       192.0.2.1/24  192.0.2.9/24
  installed    192.0.2.1/24  192.0.2.9/24
  peer         192.0.2.3, priority 100, checksum rfc9568; last advert 40ms ago (2026-03-05T11:40:02Z)
  adverts      sent 1 330 012, received 4 211, discarded 3 (checksum-errors 2, ttl-errors 1)
  priority 0   sent 0, received 1
  counted      transitions 2, announcements sent 10, send errors 0, addresses restored 3
)",
        first_page(healthy, wide).c_str());
}

TEST(CtlPage, ClaimsAndFramesThatWerePutOffAreShownWhenThereAreAny) {
    std::string text{healthy};
    const std::string known = R"("announcements_sent":10,)";
    const auto at = text.find(known);
    CHECK_TRUE(at != std::string::npos);
    text.insert(at + known.size(), R"("announcements_put_off":7,"claims_heard":4,)");
    CHECK(contains(first_page(text, wide),
                   "\n  announced    put off 7, claims by other machines 4\n"));
}

TEST(CtlPage, AVersion2BackupTellsWhatDiffers) {
    const std::string text =
        session_page(status_in(healthy).sessions.back(), status_in(healthy), wide);
    CHECK(
        text.starts_with("transit                                      "
                         "IPv4 VRID 111 on bond0.120, VRRPv2, multicast\n"));
    CHECK(contains(text, "\n  priority     200 base, 80 effective\n"));
    CHECK(contains(text, "\n  preempt      yes, after 2000ms\n"));
    CHECK(contains(text,
                   "\n  timers       advert 1000ms (the active router's: 200ms); as backup: "
                   "skew 218.75ms, down interval 3218.75ms; takes over if nothing is heard for "
                   "2812.4ms\n"));
    CHECK(contains(text, "\n  checksum     one form only in VRRPv2\n"));
    CHECK(contains(text, "\n  wanted       none\n  installed    none\n"));
    CHECK(contains(text,
                   "\n  peer         198.51.100.3, priority 250; last advert 32.0s ago "
                   "(2026-03-05T11:39:30Z)\n"));
    CHECK(contains(text, ", discarded 0\n"));
}

TEST(CtlPage, TroubleWithAddressesStandsUnderThem) {
    const std::string text =
        session_page(status_in(degraded()).sessions.back(), status_in(degraded()), wide);
    CHECK(contains(text,
                   "\n  installed    198.51.100.99/24\n"
                   "  failed       add 198.51.100.1/24 to bond0.120: No such device\n"
                   "  missing      198.51.100.7/24 (wanted, not installed)\n"
                   "  left over    198.51.100.99/24 (installed, not wanted)\n"));
}

TEST(CtlPage, AnErrorThatDoesNotNameTheAddressGetsIt) {
    const std::string text = first_page(
        with(healthy, R"("failed":[])", R"("failed":[{"address":"192.0.2.1/24","error":"no"},{}])"),
        wide);
    CHECK(contains(text, "\n  failed       192.0.2.1/24: no\n  failed       -: -\n"));
}

TEST(CtlPage, FieldsThatAreMissingAreDashes) {
    STRCMP_EQUAL(
        R"(-                                            - VRID - on -, VRRPv-, -
  state        - since - (-)
  why          -
  priority     - base, - effective
  preempt      -
  timers       advert -; as backup: skew -, down interval -
  checksum     -, sending -
  source       -
  mac          -
  addresses    none
  wanted       -
  installed    -
  peer         none heard
  adverts      sent -, received -, discarded 0
  priority 0   sent -, received -
  counted      transitions -, announcements sent -, send errors -, addresses restored -
)",
        first_page(R"({"schema":1,"routers":[{}]})", wide).c_str());
}

TEST(CtlPage, SumsOfForeignNumbersDoNotOverflow) {
    const std::string text =
        first_page(with(healthy, R"("checksum-errors":2,"ttl-errors":1)",
                        R"("a":9223372036854775807,"b":9223372036854775807,"c":"x")"),
                   wide);
    CHECK(contains(text, "discarded 1.84e+19 (a 9 223 372 036 854 775 807, "));
    CHECK(contains(text, ", c -)\n"));
    const std::string least =
        first_page(with(healthy, R"("checksum-errors":2,"ttl-errors":1)",
                        R"("a":-9223372036854775808,"b":-9223372036854775808)"),
                   wide);
    CHECK(contains(least, "discarded -1.84e+19 (a -9 223 372 036 854 775 808, "));
}

TEST(CtlPage, OddAdvertsAndStrayOnesAreToldWhenThereWereSome) {
    const std::string line = with(
        with(healthy, R"("ttl-errors":1})", R"("ttl-errors":1},"noted":{"interval-differs":1200})"),
        R"("log_dropped":0,)", R"("log_dropped":0,"discarded":{"vrid-errors":5},)");
    CHECK(contains(first_page(line, wide), "\n  noted        1 200 (interval-differs 1 200)\n"));
    CHECK(contains(node_page(status_in(line), wide),
                   "\n  discarded    5 (vrid-errors 5) adverts that belong to no router here\n"));
    CHECK(!contains(first_page(healthy, wide), "noted"));
    CHECK(!contains(node_page(status_in(healthy), wide), "discarded"));
}

TEST(CtlPage, AnIpv6SessionHasOneChecksumForm) {
    const std::string line = with(with(healthy, R"("family":"ipv4")", R"("family":"ipv6")"),
                                  R"({"configured":"auto","sending":"rfc9568"})", "null");
    CHECK(contains(first_page(line, wide), "\n  checksum     one form only for IPv6\n"));
}

TEST(CtlPage, OnANarrowTerminalTheHeadingClosesUp) {
    const std::string text = first_page(healthy, {.color = true, .utf8 = true, .width = 60});
    CHECK(text.starts_with(
        "lan  IPv4 VRID 10 on eth1, VRRPv3, multicast\n"
        "  state        \x1b[32mACTIVE\x1b[0m since 2026-03-02T09:14:07Z (3d 02h)\n"));
}

TEST(CtlPage, AMigrationAndTheConditionsAreShown) {
    std::string line = with(healthy, R"("vrrp":3,)", R"("vrrp":3,"vrrp2_too":true,)");
    line = with(line, R"("failed":[],)",
                R"("failed":[],"conditions":[{"kind":"another-active","with":"192.0.2.3",)"
                R"("text":"192.0.2.3 is Active too","since":"2026-03-05T11:39:00.5Z"}],)");
    const std::string page = first_page(line, wide);
    CHECK(contains(page, "VRRPv3 and VRRPv2, multicast\n"));
    CHECK(contains(page,
                   "\n  condition    another-active: 192.0.2.3 is Active too (since "
                   "2026-03-05T11:39:00Z)\n"));
}

TEST(CtlPage, AVirtualMacIsShownWithItsInterface) {
    const std::string vmac =
        R"("vmac":{"interface":"vrrp4.10","mac":"00:00:5e:00:01:0a","transmit":"vmac"},)";
    const std::string line = with(healthy, R"("failed":[],)", vmac + R"("failed":[],)");
    CHECK(contains(first_page(line, wide),
                   "\n  mac          02:00:00:00:00:01\n"
                   "  vmac         00:00:5e:00:01:0a on vrrp4.10, adverts from it\n"));
    CHECK(contains(first_page(with(line, R"("transmit":"vmac")", R"("transmit":"base")"), wide),
                   "on vrrp4.10, adverts from the interface's own\n"));
}

TEST(CtlPage, WhatTheJsonSaysOfANodeIsInItsPageToo) {
    const std::string page = node_page(status_in(detailed()), wide);
    STRCMP_CONTAINS(
        "  config       /etc/tandem/tandem.conf, loaded 2026-03-02T09:12:00Z; not confirmed: in "
        "42.0s what was before comes back\n",
        page.c_str());
    STRCMP_CONTAINS("  reloads      2 done, 1 failed, the last one too\n", page.c_str());
    STRCMP_CONTAINS("  runner       the runner does not answer, died 3 times\n", page.c_str());
}

TEST(CtlPage, WhatTheJsonSaysOfASessionIsInItsPageToo) {
    const std::string page = first_page(detailed(), wide);
    for (const char* line :
         {"preferred    this node",
          "check        web (http): FAILED for 7.0s, answered 500; on fail -60; runs 1 200, "
          "failures 2, the last took 3.25ms",
          "holds back   for 25.6s", "prepares     for at most 812ms",
          "drained      since 2026-03-05T11:30:00Z, until 2026-03-05T12:30:00Z: new kernel",
          "hook         lan: not run yet", "hook         lan: at work for drained",
          "hook         lan: 4 not run, as a newer one was due",
          "accept       no, what is sent to the addresses is dropped", "lease        5.0s",
          "up for       2.0s, and then the interface is trusted",
          "route        default via 192.0.2.254 (installed)",
          "route        10.0.0.0/8 via 192.0.2.9 (not installed: Network is unreachable)",
          "rule         from 10.0.0.0/8 table 9 (not installed)",
          "peer         192.0.2.3, priority 0 (it has given up), adverts every 1000ms, checksum "
          "rfc9568; last advert 40ms ago (2026-03-05T11:40:02Z)",
          "condition    rejected with 192.0.2.7: a wrong VRID (since 2026-03-05T11:39:00Z)",
          "ignored      12 adverts of version 2 from routers that speak version 3 too"})
        STRCMP_CONTAINS(("\n  " + std::string{line} + "\n").c_str(), page.c_str());
}

TEST(CtlPage, ADrainWithoutAnEndSaysWhatEndsIt) {
    const std::string line =
        with(with(detailed(), R"("until":"2026-03-05T12:30:00.5Z")", R"("until":null)"),
             R"("reason":"new kernel")", R"("reason":"")");
    STRCMP_CONTAINS("\n  drained      since 2026-03-05T11:30:00Z, until tandemctl undrain lan\n",
                    first_page(line, wide).c_str());
    const std::string off = with(detailed(), R"("lease_ms":5000.0)", R"("lease_ms":null)");
    STRCMP_CONTAINS("\n  lease        off\n", first_page(off, wide).c_str());
}

TEST(CtlPage, WhatSpeaksAgainstAGroupAndWhatItsHookSaidStandWithEachMember) {
    const std::string line =
        with(with(healthy, R"("name":"lan",)", R"("name":"lan","unit":"edge",)"), R"("routers":[)",
             R"("units":[{"name":"edge","kind":"group","checks":["web"],)"
             R"("terms":[{"what":"check web: answered 500","points":60}],"held_back_ms":null,)"
             R"("preparing_ms":null,"draining_ms":900.0,"hooks":[{"name":"edge","phase":"drain",)"
             R"("idle":false,"superseded":0,"results":[{"phase":"active","what":"notify",)"
             R"("at":"2026-03-05T11:40:02.1Z","ok":false,"duration_ms":12.0,"said":"no route"}]},)"
             R"({"name":"lan","results":[]}]}],)"
             R"("routers":[)");
    const Status status = status_in(line);
    const std::string text = session_page(status.sessions.front(), status, wide);
    STRCMP_CONTAINS("  less         60  check web: answered 500\n", text.c_str());
    STRCMP_CONTAINS("  group        edge\n", text.c_str());
    STRCMP_CONTAINS("  checks       web\n", text.c_str());
    STRCMP_CONTAINS("  drains       for at most 900", text.c_str());
    STRCMP_CONTAINS("  hook         edge: notify for active: failed in 12", text.c_str());
    STRCMP_CONTAINS("said: no route\n", text.c_str());
    STRCMP_CONTAINS("  hook         lan: not run yet\n", text.c_str());
}

TEST(CtlPage, WhatAnOperatorHasAskedForStandsThere) {
    const std::string line =
        with(with(healthy, R"("name":"lan",)", R"("name":"lan","unit":"lan",)"), R"("routers":[)",
             R"("units":[{"name":"lan","kind":"router","order":{"verb":"drain","since_ms":3.0},)"
             R"("handed_over":{"since":"2026-03-05T11:40:02.1Z","to":"192.0.2.3"}}],)"
             R"("routers":[)");
    const Status status = status_in(line);
    const std::string text = session_page(status.sessions.front(), status, wide);
    STRCMP_CONTAINS("  order        drain is under way\n", text.c_str());
    STRCMP_CONTAINS("  handed over  to 192.0.2.3 at 2026-03-05T11:40:02Z, and does not preempt",
                    text.c_str());
}

TEST(CtlPage, AHookSaysWhichProgramItIsAndHowItFailed) {
    const auto hook = [](const std::string& result) {
        const std::string line = with(
            with(healthy, R"("name":"lan",)", R"("name":"lan","unit":"lan",)"), R"("routers":[)",
            R"("units":[{"name":"lan","kind":"router","hooks":[{"name":"lan","results":[{)"
            R"("phase":"active","at":"2026-03-05T11:40:02.1Z","duration_ms":2000.0,)" +
                result + R"(}]}]}],"routers":[)");
        const Status status = status_in(line);
        const std::string page = session_page(status.sessions.front(), status, wide);
        const auto begin = page.find("lan: ");
        return page.substr(begin, page.find(" in 2", begin) - begin);
    };
    const std::string notify = R"("what":"notify","program":"failover.sh","ok":)";
    STRCMP_EQUAL("lan: failover.sh for active: done", hook(notify + "true").c_str());
    STRCMP_EQUAL("lan: failover.sh for active: exited with 3",
                 hook(notify + R"(false,"status":3,"signal":0,"timed_out":false)").c_str());
    STRCMP_EQUAL("lan: failover.sh for active: was ended by signal 11",
                 hook(notify + R"(false,"status":0,"signal":11,"timed_out":false)").c_str());
    STRCMP_EQUAL("lan: failover.sh for active: ran out of time and was killed",
                 hook(notify + R"(false,"status":0,"signal":9,"timed_out":true)").c_str());
    STRCMP_EQUAL(
        "lan: conntrackd -c for active: exited with 1",
        hook(R"("what":"conntrackd -c","program":"conntrackd","ok":false,"status":1)").c_str());
}
