#include <string>

#include "config/load.hpp"
#include "config_support.hpp"
#include "support.hpp"

#include <CppUTest/TestHarness.h>

using config::Router;
using config_test::check_problems;
using config_test::lines_of;
using config_test::load_text;
using config_test::problems_of;
using config_test::router;
using config_test::router_on;
using config_test::with_defaults;
using config_test::with_settings;

namespace {

// Three nodes and a router of both families that uses unicast; the settings stand in line 4.
std::string three_nodes(const std::string& settings) {
    return "nodes: { a: { priority = 3; }; b: { priority = 2; }; c: { priority = 1; }; };\n"
           "defaults: { transport = \"unicast\"; };\n"
           "routers: { lan: { interface = \"e\"; vrid = 1; addresses = [ \"192.0.2.1/24\", "
           "\"fe80::1/64\" ];\n" +
           settings + " }; };";
}

std::string peers_on(const std::string& node, const std::string& text) {
    std::string peers;
    for (const auto& peer : router_on(node, text).peers)
        peers += (peers.empty() ? "" : " ") + peer.text();
    return peers;
}

std::string problems_on(const std::string& node, const std::string& text) {
    return lines_of(load_text(text, node).diagnostics);
}

}  // namespace

TEST_GROUP(ConfigUnicast){};

TEST(ConfigUnicast, PeersAreTheSourcesOfTheOtherNodes) {
    const std::string text = three_nodes(
        "source = { a = [ \"192.0.2.11\", \"fe80::a\" ]; b = [ \"192.0.2.12\", \"fe80::b\" ]; "
        "c = [ \"fe80::c\", \"192.0.2.13\" ]; };");
    CHECK(router_on("a", text).transport == config::Transport::unicast);
    STRCMP_EQUAL("192.0.2.12 192.0.2.13 fe80::b fe80::c", peers_on("a", text).c_str());
    STRCMP_EQUAL("192.0.2.11 192.0.2.13 fe80::a fe80::c", peers_on("b", text).c_str());
}

TEST(ConfigUnicast, OnlyTheFamiliesOfTheAddressesHavePeers) {
    const std::string text = with_settings(
        "transport = \"unicast\"; source = { r1 = \"192.0.2.11\"; r2 = [ \"192.0.2.12\", "
        "\"fe80::2\" "
        "]; };");
    STRCMP_EQUAL("192.0.2.12", peers_on("r1", text).c_str());
    STRCMP_EQUAL("192.0.2.9",
                 peers_on("r1", with_settings("transport = \"unicast\"; peers = [ \"fe80::9\", "
                                              "\"192.0.2.9\" ];"))
                     .c_str());
}

TEST(ConfigUnicast, PeersThatAreNamedCountForTheirFamily) {
    const std::string text = three_nodes(
        "peers = [ \"192.0.2.98\", \"192.0.2.99\" ];"
        "source = { a = [ \"192.0.2.11\", \"fe80::a\" ]; b = \"fe80::b\"; c = \"fe80::c\"; };");
    STRCMP_EQUAL("192.0.2.98 192.0.2.99 fe80::b fe80::c", peers_on("a", text).c_str());
}

TEST(ConfigUnicast, ANodeNeedNotSayItsOwnSource) {
    STRCMP_EQUAL(
        "192.0.2.3",
        peers_on("r1",
                 with_settings("transport = { r1 = \"unicast\"; r2 = \"unicast\"; }; source = { "
                               "r1 = \"192.0.2.2\"; r2 = \"192.0.2.3\"; };"))
            .c_str());
    const auto outcome = load_text(
        with_settings("transport = \"unicast\"; source = { r2 = \"192.0.2.3\"; };"), "r1");
    STRCMP_EQUAL(
        "2:12: warning: node 'r2' cannot reach node 'r1' in router 'lan': unicast needs its IPv4 "
        "source",
        lines_of(outcome.diagnostics).c_str());
    CHECK_TRUE(outcome.config.has_value());
}

TEST(ConfigUnicast, ANodeThatCannotReachAnotherRefusesTheFile) {
    const std::string text =
        with_settings("transport = \"unicast\"; source = { r2 = \"192.0.2.3\"; };");
    STRCMP_EQUAL(
        "2:12: error: node 'r2' cannot reach node 'r1' in router 'lan': unicast needs its IPv4 "
        "source [write source = { r1 = \"...\"; }; or peers = [ \"...\" ];]",
        problems_on("r2", text).c_str());
    const std::string two_of_three =
        three_nodes("peers = [ \"192.0.2.99\" ]; source = { a = \"fe80::a\"; b = \"fe80::b\"; };");
    CHECK(problems_on("a", two_of_three)
              .find("error: node 'a' cannot reach node 'c' in router 'lan': unicast needs its IPv6 "
                    "source") != std::string::npos);
}

