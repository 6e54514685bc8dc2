#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <netlink/msg.h>

#include <cstring>
#include <vector>

#include "kernel/messages.hpp"
#include "kernel/monitor.hpp"
#include "kernel/request.hpp"

#include <CppUTest/TestHarness.h>

using namespace kernel;

namespace {

base::IpAddress ip(const char* text) { return *base::IpAddress::parse(text); }
base::InterfaceAddress prefix(const char* text) { return *base::InterfaceAddress::parse(text); }

// A request as it is sent. The kernel tells of it in a message of the same form.
base::Bytes bytes_of(const Request& request) {
    const Message message = message_for(request);
    const nlmsghdr* header = nlmsg_hdr(message.get());
    const auto* first = reinterpret_cast<const std::uint8_t*>(header);
    return {first, first + header->nlmsg_len};
}
nlmsghdr& header_of(base::Bytes& bytes) { return *reinterpret_cast<nlmsghdr*>(bytes.data()); }
rtmsg& body_of(base::Bytes& bytes) { return *static_cast<rtmsg*>(NLMSG_DATA(bytes.data())); }

template <typename Kind>
const Kind* only(const std::vector<Event>& events) {
    if (events.size() != 1) return nullptr;
    const auto* event = std::get_if<RouteEvent>(&events.front());
    return event != nullptr ? std::get_if<Kind>(event) : nullptr;
}

void append(base::Bytes& bytes, std::uint16_t type, base::ByteView value) {
    const auto size = static_cast<std::uint16_t>(4 + value.size());
    for (const std::uint16_t half : {size, type}) {
        const auto* first = reinterpret_cast<const std::uint8_t*>(&half);
        bytes.insert(bytes.end(), first, first + sizeof(half));
    }
    bytes.insert(bytes.end(), value.begin(), value.end());
    header_of(bytes).nlmsg_len = static_cast<std::uint32_t>(bytes.size());
}

const Route usual{
    .place = {prefix("10.0.0.0/8"), 254, 50}, .via = ip("192.0.2.254"), .link = LinkIndex{3}};

}  // namespace

TEST_GROUP(KernelRouteParser){};

