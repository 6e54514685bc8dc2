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
        {"2001:db8::1/64", "IPv6 is not supported yet [remove it for now]"},
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

TEST(ConfigAddresses, AddressesAreAnArrayOfAtLeastOneAndAtMost255) {
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
        "2:86: error: 'routers.lan.addresses.label' is not supported yet [remove it for now]\n"
        "2:99: error: unknown setting 'scop' in routers.lan.addresses; did you mean 'scope'?",
        problems("( { address = \"10.0.0.1/8\"; label = \"x\"; scop = 1; } )").c_str());

    std::string many;
    for (int i = 0; i < 255; ++i)
        many += fmt::format("{}\"10.0.{}.1/24\"", many.empty() ? "" : ", ", i);
    STRCMP_EQUAL("", problems("[ " + many + " ]").c_str());
    STRCMP_EQUAL(
        "2:58: error: routers.lan has 256 addresses; an advertisement has room for 255 "
        "[split it into several routers]",
        problems("[ " + many + ", \"10.1.0.1/24\" ]").c_str());
}

TEST(ConfigAddresses, ASourceIsOneAddressOfEachFamily) {
    CHECK(router_with("source = { r1 = [ \"192.0.2.2\" ]; };").sources.ipv4 ==
          support::address("192.0.2.2"));
    check_problems({
        {"source = \"192.0.2.2/24\";",
         "3:10: error: \"192.0.2.2/24\" is not an address [a source has no prefix length]"},
        {"source = \"eth0\";",
         "3:10: error: \"eth0\" is not an address [write it as in \"192.0.2.2\"]"},
        {"source = \"224.0.0.1\";",
         "3:10: error: 224.0.0.1 is a multicast address [the source is an own address of the "
         "interface]"},
        {"source = \"fe80::1\";", "3:10: error: IPv6 is not supported yet [remove it for now]"},
        {"source = { r1 = [ \"192.0.2.2\", \"fe80::1\" ]; };",
         "3:32: error: IPv6 is not supported yet [remove it for now]"},
        {"source = { r1 = [ \"192.0.2.2\", \"192.0.2.3\" ]; };",
         "3:32: error: a second source of the same family [one IPv4 address and one IPv6 address, "
         "at most]"},
        {"source = [];", "3:10: error: 'source' is empty [remove it, or name an address]"},
        {"source = 5;",
         "3:10: error: 'source' is an address such as \"192.0.2.2\", not a whole number"},
    });
}
