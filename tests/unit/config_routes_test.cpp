#include <fmt/format.h>

#include <string>
#include <vector>

#include "config/load.hpp"
#include "config_support.hpp"
#include "support.hpp"

#include <CppUTest/TestHarness.h>

using config::Route;
using config::RouteType;
using config::Rule;
using config_test::Case;
using config_test::check_problems;
using config_test::lines_of;
using config_test::load_text;
using config_test::router_on;
using config_test::router_with;
using config_test::with_router;
using config_test::with_settings;

TEST_GROUP(ConfigRoutes){};

namespace {

std::string with_route(const std::string& settings) {
    return fmt::format("routes = ( {{ {} }} );", settings);
}
Route route_with(const std::string& settings) {
    return router_with(with_route(settings)).routes.at(0);
}
std::string with_rule(const std::string& settings) {
    return fmt::format("rules = ( {{ {} }} );", settings);
}

// A router of both families, whose settings stand in line 2.
std::string with_both_families(const std::string& settings) {
    return with_router(
        "interface = \"eth1\"; vrid = 1; addresses = [ \"192.0.2.1/24\", \"fe80::1/64\" ]; " +
        settings);
}

base::IpAddress ip(const char* text) { return *base::IpAddress::parse(text); }

}  // namespace

TEST(ConfigRoutes, ARouteHasTheKernelsDefaults) {
    const Route route = route_with("to = \"203.0.113.0/24\"; via = \"192.0.2.254\";");
    STRCMP_EQUAL("203.0.113.0/24", route.to.text().c_str());
    CHECK(route.type == RouteType::unicast);
    CHECK(route.via == ip("192.0.2.254"));
    STRCMP_EQUAL("", route.interface.c_str());
    CHECK_FALSE(route.source.has_value());
    LONGS_EQUAL(254, route.table);
    LONGS_EQUAL(0, route.metric);
    LONGS_EQUAL(0, route.scope);
    CHECK_FALSE(route.onlink);
}

TEST(ConfigRoutes, EverySettingOfARouteIsRead) {
    const Route route = route_with(
        "to = \"default\"; via = \"192.0.2.254\"; interface = \"eth7\"; source = \"192.0.2.1\"; "
        "table = 100; metric = 50; scope = \"site\"; type = \"unicast\"; onlink = true;");
    STRCMP_EQUAL("0.0.0.0/0", route.to.text().c_str());
    CHECK(route.via == ip("192.0.2.254"));
    STRCMP_EQUAL("eth7", route.interface.c_str());
    CHECK(route.source == ip("192.0.2.1"));
    LONGS_EQUAL(100, route.table);
    LONGS_EQUAL(50, route.metric);
    LONGS_EQUAL(200, route.scope);
    CHECK_TRUE(route.onlink);
}

TEST(ConfigRoutes, TypesThatDropHaveNoNextHop) {
    struct Line {
        const char* word;
        RouteType type;
    };
    for (const Line& one : std::vector<Line>{{"blackhole", RouteType::blackhole},
                                             {"unreachable", RouteType::unreachable},
                                             {"prohibit", RouteType::prohibit},
                                             {"throw", RouteType::throw_away}}) {
        const Route route =
            route_with(fmt::format("to = \"203.0.113.0/24\"; type = \"{}\";", one.word));
        CHECK(route.type == one.type);
        LONGS_EQUAL(0, route.scope);
    }
}

TEST(ConfigRoutes, WhatHasNoNextHopIsOnTheLink) {
    LONGS_EQUAL(253, route_with("to = \"10.0.0.0/8\"; interface = \"eth1\";").scope);
    LONGS_EQUAL(253, route_with("to = \"default\"; interface = \"eth1\";").scope);
    LONGS_EQUAL(0, route_with("to = \"2001:db8::/32\"; interface = \"eth1\";").scope);
    LONGS_EQUAL(254,
                route_with("to = \"10.0.0.1/32\"; interface = \"lo\"; scope = \"host\";").scope);
    LONGS_EQUAL(7, route_with("to = \"10.0.0.0/8\"; interface = \"lo\"; scope = 7;").scope);
}

