#include "kernel/messages.hpp"

#include <fmt/format.h>
#include <linux/if_addr.h>
#include <linux/ip.h>
#include <netlink/addr.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/route/addr.h>
#include <netlink/route/link.h>
#include <netlink/route/link/inet.h>
#include <sys/socket.h>

#include <limits>

#include "kernel/link_name.hpp"
#include "kernel/route_messages.hpp"

namespace kernel {

namespace {

struct Release {
    void operator()(nl_addr* address) const { nl_addr_put(address); }
    void operator()(rtnl_addr* address) const { rtnl_addr_put(address); }
    void operator()(rtnl_link* link) const { rtnl_link_put(link); }
};
template <typename T>
using Owned = std::unique_ptr<T, Release>;

constexpr std::uint32_t for_ever = std::numeric_limits<std::uint32_t>::max();

Owned<rtnl_addr> object_for(const AddressKey& key) {
    const bool ipv4 = key.address.family() == base::Family::ipv4;
    const base::ByteView octets = key.address.address().octets();
    const Owned<nl_addr> local{
        nl_addr_build(ipv4 ? AF_INET : AF_INET6, octets.data(), octets.size())};
    Owned<rtnl_addr> object{rtnl_addr_alloc()};
    if (!local || !object) return nullptr;
    nl_addr_set_prefixlen(local.get(), key.address.prefix_length());
    rtnl_addr_set_ifindex(object.get(), key.link.value);
    if (rtnl_addr_set_local(object.get(), local.get()) < 0) return nullptr;
    return object;
}

// libnl knows no IFA_PROTO and writes lifetimes only when both are finite; these attributes go
// behind those that it wrote.
bool put_rest(nl_msg* message, const AddressWish& wish) {
    const bool ipv4 = wish.key.address.family() == base::Family::ipv4;
    const auto& lease = wish.how.lease;
    const auto valid = lease ? static_cast<std::uint32_t>(lease->count()) : for_ever;
    // A virtual IPv6 address is deprecated from the start: it answers, but the host does not choose
    // it as the source of its own connections. IPv4 knows no such choice.
    const ifa_cacheinfo lifetimes{
        .ifa_prefered = ipv4 ? valid : 0, .ifa_valid = valid, .cstamp = 0, .tstamp = 0};
    // Duplicate address detection would keep a virtual address unusable for a second after each
    // takeover, and for good while the peer that gives it up still answers.
    std::uint32_t flags = ipv4 ? 0 : IFA_F_NODAD;
    if (wish.how.prefix_route == PrefixRoute::no) flags |= IFA_F_NOPREFIXROUTE;
    return nla_put_u8(message, IFA_PROTO, our_address_protocol) >= 0 &&
           nla_put_u32(message, IFA_FLAGS, flags) >= 0 &&
           nla_put(message, IFA_CACHEINFO, sizeof(lifetimes), &lifetimes) >= 0;
}

Message put_address(const AddressWish& wish, int flags) {
    const Owned<rtnl_addr> object = object_for(wish.key);
    if (!object) return nullptr;
    if (!wish.how.label.empty() && rtnl_addr_set_label(object.get(), wish.how.label.c_str()) < 0)
        return nullptr;
    if (wish.how.scope) rtnl_addr_set_scope(object.get(), *wish.how.scope);
    nl_msg* built = nullptr;
    if (rtnl_addr_build_add_request(object.get(), flags, &built) < 0) return nullptr;
    Message message{built};
    if (!put_rest(built, wish)) return nullptr;
    return message;
}

struct Build {
    Message operator()(const AddAddress& request) const {
        return put_address(request.wish, NLM_F_EXCL);
    }
    Message operator()(const RenewAddress& request) const {
        return put_address(request.wish, NLM_F_REPLACE);
    }
    Message operator()(const RemoveAddress& request) const {
        const Owned<rtnl_addr> object = object_for(request.key);
        nl_msg* built = nullptr;
        if (!object || rtnl_addr_build_delete_request(object.get(), 0, &built) < 0) return nullptr;
        return Message{built};
    }
    // By netlink: /proc/sys is read-only under the unit's sandbox.
    Message operator()(const SetPromotion& request) const {
        const Owned<rtnl_link> target{rtnl_link_alloc()};
        const Owned<rtnl_link> change{rtnl_link_alloc()};
        if (!target || !change) return nullptr;
        rtnl_link_set_ifindex(target.get(), request.link.value);
        rtnl_link_inet_set_conf(change.get(), IPV4_DEVCONF_PROMOTE_SECONDARIES,
                                request.promotion == Promotion::on ? 1 : 0);
        nl_msg* built = nullptr;
        if (rtnl_link_build_change_request(target.get(), change.get(), 0, &built) < 0)
            return nullptr;
        return Message{built};
    }
    Message operator()(const AddRoute& request) const { return add_message(request.wish.route); }
    Message operator()(const RemoveRoute& request) const { return remove_message(request.route); }
    Message operator()(const AddRule& request) const { return add_message(request.wish.rule); }
    Message operator()(const RemoveRule& request) const { return remove_message(request.rule); }
};

struct Attempt {
    std::string operator()(const AddAddress& request) const { return on("add", request.wish.key); }
    std::string operator()(const RenewAddress& request) const {
        return on("renew", request.wish.key);
    }
    std::string operator()(const RemoveAddress& request) const { return on("remove", request.key); }
    std::string operator()(const SetPromotion& request) const {
        return "set promote_secondaries of " + name_of_link(request.link);
    }
    std::string operator()(const AddRoute& request) const {
        return "add route " + request.wish.route.text();
    }
    std::string operator()(const RemoveRoute& request) const {
        return "remove route " + request.route.text();
    }
    std::string operator()(const AddRule& request) const {
        return "add rule " + request.wish.rule.text();
    }
    std::string operator()(const RemoveRule& request) const {
        return "remove rule " + request.rule.text();
    }
    static std::string on(std::string_view verb, const AddressKey& key) {
        return fmt::format("{} {} on {}", verb, key.address.text(), name_of_link(key.link));
    }
};

}  // namespace

void FreeMessage::operator()(nl_msg* message) const { nlmsg_free(message); }

Message message_for(const Request& request) { return std::visit(Build{}, request); }

std::string attempt_of(const Request& request) { return std::visit(Attempt{}, request); }

}  // namespace kernel
