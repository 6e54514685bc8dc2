// The section `checks`: each type with its settings, and what is said about each mistake.
#include <chrono>
#include <string>
#include <vector>

#include "config/load.hpp"
#include "config_support.hpp"

#include <CppUTest/TestHarness.h>

using config::Check;
using config_test::Case;
using config_test::lines_of;
using config_test::load_text;
namespace probe = config::probe;
namespace on_fail = config::on_fail;
using namespace std::chrono_literals;

namespace {

// Two nodes and a router with one check, whose settings stand in line 3.
std::string with_check(const std::string& settings) {
    return "nodes: { r1: { priority = 200; }; r2: { priority = 100; }; };\n"
           "checks: { a: {\n" +
           settings +
           "\n}; };\n"
           "routers: { lan: { interface = \"eth1\"; vrid = 10; addresses = [ \"192.0.2.1/24\" ]; "
           "checks = [ \"a\" ]; }; };\n";
}

Check check_on(const std::string& node, const std::string& settings) {
    const auto outcome = load_text(with_check(settings), node);
    STRCMP_EQUAL_TEXT("", lines_of(outcome.diagnostics).c_str(), settings.c_str());
    LONGS_EQUAL(1, outcome.config.value().checks.size());
    return outcome.config->checks.front();
}

Check check_with(const std::string& settings) {
    return check_on("r1", settings + " on_fail = \"fault\";");
}

template <typename T>
T probe_with(const std::string& settings) {
    const Check check = check_with(settings);
    CHECK_TRUE(std::holds_alternative<T>(check.probe));
    return std::get<T>(check.probe);
}

void check_cases(const std::vector<Case>& cases) {
    for (const Case& one : cases) {
        const auto outcome = load_text(with_check(one.settings), "r1");
        STRCMP_EQUAL_TEXT(one.problems, lines_of(outcome.diagnostics).c_str(), one.settings);
        CHECK_FALSE(outcome.config.has_value());
    }
}

base::IpAddress address(const char* text) { return *base::IpAddress::parse(text); }

}  // namespace

TEST_GROUP(ConfigChecks){};

TEST(ConfigChecks, WhatIsNotSaidHasItsDefault) {
    const Check check = check_with("type = \"process\"; name = \"haproxy\";");
    STRCMP_EQUAL("a", check.name.c_str());
    CHECK(check.every == 1s);
    CHECK(check.timeout == 1s);
    LONGS_EQUAL(1, check.rise);
    LONGS_EQUAL(1, check.fall);
    CHECK(check.start == Check::Start::awaited);
    CHECK(check.on_fail == config::OnFail{on_fail::Fault{}});
}

TEST(ConfigChecks, WhatAllChecksHaveIsRead) {
    const Check check = check_on(
        "r1",
        "type = \"unit\"; unit = \"x.service\"; every = \"5s\"; timeout = \"3s\"; rise = 2; "
        "fall = 1000; start = \"passed\"; on_fail = { penalty = 150; }; description = \"x\";");
    CHECK(check.every == 5s);
    CHECK(check.timeout == 3s);
    LONGS_EQUAL(2, check.rise);
    LONGS_EQUAL(1000, check.fall);
    CHECK(check.start == Check::Start::passed);
    CHECK(check.on_fail == config::OnFail{on_fail::Penalty{150}});
    CHECK(check_with("type = \"unit\"; unit = \"x.service\"; start = \"failed\";").start ==
          Check::Start::failed);
}

TEST(ConfigChecks, ATimeoutIsASecondOrAsLongAsThereIs) {
    CHECK(check_with("type = \"process\"; name = \"x\"; every = \"50ms\";").timeout == 50ms);
    CHECK(check_with("type = \"process\"; name = \"x\"; every = \"1h\";").timeout == 1s);
}

