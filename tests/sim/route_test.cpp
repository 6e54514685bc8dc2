// Routes and rules follow the Active router, whoever else works in the kernel.
#include <algorithm>
#include <cerrno>

#include "lan_test.hpp"

using namespace sim;

namespace {

using Texts = std::vector<std::string>;

const std::string wanted_route = "10.0.0.0/8 via 192.0.2.254 src 192.0.2.1";
const std::string wanted_uplink = "10.1.0.0/16 via 198.51.100.1";
const std::string wanted_rule = "1000: from 10.20.0.0/16 lookup 100";

base::InterfaceAddress prefix(const char* text) {
    return base::InterfaceAddress::parse(text).value();
}
base::IpAddress ip(const char* text) { return base::IpAddress::parse(text).value(); }

config::Router with_routes(config::Router router) {
    router.routes = {
        {.to = prefix("10.0.0.0/8"),
         .via = ip("192.0.2.254"),
         .interface = {},
         .source = ip("192.0.2.1")},
        {.to = prefix("10.1.0.0/16"), .via = ip("198.51.100.1"), .interface = "up0", .source = {}}};
    router.rules = {{.family = base::Family::ipv4,
                     .from = prefix("10.20.0.0/16"),
                     .to = {},
                     .iif = {},
                     .table = 100,
                     .priority = 1000}};
    return router;
}

kernel::Route route() {
    return {.place = {prefix("10.0.0.0/8"), 254, 0},
            .via = ip("192.0.2.254"),
            .source = ip("192.0.2.1")};
}
kernel::Rule rule() {
    return {.family = base::Family::ipv4,
            .priority = 1000,
            .from = prefix("10.20.0.0/16"),
            .table = 100};
}

}  // namespace

TEST_GROUP_BASE(Routes, LanTest){
    void add_host(int priority){const HostId id = lan.add({with_routes(router(priority))});
lan.kernel(id).add_link("up0");
}
void start_alone() {
    add_host(100);
    lan.run_for(5s);
    CHECK(lan.is_active(0));
    CHECK(has_all(0));
}
[[nodiscard]] bool has_all(HostId id) {
    return lan.kernel(id).routes() == Texts{wanted_route, wanted_uplink} &&
           lan.kernel(id).rules() == Texts{wanted_rule};
}
[[nodiscard]] bool has_none(HostId id) {
    return lan.kernel(id).routes().empty() && lan.kernel(id).rules().empty();
}
// Those about addresses, routes and rules since `from`, in order.
[[nodiscard]] Texts work_since(std::size_t from) {
    Texts work;
    const auto& all = lan.kernel(0).requests();
    std::copy_if(all.begin() + static_cast<std::ptrdiff_t>(from), all.end(),
                 std::back_inserter(work), [](const std::string& request) {
                     return request.starts_with("add ") || request.starts_with("remove ");
                 });
    return work;
}
[[nodiscard]] const app::Counters& counters() { return lan.session(0).counters(); }
}
;

TEST(Routes, AreWhereTheActiveRouterIs) {
    add_host(200);
    add_host(100);
    lan.run_for(10s);
    CHECK(lan.is_active(0));
    CHECK(has_all(0));
    CHECK(has_none(1));
    lan.stop(0);
    lan.run_for(5s);
    CHECK(has_none(0));
    CHECK(has_all(1));
}

TEST(Routes, ComeAfterTheirAddressesAndGoBeforeThem) {
    start_alone();
    CHECK(work_since(0) == (Texts{"add 192.0.2.1/24", "add route " + wanted_route,
                                  "add route " + wanted_uplink, "add rule " + wanted_rule}));
    const std::size_t before = lan.kernel(0).requests().size();
    lan.stop(0, app::Stop::at_once);
    lan.run_for(1s);
    CHECK(work_since(before) == (Texts{"remove rule " + wanted_rule, "remove route " + wanted_route,
                                       "remove route " + wanted_uplink, "remove 192.0.2.1/24"}));
}

