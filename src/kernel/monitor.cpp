#include "kernel/monitor.hpp"

#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/netconf.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>
#include <string_view>

#include "base/netlink.hpp"
#include "kernel/route_filter.hpp"
#include "kernel/route_parser.hpp"

namespace kernel {

namespace {

constexpr int receive_buffer_size = 8 * 1024 * 1024;
constexpr int reads_per_call = 1024;

// The attribute of this type inside another one; null when it is not there, or not whole.
const nlattr* nested(const nlattr* group, std::uint16_t type) {
    if (group == nullptr) return nullptr;
    int left = static_cast<int>(mnl_attr_get_payload_len(group));
    for (const auto* attribute = static_cast<const nlattr*>(mnl_attr_get_payload(group));
         mnl_attr_ok(attribute, left); left -= static_cast<int>(MNL_ALIGN(attribute->nla_len)),
                     attribute = mnl_attr_next(attribute))
        if (mnl_attr_get_type(attribute) == type) return attribute;
    return nullptr;
}

// One of an array of 32-bit values.
std::optional<std::uint32_t> value_at(const nlattr* values, std::size_t index) {
    const std::size_t offset = 4 * index;
    if (values == nullptr || base::octets_of(values).size() < offset + 4) return std::nullopt;
    std::uint32_t value = 0;
    std::memcpy(&value, base::octets_of(values).data() + offset, sizeof(value));
    return value;
}

// IFLA_INET_CONF counts from IPV4_DEVCONF_FORWARDING, 1.
std::optional<Promotion> promotion_in(const nlattr* af_spec) {
    const auto value = value_at(nested(nested(af_spec, AF_INET), IFLA_INET_CONF),
                                IPV4_DEVCONF_PROMOTE_SECONDARIES - 1);
    if (!value) return std::nullopt;
    return *value != 0 ? Promotion::on : Promotion::off;
}

// IFLA_INET6_CONF counts from DEVCONF_FORWARDING, 0.
std::optional<bool> ipv6_forwarding_in(const nlattr* af_spec) {
    const auto value =
        value_at(nested(nested(af_spec, AF_INET6), IFLA_INET6_CONF), DEVCONF_FORWARDING);
    if (!value) return std::nullopt;
    return *value != 0;
}

std::string port_kind_in(const nlattr* link_info) {
    const nlattr* kind = nested(link_info, IFLA_INFO_SLAVE_KIND);
    if (kind == nullptr || mnl_attr_validate(kind, MNL_TYPE_NUL_STRING) < 0) return {};
    const std::string name = mnl_attr_get_str(kind);
    return name == "vrf" ? std::string{} : name;
}

std::uint32_t number_of(const nlattr* attribute) {
    if (attribute == nullptr || base::octets_of(attribute).size() != sizeof(std::uint32_t))
        return 0;
    return mnl_attr_get_u32(attribute);
}

bool is_macvlan(const nlattr* link_info) {
    const nlattr* kind = nested(link_info, IFLA_INFO_KIND);
    return kind != nullptr && mnl_attr_validate(kind, MNL_TYPE_NUL_STRING) >= 0 &&
           std::string_view{mnl_attr_get_str(kind)} == "macvlan";
}

std::optional<Event> parse_link(const nlmsghdr* header) {
    if (mnl_nlmsg_get_payload_len(header) < sizeof(ifinfomsg)) return std::nullopt;
    const auto* info = static_cast<const ifinfomsg*>(mnl_nlmsg_get_payload(header));
    // A bridge reports its ports in messages of its own family (AF_BRIDGE). They are about the
    // port; RTM_DELLINK there means that the link left the bridge, not that it is gone.
    if (info->ifi_family != AF_UNSPEC) return std::nullopt;
    const LinkIndex index{info->ifi_index};
    if (header->nlmsg_type == RTM_DELLINK) return event::LinkGone{index};

    const auto attributes = base::attributes_of<IFLA_LINK_NETNSID + 1>(header, sizeof(ifinfomsg));
    const nlattr* name = attributes[IFLA_IFNAME];
    if (name == nullptr || mnl_attr_validate(name, MNL_TYPE_NUL_STRING) < 0) return std::nullopt;
    Link link{.index = index,
              .name = mnl_attr_get_str(name),
              .mac = {},
              .is_up = (info->ifi_flags & IFF_UP) != 0,
              .has_carrier = (info->ifi_flags & IFF_RUNNING) != 0,
              .port_of = {}};
    if (const auto promotion = promotion_in(attributes[IFLA_AF_SPEC])) link.promotion = *promotion;
    link.forwards_ipv6 = ipv6_forwarding_in(attributes[IFLA_AF_SPEC]);
    link.port_of = port_kind_in(attributes[IFLA_LINKINFO]);
    const nlattr* mac = attributes[IFLA_ADDRESS];
    if (mac != nullptr && base::octets_of(mac).size() == link.mac.octets.size())
        std::ranges::copy(base::octets_of(mac), link.mac.octets.begin());
    const nlattr* alias = attributes[IFLA_IFALIAS];
    if (alias != nullptr && mnl_attr_validate(alias, MNL_TYPE_NUL_STRING) >= 0)
        link.alias = mnl_attr_get_str(alias);
    link.group = number_of(attributes[IFLA_GROUP]);
    // An index of another namespace means nothing here.
    if (is_macvlan(attributes[IFLA_LINKINFO]) && attributes[IFLA_LINK_NETNSID] == nullptr)
        link.macvlan_on = LinkIndex{static_cast<int>(number_of(attributes[IFLA_LINK]))};
    return event::LinkSet{std::move(link)};
}

std::optional<Event> parse_address(const nlmsghdr* header) {
    if (mnl_nlmsg_get_payload_len(header) < sizeof(ifaddrmsg)) return std::nullopt;
    const auto* info = static_cast<const ifaddrmsg*>(mnl_nlmsg_get_payload(header));
    const auto attributes = base::attributes_of<IFA_PROTO + 1>(header, sizeof(ifaddrmsg));
    // IFA_LOCAL is the address itself; IFA_ADDRESS is the peer's on a point-to-point link. IPv6
    // gives IFA_ADDRESS only, unless there is a peer.
    const nlattr* local =
        attributes[IFA_LOCAL] != nullptr ? attributes[IFA_LOCAL] : attributes[IFA_ADDRESS];
    if (local == nullptr) return std::nullopt;
    const auto address = base::IpAddress::from_octets(base::octets_of(local));
    if (!address) return std::nullopt;
    const auto with_prefix = base::InterfaceAddress::from(*address, info->ifa_prefixlen);
    if (!with_prefix) return std::nullopt;

    const AddressKey key{LinkIndex{static_cast<int>(info->ifa_index)}, *with_prefix};
    if (header->nlmsg_type == RTM_DELADDR) return event::AddressGone{key};
    AddressFacts facts;
    const nlattr* wide_flags = attributes[IFA_FLAGS];
    const std::uint32_t flags = wide_flags != nullptr && base::octets_of(wide_flags).size() == 4
                                    ? mnl_attr_get_u32(wide_flags)
                                    : info->ifa_flags;
    facts.is_secondary = (flags & IFA_F_SECONDARY) != 0;
    facts.is_tentative = (flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED)) != 0;
    facts.has_failed_dad = (flags & IFA_F_DADFAILED) != 0;
    const nlattr* protocol = attributes[IFA_PROTO];
    if (protocol != nullptr && base::octets_of(protocol).size() == 1)
        facts.protocol = mnl_attr_get_u8(protocol);
    return event::AddressSet{key, facts};
}

// A setting of net.ipv6.conf has changed: of one link, or with a negative index of all and of those
// to come, which is followed by a message about each.
std::optional<Event> parse_ipv6_setting(const nlmsghdr* header) {
    if (mnl_nlmsg_get_payload_len(header) < sizeof(netconfmsg)) return std::nullopt;
    const auto* info = static_cast<const netconfmsg*>(mnl_nlmsg_get_payload(header));
    if (info->ncm_family != AF_INET6) return std::nullopt;
    const auto attributes =
        base::attributes_of<NETCONFA_FORWARDING + 1>(header, sizeof(netconfmsg));
    const nlattr* index = attributes[NETCONFA_IFINDEX];
    const nlattr* forwarding = attributes[NETCONFA_FORWARDING];
    for (const nlattr* attribute : {index, forwarding})
        if (attribute == nullptr || base::octets_of(attribute).size() != sizeof(std::uint32_t))
            return std::nullopt;
    return event::ForwardingSet{LinkIndex{static_cast<int>(mnl_attr_get_u32(index))},
                                mnl_attr_get_u32(forwarding) != 0};
}

template <typename Some>
std::vector<Event> as_events(Some&& some) {
    std::vector<Event> events;
    for (auto& event : some) events.emplace_back(std::move(event));
    return events;
}

std::vector<Event> as_events(std::optional<Event> one) {
    if (!one) return {};
    return {std::move(*one)};
}

std::vector<Event> parse_message(const nlmsghdr* header) {
    switch (header->nlmsg_type) {
        case RTM_NEWLINK:
        case RTM_DELLINK: return as_events(parse_link(header));
        case RTM_NEWADDR:
        case RTM_DELADDR: return as_events(parse_address(header));
        case RTM_NEWNETCONF: return as_events(parse_ipv6_setting(header));
        case RTM_NEWROUTE:
        case RTM_DELROUTE: return as_events(parse_route(header));
        case RTM_NEWRULE:
        case RTM_DELRULE: return as_events(parse_rule(header));
        default: return {};  // a number from the kernel, not an enum of ours
    }
}

base::Result<base::Fd> open_socket() {
    base::Fd socket{::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE)};
    if (!socket.is_open()) return base::os_failure("open a netlink socket", errno);
    return socket;
}

}  // namespace