TEST(ConfigChecks, EachTypeIsRead) {
    CHECK((probe_with<probe::Exec>("type = \"exec\"; command = [ \"/bin/x\", \"-a\", \"\" ];") ==
           probe::Exec{{"/bin/x", "-a", ""}}));
    CHECK((probe_with<probe::Exec>(
               "type = \"exec\"; shell = \"a | b\"; user = \"nobody\"; timeout = \"1s\";") ==
           probe::Exec{{"/bin/sh", "-c", "a | b"}, "nobody"}));
    CHECK((probe_with<probe::Exec>("type = \"exec\"; command = \"/bin/x\";") ==
           probe::Exec{{"/bin/x"}}));
    CHECK((probe_with<probe::Process>("type = \"process\"; name = \"bird\";") ==
           probe::Process{"bird"}));
    CHECK((probe_with<probe::File>("type = \"file\"; path = \"/run/x\";") ==
           probe::File{"/run/x", probe::File::Want::present}));
    CHECK((probe_with<probe::File>("type = \"file\"; path = \"/run/x\"; want = \"absent\";") ==
           probe::File{"/run/x", probe::File::Want::absent}));
    CHECK((probe_with<probe::Interface>("type = \"interface\"; interface = \"eth0\"; up_for = 5; "
                                        "down_for = \"10ms\";") ==
           probe::Interface{"eth0", 5s, 10ms}));
    CHECK((probe_with<probe::Ping>("type = \"ping\"; target = \"192.0.2.9\";") ==
           probe::Ping{address("192.0.2.9")}));
    CHECK((probe_with<probe::Ping>("type = \"ping\"; target = \"fe80::9\"; interface = \"e\";") ==
           probe::Ping{address("fe80::9"), "e"}));
    CHECK((probe_with<probe::Arp>("type = \"arp\"; target = \"192.0.2.9\"; interface = \"e\";") ==
           probe::Arp{address("192.0.2.9"), "e"}));
    CHECK((probe_with<probe::Tcp>("type = \"tcp\"; target = \"127.0.0.1\"; port = 65535;") ==
           probe::Tcp{address("127.0.0.1"), 65535}));
    CHECK((probe_with<probe::Unit>("type = \"unit\"; unit = \"a@b.socket\";") ==
           probe::Unit{"a@b.socket"}));
}

TEST(ConfigChecks, HttpHasItsAnswers) {
    CHECK((probe_with<probe::Http>("type = \"http\"; url = \"http://127.0.0.1:8404/x\";") ==
           probe::Http{"http://127.0.0.1:8404/x", {200}, "", true}));
    CHECK((probe_with<probe::Http>("type = \"http\"; url = \"https://a/\"; expect = [ 200, 301 ]; "
                                   "contains = \"ok\"; verify = false;") ==
           probe::Http{"https://a/", {200, 301}, "ok", false}));
    CHECK((probe_with<probe::Http>("type = \"http\"; url = \"http://a\"; expect = 204;") ==
           probe::Http{"http://a", {204}, "", true}));
}

TEST(ConfigChecks, ARouteHasItsPlace) {
    const auto prefix = [](const char* text) { return *base::InterfaceAddress::parse(text); };
    CHECK((probe_with<probe::Route>("type = \"route\"; to = \"default\";") ==
           probe::Route{prefix("0.0.0.0/0"), std::nullopt, 254}));
    CHECK((probe_with<probe::Route>("type = \"route\"; to = \"::/0\"; protocol = \"bgp\"; "
                                    "table = 100;") == probe::Route{prefix("::/0"), 186, 100}));
    CHECK((probe_with<probe::Route>("type = \"route\"; to = \"10.0.0.0/8\"; protocol = 0; "
                                    "table = \"main\";") ==
           probe::Route{prefix("10.0.0.0/8"), 0, 254}));
}

TEST(ConfigChecks, AFileThatHoldsThePenaltySaysWhatFollows) {
    const Check check = check_on("r1", "type = \"file\"; path = \"/run/x\"; want = \"penalty\";");
    CHECK(check.on_fail == config::OnFail{on_fail::Penalty{254}});
    CHECK(check_on("r1", "type = \"file\"; path = \"/x\"; want = \"penalty\"; on_fail = \"warn\";")
              .on_fail == config::OnFail{on_fail::Warn{}});
}

TEST(ConfigChecks, EachNodeMayHaveItsOwnValues) {
    const std::string settings =
        "type = \"ping\"; target = { r1 = \"192.0.2.8\"; r2 = \"192.0.2.9\"; }; "
        "on_fail = { r1 = \"fault\"; r2 = { penalty = 20; }; };";
    CHECK(std::get<probe::Ping>(check_on("r1", settings).probe).target == address("192.0.2.8"));
    CHECK(std::get<probe::Ping>(check_on("r2", settings).probe).target == address("192.0.2.9"));
    CHECK(check_on("r2", settings).on_fail == config::OnFail{on_fail::Penalty{20}});
}

