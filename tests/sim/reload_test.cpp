// Another configuration for routers that run: only the difference happens.
#include <fmt/format.h>

#include <algorithm>

#include "lan_test.hpp"
#include "repetitions.hpp"

using namespace sim;

namespace {

using Texts = std::set<std::string>;

config::Router named(config::Router router, const char* name, int vrid) {
    router.name = name;
    router.vrid = vrrp::Vrid::from(vrid).value();
    return router;
}

// A setting that nobody can see at work in these tests.
config::Router retouched(config::Router router, int number) {
    router.damping = config::Damping{.transitions = 100 + number};
    return router;
}

config::Check check(const char* name, config::OnFail on_fail) {
    return {.name = name, .probe = config::probe::Process{name}, .on_fail = std::move(on_fail)};
}

}  // namespace

TEST_GROUP_BASE(Reload, LanTest){// h0 is Active, h1 Backup.
                                 void start_pair(){lan.add({router(200)});
lan.add({router(100)});
lan.run_for(10s);
CHECK(is_alone(0));
}
void reload(HostId id, std::vector<config::Router> routers) {
    lan.reload(id, std::move(routers));
    lan.run_for(1ms);
}
[[nodiscard]] std::size_t sessions(HostId id) const { return lan.engine(id).sessions().size(); }
[[nodiscard]] Texts held(HostId id) const { return lan.kernel(id).marked("eth0"); }
}
;

TEST(Reload, OfTheSameChangesNothingAtAllWhateverIsGoingOn) {
    const auto run = [](bool reloads) {
        Lan pair{7};
        pair.add({router(200)});
        pair.add({router(100)});
        for (int i = 0; i < 300; ++i) {
            if (i == 60) pair.crash(0);
            if (i == 150) pair.start(0);
            if (i == 220) pair.kernel(1).set_carrier("eth0", Carrier::off);
            if (reloads) {
                pair.reload(0, {retouched(router(200), i)});
                pair.reload(1, {retouched(router(100), i)});
            }
            pair.run_for(100ms);
        }
        return pair.trace();
    };
    STRCMP_EQUAL(run(false).c_str(), run(true).c_str());
}

TEST(Reload, DoesNotTouchTheDeadlineOfABackup) {
    start_pair();
    lan.crash(0);
    const Instant last = last_advert_of(0);
    while (lan.now() < last + active_down(100) - 100ms) {
        reload(1, {retouched(router(100), static_cast<int>(lan.now().time_since_epoch().count()))});
        lan.run_for(99ms);
    }
    CHECK(lan.is_active(1) || time_until_active(1, 200ms) < 200ms);
    CHECK(lan.now() - last <= active_down(100) + 2ms);
}

TEST(Reload, AnAddressThatComesIsAnnouncedAndOneThatGoesIsRemovedAndNothingElseMoves) {
    start_pair();
    lan.run_for(10s);  // announcements of the start are over
    const auto before = transitions(0);
    const auto announcements = lan.announcements().size();
    reload(0, {with_addresses(router(200), {"192.0.2.1/24", "192.0.2.2/24"})});
    CHECK((held(0) == Texts{"192.0.2.1/24", "192.0.2.2/24"}));
    lan.run_for(1s);
    for (std::size_t i = announcements; i < lan.announcements().size(); ++i)
        STRCMP_EQUAL("192.0.2.2", lan.announcements()[i].address.text().c_str());
    CHECK(lan.announcements().size() > announcements);
    reload(0, {with_addresses(router(200), {"192.0.2.2/24"})});
    CHECK((held(0) == Texts{"192.0.2.2/24"}));
    LONGS_EQUAL(before, transitions(0));
    CHECK(is_alone(0));
}

TEST(Reload, AnAddressMovesBetweenRoutersWithoutLeavingTheKernel) {
    lan.add({with_addresses(router(200), {"192.0.2.1/24", "192.0.2.2/24"}),
             named(with_addresses(router(200), {"192.0.2.3/24"}), "other", 52)});
    lan.run_for(10s);
    const auto requests = lan.kernel(0).requests().size();
    reload(0, {with_addresses(router(200), {"192.0.2.1/24"}),
               named(with_addresses(router(200), {"192.0.2.2/24", "192.0.2.3/24"}), "other", 52)});
    lan.run_for(100ms);
    const auto& all = lan.kernel(0).requests();
    for (std::size_t i = requests; i < all.size(); ++i) CHECK_FALSE(all[i].starts_with("remove"));
    LONGS_EQUAL(3, held(0).size());
}

