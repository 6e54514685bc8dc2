// `notify`, `conntrackd`, `damping` and `families`.
#include <chrono>
#include <string>
#include <vector>

#include "config/load.hpp"
#include "config_support.hpp"

#include <CppUTest/TestHarness.h>

using config::Conntrackd;
using config::Damping;
using config::Notify;
using config::Router;
using config_test::check_problems;
using config_test::lines_of;
using config_test::load_text;
using config_test::router_on;
using config_test::router_with;
using config_test::with_defaults;
using config_test::with_settings;
using namespace std::chrono_literals;

namespace {

// Two routers in a group, whose settings stand in line 5.
std::string with_group(const std::string& settings) {
    return "nodes: { r1: { priority = 200; }; r2: { priority = 100; }; };\n"
           "routers: { a: { interface = \"e\"; vrid = 1; addresses = [ \"192.0.2.1/24\" ]; };\n"
           "b: { interface = \"f\"; vrid = 2; addresses = [ \"198.51.100.1/24\" ]; }; };\n"
           "groups: { g: { members = [ \"a\", \"b\" ];\n" +
           settings + "\n}; };\n";
}

config::Group group_with(const std::string& settings) {
    const auto outcome = load_text(with_group(settings), "r1");
    STRCMP_EQUAL("", lines_of(outcome.diagnostics).c_str());
    return outcome.config.value().groups.at(0);
}

std::string problems_with(const std::string& settings) {
    return lines_of(load_text(with_group(settings), "r1").diagnostics);
}

}  // namespace

TEST_GROUP(ConfigNotify){};

TEST(ConfigNotify, AProgramIsAPathAnArrayOrAGroup) {
    CHECK(!router_with("").notify.has_value());
    CHECK((router_with("notify = \"/x\";").notify == Notify{.command = {"/x"}}));
    CHECK((router_with("notify = [ \"/x\", \"-a\" ];").notify == Notify{.command = {"/x", "-a"}}));
    CHECK((router_with("notify = { exec = \"/x\"; };").notify == Notify{.command = {"/x"}}));
    const Notify all{.command = {"/bin/sh", "-c", "y"},
                     .user = "nobody",
                     .timeout = 30s,
                     .form = Notify::Form::tandem,
                     .prepares = true,
                     .drains = true};
    CHECK(router_with("notify = { shell = \"y\"; user = \"nobody\"; timeout = \"30s\"; "
                      "form = \"tandem\"; wait_for = [ \"prepare\", \"drain\" ]; };")
              .notify == all);
    const auto one = router_with("notify = { exec = \"/x\"; wait_for = \"drain\"; };").notify;
    CHECK_TRUE(one->drains);
    CHECK_FALSE(one->prepares);
    CHECK(router_with("notify = { exec = \"/x\"; form = \"keepalived\"; };").notify->form ==
          Notify::Form::keepalived);
}

TEST(ConfigNotify, DefaultsAreForRoutersThatDoNotSayOtherwise) {
    const std::string defaults = "notify = \"/x\"; damping = false; families = \"apart\";";
    const Router plain = router_on("r1", with_defaults(defaults, ""));
    CHECK((plain.notify == Notify{.command = {"/x"}}));
    CHECK_FALSE(plain.damping.has_value());
    CHECK(plain.families == Router::Families::apart);
    const Router other = router_on(
        "r1", with_defaults(defaults, "notify = \"/y\"; damping = true; families = \"together\";"));
    CHECK((other.notify == Notify{.command = {"/y"}}));
    CHECK(other.damping == Damping{});
    CHECK(other.families == Router::Families::together);
}

TEST(ConfigNotify, EachNodeMayHaveItsOwn) {
    const std::string text = with_settings(
        "notify = { r1 = \"/x\"; r2 = { exec = \"/y\"; }; }; damping = { r2 = false; };");
    CHECK((router_on("r1", text).notify == Notify{.command = {"/x"}}));
    CHECK((router_on("r2", text).notify == Notify{.command = {"/y"}}));
    CHECK(router_on("r1", text).damping == Damping{});
    CHECK_FALSE(router_on("r2", text).damping.has_value());
}