TEST(ConfigChecks, WhatIsRequiredIsMissed) {
    check_cases({
        {"on_fail = \"fault\";", "2:11: error: checks.a has no 'type' [add type = ...;]"},
        {"type = \"process\"; on_fail = \"fault\";",
         "2:11: error: checks.a has no 'name' [add name = ...;]"},
        {"type = \"file\"; on_fail = \"fault\";",
         "2:11: error: checks.a has no 'path' [add path = ...;]"},
        {"type = \"interface\"; on_fail = \"fault\";",
         "2:11: error: checks.a has no 'interface' [add interface = ...;]"},
        {"type = \"ping\"; on_fail = \"fault\";",
         "2:11: error: checks.a has no 'target' [add target = ...;]"},
        {"type = \"arp\"; target = \"192.0.2.9\"; on_fail = \"fault\";",
         "2:11: error: checks.a has no 'interface' [add interface = ...;]"},
        {"type = \"tcp\"; target = \"192.0.2.9\"; on_fail = \"fault\";",
         "2:11: error: checks.a has no 'port' [add port = ...;]"},
        {"type = \"http\"; on_fail = \"fault\";",
         "2:11: error: checks.a has no 'url' [add url = ...;]"},
        {"type = \"route\"; on_fail = \"fault\";",
         "2:11: error: checks.a has no 'to' [add to = ...;]"},
        {"type = \"unit\"; on_fail = \"fault\";",
         "2:11: error: checks.a has no 'unit' [add unit = ...;]"},
        {"type = \"exec\"; on_fail = \"fault\";",
         "2:11: error: checks.a has no 'command' and no 'shell' "
         "[add command = [ \"/path\", \"argument\" ];]"},
        {"type = \"unit\"; unit = \"x.service\";",
         "2:11: error: checks.a has no 'on_fail' "
         "[add on_fail = \"fault\"; or { penalty = 60; }; or \"warn\";]"},
        {"type = \"unit\"; unit = \"x.service\"; on_fail = { r2 = \"fault\"; };",
         "3:46: error: checks.a.on_fail has no value for node 'r1' [add r1 = ...;]"},
        {"type = \"exec\"; command = { r2 = \"/bin/x\"; }; on_fail = \"fault\";",
         "3:26: error: checks.a.command has no value for node 'r1' [add r1 = ...;]"},
    });
}

TEST(ConfigChecks, ASettingOfAnotherTypeIsNamedWithItsTypes) {
    check_cases({
        {"type = \"process\"; name = \"x\"; url = \"http://a/\"; on_fail = \"fault\";",
         "3:31: error: 'url' belongs to checks of type \"http\", not of \"process\""},
        {"type = \"unit\"; unit = \"x.service\"; target = \"192.0.2.9\"; on_fail = \"fault\";",
         "3:36: error: 'target' belongs to checks of type \"ping\" or \"arp\" or \"tcp\", not of "
         "\"unit\""},
        {"type = \"unit\"; unit = \"x.service\"; evry = 1; on_fail = \"fault\";",
         "3:36: error: unknown setting 'evry' in checks.a; did you mean 'every'?"},
    });
}

TEST(ConfigChecks, ValuesOutOfTheirRangeAreRefused) {
    const std::string start = "type = \"unit\"; unit = \"x.service\"; on_fail = \"fault\"; ";
    const std::vector<std::pair<std::string, std::string>> cases{
        {"every = \"49ms\";", "3:63: error: 'every' is 50ms to 1h, not 49ms"},
        {"every = 3601;", "3:63: error: 'every' is 50ms to 1h, not 3601s"},
        {"timeout = \"9ms\";", "3:65: error: 'timeout' is 10ms to 1h, not 9ms"},
        {"timeout = 2;",
         "3:65: error: 'timeout' is at most 'every', 1s, not 2s [a check does not overlap itself]"},
        {"rise = 0;", "3:62: error: 'rise' is a whole number from 1 to 1000, not 0"},
        {"fall = 1001;", "3:62: error: 'fall' is a whole number from 1 to 1000, not 1001"},
        {"start = \"pass\";",
         "3:63: error: 'start' is \"awaited\" or \"passed\" or \"failed\", not \"pass\"; did you "
         "mean 'passed'?"},
    };
    for (const auto& [settings, problem] : cases) {
        const auto outcome = load_text(with_check(start + settings), "r1");
        STRCMP_EQUAL(problem.c_str(), lines_of(outcome.diagnostics).c_str());
    }
}