TEST(KernelRouteParser, ARequestAndWhatTheKernelTellsOfItAreOneRoute) {
    const std::vector<Route> routes{
        usual,
        {.place = {prefix("0.0.0.0/0"), 100'000, 0}, .via = ip("192.0.2.254")},
        {.place = {prefix("::/0"), 254, 1024}, .via = ip("fe80::1"), .link = LinkIndex{70'000}},
        {.place = {prefix("10.0.0.0/8"), 254, 0},
         .via = ip("198.51.100.1"),
         .link = LinkIndex{3},
         .source = ip("192.0.2.1"),
         .onlink = true},
        {.place = {prefix("10.0.0.0/8"), 254, 0}, .link = LinkIndex{3}, .scope = 253},
        {.place = {prefix("2001:db8::/32"), 7, 1}, .type = RouteType::blackhole},
        {.place = {prefix("10.0.0.0/8"), 7, 1}, .type = RouteType::unreachable},
        {.place = {prefix("10.0.0.0/8"), 7, 1}, .type = RouteType::prohibit},
        {.place = {prefix("10.0.0.0/8"), 7, 1}, .type = RouteType::throw_away},
    };
    for (const Route& route : routes) {
        const auto added = parse_messages(bytes_of(AddRoute{{route}}));
        CHECK_TEXT(only<event::RouteSet>(added) != nullptr, route.text().c_str());
        CHECK_TEXT(only<event::RouteSet>(added)->route == route, route.text().c_str());
        const auto removed = parse_messages(bytes_of(RemoveRoute{route}));
        CHECK_TEXT(only<event::RouteGone>(removed)->route == route, route.text().c_str());
    }
}

TEST(KernelRouteParser, ARequestAndWhatTheKernelTellsOfItAreOneRule) {
    const std::vector<Rule> rules{
        {.family = base::Family::ipv4,
         .priority = 1000,
         .from = prefix("10.0.0.0/8"),
         .table = 100},
        {.family = base::Family::ipv6,
         .priority = 70'000,
         .to = prefix("2001:db8::/32"),
         .iif = "eth1",
         .fwmark = 0x10,
         .fwmask = 0xff,
         .table = 100'000},
        {.family = base::Family::ipv4, .priority = 1, .fwmark = 0, .fwmask = 1, .table = 254},
    };
    for (const Rule& rule : rules) {
        const auto added = parse_messages(bytes_of(AddRule{{rule}}));
        CHECK_TEXT(only<event::RuleSet>(added) != nullptr, rule.text().c_str());
        CHECK_TEXT(only<event::RuleSet>(added)->rule == rule, rule.text().c_str());
        const auto removed = parse_messages(bytes_of(RemoveRule{rule}));
        CHECK_TEXT(only<event::RuleGone>(removed)->rule == rule, rule.text().c_str());
    }
}

TEST(KernelRouteParser, AnIpv4RouteGoesInFrontAndAnIpv6OneStandsAlone) {
    base::Bytes ipv4 = bytes_of(AddRoute{{usual}});
    LONGS_EQUAL(NLM_F_CREATE, header_of(ipv4).nlmsg_flags & (NLM_F_CREATE | NLM_F_EXCL));
    base::Bytes ipv6 = bytes_of(AddRoute{{Route{.place = {prefix("::/0"), 254, 1024}}}});
    LONGS_EQUAL(NLM_F_CREATE | NLM_F_EXCL,
                header_of(ipv6).nlmsg_flags & (NLM_F_CREATE | NLM_F_EXCL));
}

TEST(KernelRouteParser, RoutesOfOthersMeanNothingUnlessTheyTakeAPlace) {
    base::Bytes bytes = bytes_of(AddRoute{{usual}});
    header_of(bytes).nlmsg_flags = 0;
    body_of(bytes).rtm_protocol = RTPROT_BGP;
    CHECK_TRUE(parse_messages(bytes).empty());
    header_of(bytes).nlmsg_flags = NLM_F_REPLACE;
    const auto events = parse_messages(bytes);
    CHECK_TRUE(only<event::RouteReplaced>(events) != nullptr);
    CHECK_TRUE(only<event::RouteReplaced>(events)->place == usual.place);
    header_of(bytes).nlmsg_type = RTM_DELROUTE;
    CHECK_TRUE(parse_messages(bytes).empty());
}

TEST(KernelRouteParser, WhatNoneOfOursLooksLikeIsNotOurs) {
    base::Bytes tos = bytes_of(AddRoute{{usual}});
    body_of(tos).rtm_tos = 16;
    CHECK_TRUE(parse_messages(tos).empty());
    base::Bytes cloned = bytes_of(AddRoute{{usual}});
    body_of(cloned).rtm_flags = RTM_F_CLONED;
    CHECK_TRUE(parse_messages(cloned).empty());
    base::Bytes local = bytes_of(AddRoute{{usual}});
    body_of(local).rtm_type = RTN_LOCAL;
    CHECK_TRUE(parse_messages(local).empty());

    const Rule rule{.family = base::Family::ipv4, .priority = 1, .table = 100};
    base::Bytes oif = bytes_of(AddRule{{rule}});
    append(oif, 17 /* FRA_OIFNAME */, std::array<std::uint8_t, 4>{'e', 't', 'h', 0});
    CHECK_TRUE(parse_messages(oif).empty());
    base::Bytes suppress = bytes_of(AddRule{{rule}});
    append(suppress, 14 /* FRA_SUPPRESS_PREFIXLEN */, std::array<std::uint8_t, 4>{});
    CHECK_TRUE(parse_messages(suppress).empty());
}

TEST(KernelRouteParser, NextHopsThatIpv6HasJoinedAreRoutesOfTheirOwn) {
    const Route bare{.place = {prefix("2001:db8::/32"), 254, 1024}};
    base::Bytes bytes = bytes_of(AddRoute{{bare}});
    base::Bytes hops;
    for (const std::uint8_t last : std::array<std::uint8_t, 2>{1, 2}) {
        rtnexthop hop{.rtnh_len = 28, .rtnh_flags = 0, .rtnh_hops = 0, .rtnh_ifindex = last + 2};
        const auto* first = reinterpret_cast<const std::uint8_t*>(&hop);
        hops.insert(hops.end(), first, first + sizeof(hop));
        const base::Bytes gateway{20, 0, RTA_GATEWAY, 0, 0xfe, 0x80, 0, 0, 0, 0,
                                  0,  0, 0,           0, 0,    0,    0, 0, 0, last};
        hops.insert(hops.end(), gateway.begin(), gateway.end());
    }
    append(bytes, RTA_MULTIPATH, hops);
    const auto events = parse_messages(bytes);
    LONGS_EQUAL(2, events.size());
    View view;
    for (const Event& event : events) view.apply(event);
    Route hop = bare;
    hop.via = ip("fe80::2");
    hop.link = LinkIndex{4};
    CHECK_TRUE(view.own_routes().has(hop));
    // A length that leads outside is no reason to read there.
    bytes[bytes.size() - hops.size()] = 0xff;
    (void)parse_messages(bytes);
}

TEST(KernelRouteParser, ShortMessagesMeanNothing) {
    for (const Request& request : std::vector<Request>{
             AddRoute{{usual}},
             AddRule{{Rule{.family = base::Family::ipv4, .priority = 1, .table = 1}}}}) {
        base::Bytes bytes = bytes_of(request);
        header_of(bytes).nlmsg_len = NLMSG_HDRLEN + 4;
        bytes.resize(NLMSG_HDRLEN + 4);
        CHECK_TRUE(parse_messages(bytes).empty());
    }
}