TEST(Routes, WhatSomebodyDeletesIsRestoredAtOnceWithoutATransition) {
    start_alone();
    const auto transitions_before = transitions(0);
    CHECK(lan.kernel(0).uninstall(route()));
    lan.run_for(1ms);
    CHECK(has_all(0));
    CHECK(lan.kernel(0).uninstall(rule()));
    lan.run_for(1ms);
    CHECK(has_all(0));
    LONGS_EQUAL(transitions_before, transitions(0));
    LONGS_EQUAL(2, counters().restored);
    LONGS_EQUAL(1, lan.count_told(0, "route removed by somebody else; restoring it"));
    LONGS_EQUAL(1, lan.count_told(0, "rule removed by somebody else; restoring it"));
}

TEST(Routes, AFlushThatAsksAgainAtOnceEndsAndTheRouteComesBack) {
    start_alone();
    for (int round = 0; round < 100; ++round) {
        lan.kernel(0).uninstall(route());
        lan.run_for(100us);
    }
    CHECK(lan.is_active(0));
    lan.run_for(50ms);
    CHECK(has_all(0));
    LONGS_EQUAL(1, counters().restored);
}

TEST(Routes, AFightIsGivenUpAndShown) {
    start_alone();
    for (int i = 0; i < 6; ++i) {
        CHECK(lan.kernel(0).uninstall(route()));
        lan.run_for(100ms);
    }
    CHECK(lan.session(0).shown_state() == app::ShownState::fault);
    STRCMP_EQUAL("addresses-lost", reason(0).c_str());
    STRCMP_CONTAINS(wanted_route.c_str(), lan.engine(0).problems().front().c_str());
}

TEST(Routes, StraysOfOursAreRemovedAtTheStartAndLater) {
    const HostId id = lan.add({with_routes(router(100))});
    lan.kernel(id).add_link("up0");
    lan.kernel(id).install(kernel::Route{.place = {prefix("10.9.0.0/16"), 9, 0},
                                         .type = kernel::RouteType::blackhole});
    lan.run_for(1s);
    CHECK(has_none(0));
    lan.run_for(5s);
    CHECK(has_all(0));
    kernel::Rule stray = rule();
    stray.iif = "eth7";
    lan.kernel(id).install(stray);
    lan.run_for(1ms);
    CHECK(has_all(0));
}

TEST(Routes, WhatALinkTakesAlongComesBackWithItAndIsNoFight) {
    start_alone();
    for (int i = 0; i < 10; ++i) {
        lan.kernel(0).set_down("up0");
        lan.run_for(5s);
        CHECK(lan.is_active(0));
        CHECK(lan.engine(0).routes_of(lan.session(0)).at(1).error.find("Network is down") !=
              std::string::npos);
        lan.kernel(0).set_up("up0");
        lan.run_for(1ms);
        CHECK(has_all(0));
    }
    LONGS_EQUAL(0, counters().restored);
}

TEST(Routes, ALinkThatDoesNotExistIsSaid) {
    lan.add({with_routes(router(100))});
    lan.run_for(5s);
    CHECK(lan.kernel(0).routes() == Texts{wanted_route});
    const auto problems = lan.engine(0).problems();
    LONGS_EQUAL(1, problems.size());
    STRCMP_CONTAINS("add route 10.1.0.0/16 via 198.51.100.1: interface up0 does not exist",
                    problems.front().c_str());
    lan.kernel(0).add_link("up0");
    lan.run_for(1ms);
    CHECK(has_all(0));
    CHECK(lan.engine(0).problems().empty());
}

TEST(Routes, ARefusedOneIsTriedAgainAndShownInWords) {
    add_host(100);
    lan.kernel(0).faults.add_route = ENETUNREACH;
    lan.run_for(5s);
    CHECK(lan.is_active(0));
    const auto routes = lan.engine(0).routes_of(lan.session(0));
    LONGS_EQUAL(2, routes.size());
    CHECK_FALSE(routes.front().is_installed);
    STRCMP_EQUAL(("add route " + wanted_route + ": Network is unreachable").c_str(),
                 routes.front().error.c_str());
    LONGS_EQUAL(2, lan.engine(0).problems().size());
    LONGS_EQUAL(2, lan.count_told(0, "route request failed; trying again"));
    lan.kernel(0).faults.add_route = 0;
    lan.run_for(10s);
    CHECK(has_all(0));
    CHECK(lan.engine(0).problems().empty());
    CHECK(lan.engine(0).routes_of(lan.session(0)).front().is_installed);
    CHECK(lan.engine(0).rules_of(lan.session(0)).front().is_installed);
}
