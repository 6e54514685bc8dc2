#include "kernel/advert_socket.hpp"

#include <fmt/format.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

#include "kernel/control_message.hpp"
#include "vrrp/advert.hpp"
#include "vrrp/checksum.hpp"

namespace kernel {

namespace {

constexpr int receive_buffer_size = 1024 * 1024;
// The largest advert over IPv4 is 8 + 255 * 4 + 8 octets behind a header of at most 60, over IPv6
// 8 + 255 * 16.
constexpr std::size_t datagram_size = 4096;
constexpr std::size_t datagrams_per_call = 16;

base::Result<void> attach(int socket, sock_filter instruction) {
    const sock_fprog filter{1, &instruction};
    if (::setsockopt(socket, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter)) < 0)
        return base::os_failure("attach a packet filter", errno);
    return {};
}

base::Result<void> open_filter(int socket) {
    constexpr int unused = 0;
    if (::setsockopt(socket, SOL_SOCKET, SO_DETACH_FILTER, &unused, sizeof(unused)) < 0)
        return base::os_failure("detach a packet filter", errno);
    return {};
}

template <typename T>
base::Result<void> set_option(int socket, int level, int name, const T& value,
                              std::string_view what) {
    if (::setsockopt(socket, level, name, &value, sizeof(value)) < 0)
        return base::os_failure(std::string{what}, errno);
    return {};
}

base::Result<void> bind_to(int socket, const Link& link) {
    if (::setsockopt(socket, SOL_SOCKET, SO_BINDTODEVICE, link.name.c_str(),
                     static_cast<socklen_t>(link.name.size() + 1)) < 0)
        return base::os_failure("bind to the interface", errno);
    return {};
}

constexpr int off = 0;
constexpr int on = 1;
constexpr int hops = 255;  // TTL and Hop Limit, RFC 9568 sections 5.1.1.3 and 5.1.2.3
constexpr int network_control = IPTOS_CLASS_CS6;

ip_mreqn group_ipv4(const Link& link) {
    ip_mreqn group{};
    std::memcpy(&group.imr_multiaddr, vrrp::multicast_group(base::Family::ipv4).octets().data(),
                sizeof(group.imr_multiaddr));
    group.imr_ifindex = link.index.value;
    return group;
}

base::Result<void> join_ipv4(int socket, const Link& link) {
    return set_option(socket, IPPROTO_IP, IP_ADD_MEMBERSHIP, group_ipv4(link),
                      "join the VRRP group");
}

base::Result<void> join_ipv6(int socket, const Link& link) {
    ipv6_mreq group{};
    std::memcpy(&group.ipv6mr_multiaddr, vrrp::multicast_group(base::Family::ipv6).octets().data(),
                sizeof(group.ipv6mr_multiaddr));
    group.ipv6mr_interface = static_cast<unsigned>(link.index.value);
    return set_option(socket, IPPROTO_IPV6, IPV6_JOIN_GROUP, group, "join the VRRP group");
}

base::Result<void> set_up_ipv4(int socket, const Link& link) {
    // Linux delivers groups that any socket of the host has joined, unless this is off.
    TRY_DO(set_option(socket, IPPROTO_IP, IP_MULTICAST_ALL, off, "limit to the joined group"));
    TRY_DO(join_ipv4(socket, link));
    TRY_DO(
        set_option(socket, IPPROTO_IP, IP_MULTICAST_IF, group_ipv4(link), "choose the interface"));
    TRY_DO(set_option(socket, IPPROTO_IP, IP_MULTICAST_LOOP, off, "turn off multicast loopback"));
    TRY_DO(set_option(socket, IPPROTO_IP, IP_MULTICAST_TTL, hops, "set the multicast TTL"));
    TRY_DO(set_option(socket, IPPROTO_IP, IP_TTL, hops, "set the TTL"));
    // Best effort: the last advert is sent even when its source has just been removed.
    (void)set_option(socket, IPPROTO_IP, IP_TRANSPARENT, on, "");
    return set_option(socket, IPPROTO_IP, IP_TOS, network_control, "set the DSCP");
}

// IPV6_CHECKSUM stays off: the kernel would drop what does not fit without a word, and nobody could
// count it.
base::Result<void> set_up_ipv6(int socket, const Link& link) {
    TRY_DO(set_option(socket, IPPROTO_IPV6, IPV6_MULTICAST_ALL, off, "limit to the joined group"));
    TRY_DO(join_ipv6(socket, link));
    TRY_DO(set_option(socket, IPPROTO_IPV6, IPV6_MULTICAST_IF, link.index.value,
                      "choose the interface"));
    TRY_DO(
        set_option(socket, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, off, "turn off multicast loopback"));
    TRY_DO(
        set_option(socket, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, hops, "set the multicast Hop Limit"));
    TRY_DO(set_option(socket, IPPROTO_IPV6, IPV6_UNICAST_HOPS, hops, "set the Hop Limit"));
    (void)set_option(socket, IPPROTO_IPV6, IPV6_TRANSPARENT, on, "");  // as over IPv4
    TRY_DO(set_option(socket, IPPROTO_IPV6, IPV6_TCLASS, network_control, "set the DSCP"));
    TRY_DO(set_option(socket, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, on, "ask for Hop Limits"));
    return set_option(socket, IPPROTO_IPV6, IPV6_RECVPKTINFO, on, "ask for destinations");
}

base::Result<void> set_up(int socket, const Link& link, base::Family family) {
    // Nothing may enter before the socket is bound: it would come from some other interface.
    TRY_DO(attach(socket, BPF_STMT(BPF_RET | BPF_K, 0)));
    TRY_DO(bind_to(socket, link));
    TRY_DO(family == base::Family::ipv4 ? set_up_ipv4(socket, link) : set_up_ipv6(socket, link));
    TRY_DO(set_option(socket, SOL_SOCKET, SO_TIMESTAMPNS, on, "ask for arrival times"));
    // Best effort: with CAP_NET_ADMIN past the system's limit, else as much as that allows.
    if (!set_option(socket, SOL_SOCKET, SO_RCVBUFFORCE, receive_buffer_size, ""))
        (void)set_option(socket, SOL_SOCKET, SO_RCVBUF, receive_buffer_size, "");
    return open_filter(socket);
}

base::IpAddress address_of(const in6_addr& address) {
    std::array<std::uint8_t, 16> octets{};
    std::memcpy(octets.data(), &address, octets.size());
    return *base::IpAddress::from_octets(octets);
}

// The header that the kernel has taken off. What it does not tell becomes a header that no check
// passes.
base::Bytes ipv6_header_of(msghdr& header, const sockaddr_storage& sender, std::size_t size) {
    sockaddr_in6 source{};
    std::memcpy(&source, &sender, sizeof(source));
    const auto to = control_of<in6_pktinfo>(header, IPPROTO_IPV6, IPV6_PKTINFO);
    const auto hop_limit = control_of<int>(header, IPPROTO_IPV6, IPV6_HOPLIMIT);
    const in6_addr destination = to ? to->ipi6_addr : in6_addr{};
    return vrrp::ipv6_header({address_of(source.sin6_addr), address_of(destination)},
                             static_cast<std::uint8_t>(hop_limit.value_or(0)), size);
}

// Room for one call of recvmmsg().
struct ReceiveRoom {
    std::array<std::array<std::uint8_t, datagram_size>, datagrams_per_call> data;
    std::array<std::array<std::uint8_t, 128>, datagrams_per_call> control;
    std::array<sockaddr_storage, datagrams_per_call> senders;
    std::array<iovec, datagrams_per_call> vectors;
    std::array<mmsghdr, datagrams_per_call> messages;