TEST(ConfigChecks, WhatFollowsAFailureIsOneOfThree) {
    const std::string wanted = "\"fault\", \"warn\" or { penalty = 60; }";
    const std::string start = "type = \"unit\"; unit = \"x.service\"; on_fail = ";
    const std::vector<std::pair<std::string, std::string>> cases{
        {"\"down\";", "3:46: error: 'on_fail' is " + wanted + ", not \"down\""},
        {"5;", "3:46: error: 'on_fail' is " + wanted + ", not a whole number"},
        {"{ penalty = 255; };", "3:58: error: 'penalty' is a whole number from 1 to 254, not 255"},
    };
    for (const auto& [settings, problem] : cases) {
        const auto outcome = load_text(with_check(start + settings), "r1");
        STRCMP_EQUAL(problem.c_str(), lines_of(outcome.diagnostics).c_str());
    }
    check_cases({
        {"type = \"file\"; path = \"/x\"; want = \"penalty\"; on_fail = \"fault\";",
         "3:57: error: with want = \"penalty\" the file says what follows "
         "[remove 'on_fail', or write on_fail = \"warn\";]"},
    });
}

TEST(ConfigChecks, WhatIsLookedAtMustBeSomething) {
    check_cases({
        {"type = \"pong\"; on_fail = \"fault\";",
         "3:8: error: 'type' is \"exec\" or \"process\" or \"file\" or \"interface\" or \"ping\" "
         "or "
         "\"arp\" or \"tcp\" or \"http\" or \"route\" or \"unit\", not \"pong\"; did you mean "
         "'ping'?"},
        {"type = \"exec\"; command = \"ls\"; on_fail = \"fault\";",
         "3:26: error: \"ls\" is not a whole path [it begins with '/']"},
        {"type = \"exec\"; command = [ ]; on_fail = \"fault\";",
         "3:26: error: 'command' names no program [write [ \"/path\", \"argument\" ]]"},
        {"type = \"exec\"; command = \"/bin/\"; on_fail = \"fault\";",
         "3:26: error: \"/bin/\" is a directory, not a program"},
        {"type = \"exec\"; command = \"/x\"; shell = \"y\"; on_fail = \"fault\";",
         "3:32: error: 'command' and 'shell' exclude each other [remove one of them]"},
        {"type = \"exec\"; shell = \"\"; on_fail = \"fault\";",
         "3:24: error: 'shell' is a line for /bin/sh in quotes, not empty"},
        {"type = \"exec\"; command = \"/x\"; user = \"a:b\"; on_fail = \"fault\";",
         "3:39: error: \"a:b\" cannot be a user's name"},
        {"type = \"process\"; name = \"/usr/sbin/bird\"; on_fail = \"fault\";",
         "3:26: error: \"/usr/sbin/bird\" cannot be a process's name [write \"bird\"]"},
        {"type = \"process\"; name = \"sixteen-letters-\"; on_fail = \"fault\";",
         "3:26: error: \"sixteen-letters-\" cannot be a process's name [the kernel keeps 15 "
         "characters; 'ps -e -o comm' shows them]"},
        {"type = \"ping\"; target = \"fe80::1\"; on_fail = \"fault\";",
         "3:25: error: fe80::1 is link-local: on which interface? [add interface = \"...\";]"},
        {"type = \"ping\"; target = \"example.net\"; on_fail = \"fault\";",
         "3:25: error: \"example.net\" is not an address [write it as in \"192.0.2.2\"]"},
        {"type = \"ping\"; target = \"224.0.0.1\"; on_fail = \"fault\";",
         "3:25: error: 224.0.0.1 is a multicast address [a target is one machine's address]"},
        {"type = \"tcp\"; target = \"192.0.2.9\"; port = 0; on_fail = \"fault\";",
         "3:44: error: 'port' is a whole number from 1 to 65535, not 0"},
        {"type = \"unit\"; unit = \"bird\"; on_fail = \"fault\";",
         "3:23: error: \"bird\" cannot be a unit's name [write \"bird.service\"]"},
        {"type = \"file\"; path = \"/x\"; want = \"there\"; on_fail = \"fault\";",
         "3:36: error: 'want' is \"present\" or \"absent\" or \"penalty\", not \"there\""},
    });
}