TEST(Reload, AHigherPriorityIsSaidAtOnce) {
    start_pair();
    reload(1, {router(250)});
    CHECK(time_until_active(1, 5s) < 4s);
    lan.run_for(10ms);
    CHECK(is_alone(1));
    STRCMP_EQUAL("preempted", reason(1).c_str());
    reload(1, {router(50)});
    LONGS_EQUAL(50, lan.adverts().back().priority);
    CHECK(time_until_active(0, 5s) < 4s);
}

TEST(Reload, ALongerIntervalIsSaidBeforeTheBackupsLosePatience) {
    lan.add({with_interval(router(200), 10)});
    lan.add({with_interval(router(100), 10)});
    lan.run_for(5s);
    reload(0, {with_interval(router(200), 300)});
    reload(1, {with_interval(router(100), 300)});
    lan.run_for(30s);
    CHECK(is_alone(0));
    LONGS_EQUAL(0, transitions(1) - 1);
    reload(0, {with_interval(router(200), 10)});
    lan.run_for(1s);
    lan.crash(0);
    CHECK(time_until_active(1, 2s) < 500ms);
}

TEST(Reload, AVersion2IntervalMovesTheRunningTimer) {
    const auto version2 = [](int priority, int seconds) {
        auto made = with_interval(router(priority), 100 * seconds);
        made.version = vrrp::Version::v2;
        return made;
    };
    lan.add({version2(200, 1)});
    lan.add({version2(100, 1)});
    lan.run_for(10s);
    reload(0, {version2(200, 3)});
    reload(1, {version2(100, 3)});
    lan.run_for(30s);
    CHECK(is_alone(0));
    LONGS_EQUAL(1, transitions(1));
    lan.crash(0);
    const Duration waited = time_until_active(1, 20s);
    CHECK(waited > 6s);
    CHECK(waited < 10s);
}

TEST(Reload, ARouterThatIsNewStartsAndTheOthersDoNotNotice) {
    start_pair();
    const auto before = transitions(0);
    const auto other = named(with_addresses(router(200), {"192.0.2.9/24"}), "other", 52);
    // In front of the one that is there.
    reload(0, {other, router(200)});
    lan.run_for(10s);
    LONGS_EQUAL(2, sessions(0));
    LONGS_EQUAL(before, lan.engine(0).sessions()[1].counters().transitions);
    CHECK((held(0) == Texts{"192.0.2.1/24", "192.0.2.9/24"}));
    STRCMP_EQUAL("lan", lan.engine(0).sessions()[1].router().name.c_str());
}

TEST(Reload, ARouterThatIsRemovedHandsOverAndIsForgotten) {
    const auto other = [](int priority) {
        return named(with_addresses(router(priority), {"192.0.2.9/24"}), "other", 52);
    };
    lan.add({router(200), other(200)});
    lan.add({router(100), other(100)});
    lan.run_for(10s);
    reload(0, {router(200)});
    // Until the other one is there.
    CHECK((held(0) == Texts{"192.0.2.1/24", "192.0.2.9/24"}));
    lan.run_for(5s);
    CHECK((held(0) == Texts{"192.0.2.1/24"}));
    CHECK((held(1) == Texts{"192.0.2.9/24"}));
    LONGS_EQUAL(1, sessions(0));
    LONGS_EQUAL(1, lan.engine(0).units().size());
}

TEST(Reload, TheLastOneOfItsKindIsReleasedWhenItIsRemoved) {
    lan.add({router(200), named(with_addresses(router(200), {"192.0.2.9/24"}), "other", 52)});
    lan.run_for(10s);
    reload(0, {router(200)});
    lan.run_for(5s);
    CHECK((held(0) == Texts{"192.0.2.1/24"}));
    LONGS_EQUAL(1, sessions(0));
}

TEST(Reload, ARouterThatComesBackWhileItLeavesGoesOn) {
    start_pair();
    lan.cut(0, 1);
    lan.reload(0, config::Config{lan.config(0)});
    reload(0, {named(with_addresses(router(200), {"192.0.2.9/24"}), "other", 52)});
    STRCMP_EQUAL("resigning",
                 std::string{app::name_of(lan.engine(0).sessions()[1].shown_state())}.c_str());
    reload(0, {router(200)});
    lan.run_for(10s);
    CHECK(lan.is_active(0));
    CHECK((held(0) == Texts{"192.0.2.1/24"}));
}

