#include <string>

#include "config/load.hpp"
#include "config_support.hpp"

#include <CppUTest/TestHarness.h>

using config_test::problems_of;
using config_test::router;

namespace {

// A router on interface "a" with these addresses, at the beginning of a line.
std::string router_with_addresses(const std::string& addresses, const std::string& rest = "") {
    return router("lan",
                  "interface = \"a\"; vrid = 1; addresses =\n[ " + addresses + " ]; " + rest);
}

// "10.0.0.1/24", "10.0.1.1/24", ...
std::string many(int count, const char* pattern) {
    std::string out;
    for (int i = 0; i < count; ++i)
        out += (out.empty() ? "\"" : ", \"") + fmt::format(fmt::runtime(pattern), i) + "\"";
    return out;
}

}  // namespace

TEST_GROUP(ConfigAddressRules){};

TEST(ConfigAddressRules, AnAddressIsThereOnce) {
    const std::string twice = problems_of(router(
        "lan",
        "interface = \"a\"; vrid = 1; addresses = [ \"192.0.2.1/24\",\n\"192.0.2.1/32\" ];"));
    STRCMP_EQUAL("4:1: error: 192.0.2.1 is here twice; the first is in line 3 [remove one of them]",
                 twice.c_str());
    const std::string shared = problems_of(
        router("lan", "interface = \"a\"; vrid = 1; addresses = [ \"192.0.2.1/24\" ];") +
        router("dmz", "interface = \"b\"; vrid = 1; addresses = [\n\"192.0.2.1/24\" ];"));
    STRCMP_EQUAL(
        "5:1: error: 192.0.2.1 is also an address of router 'lan' (line 3) [remove one of them]",
        shared.c_str());
}

TEST(ConfigAddressRules, ASourceIsNoVirtualAddress) {
    const std::string problems = problems_of(
        router("lan", "interface = \"a\"; vrid = 1; addresses = [ \"192.0.2.1/24\" ];") +
        router("dmz",
               "interface = \"b\"; vrid = 1; addresses = [ \"192.0.2.9/24\" ]; source =\n"
               "{ r1 = \"192.0.2.8\"; r2 = \"192.0.2.1\"; };"));
    STRCMP_EQUAL(
        "5:26: error: 192.0.2.1 is a virtual address of router 'lan' (line 3) and cannot be "
        "a source [a source is this node's own address]",
        problems.c_str());
}

TEST(ConfigAddressRules, AnAdvertisementHasRoomFor255OfItsFamily) {
    const std::string cure = "; an advertisement has room for 255 [split it into several routers]";
    const std::string ipv4 = many(255, "10.0.{}.1/24");
    const std::string ipv6 = many(254, "2001:db8:0:{}::1/64");
    STRCMP_EQUAL("",
                 problems_of(router_with_addresses(ipv4 + ", \"fe80::1/64\", " + ipv6)).c_str());
    STRCMP_EQUAL(("4:1: error: router 'lan' has 256 IPv4 addresses" + cure).c_str(),
                 problems_of(router_with_addresses(ipv4 + ", \"10.1.0.1/24\"")).c_str());
    STRCMP_EQUAL(
        ("4:1: error: router 'lan' has 256 IPv6 addresses" + cure).c_str(),
        problems_of(router_with_addresses("\"fe80::1/64\", \"fe80::2/64\", " + ipv6)).c_str());
}

TEST(ConfigAddressRules, TheLinkLocalAddressThatIsAddedCountsToo) {
    const std::string problems =
        problems_of(router_with_addresses(many(255, "2001:db8:0:{}::1/64")));
    CHECK_TEXT(problems.starts_with("4:1: error: router 'lan' has 256 IPv6 addresses"),
               problems.c_str());
}

TEST(ConfigAddressRules, AddressesOfBothFamiliesAreThereOnce) {
    STRCMP_EQUAL(
        "4:35: error: 2001:db8::1 is here twice; the first is in line 4 [remove one of them]",
        problems_of(
            router_with_addresses("\"fe80::1/64\", \"2001:db8::1/64\", \"2001:DB8:0::1/128\""))
            .c_str());
}

TEST(ConfigAddressRules, ALinkLocalAddressIsThereOnceOnAnInterface) {
    const std::string lan = R"(interface = "a"; vrid = 1; addresses = [ "fe80::1/64" ];)";
    STRCMP_EQUAL(
        "",
        problems_of(router("lan", lan) +
                    router("dmz", R"(interface = "b"; vrid = 1; addresses = [ "fe80::1/64" ];)"))
            .c_str());
    STRCMP_EQUAL(
        "4:49: error: fe80::1 is also an address of router 'lan' (line 3) [remove one of them]",
        problems_of(router("lan", lan) +
                    router("dmz", R"(interface = "a"; vrid = 2; addresses = [ "fe80::1/64" ];)"))
            .c_str());
}

TEST(ConfigAddressRules, AnIpv6SourceIsNoVirtualAddressOfItsInterface) {
    STRCMP_EQUAL(
        "4:35: error: fe80::1 is a virtual address of router 'lan' (line 4) and cannot be a "
        "source [a source is this node's own address]",
        problems_of(router_with_addresses("\"fe80::1/64\"", "source = { r1 = \"fe80::1\"; };"))
            .c_str());
    STRCMP_EQUAL("", problems_of(router_with_addresses("\"fe80::1/64\"") +
                                 router("dmz",
                                        R"(interface = "b"; vrid = 1; addresses = [ "fe80::9/64" ];
                                  source = { r1 = "fe80::1"; };)"))
                         .c_str());
}

TEST(ConfigAddressRules, AnOwnerMaySendFromWhatItOwnsOverIpv6MulticastOnly) {
    const std::string source = "source = { r1 = \"192.0.2.1\"; r2 = \"192.0.2.2\"; };";
    STRCMP_EQUAL("", problems_of(router_with_addresses(
                                     "\"fe80::1/64\"",
                                     "owner = { r1 = true; }; source = { r1 = \"fe80::1\"; };"))
                         .c_str());
    const std::string problem = "192.0.2.1 is a virtual address of router 'lan' (line 4)";
    CHECK(
        problems_of(router_with_addresses("\"192.0.2.1/24\"", "owner = { r1 = true; }; " + source))
            .find(problem) != std::string::npos);
    CHECK(problems_of(
              router_with_addresses("\"192.0.2.1/24\"",
                                    "owner = { r1 = true; }; transport = \"unicast\"; " + source))
              .find(problem) != std::string::npos);
}

TEST(ConfigAddressRules, AnOwnerDoesNotSendFromWhatAnotherRouterHas) {
    CHECK(problems_of(router_with_addresses("\"192.0.2.1/24\"") +
                      router("dmz",
                             R"(interface = "b"; vrid = 1; addresses = [ "192.0.2.9/24" ];
                                owner = { r1 = true; }; source = { r1 = "192.0.2.1"; };)"))
              .find("192.0.2.1 is a virtual address of router 'lan' (line 4) and cannot be a "
                    "source") != std::string::npos);
}

TEST(ConfigAddressRules, APeerIsNoVirtualAddress) {
    STRCMP_EQUAL(
        "4:54: error: 192.0.2.1 is a virtual address of router 'lan' (line 4) and cannot be a peer "
        "[a peer is another router's own address]",
        problems_of(router_with_addresses(
                        "\"192.0.2.1/24\"",
                        "transport = \"unicast\"; peers = [ \"192.0.2.1\", \"192.0.2.3\" ];"))
            .c_str());
}
