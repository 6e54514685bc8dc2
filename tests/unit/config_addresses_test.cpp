#include <string>
#include <vector>

#include "config/load.hpp"
#include "config_support.hpp"
#include "support.hpp"

#include <CppUTest/TestHarness.h>

using config::Router;
using config_test::check_problems;
using config_test::lines_of;
using config_test::load_text;
using config_test::router_on;
using config_test::router_with;
using config_test::with_router;

TEST_GROUP(ConfigAddresses){};

TEST(ConfigAddresses, AddressesAreStringsOrGroupsInTheOrderOfTheFile) {
    const Router router = router_on(
        "r1", with_router("interface = \"bond0.120\"; vrid = 255; addresses = ( \"192.0.2.9/24\", "
                          "{ address = \"192.0.2.1/32\"; }, \"10.0.0.1/31\" );"));
    std::string text;
    for (const auto& address : router.addresses) text += address.text() + " ";
    STRCMP_EQUAL("192.0.2.9/24 192.0.2.1/32 10.0.0.1/31 ", text.c_str());
}

TEST(ConfigAddresses, AVirtualAddressIsOneThatAHostCouldHave) {
    const std::string cure = " [a virtual address is one that a host could have]";
    struct Wrong {
        const char* address;
        std::string problem;
    };
    const std::vector<Wrong> cases{
        {"192.0.2.0/24", "192.0.2.0/24 is the address of the network itself" + cure},
        {"192.0.2.255/24", "192.0.2.255/24 is the broadcast address of its network" + cure},
        {"192.0.2.4/30", "192.0.2.4/30 is the address of the network itself" + cure},
        {"192.0.2.7/30", "192.0.2.7/30 is the broadcast address of its network" + cure},
        {"10.255.255.255/8", "10.255.255.255/8 is the broadcast address of its network" + cure},
        {"224.0.0.18/32", "224.0.0.18/32 is a multicast address" + cure},
        {"127.0.0.1/32", "127.0.0.1/32 is a loopback address" + cure},
        {"0.0.0.0/32", "0.0.0.0/32 is the unspecified address" + cure},
        {"255.255.255.255/32", "255.255.255.255/32 is the broadcast address" + cure},
        {"192.0.2.1",
         "\"192.0.2.1\" has no prefix length [write \"192.0.2.1/24\", or "
         "\"192.0.2.1/32\"]"},
        {"192.0.2.1/33", "\"192.0.2.1/33\" has no valid prefix length [it is 1 to 32 for IPv4]"},
        {"192.0.2.1/0", "\"192.0.2.1/0\" has no valid prefix length [it is 1 to 32 for IPv4]"},
        {"192.0.2.1/", "\"192.0.2.1/\" has no valid prefix length [it is 1 to 32 for IPv4]"},
        {"192.0.2.1/255.255.255.0",
         "\"192.0.2.1/255.255.255.0\" has no valid prefix length [it is 1 to 32 for IPv4]"},
        {"192.0.2.256/24",
         "\"192.0.2.256/24\" is not an address [write it as in \"192.0.2.1/24\"]"},
        {"lan", "\"lan\" is not an address [write it as in \"192.0.2.1/24\"]"},
        {"", "\"\" is not an address [write it as in \"192.0.2.1/24\"]"},
        {"ff02::12/128", "ff02::12/128 is a multicast address" + cure},
        {"::1/128", "::1/128 is a loopback address" + cure},
        {"::/128", "::/128 is the unspecified address" + cure},
        {"::ffff:192.0.2.1/128", "::ffff:192.0.2.1/128 is an IPv4 address in IPv6 form" + cure},
        {"2001:db8::/64", "2001:db8::/64 is the address of the network itself" + cure},
        {"2001:db8:0:0:8000::/65",
         "2001:db8:0:0:8000::/65 is the address of the network itself" + cure},
        {"2001:db8::8/125", "2001:db8::8/125 is the address of the network itself" + cure},
        {"2001:db8::4/126", "2001:db8::4/126 is the address of the network itself" + cure},
        {"2001:db8::1",
         "\"2001:db8::1\" has no prefix length [write \"2001:db8::1/64\", or \"2001:db8::1/128\"]"},
        {"2001:db8::1/129",
         "\"2001:db8::1/129\" has no valid prefix length [it is 1 to 128 for IPv6]"},
        {"2001:db8::1/0", "\"2001:db8::1/0\" has no valid prefix length [it is 1 to 128 for IPv6]"},
        {"2001:db8:::1/64",
         "\"2001:db8:::1/64\" is not an address [write it as in \"192.0.2.1/24\"]"},
        {"fe80::1%eth0/64",
         "\"fe80::1%eth0/64\" is not an address [leave out '%' and what follows: 'interface' says "
         "where it is]"},
    };
    for (const Wrong& one : cases) {
        const auto outcome =
            load_text(with_router(fmt::format(
                          "interface = \"e\"; vrid = 1; addresses = [ \"{}\" ];", one.address)),
                      "r1");
        STRCMP_EQUAL(("2:60: error: " + one.problem).c_str(),
                     lines_of(outcome.diagnostics).c_str());
    }
}