    void prepare() {
        for (std::size_t i = 0; i < datagrams_per_call; ++i) {
            vectors[i] = {data[i].data(), data[i].size()};
            messages[i] = {};
            messages[i].msg_hdr.msg_name = &senders[i];
            messages[i].msg_hdr.msg_namelen = sizeof(senders[i]);
            messages[i].msg_hdr.msg_iov = &vectors[i];
            messages[i].msg_hdr.msg_iovlen = 1;
            messages[i].msg_hdr.msg_control = control[i].data();
            messages[i].msg_hdr.msg_controllen = control[i].size();
        }
    }

    Datagram datagram(std::size_t i, base::Family family) {
        const std::size_t size = messages[i].msg_len;
        base::Bytes bytes;
        if (family == base::Family::ipv6)
            bytes = ipv6_header_of(messages[i].msg_hdr, senders[i], size);
        bytes.insert(bytes.end(), data[i].data(), data[i].data() + size);
        return {std::move(bytes), arrival_of(messages[i].msg_hdr)};
    }
};

// A message to one address with a control item that says where it comes from.
template <typename Address, typename Info>
struct Outgoing {
    Address destination{};
    Info info{};
    int level;
    int type;

    ssize_t send(int socket, base::ByteView message) {
        iovec vector{const_cast<std::uint8_t*>(message.data()), message.size()};
        alignas(cmsghdr) std::array<std::uint8_t, CMSG_SPACE(sizeof(Info))> control{};
        msghdr header{};
        header.msg_name = &destination;
        header.msg_namelen = sizeof(destination);
        header.msg_iov = &vector;
        header.msg_iovlen = 1;
        header.msg_control = control.data();
        header.msg_controllen = control.size();
        cmsghdr* option = CMSG_FIRSTHDR(&header);
        option->cmsg_level = level;
        option->cmsg_type = type;
        option->cmsg_len = CMSG_LEN(sizeof(Info));
        std::memcpy(CMSG_DATA(option), &info, sizeof(Info));
        return ::sendmsg(socket, &header, MSG_DONTWAIT | MSG_NOSIGNAL);
    }
};

ssize_t send_ipv4(int socket, LinkIndex link, base::ByteView message, const vrrp::Route& route) {
    Outgoing<sockaddr_in, in_pktinfo> outgoing{.level = IPPROTO_IP, .type = IP_PKTINFO};
    outgoing.destination.sin_family = AF_INET;
    std::memcpy(&outgoing.destination.sin_addr, route.destination.octets().data(), 4);
    outgoing.info.ipi_ifindex = link.value;
    std::memcpy(&outgoing.info.ipi_spec_dst, route.source.octets().data(), 4);
    return outgoing.send(socket, message);
}

ssize_t send_ipv6(int socket, LinkIndex link, base::ByteView message, const vrrp::Route& route) {
    Outgoing<sockaddr_in6, in6_pktinfo> outgoing{.level = IPPROTO_IPV6, .type = IPV6_PKTINFO};
    outgoing.destination.sin6_family = AF_INET6;
    outgoing.destination.sin6_scope_id = static_cast<std::uint32_t>(link.value);
    std::memcpy(&outgoing.destination.sin6_addr, route.destination.octets().data(), 16);
    outgoing.info.ipi6_ifindex = static_cast<unsigned>(link.value);
    std::memcpy(&outgoing.info.ipi6_addr, route.source.octets().data(), 16);
    return outgoing.send(socket, message);
}

}  // namespace

