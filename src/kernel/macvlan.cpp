#include "kernel/macvlan.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/if_link.h>
#include <linux/ip.h>
#include <linux/netconf.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netlink/addr.h>
#include <netlink/attr.h>
#include <netlink/errno.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/route/link.h>
#include <netlink/route/link/inet.h>
#include <netlink/route/link/inet6.h>
#include <netlink/route/link/macvlan.h>
#include <netlink/socket.h>
#include <unistd.h>

#include <array>
#include <charconv>

#include "base/fd.hpp"
#include "kernel/link_name.hpp"

namespace kernel {

namespace {

constexpr std::array<std::pair<std::string_view, std::uint32_t ArpSettings::*>, 3> setting_names{{
    {"arp_ignore", &ArpSettings::ignore},
    {"arp_filter", &ArpSettings::filter},
    {"arp_announce", &ArpSettings::announce},
}};

struct Release {
    void operator()(nl_addr* address) const { nl_addr_put(address); }
    void operator()(rtnl_link* link) const { rtnl_link_put(link); }
    void operator()(nl_msg* message) const { nlmsg_free(message); }
    void operator()(nl_cb* callbacks) const { nl_cb_put(callbacks); }
};
template <typename T>
using Owned = std::unique_ptr<T, Release>;

base::Result<void> outcome(const std::string& attempt, int libnl_error) {
    if (libnl_error >= 0) return {};
    return base::failure(attempt, nl_geterror(libnl_error));
}

Owned<rtnl_link> link_with(LinkIndex index) {
    Owned<rtnl_link> link{rtnl_link_alloc()};
    if (link) rtnl_link_set_ifindex(link.get(), index.value);
    return link;
}

int change(nl_sock* socket, LinkIndex index, rtnl_link* wanted) {
    const Owned<rtnl_link> target = link_with(index);
    if (!target) return -NLE_NOMEM;
    return rtnl_link_change(socket, target.get(), wanted, 0);
}

// A link that has gone meanwhile is nobody's fault: an event of its own tells of it.
base::Result<void> outcome_if_there(const std::string& attempt, int libnl_error) {
    if (libnl_error == -NLE_NODEV || libnl_error == -NLE_OBJ_NOTFOUND) return {};
    return outcome(attempt, libnl_error);
}

std::optional<std::uint32_t> number_in(std::string_view alias, std::string_view name) {
    const auto at = alias.find(fmt::format(" {}=", name));
    if (at == std::string_view::npos) return std::nullopt;
    const std::string_view text = alias.substr(at + name.size() + 2);
    std::uint32_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool is_whole = end == text.data() + text.size() || *end == ' ';
    if (error != std::errc{} || !is_whole) return std::nullopt;
    return number;
}

// ---- net.ipv4.conf.all.rp_filter ------------------------------------------------------------

int keep_rp_filter(nl_msg* message, void* into) {
    std::array<nlattr*, NETCONFA_MAX + 1> attributes{};
    if (nlmsg_parse(nlmsg_hdr(message), sizeof(netconfmsg), attributes.data(), NETCONFA_MAX,
                    nullptr) < 0)
        return NL_SKIP;
    const nlattr* filter = attributes[NETCONFA_RP_FILTER];
    if (filter != nullptr && nla_len(filter) == sizeof(std::int32_t))
        *static_cast<std::int32_t*>(into) = nla_get_s32(filter);
    return NL_OK;
}

// Asked by netlink, as everything else: the unit may have no /proc/sys.
std::int32_t rp_filter_of_all(nl_sock* socket) {
    // What is not known is taken for strict, which is what has to be loosened.
    std::int32_t value = 1;
    const Owned<nl_msg> request{nlmsg_alloc_simple(RTM_GETNETCONF, 0)};
    const Owned<nl_cb> callbacks{nl_cb_alloc(NL_CB_DEFAULT)};
    netconfmsg body{};
    body.ncm_family = AF_INET;
    if (!request || !callbacks ||
        nlmsg_append(request.get(), &body, sizeof(body), NLMSG_ALIGNTO) < 0 ||
        nla_put_s32(request.get(), NETCONFA_IFINDEX, NETCONFA_IFINDEX_ALL) < 0)
        return value;
    nl_cb_set(callbacks.get(), NL_CB_VALID, NL_CB_CUSTOM, keep_rp_filter, &value);
    const bool is_answered =
        nl_send_auto(socket, request.get()) >= 0 && nl_recvmsgs(socket, callbacks.get()) >= 0;
    if (is_answered) (void)nl_wait_for_ack(socket);
    return value;
}

// What comes for the virtual MAC is received on the macvlan, but the route to its sender goes
// through the parent, so the reverse path is never that of the packet: no check (0), or where all
// interfaces have one, the loose one (2). Of `all` and the link the larger value counts.
void fill_settings(nl_sock* socket, rtnl_link* wanted) {
    rtnl_link_inet_set_conf(wanted, IPV4_DEVCONF_RP_FILTER, rp_filter_of_all(socket) == 0 ? 0 : 2);
    rtnl_link_inet_set_conf(wanted, IPV4_DEVCONF_ARP_IGNORE, 1);
    rtnl_link_inet_set_conf(wanted, IPV4_DEVCONF_ACCEPT_LOCAL, 1);
}

// ---- making one -----------------------------------------------------------------------------

Owned<rtnl_link> object_of(const Macvlan& macvlan) {
    const Owned<nl_addr> mac{
        nl_addr_build(AF_LLC, macvlan.mac.octets.data(), macvlan.mac.octets.size())};
    Owned<rtnl_link> object{rtnl_link_macvlan_alloc()};
    if (!mac || !object) return nullptr;
    rtnl_link_set_name(object.get(), macvlan.name.c_str());
    rtnl_link_set_link(object.get(), macvlan.parent.value);
    rtnl_link_set_addr(object.get(), mac.get());
    rtnl_link_macvlan_set_mode(object.get(), MACVLAN_MODE_PRIVATE);
    rtnl_link_set_group(object.get(), unfinished_link_group);
    return object;
}

// On a host that is no IPv6 router a Router Advertisement would make an address of the virtual MAC
// (RFC 9568 section 7.4), whatever the address generation mode. Netlink has no request for it;
// where /proc/sys is read-only, the host's default holds.
void refuse_router_advertisements(const std::string& name) {
    const std::string path = fmt::format("/proc/sys/net/ipv6/conf/{}/accept_ra", name);
    const base::Fd file{::open(path.c_str(), O_WRONLY | O_CLOEXEC)};
    if (file.is_open()) [[maybe_unused]]
        const ssize_t written = ::write(file.number(), "0", 1);
}

// What Linux takes from a change only and not from the request that makes a link. With it the link
// becomes ours, so it leaves the group.
base::Result<void> finish(nl_sock* socket, LinkIndex index, const std::string& alias) {
    const Owned<rtnl_link> wanted{rtnl_link_alloc()};
    if (!wanted) return base::failure("mark it", "out of memory");
    rtnl_link_set_ifalias(wanted.get(), alias.c_str());
    rtnl_link_set_group(wanted.get(), 0);
    fill_settings(socket, wanted.get());
    TRY_DO(outcome("mark it", change(socket, index, wanted.get())));
    // The virtual MAC makes no address (RFC 9568 section 7.4). Refused where IPv6 is off, which
    // makes none either.
    const Owned<rtnl_link> without_addresses{rtnl_link_alloc()};
    if (!without_addresses) return base::failure("mark it", "out of memory");
    rtnl_link_inet6_set_addr_gen_mode(without_addresses.get(), IN6_ADDR_GEN_MODE_NONE);
    (void)change(socket, index, without_addresses.get());
    return {};
}

}  // namespace

std::string macvlan_alias(std::string_view router, base::Family family, const ArpSettings& former) {
    // Linux cuts nothing off, it refuses an alias of 256 characters or more.
    constexpr std::size_t longest_name = 128;
    std::string alias = fmt::format("{}{} {}", our_alias_prefix, router.substr(0, longest_name),
                                    family == base::Family::ipv4 ? "ipv4" : "ipv6");
    for (const auto& [name, member] : setting_names)
        alias += fmt::format(" {}={}", name, former.*member);
    return alias;
}

std::optional<ArpSettings> former_settings(std::string_view alias) {
    ArpSettings settings;
    for (const auto& [name, member] : setting_names) {
        const auto number = number_in(alias, name);
        if (!number) return std::nullopt;
        settings.*member = *number;
    }
    return settings;
}

void MacvlanWriter::CloseSocket::operator()(nl_sock* socket) const { nl_socket_free(socket); }

base::Result<MacvlanWriter> MacvlanWriter::open() {
    Socket socket{nl_socket_alloc()};
    if (!socket) return base::failure("open a netlink socket", "out of memory");
    TRY_DO(outcome("open a netlink socket", nl_connect(socket.get(), NETLINK_ROUTE)));
    return MacvlanWriter{std::move(socket)};
}

base::Result<Link> MacvlanWriter::create(const Macvlan& macvlan) {
    const std::string attempt = fmt::format("make interface {}", macvlan.name);
    const Owned<rtnl_link> object = object_of(macvlan);
    if (!object) return base::failure(attempt, "out of memory");
    TRY_DO(outcome(attempt, rtnl_link_add(socket_.get(), object.get(), NLM_F_CREATE | NLM_F_EXCL)));

    rtnl_link* found = nullptr;
    const int error = rtnl_link_get_kernel(socket_.get(), 0, macvlan.name.c_str(), &found);
    TRY_DO(outcome(attempt, error));
    const Owned<rtnl_link> made{found};
    const LinkIndex index{rtnl_link_get_ifindex(made.get())};
    if (auto finished = finish(socket_.get(), index, macvlan.alias); !finished) {
        (void)remove(index);
        return base::failure(attempt, finished.error().text());
    }
    refuse_router_advertisements(macvlan.name);
    return Link{.index = index,
                .name = macvlan.name,
                .mac = macvlan.mac,
                .alias = macvlan.alias,
                .macvlan_on = macvlan.parent};
}

base::Result<void> MacvlanWriter::remove(LinkIndex link) {
    const Owned<rtnl_link> target = link_with(link);
    const std::string attempt = "remove " + name_of_link(link);
    if (!target) return base::failure(attempt, "out of memory");
    return outcome_if_there(attempt, rtnl_link_delete(socket_.get(), target.get()));
}

base::Result<void> MacvlanWriter::raise(LinkIndex link) {
    const std::string attempt = fmt::format("set {} up", name_of_link(link));
    const Owned<rtnl_link> wanted{rtnl_link_alloc()};
    if (!wanted) return base::failure(attempt, "out of memory");
    fill_settings(socket_.get(), wanted.get());
    rtnl_link_set_flags(wanted.get(), IFF_UP);
    return outcome_if_there(attempt, change(socket_.get(), link, wanted.get()));
}

base::Result<void> MacvlanWriter::lower(LinkIndex link) {
    const std::string attempt = fmt::format("set {} down", name_of_link(link));
    const Owned<rtnl_link> wanted{rtnl_link_alloc()};
    if (!wanted) return base::failure(attempt, "out of memory");
    rtnl_link_unset_flags(wanted.get(), IFF_UP);
    return outcome_if_there(attempt, change(socket_.get(), link, wanted.get()));
}

base::Result<ArpSettings> MacvlanWriter::arp_settings(LinkIndex link) {
    const std::string attempt = "read the ARP settings of " + name_of_link(link);
    rtnl_link* found = nullptr;
    TRY_DO(outcome(attempt, rtnl_link_get_kernel(socket_.get(), link.value, nullptr, &found)));
    const Owned<rtnl_link> object{found};
    ArpSettings settings;
    for (const auto& [id, member] : {std::pair{IPV4_DEVCONF_ARP_IGNORE, &ArpSettings::ignore},
                                     std::pair{IPV4_DEVCONF_ARPFILTER, &ArpSettings::filter},
                                     std::pair{IPV4_DEVCONF_ARP_ANNOUNCE, &ArpSettings::announce}})
        TRY_DO(outcome(attempt, rtnl_link_inet_get_conf(object.get(), id, &(settings.*member))));
    return settings;
}

base::Result<void> MacvlanWriter::set_arp(LinkIndex link, const ArpSettings& settings) {
    const std::string attempt = "write the ARP settings of " + name_of_link(link);
    const Owned<rtnl_link> wanted{rtnl_link_alloc()};
    if (!wanted) return base::failure(attempt, "out of memory");
    rtnl_link_inet_set_conf(wanted.get(), IPV4_DEVCONF_ARP_IGNORE, settings.ignore);
    rtnl_link_inet_set_conf(wanted.get(), IPV4_DEVCONF_ARPFILTER, settings.filter);
    rtnl_link_inet_set_conf(wanted.get(), IPV4_DEVCONF_ARP_ANNOUNCE, settings.announce);
    return outcome(attempt, change(socket_.get(), link, wanted.get()));
}

}  // namespace kernel
