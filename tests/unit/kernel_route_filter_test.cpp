#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "base/fd.hpp"
#include "kernel/route_filter.hpp"

#include <CppUTest/TestHarness.h>

namespace {

// A message about a route, as far as the filter reads it.
struct About {
    std::uint16_t type = RTM_NEWROUTE;
    std::uint16_t flags = 0;
    std::uint8_t protocol = RTPROT_BGP;
    const char* to = "10.1.0.0/16";
};

base::Bytes message(const About& about) {
    const auto to = *base::InterfaceAddress::parse(about.to);
    base::Bytes bytes(NLMSG_HDRLEN + sizeof(rtmsg));
    auto* header = reinterpret_cast<nlmsghdr*>(bytes.data());
    header->nlmsg_type = about.type;
    header->nlmsg_flags = about.flags;
    auto* body = static_cast<rtmsg*>(NLMSG_DATA(header));
    body->rtm_family = to.family() == base::Family::ipv4 ? AF_INET : AF_INET6;
    body->rtm_dst_len = to.prefix_length();
    body->rtm_protocol = about.protocol;
    const auto attribute = [&](std::uint16_t type, base::ByteView value) {
        const auto size = static_cast<std::uint16_t>(4 + value.size());
        for (const std::uint16_t half : {size, type}) {
            const auto* first = reinterpret_cast<const std::uint8_t*>(&half);
            bytes.insert(bytes.end(), first, first + sizeof(half));
        }
        bytes.insert(bytes.end(), value.begin(), value.end());
    };
    attribute(RTA_TABLE, std::array<std::uint8_t, 4>{254, 0, 0, 0});
    if (to.prefix_length() > 0) attribute(RTA_DST, to.address().octets());
    attribute(RTA_PRIORITY, std::array<std::uint8_t, 4>{10, 1, 0, 0});
    return bytes;
}

}  // namespace

// Any socket runs the filter, also one of a pair.
TEST_GROUP(KernelRouteFilter) {
    std::array<base::Fd, 2> pair;

    void setup() override {
        std::array<int, 2> made{};
        ::socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, made.data());
        for (std::size_t i = 0; i < 2; ++i) pair[i] = base::Fd{made[i]};
        filter({"10.1.0.0/16", "2001:db8:1::/48"});
    }
    void filter(const std::vector<const char*>& destinations) {
        std::vector<base::InterfaceAddress> parsed;
        for (const char* text : destinations)
            parsed.push_back(*base::InterfaceAddress::parse(text));
        CHECK_TRUE(kernel::filter_routes(pair[1].number(), parsed).has_value());
    }
    bool delivers(const base::Bytes& bytes) {
        ::send(pair[0].number(), bytes.data(), bytes.size(), 0);
        std::array<std::uint8_t, 256> buffer{};
        return ::recv(pair[1].number(), buffer.data(), buffer.size(), 0) > 0;
    }
    bool passes(const About& about) { return delivers(message(about)); }
};

TEST(KernelRouteFilter, RoutesOfOthersAreDropped) {
    CHECK_FALSE(passes(About{}));
    CHECK_FALSE(passes({.type = RTM_DELROUTE}));
    CHECK_FALSE(passes({.to = "0.0.0.0/0"}));
    CHECK_FALSE(passes({.flags = NLM_F_CREATE | NLM_F_EXCL}));
}

TEST(KernelRouteFilter, RoutesOfOursPass) {
    CHECK_TRUE(passes({.protocol = 112}));
    CHECK_TRUE(passes({.type = RTM_DELROUTE, .protocol = 112}));
    CHECK_TRUE(passes({.protocol = 112, .to = "::/0"}));
}

TEST(KernelRouteFilter, WhatTookTheirPlacePasses) {
    CHECK_TRUE(passes({.flags = NLM_F_REPLACE}));
    CHECK_TRUE(passes({.flags = NLM_F_REPLACE | NLM_F_CREATE, .to = "2001:db8:1::/48"}));
    CHECK_FALSE(passes({.flags = NLM_F_REPLACE, .to = "10.2.0.0/16"}));
    CHECK_FALSE(passes({.flags = NLM_F_REPLACE, .to = "10.1.0.0/17"}));
    CHECK_FALSE(passes({.flags = NLM_F_REPLACE, .to = "2001:db9::/48"}));
    CHECK_FALSE(passes({.flags = NLM_F_REPLACE, .to = "0.0.0.0/0"}));
}

TEST(KernelRouteFilter, TheDefaultRouteIsADestinationToo) {
    filter({"0.0.0.0/0"});
    CHECK_TRUE(passes({.flags = NLM_F_REPLACE, .to = "0.0.0.0/0"}));
    CHECK_FALSE(passes({.flags = NLM_F_REPLACE, .to = "::/0"}));
    CHECK_FALSE(passes({.flags = NLM_F_REPLACE}));
}

TEST(KernelRouteFilter, MoreDestinationsThanItCompares) {
    std::vector<base::InterfaceAddress> many;
    for (std::uint32_t i = 0; i < 256; ++i)
        many.push_back(
            *base::InterfaceAddress::from(base::IpAddress::v4(0x0a00'0000 + (i << 8)), 24));
    CHECK_TRUE(kernel::filter_routes(pair[1].number(), many).has_value());
    CHECK_TRUE(passes({.flags = NLM_F_REPLACE, .to = "10.0.255.0/24"}));
    CHECK_FALSE(passes({.flags = NLM_F_REPLACE, .to = "10.1.0.0/24"}));
    many.push_back(*base::InterfaceAddress::parse("192.0.2.0/24"));
    CHECK_TRUE(kernel::filter_routes(pair[1].number(), many).has_value());
    CHECK_TRUE(passes({.flags = NLM_F_REPLACE, .to = "10.1.0.0/24"}));
    CHECK_FALSE(passes({.to = "10.1.0.0/24"}));
}

TEST(KernelRouteFilter, EverythingElsePasses) {
    for (const std::uint16_t type :
         {RTM_NEWLINK, RTM_DELLINK, RTM_NEWADDR, RTM_DELADDR, RTM_NEWRULE, RTM_DELRULE})
        CHECK_TRUE(passes({.type = type}));
    base::Bytes short_one(NLMSG_HDRLEN);
    reinterpret_cast<nlmsghdr*>(short_one.data())->nlmsg_type = RTM_NEWLINK;
    CHECK_TRUE(delivers(short_one));
}
