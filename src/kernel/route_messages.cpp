#include "kernel/route_messages.hpp"

#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <sys/socket.h>

namespace kernel {

namespace {

std::uint8_t number_of(base::Family family) {
    return family == base::Family::ipv4 ? AF_INET : AF_INET6;
}

bool put_address(nl_msg* message, int type, const base::IpAddress& address) {
    const base::ByteView octets = address.octets();
    return nla_put(message, type, static_cast<int>(octets.size()), octets.data()) >= 0;
}

// The octet of the header is for tables up to 255; the attribute counts.
bool put_number(nl_msg* message, int type, std::uint32_t number) {
    return nla_put_u32(message, type, number) >= 0;
}

bool put_attributes(nl_msg* message, const Route& route) {
    const auto& [to, table, metric] = route.place;
    if (to.prefix_length() > 0 && !put_address(message, RTA_DST, to.address())) return false;
    if (route.via && !put_address(message, RTA_GATEWAY, *route.via)) return false;
    if (route.source && !put_address(message, RTA_PREFSRC, *route.source)) return false;
    if (route.link && !put_number(message, RTA_OIF, static_cast<std::uint32_t>(route.link->value)))
        return false;
    return put_number(message, RTA_TABLE, table) && put_number(message, RTA_PRIORITY, metric);
}

Message message_about(const Route& route, int type, int flags) {
    Message message{nlmsg_alloc_simple(type, flags)};
    rtmsg body{};
    body.rtm_family = number_of(route.family());
    body.rtm_dst_len = route.place.to.prefix_length();
    body.rtm_protocol = our_route_protocol;
    body.rtm_scope = route.scope;
    body.rtm_type = static_cast<std::uint8_t>(route.type);
    body.rtm_flags = route.onlink ? RTNH_F_ONLINK : 0;
    if (!message || nlmsg_append(message.get(), &body, sizeof(body), NLMSG_ALIGNTO) < 0)
        return nullptr;
    if (!put_attributes(message.get(), route)) return nullptr;
    return message;
}

bool put_attributes(nl_msg* message, const Rule& rule) {
    if (rule.from && !put_address(message, FRA_SRC, rule.from->address())) return false;
    if (rule.to && !put_address(message, FRA_DST, rule.to->address())) return false;
    if (!rule.iif.empty() && nla_put_string(message, FRA_IIFNAME, rule.iif.c_str()) < 0)
        return false;
    if (rule.fwmask != 0 && !(put_number(message, FRA_FWMARK, rule.fwmark) &&
                              put_number(message, FRA_FWMASK, rule.fwmask)))
        return false;
    return put_number(message, FRA_TABLE, rule.table) &&
           put_number(message, FRA_PRIORITY, rule.priority) &&
           nla_put_u8(message, FRA_PROTOCOL, our_route_protocol) >= 0;
}

Message message_about(const Rule& rule, int type, int flags) {
    Message message{nlmsg_alloc_simple(type, flags)};
    fib_rule_hdr body{};
    body.family = number_of(rule.family);
    body.src_len = rule.from ? rule.from->prefix_length() : 0;
    body.dst_len = rule.to ? rule.to->prefix_length() : 0;
    body.action = FR_ACT_TO_TBL;
    if (!message || nlmsg_append(message.get(), &body, sizeof(body), NLMSG_ALIGNTO) < 0)
        return nullptr;
    if (!put_attributes(message.get(), rule)) return nullptr;
    return message;
}

}  // namespace

// Linux, fib_table_insert(): without NLM_F_EXCL an IPv4 route goes in front of those of its place,
// and the same one twice is an error all the same.
Message add_message(const Route& route) {
    const bool ipv4 = route.family() == base::Family::ipv4;
    return message_about(route, RTM_NEWROUTE, NLM_F_CREATE | (ipv4 ? 0 : NLM_F_EXCL));
}

Message remove_message(const Route& route) { return message_about(route, RTM_DELROUTE, 0); }

// Without NLM_F_EXCL somebody else's rule of the same kind is no hindrance.
Message add_message(const Rule& rule) { return message_about(rule, RTM_NEWRULE, NLM_F_CREATE); }

Message remove_message(const Rule& rule) { return message_about(rule, RTM_DELRULE, 0); }

}  // namespace kernel