TEST(ConfigRoutes, TablesAreNumbersAndTheThreeNamesOfLinux) {
    for (const auto& [text, number] :
         std::vector<std::pair<const char*, std::uint32_t>>{{"\"main\"", 254},
                                                            {"\"local\"", 255},
                                                            {"\"default\"", 253},
                                                            {"1", 1},
                                                            {"2147483647", 2147483647}})
        LONGS_EQUAL(number, route_with(fmt::format("to = \"10.0.0.0/8\"; type = \"throw\"; "
                                                   "table = {};",
                                                   text))
                                .table);
}

TEST(ConfigRoutes, AnIpv6RouteHasTheMetricThatLinuxGivesIt) {
    LONGS_EQUAL(1024, route_with("to = \"2001:db8::/32\"; via = \"2001:db8:1::1\";").metric);
    LONGS_EQUAL(5,
                route_with("to = \"2001:db8::/32\"; via = \"2001:db8:1::1\"; metric = 5;").metric);
}

TEST(ConfigRoutes, DefaultIsOfTheFamilyThatItsOtherSettingsHave) {
    const auto router = router_on(
        "r1", with_both_families(
                  "routes = ( { to = \"default\"; via = \"192.0.2.254\"; }, "
                  "{ to = \"default\"; via = \"fe80::ff\"; }, "
                  "{ to = \"default\"; interface = \"eth1\"; source = \"fe80::1\"; metric = 9; }, "
                  "{ to = \"0.0.0.0/0\"; type = \"blackhole\"; metric = 4000; } );"));
    std::string text;
    for (const Route& route : router.routes) text += route.to.text() + " ";
    STRCMP_EQUAL("0.0.0.0/0 ::/0 ::/0 0.0.0.0/0 ", text.c_str());

    const auto outcome =
        load_text(with_both_families(with_route("to = \"default\"; type = \"blackhole\";")), "r1");
    STRCMP_EQUAL(
        "2:113: error: \"default\" could be IPv4 or IPv6 here [write to = \"0.0.0.0/0\"; or to = "
        "\"::/0\";]",
        lines_of(outcome.diagnostics).c_str());
}

TEST(ConfigRoutes, ANextHopThatIsOnTheLinkIsOnTheRoutersOwn) {
    STRCMP_EQUAL("eth1", route_with("to = \"::/0\"; via = \"fe80::ff\";").interface.c_str());
    STRCMP_EQUAL(
        "eth9",
        route_with("to = \"::/0\"; via = \"fe80::ff\"; interface = \"eth9\";").interface.c_str());
    STRCMP_EQUAL("eth1", route_with("to = \"10.0.0.0/8\"; via = \"198.51.100.1\"; onlink = true;")
                             .interface.c_str());
    STRCMP_EQUAL("", route_with("to = \"10.0.0.0/8\"; via = \"198.51.100.1\"; onlink = false;")
                         .interface.c_str());
}