std::vector<Event> parse_messages(base::ByteView buffer) {
    std::vector<Event> events;
    int left = static_cast<int>(buffer.size());
    for (const auto* header = reinterpret_cast<const nlmsghdr*>(buffer.data());
         base::is_whole(header, left); header = mnl_nlmsg_next(header, &left))
        for (Event& event : parse_message(header)) events.push_back(std::move(event));
    return events;
}

base::Result<Monitor> Monitor::open(const Interests& interests) {
    TRY(base::Fd socket, open_socket());
    // Best effort: without CAP_NET_ADMIN the system's limit holds, and an overrun means a new dump.
    if (::setsockopt(socket.number(), SOL_SOCKET, SO_RCVBUFFORCE, &receive_buffer_size,
                     sizeof(receive_buffer_size)) < 0)
        ::setsockopt(socket.number(), SOL_SOCKET, SO_RCVBUF, &receive_buffer_size,
                     sizeof(receive_buffer_size));
    Monitor monitor{std::move(socket)};
    TRY_DO(monitor.follow(interests));
    return monitor;
}

// A second bind() to the same port replaces the groups (net/netlink/af_netlink.c).
base::Result<void> Monitor::follow(const Interests& interests) {
    const int socket = socket_.number();
    sockaddr_nl local{};
    local.nl_family = AF_NETLINK;
    constexpr unsigned ipv6_settings = 1U << (RTNLGRP_IPV6_NETCONF - 1);
    local.nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR | ipv6_settings;
    if (interests.routes == Routes::followed) {
        TRY_DO(filter_routes(socket, interests.destinations));
        local.nl_groups |= RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE | RTMGRP_IPV4_RULE;
    }
    socklen_t size = sizeof(local);
    sockaddr_nl present{};
    if (::getsockname(socket, reinterpret_cast<sockaddr*>(&present), &size) == 0)
        local.nl_pid = present.nl_pid;
    if (::bind(socket, reinterpret_cast<const sockaddr*>(&local), sizeof(local)) < 0)
        return base::os_failure("subscribe to link and address changes", errno);
    // Of this group there is no bit for bind().
    const int ipv6_rules = RTNLGRP_IPV6_RULE;
    if (interests.routes == Routes::followed &&
        ::setsockopt(socket, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &ipv6_rules, sizeof(ipv6_rules)) <
            0)
        return base::os_failure("subscribe to changes of rules", errno);
    return {};
}

base::Result<Monitor::Changes> Monitor::read() {
    Changes changes;
    for (int reads = 0; changes.overrun || reads < reads_per_call; ++reads) {
        sockaddr_nl sender{};
        socklen_t sender_size = sizeof(sender);
        const ssize_t size = ::recvfrom(socket_.number(), buffer_.data(), buffer_.size(), 0,
                                        reinterpret_cast<sockaddr*>(&sender), &sender_size);
        if (size < 0 && (errno == EAGAIN || errno == EINTR)) return changes;
        if (size < 0 && errno == ENOBUFS) {
            changes.overrun = true;
            changes.events.clear();
            continue;
        }
        if (size < 0) return base::os_failure("read link and address changes", errno);
        // Any process may send to a netlink socket; the kernel's port is 0.
        if (sender.nl_pid != 0 || changes.overrun) continue;
        auto events = parse_messages({buffer_.data(), static_cast<std::size_t>(size)});
        changes.events.insert(changes.events.end(), std::make_move_iterator(events.begin()),
                              std::make_move_iterator(events.end()));
    }
    return changes;
}

}  // namespace kernel
