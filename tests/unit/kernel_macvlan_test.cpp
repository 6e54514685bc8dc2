// The alias of a macvlan, which is all of it that needs no kernel.
#include "kernel/macvlan.hpp"

#include <string>

#include "support.hpp"

#include <CppUTest/TestHarness.h>

using namespace kernel;

TEST_GROUP(MacvlanAlias){};

TEST(MacvlanAlias, SaysWhoseItIsAndWhatTheParentHad) {
    const ArpSettings former{.ignore = 2, .filter = 1, .announce = 0};
    const std::string alias = macvlan_alias("lan", base::Family::ipv4, former);
    STRCMP_EQUAL("tandem lan ipv4 arp_ignore=2 arp_filter=1 arp_announce=0", alias.c_str());
    CHECK(former_settings(alias) == former);
    STRCMP_EQUAL("tandem lan ipv6 arp_ignore=0 arp_filter=0 arp_announce=0",
                 macvlan_alias("lan", base::Family::ipv6, {}).c_str());
}

TEST(MacvlanAlias, OfALongNameFitsIntoTheKernel) {
    const std::string alias = macvlan_alias(std::string(1000, 'x'), base::Family::ipv4, {7, 7, 7});
    CHECK(alias.size() < 256);
    CHECK(former_settings(alias) == (ArpSettings{7, 7, 7}));
}

TEST(MacvlanAlias, ThatIsNotWholeSaysNothing) {
    for (const char* alias : {"", "tandem lan ipv4", "tandem lan ipv4 arp_ignore=0 arp_filter=0",
                              "tandem lan ipv4 arp_ignore= arp_filter=0 arp_announce=0",
                              "tandem lan ipv4 arp_ignore=1x arp_filter=0 arp_announce=0",
                              "tandem lan ipv4 arp_ignore=-1 arp_filter=0 arp_announce=0",
                              "tandem lan ipv4 arp_ignore=99999999999 arp_filter=0 arp_announce=0"})
        CHECK_FALSE(former_settings(alias).has_value());
}

TEST_GROUP(OurLinks){};

TEST(OurLinks, AreMacvlansWithOurAlias) {
    Link link{.index = LinkIndex{5}, .name = "vrrp4.10", .mac = {}};
    CHECK_FALSE(link.is_ours());
    link.macvlan_on = LinkIndex{2};
    CHECK_FALSE(link.is_ours());
    link.alias = "tandem lan ipv4 arp_ignore=0 arp_filter=0 arp_announce=0";
    CHECK_TRUE(link.is_ours());
    link.alias = "tandemic";
    CHECK_FALSE(link.is_ours());
    link.alias = "tandem lan ipv4";
    link.macvlan_on.reset();
    CHECK_FALSE(link.is_ours());
}

// A process that was killed between the two requests that make one leaves such a link.
TEST(OurLinks, OneThatWasNotFinishedIsInOurGroup) {
    Link link{.index = LinkIndex{5}, .name = "vrrp4.10", .mac = {}};
    link.macvlan_on = LinkIndex{2};
    link.group = unfinished_link_group;
    CHECK_TRUE(link.is_ours());
    link.alias = "somebody's";
    CHECK_FALSE(link.is_ours());
}