TEST(ConfigRoutes, MistakesInARouteHaveACure) {
    const std::vector<Case> cases{
        {"routes = \"default\";",
         "3:10: error: 'routes' is a list, not a string [write ( { to = \"default\"; via = "
         "\"192.0.2.254\"; } )]"},
        {"routes = ( );", "3:10: error: 'routes' is empty [remove it]"},
        {"routes = { to = \"10.0.0.0/8\"; type = \"throw\"; };",
         "3:10: error: 'routes' is a list, not a group { } [write ( { to = \"default\"; via = "
         "\"192.0.2.254\"; } )]"},
        {"routes = ( { to = \"10.0.0.0/8\"; dev = \"eth0\"; via = \"192.0.2.254\"; } );",
         "3:33: error: unknown setting 'dev' in routers.lan.routes [write interface = \"eth0\";]"},
        {"routes = ( { to = \"127.0.0.0/8\"; via = \"192.0.2.254\"; } );",
         "3:19: error: 127.0.0.0/8 is this host itself [remove this route]"},
        {"routes = ( { to = \"10.0.0.0/8\"; via = \"192.0.2.1\"; } );",
         "3:39: error: 192.0.2.1 is this router's own virtual address [the next hop is another "
         "router's address]"},
        {"routes = ( \"default\" );",
         "3:12: error: an element of 'routes' is a group { }, not a string [write ( { to = "
         "\"default\"; via = \"192.0.2.254\"; } )]"},
        {"routes = ( { via = \"192.0.2.254\"; } );",
         "3:12: error: routers.lan.routes has no 'to' [add to = ...;]"},
        {"routes = ( { to = \"default\"; gateway = \"192.0.2.254\"; via = \"192.0.2.254\"; } );",
         "3:30: error: unknown setting 'gateway' in routers.lan.routes"},
        {"routes = ( { to = \"10.0.0.1/8\"; type = \"throw\"; } );",
         "3:19: error: 10.0.0.1/8 is an address in 10.0.0.0/8, not a prefix [write \"10.0.0.0/8\", "
         "or \"10.0.0.1/32\" for this address alone]"},
        {"routes = ( { to = \"2001:db8::1/33\"; type = \"throw\"; } );",
         "3:19: error: 2001:db8::1/33 is an address in 2001:db8::/33, not a prefix [write "
         "\"2001:db8::/33\", or \"2001:db8::1/128\" for this address alone]"},
        {"routes = ( { to = \"10.0.0.1\"; type = \"throw\"; } );",
         "3:19: error: \"10.0.0.1\" has no prefix length [write \"10.0.0.1/24\", or "
         "\"10.0.0.1/32\"]"},
        {"routes = ( { to = 10; } );",
         "3:19: error: 'to' is a prefix such as \"203.0.113.0/24\", not a whole number"},
        {"routes = ( { to = \"default\"; via = \"192.0.2.254/24\"; } );",
         "3:36: error: \"192.0.2.254/24\" is not an address [a next hop has no prefix length]"},
        {"routes = ( { to = \"default\"; via = \"224.0.0.1\"; } );",
         "3:36: error: 224.0.0.1 is a multicast address [the next hop is another router's "
         "address]"},
        {"routes = ( { to = \"10.0.0.0/8\"; via = \"2001:db8::1\"; } );",
         "3:39: error: 2001:db8::1 is not an IPv4 address, and the route leads to 10.0.0.0/8 "
         "[next hop and destination are of one family]"},
        {"routes = ( { to = \"2001:db8::/32\"; via = \"2001:db8:1::1\"; source = \"192.0.2.1\"; } "
         ");",
         "3:68: error: 192.0.2.1 is not an IPv6 address, and the route leads to 2001:db8::/32 "
         "[source and destination are of one family]"},
        {"routes = ( { to = \"10.0.0.0/8\"; } );",
         "3:12: error: the route to 10.0.0.0/8 has no next hop [add via = \"...\"; or interface = "
         "\"...\"; or a type such as \"blackhole\"]"},
        {"routes = ( { to = \"10.0.0.0/8\"; type = \"blackhole\"; via = \"192.0.2.254\"; } );",
         "3:59: error: a route of type \"blackhole\" has no 'via' [remove it, or the type]"},
        {"routes = ( { to = \"10.0.0.0/8\"; type = \"throw\"; interface = \"eth1\"; } );",
         "3:61: error: a route of type \"throw\" has no 'interface' [remove it, or the type]"},
        {"routes = ( { to = \"10.0.0.0/8\"; type = \"blackole\"; } );",
         "3:40: error: 'type' is \"unicast\" or \"blackhole\" or \"unreachable\" or \"prohibit\" "
         "or "
         "\"throw\", not \"blackole\"; did you mean 'blackhole'?"},
        {"routes = ( { to = \"10.0.0.0/8\"; via = \"192.0.2.254\"; table = \"isp\"; } );",
         "3:62: error: 'table' is a number, \"main\", \"local\" or \"default\", not \"isp\" [write "
         "its number; /etc/iproute2/rt_tables names it]"},
        {"routes = ( { to = \"10.0.0.0/8\"; via = \"192.0.2.254\"; table = 0; } );",
         "3:62: error: 'table' is a whole number from 1 to 2147483647, not 0"},
        {"routes = ( { to = \"10.0.0.0/8\"; via = \"192.0.2.254\"; metric = -1; } );",
         "3:63: error: 'metric' is a whole number from 0 to 2147483647, not -1"},
        {"routes = ( { to = \"10.0.0.0/8\"; via = \"192.0.2.254\"; scope = \"link\"; } );",
         "3:62: error: what is behind another router is neither on the link nor this host [remove "
         "'scope', or 'via']"},
        {"routes = ( { to = \"10.0.0.0/8\"; via = \"192.0.2.254\"; scope = 255; } );",
         "3:62: error: 'scope' is a whole number from 0 to 254, not 255"},
        {"routes = ( { to = \"::/0\"; via = \"2001:db8::1\"; scope = \"global\"; } );",
         "3:56: error: an IPv6 route has no scope [remove it]"},
        {"routes = ( { to = \"::/0\"; via = \"2001:db8::1\"; metric = 0; } );",
         "3:57: error: the metric of an IPv6 route is 1 or more [without one Linux takes 1024]"},
        {"routes = ( { to = \"10.0.0.0/8\"; interface = \"eth1\"; onlink = true; } );",
         "3:62: error: 'onlink' is about 'via', and there is none [remove it, or add via = "
         "\"...\";]"},
    };
    check_problems(cases);
}

