#include "health/routes.hpp"

#include <linux/filter.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <array>
#include <cstring>

#include "base/fd.hpp"
#include "health/raw_socket.hpp"
#include "health/route_filter.hpp"

#include <CppUTest/TestHarness.h>

namespace {

// A message about a route, as far as it is read.
struct About {
    std::uint16_t type = RTM_NEWROUTE;
    const char* to = "10.1.0.0/16";
    std::uint8_t protocol = RTPROT_BGP;
    std::uint32_t table = 254;
    std::uint8_t kind = RTN_UNICAST;
    unsigned flags = 0;
};

base::InterfaceAddress prefix(const char* text) { return *base::InterfaceAddress::parse(text); }

base::Bytes message(const About& about) {
    const auto to = prefix(about.to);
    base::Bytes bytes(NLMSG_HDRLEN + sizeof(rtmsg));
    const auto attribute = [&](std::uint16_t type, base::ByteView value) {
        const auto size = static_cast<std::uint16_t>(4 + value.size());
        for (const std::uint16_t half : {size, type}) {
            const auto* first = reinterpret_cast<const std::uint8_t*>(&half);
            bytes.insert(bytes.end(), first, first + sizeof(half));
        }
        bytes.insert(bytes.end(), value.begin(), value.end());
    };
    std::array<std::uint8_t, 4> table{};
    std::memcpy(table.data(), &about.table, table.size());
    attribute(RTA_TABLE, table);
    if (to.prefix_length() > 0) attribute(RTA_DST, to.address().octets());
    auto* header = reinterpret_cast<nlmsghdr*>(bytes.data());
    header->nlmsg_len = static_cast<std::uint32_t>(bytes.size());
    header->nlmsg_type = about.type;
    auto* body = static_cast<rtmsg*>(NLMSG_DATA(header));
    body->rtm_family = to.family() == base::Family::ipv4 ? AF_INET : AF_INET6;
    body->rtm_dst_len = to.prefix_length();
    body->rtm_protocol = about.protocol;
    body->rtm_table =
        static_cast<std::uint8_t>(about.table < 256 ? about.table : std::uint32_t{RT_TABLE_COMPAT});
    body->rtm_type = about.kind;
    body->rtm_flags = about.flags;
    return bytes;
}

bool is_about(const About& about, const health::kind::Route& route) {
    const base::Bytes bytes = message(about);
    return health::is_about(reinterpret_cast<const nlmsghdr*>(bytes.data()), route);
}

const health::kind::Route wanted{prefix("10.1.0.0/16"), std::uint8_t{RTPROT_BGP}, 254};

}  // namespace

TEST_GROUP(HealthRoutes){};

TEST(HealthRoutes, TheVeryRouteIsFound) {
    CHECK(is_about({}, wanted));
    CHECK(is_about({.to = "2001:db8:1::/48"}, {prefix("2001:db8:1::/48"), {}, 254}));
    CHECK(is_about({.to = "0.0.0.0/0"}, {prefix("0.0.0.0/0"), {}, 254}));
    CHECK(is_about({.table = 1000}, {prefix("10.1.0.0/16"), {}, 1000}));
}

TEST(HealthRoutes, NoOtherPrefixDoes) {
    for (const char* other : {"10.1.0.0/17", "10.0.0.0/15", "10.2.0.0/16", "0.0.0.0/0"})
        CHECK(!is_about({.to = other}, wanted));
    CHECK(!is_about({.to = "::/0"}, {prefix("0.0.0.0/0"), {}, 254}));
}

TEST(HealthRoutes, NoOtherProtocolAndTableDo) {
    CHECK(!is_about({.protocol = RTPROT_STATIC}, wanted));
    CHECK(is_about({.protocol = RTPROT_STATIC}, {prefix("10.1.0.0/16"), {}, 254}));
    CHECK(!is_about({.table = 255}, wanted));
    CHECK(!is_about({.table = 1000}, wanted));
}

TEST(HealthRoutes, ARouteThatLeadsNowhereDoesNotCount) {
    for (const std::uint8_t kind : {RTN_BLACKHOLE, RTN_UNREACHABLE, RTN_PROHIBIT, RTN_THROW})
        CHECK(!is_about({.kind = kind}, wanted));
    CHECK(!is_about({.flags = RTM_F_CLONED}, wanted));
}

TEST(HealthRoutes, OneThatGoesDoesNotCount) { CHECK(!is_about({.type = RTM_DELROUTE}, wanted)); }

// Any socket runs the filter, also one of a pair.
TEST_GROUP(HealthRouteFilter) {
    std::array<base::Fd, 2> pair;

    void setup() override {
        std::array<int, 2> made{};
        ::socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, made.data());
        for (std::size_t i = 0; i < 2; ++i) pair[i] = base::Fd{made[i]};
        filter({prefix("10.1.0.0/16"), prefix("2001:db8:1::/48")});
    }
    void filter(const std::vector<base::InterfaceAddress>& prefixes) {
        auto program = health::route_filter(prefixes);
        CHECK(health::attach_filter(pair[1].number(), program, "filter").has_value());
    }
    bool lets_through(const About& about) {
        const base::Bytes bytes = message(about);
        ::send(pair[0].number(), bytes.data(), bytes.size(), 0);
        std::array<std::uint8_t, 256> buffer{};
        return ::recv(pair[1].number(), buffer.data(), buffer.size(), 0) > 0;
    }
};

TEST(HealthRouteFilter, WhatIsAboutAPrefixComesThrough) {
    CHECK(lets_through({}));
    CHECK(lets_through({.type = RTM_DELROUTE}));
    CHECK(lets_through({.to = "2001:db8:1::/48"}));
}

TEST(HealthRouteFilter, WhatIsAboutOthersDoesNot) {
    for (const char* other : {"10.1.0.0/17", "10.2.0.0/16", "2001:db9:1::/48", "0.0.0.0/0"})
        CHECK(!lets_through({.to = other}));
}

TEST(HealthRouteFilter, TheDefaultRouteIsAPrefixToo) {
    CHECK(!lets_through({.to = "0.0.0.0/0"}));
    filter({prefix("0.0.0.0/0")});
    CHECK(lets_through({.to = "0.0.0.0/0"}));
    CHECK(!lets_through({.to = "::/0"}));
    CHECK(!lets_through({}));
}

TEST(HealthRouteFilter, ANextHopThatGoesComesThrough) {
    CHECK(lets_through({.type = RTM_DELNEXTHOP}));
    CHECK(!lets_through({.type = RTM_NEWNEXTHOP}));
}

TEST(HealthRouteFilter, WithoutPrefixesNothingOfRoutesComesThrough) {
    filter({});
    CHECK(!lets_through({}));
    CHECK(lets_through({.type = RTM_DELNEXTHOP}));
}

TEST(HealthRouteFilter, WithMoreThanItHoldsAllRoutesComeThrough) {
    std::vector<base::InterfaceAddress> many;
    for (std::uint32_t i = 0; i < 64; ++i)
        many.push_back(
            *base::InterfaceAddress::from(base::IpAddress::v4(0x0b000000 | i << 8U), 24));
    filter(many);
    CHECK(!lets_through({}));
    many.push_back(prefix("12.0.0.0/8"));
    filter(many);
    CHECK(lets_through({}));
}