TEST(ConfigNotify, MistakesAreNamed) {
    check_problems({
        {"notify = 1;",
         "3:10: error: 'notify' is \"/path\", [ \"/path\", \"argument\" ] or { exec = ...; }, not "
         "a whole number"},
        {"notify = \"x\";", "3:10: error: \"x\" is not a whole path [it begins with '/']"},
        {"notify = { user = \"nobody\"; };",
         "3:10: error: 'notify' has no 'exec' [add exec = [ \"/path\", \"argument\" ];]"},
        {"notify = { exec = \"/x\"; shell = \"y\"; };",
         "3:25: error: 'exec' and 'shell' exclude each other [remove one of them]"},
        {"notify = { exec = \"/x\"; timeout = \"99ms\"; };",
         "3:35: error: 'timeout' is 100ms to 5m, not 99ms"},
        {"notify = { exec = \"/x\"; form = \"old\"; };",
         "3:32: error: 'form' is \"tandem\" or \"keepalived\", not \"old\""},
        {"notify = { exec = \"/x\"; wait_for = [ \"fault\" ]; };",
         "3:38: error: 'wait_for' is \"prepare\" or \"drain\", not \"fault\""},
        {"notify = { exec = \"/x\"; form = \"keepalived\"; wait_for = \"drain\"; };",
         "3:57: error: a program with keepalived's arguments is told of no phase "
         "[remove 'wait_for', or 'form']"},
        {"families = \"alone\";",
         "3:12: error: 'families' is \"together\" or \"apart\", not \"alone\""},
        {"notify_master = \"/x\";",
         "3:1: error: unknown setting 'notify_master' in routers.lan "
         "[write notify = \"/path\"; for all states: it is told which]"},
    });
}

TEST(ConfigNotify, DampingHasItsMeasure) {
    CHECK((router_with("damping = { transitions = 3; within = \"2m\"; hold = 10; most = \"1h\"; };")
               .damping == Damping{3, 2min, 10s, 1h}));
    // The longest hold grows with the shortest.
    CHECK(router_with("damping = { hold = \"20m\"; };").damping->most == 20min);
    check_problems({
        {"damping = \"no\";",
         "3:11: error: 'damping' is true, false or { transitions = 5; within = \"1m\"; }, not a "
         "string"},
        {"damping = { transitions = 0; };",
         "3:27: error: 'transitions' is a whole number from 1 to 1000, not 0"},
        {"damping = { within = \"999ms\"; };", "3:22: error: 'within' is 1s to 24h, not 999ms"},
        {"damping = { hold = \"2m\"; most = \"1m\"; };",
         "3:33: error: 'most' is 1m, which is less than 'hold', 2m [write most = \"2m\"; or more]"},
    });
}

TEST(ConfigNotify, AGroupMayHaveAConntrackd) {
    CHECK_FALSE(group_with("").conntrackd.has_value());
    CHECK((group_with("conntrackd = true;").conntrackd == Conntrackd{}));
    CHECK((group_with("conntrackd = { config = \"/c\"; socket = \"/s\"; timeout = \"2s\"; };")
               .conntrackd == Conntrackd{"/c", "/s", 2s}));
    STRCMP_EQUAL("5:14: error: 'conntrackd' is true or { socket = \"...\"; }, not true or false",
                 problems_with("conntrackd = false;").c_str());
    STRCMP_EQUAL("5:25: error: \"s\" is not a whole path [it begins with '/']",
                 problems_with("conntrackd = { socket = \"s\"; };").c_str());
    STRCMP_EQUAL(
        "5:16: error: unknown setting 'sock' in groups.g.conntrackd; did you mean "
        "'socket'?",
        problems_with("conntrackd = { sock = \"s\"; };").c_str());
    STRCMP_EQUAL(
        "5:25: error: conntrackd cannot have a socket with this path "
        "[write at most 107 letters, without spaces and quotes]",
        problems_with("conntrackd = { socket = \"/a b\"; };").c_str());
    STRCMP_EQUAL(
        "5:25: error: conntrackd cannot have a socket with this path "
        "[write at most 107 letters, without spaces and quotes]",
        problems_with("conntrackd = { socket = \"/" + std::string(107, 'a') + "\"; };").c_str());
}

TEST(ConfigNotify, AGroupMayHaveAProgram) {
    CHECK((group_with("notify = { exec = [ \"/x\", \"1\" ]; timeout = 1; };").notify ==
           Notify{.command = {"/x", "1"}, .timeout = 1s}));
}
