#include "kernel/own_routes.hpp"

#include <CppUTest/TestHarness.h>

using kernel::LinkIndex;
using kernel::OwnRoutes;
using kernel::Route;
using kernel::Rule;

namespace {

base::IpAddress ip(const char* text) { return *base::IpAddress::parse(text); }
base::InterfaceAddress prefix(const char* text) { return *base::InterfaceAddress::parse(text); }

Route route(const char* to, const char* via, std::uint32_t metric = 0) {
    return {.place = {prefix(to), 254, metric}, .via = ip(via), .link = {}, .source = {}};
}
Route on(Route route, int link) {
    route.link = LinkIndex{link};
    return route;
}
Route from(Route route, const char* source) {
    route.source = ip(source);
    return route;
}

const Route wanted = route("10.0.0.0/8", "192.0.2.254");
const Route wanted6 = route("2001:db8::/32", "fe80::1");

}  // namespace

TEST_GROUP(KernelOwnRoutes) { OwnRoutes routes; };

TEST(KernelOwnRoutes, AWishWithoutALinkIsFulfilledOnAnyAndOneWithALinkThere) {
    CHECK_FALSE(routes.has(wanted));
    CHECK_TRUE(routes.set(on(wanted, 3)));
    CHECK_TRUE(routes.has(wanted));
    CHECK_TRUE(routes.has(on(wanted, 3)));
    CHECK_FALSE(routes.has(on(wanted, 4)));
}

TEST(KernelOwnRoutes, EveryPartOfARouteTellsItFromOthers) {
    routes.set(on(wanted, 3));
    CHECK_FALSE(routes.has(route("10.0.0.0/9", "192.0.2.254")));
    CHECK_FALSE(routes.has(route("10.0.0.0/8", "192.0.2.253")));
    CHECK_FALSE(routes.has(route("10.0.0.0/8", "192.0.2.254", 1)));
    CHECK_FALSE(routes.has(from(wanted, "192.0.2.1")));
    Route other = wanted;
    other.place.table = 100;
    CHECK_FALSE(routes.has(other));
    other = wanted;
    other.scope = 253;
    CHECK_FALSE(routes.has(other));
    other = wanted;
    other.onlink = true;
    CHECK_FALSE(routes.has(other));
    other = wanted;
    other.type = kernel::RouteType::blackhole;
    CHECK_FALSE(routes.has(other));
}

TEST(KernelOwnRoutes, AnAnswerAndTheNotificationOfItAreOneRoute) {
    CHECK_TRUE(routes.set(wanted));
    CHECK_FALSE(routes.set(on(wanted, 3)));
    CHECK_FALSE(routes.set(wanted));
    LONGS_EQUAL(1, routes.routes().size());
    CHECK_TRUE(routes.routes().begin()->link == LinkIndex{3});
    CHECK_TRUE(routes.remove(on(wanted, 3)));
    CHECK_FALSE(routes.remove(on(wanted, 3)));
    routes.set(wanted);
    CHECK_TRUE(routes.remove(on(wanted, 3)));
}

TEST(KernelOwnRoutes, AReplacementTakesThePlaceAndNoOther) {
    routes.set(on(wanted, 3));
    routes.set(on(route("10.0.0.0/8", "192.0.2.254", 5), 3));
    CHECK_FALSE(routes.lose({prefix("10.0.0.0/8"), 254, 7}));
    CHECK_TRUE(routes.lose(wanted.place));
    CHECK_FALSE(routes.has(wanted));
    LONGS_EQUAL(1, routes.routes().size());
}

TEST(KernelOwnRoutes, ALinkThatGoesDownTakesItsRoutesAlong) {
    routes.set(on(wanted, 3));
    routes.set(on(wanted6, 3));
    routes.set(on(route("10.1.0.0/16", "198.51.100.1"), 4));
    routes.set(
        Route{.place = {prefix("203.0.113.0/24"), 100, 0}, .type = kernel::RouteType::blackhole});
    CHECK_FALSE(routes.lose_link(LinkIndex{5}));
    CHECK_TRUE(routes.lose_ipv4_of(LinkIndex{3}));
    CHECK_FALSE(routes.has(wanted));
    CHECK_TRUE(routes.has(wanted6));
    CHECK_TRUE(routes.lose_link(LinkIndex{3}));
    CHECK_FALSE(routes.has(wanted6));
    LONGS_EQUAL(2, routes.routes().size());
}

TEST(KernelOwnRoutes, ASourceThatGoesTakesAnIpv4RouteAlongAndLeavesAnIpv6OneBare) {
    routes.set(on(from(wanted, "192.0.2.1"), 3));
    routes.set(on(from(wanted6, "2001:db8::1"), 3));
    CHECK_FALSE(routes.lose_source(ip("192.0.2.2")));
    CHECK_TRUE(routes.lose_source(ip("192.0.2.1")));
    CHECK_TRUE(routes.lose_source(ip("2001:db8::1")));
    LONGS_EQUAL(1, routes.routes().size());
    CHECK_TRUE(routes.has(wanted6));
}

TEST(KernelOwnRoutes, RulesAreThoseThatTheKernelTells) {
    const Rule rule{.family = base::Family::ipv4,
                    .priority = 1000,
                    .from = prefix("10.20.0.0/16"),
                    .to = {},
                    .iif = {},
                    .table = 100};
    Rule other = rule;
    other.iif = "eth1";
    CHECK_TRUE(routes.set(rule));
    CHECK_FALSE(routes.set(rule));
    CHECK_TRUE(routes.has(rule));
    CHECK_FALSE(routes.has(other));
    CHECK_TRUE(routes.remove(rule));
    CHECK_FALSE(routes.remove(rule));
}

TEST_GROUP(KernelRouteText){};

TEST(KernelRouteText, IsWhatIpSays) {
    STRCMP_EQUAL("10.0.0.0/8 via 192.0.2.254", wanted.text().c_str());
    STRCMP_EQUAL("default via 192.0.2.254 src 192.0.2.1 table 100 metric 50",
                 Route(on(from({.place = {prefix("0.0.0.0/0"), 100, 50}, .via = ip("192.0.2.254")},
                               "192.0.2.1"),
                          3))
                     .text()
                     .c_str());
    STRCMP_EQUAL(
        "10.0.0.0/8 interface 3",
        (Route{.place = {prefix("10.0.0.0/8"), 254, 0}, .link = LinkIndex{3}}).text().c_str());
    STRCMP_EQUAL("blackhole 0.0.0.0/0 table local", (Route{.place = {prefix("0.0.0.0/0"), 255, 0},
                                                           .type = kernel::RouteType::blackhole})
                                                        .text()
                                                        .c_str());
    Rule rule{.family = base::Family::ipv4,
              .priority = 1000,
              .from = prefix("10.20.0.0/16"),
              .to = {},
              .iif = {},
              .table = 100};
    STRCMP_EQUAL("1000: from 10.20.0.0/16 lookup 100", rule.text().c_str());
    rule.from.reset();
    rule.to = prefix("10.0.0.1/32");
    rule.iif = "eth1";
    rule.fwmark = 16;
    rule.fwmask = 0xff;
    rule.table = 254;
    STRCMP_EQUAL("1000: from all to 10.0.0.1/32 fwmark 0x10/0xff iif eth1 lookup main",
                 rule.text().c_str());
}