TEST(ConfigChecks, AnswersAndRoutesMustBePossible) {
    check_cases({
        {"type = \"http\"; url = \"ftp://a/\"; on_fail = \"fault\";",
         "3:22: error: \"ftp://a/\" is not a URL of http: it begins with http:// or https:// "
         "[write it as in \"http://127.0.0.1:8080/healthz\"]"},
        {"type = \"http\"; url = \"http:///x\"; on_fail = \"fault\";",
         "3:22: error: \"http:///x\" is not a URL of http: it names no host "
         "[write it as in \"http://127.0.0.1:8080/healthz\"]"},
        {"type = \"http\"; url = \"http://a/\"; expect = 600; on_fail = \"fault\";",
         "3:44: error: 'expect' is a whole number from 100 to 599, not 600"},
        {"type = \"http\"; url = \"http://a/\"; expect = [ ]; on_fail = \"fault\";",
         "3:44: error: 'expect' names no code [write expect = 200;]"},
        {"type = \"http\"; url = \"http://a/\"; verify = \"no\"; on_fail = \"fault\";",
         "3:44: error: 'verify' is true or false, not a string"},
        {"type = \"route\"; to = \"10.0.0.1/8\"; on_fail = \"fault\";",
         "3:22: error: 10.0.0.1/8 is an address in 10.0.0.0/8, not a prefix "
         "[write \"10.0.0.0/8\", or \"10.0.0.1/32\" for this address alone]"},
        {"type = \"route\"; to = \"default\"; protocol = 256; on_fail = \"fault\";",
         "3:44: error: 'protocol' is a whole number from 0 to 255, not 256"},
        {"type = \"route\"; to = \"default\"; table = \"isp\"; on_fail = \"fault\";",
         "3:41: error: 'table' is a number, \"main\", \"local\" or \"default\", not \"isp\" "
         "[write its number; /etc/iproute2/rt_tables names it]"},
    });
}

TEST(ConfigChecks, WordsOfKeepalivedHaveTheirCure) {
    check_cases({
        {"type = \"process\"; name = \"x\"; on_fail = \"fault\"; interval = 2;",
         "3:50: error: unknown setting 'interval' in checks.a [write every = \"1s\";]"},
        {"type = \"process\"; name = \"x\"; on_fail = \"fault\"; weight = 2;",
         "3:50: error: unknown setting 'weight' in checks.a "
         "[write on_fail = { penalty = N; }; there are penalties only, no rewards]"},
        {"type = \"exec\"; command = \"/x\"; on_fail = \"fault\"; script = \"/x\";",
         "3:51: error: unknown setting 'script' in checks.a "
         "[write command = [ \"/path\", \"argument\" ]; or shell = \"...\";]"},
    });
}

TEST(ConfigChecks, AVirtualAddressOfTheseFilesIsNoTarget) {
    const std::string why =
        " is a virtual address of router 'lan' (line 5): this node may hold it itself, and the "
        "check would prove nothing [a target is another machine's own address]";
    check_cases({
        {"type = \"ping\"; target = \"192.0.2.1\"; on_fail = \"fault\";",
         ("3:25: error: 192.0.2.1" + why).c_str()},
        {"type = \"arp\"; interface = \"eth0\"; target = \"192.0.2.1\"; on_fail = \"fault\";",
         ("3:44: error: 192.0.2.1" + why).c_str()},
        {"type = \"tcp\"; port = 80; target = { r1 = \"192.0.2.9\"; r2 = \"192.0.2.1\"; }; "
         "on_fail = \"fault\";",
         ("3:60: error: 192.0.2.1" + why).c_str()},
    });
}

// The link-local address of the other end may look like ours on another interface.
TEST(ConfigChecks, ALinkLocalTargetIsAVirtualAddressOnItsOwnInterfaceOnly) {
    const auto problems_with = [](const std::string& interface) {
        return lines_of(
            load_text("nodes: { r1: { priority = 200; }; r2: { priority = 100; }; };\n"
                      "checks: { a: { type = \"ping\"; target = \"fe80::1\"; interface = \"" +
                          interface +
                          "\"; on_fail = \"warn\"; }; };\n"
                          "routers: { lan: { interface = \"eth1\"; vrid = 10;\n"
                          "addresses = [ \"fe80::1/64\" ]; checks = [ \"a\" ]; }; };\n",
                      "r1")
                .diagnostics);
    };
    STRCMP_EQUAL("", problems_with("eth2").c_str());
    STRCMP_CONTAINS("2:40: error: fe80::1 is a virtual address of router 'lan' (line 4)",
                    problems_with("eth1").c_str());
}