TEST(ConfigUnicast, ANodeAloneNamesItsPeers) {
    const std::string one =
        "nodes: { a: {}; };\nrouters: { lan: { interface = \"e\"; vrid = 1; addresses = [ "
        "\"192.0.2.1/24\" ]; transport = \"unicast\"; ";
    STRCMP_EQUAL(
        "2:12: error: router 'lan' has no IPv4 peer, and unicast needs one [write peers = [ "
        "\"...\" "
        "];, or name the other nodes and their sources]",
        problems_on("a", one + "}; };").c_str());
    STRCMP_EQUAL("192.0.2.3", peers_on("a", one + "peers = [ \"192.0.2.3\" ]; }; };").c_str());
}

TEST(ConfigUnicast, TheListOfPeersMayNameTheNodeItselfAndSomebodyElse) {
    const std::string shared =
        "transport = \"unicast\"; source = { r1 = \"192.0.2.2\"; }; peers = ";
    STRCMP_EQUAL(
        "192.0.2.2 192.0.2.3",
        peers_on("r1", with_settings(shared + "[ \"192.0.2.2\", \"192.0.2.3\" ];")).c_str());
    CHECK(problems_on("r1", with_settings(shared + "[ \"192.0.2.2\" ];"))
              .find("error: node 'r1' cannot reach node 'r2'") != std::string::npos);
}

TEST(ConfigUnicast, WhatWasRefusedIsNotMissed) {
    check_problems({
        {"transport = \"unicast\"; source = { r1 = \"192.0.2.2\"; r2 = \"192.0.2\"; };",
         "3:58: error: \"192.0.2\" is not an address [write it as in \"192.0.2.2\"]"},
        {"transport = \"unicast\"; peers = [ \"192.0.2\" ];",
         "3:34: error: \"192.0.2\" is not an address [write it as in \"192.0.2.2\"]"},
        {"transport = \"unicast\"; source = { r1 = \"192.0.2.2\"; r2 = ; };",
         "3:57: error: a value is missing here"},
        {"transport = \"unicst\"; peers = [ \"192.0.2.3\" ]; ttl = 9;",
         "3:13: error: 'transport' is \"multicast\" or \"unicast\", not \"unicst\"; did you mean "
         "'unicast'?"},
    });
}

TEST(ConfigUnicast, APeerIsThereOnce) {
    check_problems(
        {{"transport = \"unicast\"; peers = [ \"192.0.2.3\", \"fe80::3\", \"192.0.2.3\" ];",
          "3:58: error: 192.0.2.3 is here twice; the first is in line 3 [remove one of them]"}});
}

TEST(ConfigUnicast, MulticastHasNoPeersAndOnlyTheFullTtl) {
    const std::string cure = " [remove it, or write transport = \"unicast\";]";
    STRCMP_EQUAL(("3:9: error: multicast has no peers: it reaches all" + cure).c_str(),
                 problems_on("r1", with_settings("peers = [ \"192.0.2.3\" ];")).c_str());
    STRCMP_EQUAL(("3:7: error: 'ttl' is 255 with multicast, not 254" + cure).c_str(),
                 problems_on("r1", with_settings("ttl = 254;")).c_str());
    STRCMP_EQUAL("", problems_on("r1", with_settings("ttl = 255;")).c_str());
    STRCMP_EQUAL(("1:19: error: 'ttl' is 255 with multicast, not 64" + cure).c_str(),
                 problems_on("r1", with_defaults("ttl = 64;", "")).c_str());
}

TEST(ConfigUnicast, ATtlBelow255Counts) {
    const Router router = router_on(
        "r1", with_settings("transport = \"unicast\"; ttl = 64; peers = [ \"192.0.2.3\" ];"));
    LONGS_EQUAL(64, router.least_ttl);
}

TEST(ConfigUnicast, DefaultsForUnicastDoNotHurtARouterThatUsesMulticast) {
    const auto outcome = load_text(
        "nodes: { r1: {}; };\n"
        "defaults: { peers = [ \"192.0.2.3\" ]; ttl = 64; transport = \"unicast\"; };\n"
        "routers: {\n" +
            router("lan", R"(interface = "a"; vrid = 1; addresses = [ "192.0.2.1/24" ];)") +
            router("dmz",
                   R"(interface = "b"; vrid = 1; addresses = [ "192.0.2.9/24" ];
                                transport = "multicast";)") +
            "};",
        "r1");
    STRCMP_EQUAL("", lines_of(outcome.diagnostics).c_str());
    LONGS_EQUAL(64, outcome.config->routers[0].least_ttl);
    LONGS_EQUAL(255, outcome.config->routers[1].least_ttl);
    CHECK_TRUE(outcome.config->routers[1].peers.empty());
}