base::Result<AdvertSocket> AdvertSocket::open(const Link& link, base::Family family) {
    const auto opened = [&]() -> base::Result<AdvertSocket> {
        const int domain = family == base::Family::ipv4 ? AF_INET : AF_INET6;
        base::Fd socket{
            ::socket(domain, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, vrrp::ip_protocol)};
        if (!socket.is_open()) return base::os_failure("create a raw socket", errno);
        TRY_DO(set_up(socket.number(), link, family));
        return AdvertSocket{std::move(socket), link.index, family, link.name};
    };
    auto result = opened();
    if (!result)
        result.error().attempt = fmt::format("{} on {}", result.error().attempt, link.name);
    return result;
}

base::Result<AdvertSocket> AdvertSocket::adopt(base::Fd socket, const Link& link,
                                               base::Family family) {
    const auto option = [&](int name) {
        int value = -1;
        socklen_t size = sizeof(value);
        return ::getsockopt(socket.number(), SOL_SOCKET, name, &value, &size) == 0 ? value : -1;
    };
    const bool is_ipv4 = family == base::Family::ipv4;
    const bool is_such = option(SO_TYPE) == SOCK_RAW && option(SO_PROTOCOL) == vrrp::ip_protocol &&
                         option(SO_DOMAIN) == (is_ipv4 ? AF_INET : AF_INET6) &&
                         option(SO_BINDTOIFINDEX) == link.index.value;
    if (!is_such)
        return base::failure("adopt a socket for adverts", "it is not bound to " + link.name);
    const auto joined =
        is_ipv4 ? join_ipv4(socket.number(), link) : join_ipv6(socket.number(), link);
    if (joined || joined.error().os_error != EADDRINUSE)
        return base::failure("adopt a socket for adverts", "it has left the group on " + link.name);
    return AdvertSocket{std::move(socket), link.index, family, link.name};
}

base::Result<void> AdvertSocket::send(base::ByteView message, const vrrp::Route& route) {
    const ssize_t sent = family_ == base::Family::ipv4
                             ? send_ipv4(socket_.number(), link_, message, route)
                             : send_ipv6(socket_.number(), link_, message, route);
    if (sent < 0)
        return base::os_failure(fmt::format("send an advert from {} to {} on {}",
                                            route.source.text(), route.destination.text(), name_),
                                errno);
    return {};
}

base::Result<void> AdvertSocket::receive(std::vector<Datagram>& into, std::size_t limit) {
    ReceiveRoom room;
    const std::size_t end = into.size() + limit;
    while (into.size() < end) {
        room.prepare();
        const auto wanted = static_cast<unsigned>(std::min(datagrams_per_call, end - into.size()));
        const int count =
            ::recvmmsg(socket_.number(), room.messages.data(), wanted, MSG_DONTWAIT, nullptr);
        if (count < 0 && (errno == EAGAIN || errno == EINTR)) return {};
        if (count < 0) return base::os_failure(fmt::format("receive adverts on {}", name_), errno);
        for (int i = 0; i < count; ++i)
            into.push_back(room.datagram(static_cast<std::size_t>(i), family_));
        if (static_cast<unsigned>(count) < wanted) return {};
    }
    return {};
}

}  // namespace kernel