TEST(ConfigRoutes, AMistakenRouteDoesNotHideTheOthers) {
    check_problems({{"routes = ( { to = \"a/8\"; }, { to = \"10.0.0.0/8\"; } );",
                     "3:19: error: \"a/8\" is not an address [write it as in \"192.0.2.1/24\"]\n"
                     "3:29: error: the route to 10.0.0.0/8 has no next hop [add via = \"...\"; or "
                     "interface = \"...\"; or a type such as \"blackhole\"]"}});
}

TEST(ConfigRoutes, TheKernelHoldsOneRouteADestinationTableAndMetric) {
    const std::string start =
        "interface = \"eth1\"; addresses = [ \"192.0.2.{0}/24\" ]; vrid = {0}; ";
    const auto router_of = [&](int number, const std::string& routes) {
        return config_test::router(
            fmt::format("r{}", number),
            fmt::format(fmt::runtime(start), number) + "\nroutes = ( " + routes + " );");
    };
    STRCMP_EQUAL("", config_test::problems_of(
                         router_of(1,
                                   "{ to = \"default\"; via = \"192.0.2.9\"; }, "
                                   "{ to = \"default\"; via = \"192.0.2.9\"; metric = 1; }") +
                         router_of(2, "{ to = \"default\"; via = \"192.0.2.9\"; table = 9; }"))
                         .c_str());
    STRCMP_EQUAL(
        "4:55: error: the route to 0.0.0.0/0 is here twice; the first is in line 4 [give them "
        "different metrics or tables]\n"
        "6:12: error: the route to 0.0.0.0/0 is also one of router 'r1' (line 4) [give them "
        "different metrics or tables]",
        config_test::problems_of(
            router_of(1,
                      "{ to = \"default\"; via = \"192.0.2.9\"; },    { to = \"default\"; via = "
                      "\"192.0.2.8\"; table = \"main\"; }") +
            router_of(2, "{ to = \"0.0.0.0/0\"; type = \"blackhole\"; metric = 0; }"))
            .c_str());
}

TEST(ConfigRoutes, AnyPartMayBeKeyedByNode) {
    const std::string text = with_settings(
        "routes = ( { to = \"default\"; via = { r1 = \"192.0.2.8\"; r2 = \"192.0.2.9\"; }; } );"
        "rules = { r1 = ( { from = \"10.0.0.0/8\"; table = 1; priority = 1; } ); };");
    CHECK(router_on("r1", text).routes.at(0).via == ip("192.0.2.8"));
    CHECK(router_on("r2", text).routes.at(0).via == ip("192.0.2.9"));
    LONGS_EQUAL(1, router_on("r1", text).rules.size());
    LONGS_EQUAL(0, router_on("r2", text).rules.size());
}

TEST(ConfigRoutes, EverySettingOfARuleIsRead) {
    const Rule rule = router_with(with_rule("from = \"10.20.0.0/16\"; to = \"10.30.0.1/32\"; "
                                            "table = 100; priority = 1000; iif = \"eth2\"; "
                                            "fwmark = \"0x10/0xff\";"))
                          .rules.at(0);
    CHECK(rule.family == base::Family::ipv4);
    STRCMP_EQUAL("10.20.0.0/16", rule.from->text().c_str());
    STRCMP_EQUAL("10.30.0.1/32", rule.to->text().c_str());
    LONGS_EQUAL(100, rule.table);
    LONGS_EQUAL(1000, rule.priority);
    STRCMP_EQUAL("eth2", rule.iif.c_str());
    LONGS_EQUAL(0x10, rule.fwmark);
    LONGS_EQUAL(0xff, rule.fwmask);
}