TEST(Reload, AnotherVridIsAnotherRouter) {
    start_pair();
    reload(0, {named(router(200), "lan", 77)});
    reload(1, {named(router(100), "lan", 77)});
    lan.run_for(10s);
    CHECK(is_alone(0));
    LONGS_EQUAL(1, sessions(0));
    LONGS_EQUAL(77, lan.session(0).router().vrid.wire());
    LONGS_EQUAL(1, held(0).size());
    LONGS_EQUAL(0, held(1).size());
}

TEST(Reload, AnotherNameIsOnlyAName) {
    start_pair();
    const auto before = transitions(0);
    reload(0, {named(router(200), "gateway", 51)});
    lan.run_for(5s);
    LONGS_EQUAL(before, transitions(0));
    STRCMP_EQUAL("gateway", lan.session(0).router().name.c_str());
}

TEST(Reload, AFamilyThatIsAddedIsActiveWithTheOther) {
    const std::vector<std::string_view> both{"192.0.2.1/24", "fe80::1/64"};
    lan.add_dual({router(200)});
    lan.add_dual({router(100)});
    lan.run_for(10s);
    const auto before = transitions(0);
    reload(0, {with_addresses(router(200), both)});
    CHECK((held(0) == Texts{"192.0.2.1/24", "fe80::1/64"}));
    LONGS_EQUAL(before, transitions(0));
    lan.run_for(1s);
    reload(1, {with_addresses(router(100), both)});
    lan.run_for(10s);
    CHECK(is_alone(0));
    CHECK(held(1).empty());
    LONGS_EQUAL(2, sessions(1));
    lan.crash(0);
    lan.run_for(5s);
    LONGS_EQUAL(2, held(1).size());
}

TEST(Reload, AnInterfaceThatIsOtherTakesTheAddressesAlong) {
    lan.add_wide(
        2, {.file = "sim.conf", .hash = "", .node = "", .nodes = {}, .routers = {router(200)}});
    lan.run_for(10s);
    auto moved = with_addresses(router(200), {"192.0.3.1/24"});
    moved.interface = "eth1";
    reload(0, {moved});
    lan.run_for(10s);
    CHECK(lan.kernel(0).marked("eth0").empty());
    CHECK((lan.kernel(0).marked("eth1") == Texts{"192.0.3.1/24"}));
    LONGS_EQUAL(1, lan.kernel(0).open_sockets());
}

TEST(Reload, ANewCheckIsNoReasonToGiveUpBeforeItHasSpoken) {
    start_pair();
    auto config = lan.config(0);
    config.routers[0].checks = {"web"};
    config.checks = {check("web", config::on_fail::Fault{})};
    const auto before = transitions(0);
    lan.reload(0, config);
    lan.run_for(2s);
    LONGS_EQUAL(before, transitions(0));
    lan.find(0, "web", Lan::Finding::failed);
    lan.run_for(2s);
    CHECK(is_alone(1));
    // Away with it.
    reload(0, {router(200)});
    lan.run_for(10s);
    CHECK(is_alone(0));
}

TEST(Reload, WhatIsKnownOfACheckStands) {
    auto config = config::Config{
        .file = "sim.conf", .hash = "", .node = "", .nodes = {}, .routers = {router(200)}};
    config.routers[0].checks = {"web"};
    config.checks = {check("web", config::on_fail::Penalty{150})};
    lan.add_wide(1, config);
    lan.find(0, "web", Lan::Finding::failed);
    lan.run_for(10s);
    LONGS_EQUAL(50, lan.session(0).effective_priority().wire());
    config.checks[0].on_fail = config::on_fail::Penalty{100};
    lan.reload(0, config);
    lan.run_for(1ms);
    LONGS_EQUAL(100, lan.session(0).effective_priority().wire());
    CHECK(lan.is_active(0));
}

TEST(Reload, HooksAreNotRunForWhatDidNotHappen) {
    auto notified = router(200);
    notified.notify = config::Notify{.command = {"/bin/true"}};
    lan.add({notified});
    lan.run_for(10s);
    const auto sequence = lan.engine(0).units()[0].hooks[0].results().size();
    for (int i = 0; i < 10; ++i) reload(0, {retouched(notified, i)});
    notified.notify->timeout = 3s;
    reload(0, {notified});
    lan.run_for(5s);
    LONGS_EQUAL(sequence, lan.engine(0).units()[0].hooks[0].results().size());
}

TEST(Reload, DoesNotEndAStop) {
    start_pair();
    lan.stop(0);
    lan.run_for(1ms);
    reload(0, {retouched(router(200), 1)});
    lan.run_for(10s);
    CHECK_FALSE(lan.is_running(0));
    CHECK(is_alone(1));
}

// --- whatever is changed into whatever ---