TEST(ConfigAddresses, BothAddressesOfA31AndTheOneOfA32AreUsable) {
    for (const char* address : {"192.0.2.0/31", "192.0.2.1/31", "192.0.2.0/32", "192.0.2.255/32"})
        STRCMP_EQUAL(address,
                     router_on("r1", with_router(fmt::format("interface = \"e\"; vrid = 1; "
                                                             "addresses = [ \"{}\" ];",
                                                             address)))
                         .addresses.front()
                         .text()
                         .c_str());
}

TEST(ConfigAddresses, AnIpv6AddressMayHaveAnyHostPartOfALongPrefix) {
    for (const char* address : {"2001:db8::/127", "2001:db8::1/127", "2001:db8::/128", "fd00::1/1",
                                "fe80::1/10", "2001:db8::5/126", "2001:db8:0:0:4000::/65"})
        STRCMP_EQUAL(address,
                     router_on("r1", with_router(fmt::format(
                                         "interface = \"e\"; vrid = 1; "
                                         "addresses = [ \"fe80::77/64\", \"192.0.2.1/24\", "
                                         "\"{}\" ];",
                                         address)))
                         .addresses.back()
                         .text()
                         .c_str());
}

TEST(ConfigAddresses, AddressesAreAnArrayOfAtLeastOne) {
    const auto problems = [](const std::string& addresses) {
        const auto outcome = load_text(
            with_router("interface = \"e\"; vrid = 1; addresses = " + addresses + ";"), "r1");
        return lines_of(outcome.diagnostics);
    };
    STRCMP_EQUAL("2:58: error: 'addresses' is an array, not a string [write [ \"192.0.2.1/24\" ]]",
                 problems("\"192.0.2.1/24\"").c_str());
    STRCMP_EQUAL(
        "2:58: error: routers.lan has no addresses [write at least one, as in [ "
        "\"192.0.2.1/24\" ]]",
        problems("[]").c_str());
    STRCMP_EQUAL(
        "2:60: error: 'addresses' is an address such as \"192.0.2.1/24\", not a whole number",
        problems("[ 1 ]").c_str());
    STRCMP_EQUAL("2:60: error: routers.lan.addresses has no 'address' [add address = ...;]",
                 problems("( {} )").c_str());
    STRCMP_EQUAL(
        "2:99: error: unknown setting 'scop' in routers.lan.addresses; did you mean 'scope'?",
        problems("( { address = \"10.0.0.1/8\"; label = \"x\"; scop = 1; } )").c_str());
}

TEST(ConfigAddresses, AGroupSaysHowAnAddressIsPutOnItsInterface) {
    const config::Router router = router_on(
        "r1", with_router("interface = \"e\"; vrid = 1; addresses = ( \"192.0.2.1/24\", "
                          "{ address = \"192.0.2.2/24\"; interface = \"eth9\"; "
                          "label = \"e:nat\"; scope = \"link\"; } ); "
                          "more_addresses = ( { address = \"10.0.0.1/8\"; scope = 100; }, "
                          "\"10.0.0.2/8\" );"));
    LONGS_EQUAL(2, router.addresses.size());
    LONGS_EQUAL(2, router.more_addresses.size());
    LONGS_EQUAL(2, router.placements.size());
    const config::Placement expected{"eth9", "e:nat", 253};
    CHECK(router.placements.at(router.addresses[1]) == expected);
    CHECK(router.placements.at(router.more_addresses[0]) == (config::Placement{"", "", 100}));
}

TEST(ConfigAddresses, WhatAGroupSaysIsChecked) {
    const auto problems = [](const std::string& element) {
        return lines_of(load_text(with_router("interface = \"e\"; vrid = 1; addresses = ( "
                                              "\"192.0.2.1/24\", { " +
                                              element + " } );"),
                                  "r1")
                            .diagnostics);
    };
    STRCMP_EQUAL("2:110: error: an IPv6 address has no label [remove it]",
                 problems("address = \"fe80::9/64\"; label = \"x\";").c_str());
    STRCMP_EQUAL("2:110: error: an IPv6 address has no scope of its own [remove it]",
                 problems("address = \"fe80::9/64\"; scope = \"link\";").c_str());
    STRCMP_EQUAL(
        "2:111: error: \"sixteen-and-more\" cannot be a label [1 to 15 characters without blanks, "
        "as in \"eth0:vip\"]",
        problems("address = \"10.0.0.1/24\"; label = \"sixteen-and-more\";").c_str());
    STRCMP_EQUAL(
        "2:111: error: 'scope' is \"global\" or \"site\" or \"link\" or \"host\", not \"wide\"; "
        "did you mean 'site'?",
        problems("address = \"10.0.0.1/24\"; scope = \"wide\";").c_str());
    STRCMP_EQUAL("2:111: error: 'scope' is a whole number from 0 to 254, not 255",
                 problems("address = \"10.0.0.1/24\"; scope = 255;").c_str());
}

