#include <string>

#include "config/link_local.hpp"
#include "config/load.hpp"
#include "config_support.hpp"
#include "support.hpp"

#include <CppUTest/TestHarness.h>

using config_test::lines_of;
using config_test::load_text;
using config_test::with_router;

namespace {

config::Outcome load_with(const std::string& addresses, const std::string& rest,
                          const std::string& node) {
    return load_text(
        with_router("interface = \"e\"; vrid = 171; addresses =\n[ " + addresses + " ]; " + rest),
        node);
}

std::string advertised(const config::Outcome& outcome) {
    std::string text;
    for (const auto& address : outcome.config.value().routers.front().addresses)
        text += (text.empty() ? "" : " ") + address.text();
    return text;
}

}  // namespace

TEST_GROUP(ConfigLinkLocal){};

TEST(ConfigLinkLocal, TheUsualOneSaysVrrpAndTheVrid) {
    STRCMP_EQUAL("fe80::5652:5250:0:1/64",
                 config::usual_link_local(support::vrid(1)).text().c_str());
    STRCMP_EQUAL("fe80::5652:5250:0:ff/64",
                 config::usual_link_local(support::vrid(255)).text().c_str());
}

TEST(ConfigLinkLocal, IsAddedBeforeTheOtherIpv6AddressesOnEveryNode) {
    for (const char* node : {"r1", "r2"}) {
        const auto outcome =
            load_with("\"192.0.2.1/24\", \"2001:db8::1/64\", \"2001:db8::2/64\"", "", node);
        STRCMP_EQUAL("192.0.2.1/24 fe80::5652:5250:0:ab/64 2001:db8::1/64 2001:db8::2/64",
                     advertised(outcome).c_str());
        STRCMP_EQUAL(
            "3:1: warning: router 'lan' has IPv6 addresses and no link-local one: "
            "fe80::5652:5250:0:ab/64 is added; name one to choose another",
            lines_of(outcome.diagnostics).c_str());
    }
}

TEST(ConfigLinkLocal, OneThatIsThereIsPutFirst) {
    const auto outcome = load_with(
        "\"2001:db8::1/64\", \"192.0.2.1/24\", \"2001:db8::2/64\", \"fe80::8/64\", \"fe80::9/64\"",
        "", "r1");
    STRCMP_EQUAL("", lines_of(outcome.diagnostics).c_str());
    STRCMP_EQUAL("fe80::8/64 2001:db8::1/64 192.0.2.1/24 2001:db8::2/64 fe80::9/64",
                 advertised(outcome).c_str());
}

TEST(ConfigLinkLocal, OneThatIsFirstStaysThere) {
    const auto outcome =
        load_with("\"192.0.2.1/24\", \"fe80::8/64\", \"2001:db8::1/64\"", "", "r1");
    STRCMP_EQUAL("192.0.2.1/24 fe80::8/64 2001:db8::1/64", advertised(outcome).c_str());
}

TEST(ConfigLinkLocal, RoutersWithoutIpv6HaveNone) {
    const auto outcome = load_with("\"192.0.2.1/24\"", "", "r1");
    STRCMP_EQUAL("192.0.2.1/24", advertised(outcome).c_str());
}

TEST(ConfigLinkLocal, OneThatWasRefusedIsNotMissed) {
    STRCMP_EQUAL(
        "3:3: error: \"fe80::1\" has no prefix length [write \"fe80::1/64\", or \"fe80::1/128\"]",
        lines_of(load_with("\"fe80::1\", \"2001:db8::1/64\"", "", "r1").diagnostics).c_str());
}

TEST(ConfigLinkLocal, AnOwnerNamesItsOwn) {
    const std::string owner = "owner = { r2 = true; };";
    for (const char* node : {"r1", "r2"})
        STRCMP_EQUAL(
            "3:1: error: node 'r2' is the owner of router 'lan', which has no link-local address "
            "[name that of the owner's interface, as in \"fe80::1/64\"]",
            lines_of(load_with("\"2001:db8::1/64\"", owner, node).diagnostics).c_str());
    STRCMP_EQUAL("fe80::1/64 2001:db8::1/64",
                 advertised(load_with("\"2001:db8::1/64\", \"fe80::1/64\"", owner, "r2")).c_str());
}
