#include "config/virtual_mac.hpp"

#include <string>

#include "config_support.hpp"

#include <CppUTest/TestHarness.h>

using config::Transmit;
using config_test::check_problems;
using config_test::lines_of;
using config_test::load_text;
using config_test::problems_of;
using config_test::router;
using config_test::router_on;
using config_test::router_with;
using config_test::with_defaults;
using config_test::with_settings;

TEST_GROUP(ConfigVirtualMac){};

TEST(ConfigVirtualMac, IsOffUnlessTheFileAsksForIt) {
    CHECK_FALSE(router_with("").virtual_mac.has_value());
    CHECK_FALSE(router_with("vmac = false;").virtual_mac.has_value());
    CHECK_TRUE(router_on("r1", with_defaults("vmac = true;", "")).virtual_mac.has_value());
    CHECK_FALSE(
        router_on("r1", with_defaults("vmac = true;", "vmac = false;")).virtual_mac.has_value());
}

TEST(ConfigVirtualMac, ItsInterfacesAreNamedAfterTheVridUnlessTheyHaveAName) {
    const config::VirtualMac usual = router_with("vmac = true;").virtual_mac.value();
    STRCMP_EQUAL("vrrp4.10", usual.link(base::Family::ipv4).c_str());
    STRCMP_EQUAL("vrrp6.10", usual.link(base::Family::ipv6).c_str());
    CHECK(usual.transmit == Transmit::virtual_mac);
    CHECK(router_with("vmac = { };").virtual_mac == usual);
    const config::VirtualMac named =
        router_with("vmac = { name = \"thirteen-long\"; transmit = \"base\"; };")
            .virtual_mac.value();
    STRCMP_EQUAL("thirteen-long", named.link(base::Family::ipv4).c_str());
    STRCMP_EQUAL("thirteen-long.6", named.link(base::Family::ipv6).c_str());
    CHECK(named.transmit == Transmit::base);
}

TEST(ConfigVirtualMac, MayBeDifferentOnEachNode) {
    const std::string text =
        with_settings("vmac = { r1 = { name = \"a\"; }; r2 = { transmit = \"base\"; }; };");
    STRCMP_EQUAL("a", router_on("r1", text).virtual_mac.value().ipv4_link.c_str());
    CHECK(router_on("r2", text).virtual_mac.value().transmit == Transmit::base);
}

TEST(ConfigVirtualMac, MistakesAreNamed) {
    check_problems({
        {"vmac = 1;",
         "3:8: error: 'vmac' is true, false or { name = \"...\"; transmit = \"...\"; }, not a "
         "whole number"},
        {"vmac = { nmae = \"x\"; };",
         "3:10: error: unknown setting 'nmae' in routers.lan.vmac; did you mean 'name'?"},
        {"vmac = { name = \"a b\"; };",
         "3:17: error: \"a b\" cannot be an interface's name [1 to 15 characters, no blanks, no "
         "'/' and no ':']"},
        {"vmac = { name = \"fourteen-chars\"; };",
         "3:17: error: 'name' is at most 13 characters, not 14 [the interface for IPv6 has \".6\" "
         "added]"},
        {"vmac = { transmit = \"real\"; };",
         "3:21: error: 'transmit' is \"vmac\" or \"base\", not \"real\""},
        {"vmac = { transmit = 1; };",
         "3:21: error: 'transmit' is \"vmac\" or \"base\", not a whole number"},
    });
}

TEST(ConfigVirtualMac, TwoRoutersWithOneNameAreTold) {
    const auto lan = [](const std::string& name, const std::string& interface,
                        const std::string& rest) {
        return router(name, "interface = \"" + interface + "\"; vrid = 10; " + rest);
    };
    const std::string first = lan("a", "e1", "addresses = [ \"192.0.2.1/24\" ]; vmac = true;");
    STRCMP_EQUAL(
        "4:77: error: 'vmac' of router 'b' would make an interface vrrp4.10, and so does that of "
        "router 'a' (line 3) [write vmac = { name = \"...\"; }; in one of them]",
        problems_of(first + lan("b", "e2", "addresses = [ \"198.51.100.1/24\" ]; vmac = true;"))
            .c_str());
    STRCMP_EQUAL("", problems_of(first + lan("b", "e2",
                                             "addresses = [ \"198.51.100.1/24\" ]; vmac = { name = "
                                             "\"other\"; };"))
                         .c_str());
    // Each family has names of its own.
    STRCMP_EQUAL("", problems_of(first + lan("b", "e2",
                                             "addresses = [ \"fe80::1/64\" ]; vmac = "
                                             "true;"))
                         .c_str());
}

TEST(ConfigVirtualMac, AnInterfaceThatARouterUsesIsNoName) {
    STRCMP_EQUAL(
        "3:8: error: 'vmac' of router 'lan' would make an interface eth1, which router 'lan' uses "
        "[write vmac = { name = \"...\"; }; in one of them]",
        lines_of(load_text(with_settings("vmac = { name = \"eth1\"; };"), "r1").diagnostics)
            .c_str());
}

TEST(ConfigVirtualMac, TheOwnerHasNone) {
    STRCMP_EQUAL(
        "3:44: error: the owner (line 3) has the addresses on its own interface, with that one's "
        "MAC [remove owner, or write vmac = false;]",
        lines_of(load_text(with_settings("owner = { r1 = true; r2 = false; }; vmac = true;"), "r1")
                     .diagnostics)
            .c_str());
}

TEST(ConfigVirtualMac, UnicastIsNotSentFromIt) {
    const std::string unicast =
        "source = { r1 = \"192.0.2.2\"; r2 = \"192.0.2.3\"; }; transport = \"unicast\";\n";
    STRCMP_EQUAL(
        "", lines_of(load_text(with_settings(unicast + "vmac = true;"), "r1").diagnostics).c_str());
    STRCMP_EQUAL(
        "4:21: error: unicast adverts always come from the interface's own MAC [remove it, or "
        "write transmit = \"base\";]",
        lines_of(load_text(with_settings(unicast + "vmac = { transmit = \"vmac\"; };"), "r1")
                     .diagnostics)
            .c_str());
}