namespace {

class Drawer {
public:
    explicit Drawer(std::uint64_t seed) : dice_{Dice::of({seed, 4711})} {}

    // For both hosts; the first one is the stronger in each router or the weaker.
    std::vector<std::vector<config::Router>> pair() {
        std::vector<std::vector<config::Router>> hosts(2);
        for (int vrid = 51; vrid < 55; ++vrid) {
            if (dice_.between(0, 3) == 0) continue;
            const auto shared = drawn(vrid);
            const int first = dice_.between(1, 254);
            const int second = dice_.between(1, 254);
            for (std::size_t host = 0; host < 2; ++host) {
                auto made = shared;
                made.priority = vrrp::Priority::from(host == 0 ? first : second).value();
                hosts[host].push_back(made);
            }
        }
        return hosts;
    }

private:
    config::Router drawn(int vrid) {
        std::vector<std::string_view> addresses;
        // Each its own, but one that may move.
        static const std::map<int, std::vector<std::string>> own{
            {51, {"192.0.2.101/24", "192.0.2.111/24", "192.0.2.121/32"}},
            {52, {"192.0.2.102/24", "192.0.2.112/24", "192.0.2.122/32"}},
            {53, {"192.0.2.103/24", "192.0.2.113/24", "192.0.2.123/32"}},
            {54, {"192.0.2.104/24", "192.0.2.114/24", "192.0.2.124/32"}}};
        for (const std::string& address : own.at(vrid))
            if (addresses.empty() || dice_.between(0, 1) == 0) addresses.emplace_back(address);
        static const std::map<int, std::string> ipv6{
            {51, "fe80::51/64"}, {52, "fe80::52/64"}, {53, "fe80::53/64"}, {54, "fe80::54/64"}};
        if (dice_.between(0, 2) == 0) addresses.emplace_back(ipv6.at(vrid));
        auto made = named(with_addresses(router(100), addresses), vrid % 2 == 0 ? "even" : "odd",
                          dice_.between(0, 9) == 0 ? vrid + 100 : vrid);
        made.name += std::to_string(vrid);
        made = with_interval(made, dice_.between(0, 1) == 0 ? 50 : 100);
        if (dice_.between(0, 3) == 0)
            made.virtual_mac = config::VirtualMac{.ipv4_link = fmt::format("vrrp4.{}", vrid),
                                                  .ipv6_link = fmt::format("vrrp6.{}", vrid)};
        if (dice_.between(0, 3) == 0) made.accepts = false;
        if (dice_.between(0, 3) == 0) made.families = config::Router::Families::apart;
        return made;
    }

    Dice dice_;
};

std::string standing_of(const Lan& lan, HostId id) {
    std::string text;
    for (const app::Session& session : lan.engine(id).sessions())
        text += fmt::format("{} {} {}\n", session.router().name, base::name_of(session.family()),
                            app::name_of(session.shown_state()));
    const kernel::View view = lan.kernel(id).dump();
    std::map<std::string, std::string> links;
    for (const auto& [index, link] : view.links()) {
        links[link.name] = link.is_up ? " up:" : " down:";
        for (const std::string& address : lan.kernel(id).marked(link.name))
            links[link.name] += " " + address;
    }
    for (const auto& [name, standing] : links) text += name + standing + "\n";
    for (const std::string& address : lan.kernel(id).unaccepted()) text += "refuses " + address;
    return text + fmt::format("{} sockets\n", lan.kernel(id).open_sockets());
}

}  // namespace

TEST(Reload, EndsWhereAFreshStartWouldHaveBegun) {
    for (std::uint64_t seed = 1; seed <= repetitions(150); ++seed) {
        Drawer drawer{seed};
        const auto before = drawer.pair();
        const auto after = drawer.pair();
        if (before[0].empty() || after[0].empty()) continue;
        Lan changed{seed};
        Lan fresh{seed};
        changed.tracing = fresh.tracing = Lan::Tracing::off;
        for (HostId id = 0; id < 2; ++id) {
            changed.add_dual(before[id]);
            fresh.add_dual(after[id]);
        }
        changed.run_for(20s);
        for (HostId id = 0; id < 2; ++id) {
            changed.reload(id, after[id]);
            changed.run_for(Duration{seed % 3 * 2s});
        }
        changed.run_for(40s);
        fresh.run_for(60s);
        for (HostId id = 0; id < 2; ++id)
            STRCMP_EQUAL_TEXT(standing_of(fresh, id).c_str(), standing_of(changed, id).c_str(),
                              fmt::format("seed {}", seed).c_str());
    }
}
