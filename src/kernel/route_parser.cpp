#include "kernel/route_parser.hpp"

#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>

#include "base/netlink.hpp"

namespace kernel {

namespace {

std::optional<base::Family> family_of(int number) {
    if (number == AF_INET) return base::Family::ipv4;
    if (number == AF_INET6) return base::Family::ipv6;
    return std::nullopt;
}

std::optional<RouteType> type_of(std::uint8_t number) {
    switch (number) {
        case RTN_UNICAST: return RouteType::unicast;
        case RTN_BLACKHOLE: return RouteType::blackhole;
        case RTN_UNREACHABLE: return RouteType::unreachable;
        case RTN_PROHIBIT: return RouteType::prohibit;
        case RTN_THROW: return RouteType::throw_away;
        default: return std::nullopt;  // a number from the kernel, not an enum of ours
    }
}

// A prefix as netlink has it: the length in the header, the address only when it is not 0.
std::optional<base::InterfaceAddress> prefix_of(const nlattr* attribute, int length,
                                                base::Family family) {
    const base::Bytes zeros(base::address_size(family));
    const base::ByteView octets = attribute != nullptr ? base::octets_of(attribute) : zeros;
    const auto address = base::IpAddress::from_octets(octets);
    if (!address || address->family() != family) return std::nullopt;
    return base::InterfaceAddress::from(*address, length);
}

std::optional<base::IpAddress> address_in(const nlattr* attribute) {
    return attribute == nullptr ? std::nullopt
                                : base::IpAddress::from_octets(base::octets_of(attribute));
}

using RouteAttributes = std::array<const nlattr*, RTA_TABLE + 1>;

std::optional<RoutePlace> place_of(const rtmsg& body, const RouteAttributes& attributes,
                                   base::Family family) {
    const auto to = prefix_of(attributes[RTA_DST], body.rtm_dst_len, family);
    if (!to) return std::nullopt;
    return RoutePlace{.to = *to,
                      .table = base::number_in(attributes[RTA_TABLE]).value_or(body.rtm_table),
                      .metric = base::number_in(attributes[RTA_PRIORITY]).value_or(0)};
}

// Of a route with several next hops each one is a route of its own: so IPv6 joins those that were
// added one by one.
std::vector<Route> one_for_each_hop(const Route& common, const nlattr* hops) {
    std::vector<Route> routes;
    base::ByteView left = base::octets_of(hops);
    while (left.size() >= sizeof(rtnexthop)) {
        const auto* hop = reinterpret_cast<const rtnexthop*>(left.data());
        if (hop->rtnh_len < sizeof(rtnexthop) || hop->rtnh_len > left.size()) break;
        Route& route = routes.emplace_back(common);
        route.link = LinkIndex{hop->rtnh_ifindex};
        route.onlink = (hop->rtnh_flags & RTNH_F_ONLINK) != 0;
        const auto keep = [](const nlattr* attribute, void* into) {
            if (mnl_attr_get_type(attribute) == RTA_GATEWAY)
                static_cast<Route*>(into)->via = address_in(attribute);
            return MNL_CB_OK;
        };
        mnl_attr_parse_payload(RTNH_DATA(hop), hop->rtnh_len - sizeof(rtnexthop), keep, &route);
        left = left.subspan(std::min<std::size_t>(RTNH_ALIGN(hop->rtnh_len), left.size()));
    }
    return routes;
}

std::vector<Route> routes_in(const rtmsg& body, const RouteAttributes& attributes,
                             const RoutePlace& place) {
    const auto type = type_of(body.rtm_type);
    if (!type || body.rtm_src_len != 0 || body.rtm_tos != 0) return {};
    Route route{.place = place,
                .type = *type,
                .via = {},
                .link = {},
                .source = address_in(attributes[RTA_PREFSRC]),
                .scope = body.rtm_scope,
                .onlink = (body.rtm_flags & RTNH_F_ONLINK) != 0};
    if (*type != RouteType::unicast) return {route};  // IPv6 gives those the loopback interface
    if (attributes[RTA_MULTIPATH] != nullptr)
        return one_for_each_hop(route, attributes[RTA_MULTIPATH]);
    route.via = address_in(attributes[RTA_GATEWAY]);
    if (const auto link = base::number_in(attributes[RTA_OIF]))
        route.link = LinkIndex{static_cast<int>(*link)};
    return {route};
}

// Selectors and actions that our rules do not have.
bool is_foreign_shape(const fib_rule_hdr& body,
                      const std::array<const nlattr*, FRA_DPORT_RANGE + 1>& attributes) {
    if (body.action != FR_ACT_TO_TBL || body.tos != 0 || (body.flags & FIB_RULE_INVERT) != 0)
        return true;
    constexpr std::uint32_t none = ~0U;
    if (base::number_in(attributes[FRA_SUPPRESS_PREFIXLEN]).value_or(none) != none) return true;
    return std::ranges::any_of(
        std::array{FRA_OIFNAME, FRA_GOTO, FRA_TUN_ID, FRA_UID_RANGE, FRA_IP_PROTO, FRA_SPORT_RANGE,
                   FRA_DPORT_RANGE, FRA_SUPPRESS_IFGROUP},
        [&](int type) { return attributes[static_cast<std::size_t>(type)] != nullptr; });
}

}  // namespace

std::vector<RouteEvent> parse_route(const nlmsghdr* header) {
    if (mnl_nlmsg_get_payload_len(header) < sizeof(rtmsg)) return {};
    const auto& body = *static_cast<const rtmsg*>(mnl_nlmsg_get_payload(header));
    const auto family = family_of(body.rtm_family);
    if (!family || (body.rtm_flags & RTM_F_CLONED) != 0) return {};
    const auto attributes = base::attributes_of<RTA_TABLE + 1>(header, sizeof(rtmsg));
    const auto place = place_of(body, attributes, *family);
    if (!place) return {};

    std::vector<RouteEvent> events;
    const bool is_new = header->nlmsg_type == RTM_NEWROUTE;
    if (is_new && (header->nlmsg_flags & NLM_F_REPLACE) != 0)
        events.emplace_back(event::RouteReplaced{*place});
    if (body.rtm_protocol != our_route_protocol) return events;
    for (const Route& route : routes_in(body, attributes, *place)) {
        if (is_new)
            events.emplace_back(event::RouteSet{route});
        else
            events.emplace_back(event::RouteGone{route});
    }
    return events;
}

std::vector<RouteEvent> parse_rule(const nlmsghdr* header) {
    if (mnl_nlmsg_get_payload_len(header) < sizeof(fib_rule_hdr)) return {};
    const auto& body = *static_cast<const fib_rule_hdr*>(mnl_nlmsg_get_payload(header));
    const auto family = family_of(body.family);
    const auto attributes = base::attributes_of<FRA_DPORT_RANGE + 1>(header, sizeof(fib_rule_hdr));
    const nlattr* protocol = attributes[FRA_PROTOCOL];
    const bool is_ours = protocol != nullptr && base::octets_of(protocol).size() == 1 &&
                         mnl_attr_get_u8(protocol) == our_route_protocol;
    if (!family || !is_ours || is_foreign_shape(body, attributes)) return {};

    Rule rule{.family = *family,
              .priority = base::number_in(attributes[FRA_PRIORITY]).value_or(0),
              .from = {},
              .to = {},
              .iif = {},
              .fwmark = base::number_in(attributes[FRA_FWMARK]).value_or(0),
              .fwmask = base::number_in(attributes[FRA_FWMASK]).value_or(0),
              .table = base::number_in(attributes[FRA_TABLE]).value_or(body.table)};
    if (body.src_len != 0) rule.from = prefix_of(attributes[FRA_SRC], body.src_len, *family);
    if (body.dst_len != 0) rule.to = prefix_of(attributes[FRA_DST], body.dst_len, *family);
    const nlattr* iif = attributes[FRA_IIFNAME];
    if (iif != nullptr && mnl_attr_validate(iif, MNL_TYPE_NUL_STRING) >= 0)
        rule.iif = mnl_attr_get_str(iif);
    if (header->nlmsg_type == RTM_NEWRULE) return {event::RuleSet{rule}};
    return {event::RuleGone{rule}};
}

}  // namespace kernel