TEST(ConfigAddresses, MoreAddressesAreCheckedLikeTheOthersButNotCounted) {
    check_problems({
        {"more_addresses = [ \"192.0.2.0/24\" ];",
         "3:20: error: 192.0.2.0/24 is the address of the network itself [a virtual address is one "
         "that a host could have]"},
        {"more_addresses = [];",
         "3:18: error: 'more_addresses' is empty [write at least one, as in [ \"192.0.2.1/24\" ]]"},
        {"more_addresses = \"10.0.0.1/8\";",
         "3:18: error: 'more_addresses' is an array, not a string [write [ \"10.0.0.1/8\" ]]"},
    });
    std::string thousand;
    for (int i = 0; i < 1000; ++i)
        thousand += fmt::format("{}\"10.1.{}.{}/16\"", i == 0 ? "" : ", ", i / 250, i % 250 + 1);
    LONGS_EQUAL(1000, router_with("more_addresses = [ " + thousand + " ];").more_addresses.size());
}

TEST(ConfigAddresses, ASourceIsOneAddressOfEachFamily) {
    CHECK(router_with("source = { r1 = [ \"192.0.2.2\" ]; };").sources.ipv4 ==
          support::address("192.0.2.2"));
    const config::Sources both =
        router_with("source = { r1 = [ \"fe80::2\", \"192.0.2.2\" ]; };").sources;
    CHECK(both.ipv4 == support::address("192.0.2.2"));
    CHECK(both.ipv6 == support::address("fe80::2"));
    const config::Sources one = router_with("source = { r1 = \"fe80::2\"; };").sources;
    CHECK_FALSE(one.ipv4.has_value());
    CHECK(one.ipv6 == support::address("fe80::2"));
    check_problems({
        {"source = \"192.0.2.2/24\";",
         "3:10: error: \"192.0.2.2/24\" is not an address [a source has no prefix length]"},
        {"source = \"eth0\";",
         "3:10: error: \"eth0\" is not an address [write it as in \"192.0.2.2\"]"},
        {"source = \"224.0.0.1\";",
         "3:10: error: 224.0.0.1 is a multicast address [the source is an own address of the "
         "interface]"},
        {"source = \"2001:db8::2\";",
         "3:10: error: 2001:db8::2 is not link-local [adverts over IPv6 come from the interface's "
         "address in fe80::/10]"},
        {"source = \"fe80::2%eth0\";",
         "3:10: error: \"fe80::2%eth0\" is not an address [leave out '%' and what follows: "
         "'interface' says where it is]"},
        {"source = \"::\";",
         "3:10: error: :: is the unspecified address [the source is an own address of the "
         "interface]"},
        {"source = { r1 = [ \"fe80::2\", \"fe80::3\" ]; };",
         "3:30: error: a second source of the same family [one IPv4 address and one IPv6 address, "
         "at most]"},
        {"source = { r1 = [ \"192.0.2.2\", \"192.0.2.3\" ]; };",
         "3:32: error: a second source of the same family [one IPv4 address and one IPv6 address, "
         "at most]"},
        {"source = [];", "3:10: error: 'source' is empty [remove it, or name an address]"},
        {"source = 5;",
         "3:10: error: 'source' is an address such as \"192.0.2.2\", not a whole number"},
    });
}

TEST(ConfigAddresses, TheSourcesOfTheFamiliesComeFromTheRouterAndTheDefaultsApart) {
    const config::Sources sources =
        router_on("r1",
                  config_test::with_defaults("source = { r1 = [ \"192.0.2.8\", \"fe80::8\" ]; };",
                                             "source = { r1 = \"192.0.2.2\"; };"))
            .sources;
    CHECK(sources.ipv4 == support::address("192.0.2.2"));
    CHECK(sources.ipv6 == support::address("fe80::8"));
}

TEST(ConfigAddresses, PeersAreAnArrayOfAddresses) {
    check_problems({
        {"transport = \"unicast\"; peers = \"192.0.2.3\";",
         "3:32: error: 'peers' is an array, not a string [write [ \"192.0.2.3\" ]]"},
        {"transport = \"unicast\"; peers = [];",
         "3:32: error: 'peers' is empty [remove it, or name an address of each peer]"},
        {"transport = \"unicast\"; peers = [ \"192.0.2.3/24\" ];",
         "3:34: error: \"192.0.2.3/24\" is not an address [a peer has no prefix length]"},
        {"transport = \"unicast\"; peers = [ \"gw2\" ];",
         "3:34: error: \"gw2\" is not an address [write it as in \"192.0.2.2\"]"},
        {"transport = \"unicast\"; peers = [ \"ff02::12\" ];",
         "3:34: error: ff02::12 is a multicast address [a peer is another router's own address]"},
        {"transport = \"unicast\"; peers = [ 3 ];",
         "3:34: error: 'peers' is an address such as \"192.0.2.2\", not a whole number"},
    });
}