TEST(ConfigRoutes, AMarkIsANumberWithOrWithoutAMask) {
    struct Line {
        const char* text;
        std::uint32_t mark;
        std::uint32_t mask;
    };
    for (const Line& one : std::vector<Line>{{"16", 16, 0xffffffff},
                                             {"0x10", 16, 0xffffffff},
                                             {"0", 0, 0xffffffff},
                                             {"\"0xffffffff\"", 0xffffffff, 0xffffffff},
                                             {"\"16/0x30\"", 16, 0x30},
                                             {"\"0/1\"", 0, 1}}) {
        const Rule rule =
            router_with(with_rule(fmt::format("fwmark = {}; table = 1; priority = 1;", one.text)))
                .rules.at(0);
        CHECK_EQUAL_TEXT(one.mark, rule.fwmark, one.text);
        CHECK_EQUAL_TEXT(one.mask, rule.fwmask, one.text);
    }
}

TEST(ConfigRoutes, ARuleWithoutAPrefixIsForEachFamilyOfItsRouter) {
    const std::string rule = with_rule("iif = \"eth1\"; table = 1; priority = 1;");
    LONGS_EQUAL(1, router_with(rule).rules.size());
    const auto both = router_on("r1", with_both_families(rule)).rules;
    LONGS_EQUAL(2, both.size());
    CHECK(both[0].family == base::Family::ipv4);
    CHECK(both[1].family == base::Family::ipv6);
    const auto all =
        router_on("r1", with_both_families(with_rule("from = \"::/0\"; table = 1; priority = 1;")))
            .rules;
    LONGS_EQUAL(1, all.size());
    CHECK(all[0].family == base::Family::ipv6);
    CHECK_FALSE(all[0].from.has_value());
}

TEST(ConfigRoutes, MistakesInARuleHaveACure) {
    check_problems({
        {"rules = { from = \"10.0.0.0/8\"; };",
         "3:9: error: 'rules' is a list, not a group { } [write ( { from = \"192.0.2.0/24\"; table "
         "= "
         "100; priority = 1000; } )]"},
        {"rules = ( { from = \"all\"; table = 1; priority = 1; } );",
         "3:20: error: \"all\" is not a prefix [write \"0.0.0.0/0\" or \"::/0\"]"},
        {"rules = ( { from = \"10.0.0.0/8\"; lookup = 1; table = 1; priority = 1; } );",
         "3:34: error: unknown setting 'lookup' in routers.lan.rules [write table = 100;]"},
        {"rules = ( { from = \"10.0.0.0/8\"; table = 1; } );",
         "3:11: error: routers.lan.rules has no 'priority' [add priority = ...;]"},
        {"rules = ( { from = \"10.0.0.0/8\"; priority = 1; } );",
         "3:11: error: routers.lan.rules has no 'table' [add table = ...;]"},
        {"rules = ( { table = 1; priority = 1; } );",
         "3:11: error: a rule without 'from', 'to', 'iif' and 'fwmark' is for everything [if it "
         "shall be, write from = \"0.0.0.0/0\"; or from = \"::/0\";]"},
        {"rules = ( { from = \"10.0.0.0/8\"; to = \"2001:db8::/32\"; table = 1; priority = 1; } );",
         "3:39: error: 'from' and 'to' of a rule are of one family [write a rule for each family]"},
        {"rules = ( { from = \"10.0.0.0/8\"; table = 1; priority = 0; } );",
         "3:56: error: 'priority' is a whole number from 1 to 2147483647, not 0"},
        {"rules = ( { fwmark = \"x\"; table = 1; priority = 1; } );",
         "3:22: error: 'fwmark' is a number such as 16 or \"0x10\", or with a mask, \"0x10/0xff\", "
         "not \"x\""},
        {"rules = ( { fwmark = \"0x100/0xff\"; table = 1; priority = 1; } );",
         "3:22: error: no packet has this mark: 0x100 is not within the mask 0xff [the mask has "
         "every bit of the mark]"},
        {"rules = ( { fwmark = \"0/0\"; table = 1; priority = 1; } );",
         "3:22: error: with the mask 0 every packet has this mark [remove 'fwmark']"},
        {"rules = ( { fwmark = -1; table = 1; priority = 1; } );",
         "3:22: error: 'fwmark' is a whole number from 0 to 2147483647, not -1"},
        {"rules = ( { from = \"10.0.0.0/8\"; table = 1; priority = 1; },\n"
         "{ from = \"10.0.0.0/8\"; table = 1; priority = 1; } );",
         "4:1: error: this rule is here twice; the first is in line 3 [remove one of them]"},
    });
}
