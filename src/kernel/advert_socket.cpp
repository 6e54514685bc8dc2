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

#include "vrrp/advert.hpp"
#include "vrrp/checksum.hpp"

namespace kernel {

namespace {

constexpr int receive_buffer_size = 1024 * 1024;
// The largest advert is 8 + 255 * 4 + 8 octets behind a header of at most 60.
constexpr std::size_t datagram_size = 2048;
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

base::Result<void> join_group(int socket, const Link& link) {
    const base::IpAddress address = vrrp::multicast_group(base::Family::ipv4);
    ip_mreqn group{};
    std::memcpy(&group.imr_multiaddr, address.octets().data(), sizeof(group.imr_multiaddr));
    group.imr_ifindex = link.index.value;
    TRY_DO(set_option(socket, IPPROTO_IP, IP_ADD_MEMBERSHIP, group, "join the VRRP group"));
    return set_option(socket, IPPROTO_IP, IP_MULTICAST_IF, group, "choose the interface");
}

base::Result<void> set_up(int socket, const Link& link) {
    constexpr int off = 0;
    constexpr int on = 1;
    constexpr int ttl = 255;
    constexpr int network_control = IPTOS_CLASS_CS6;
    // Nothing may enter before the socket is bound: it would come from some other interface.
    TRY_DO(attach(socket, BPF_STMT(BPF_RET | BPF_K, 0)));
    TRY_DO(bind_to(socket, link));
    // Linux delivers groups that any socket of the host has joined, unless this is off.
    TRY_DO(set_option(socket, IPPROTO_IP, IP_MULTICAST_ALL, off, "limit to the joined group"));
    TRY_DO(join_group(socket, link));
    TRY_DO(set_option(socket, IPPROTO_IP, IP_MULTICAST_LOOP, off, "turn off multicast loopback"));
    TRY_DO(set_option(socket, IPPROTO_IP, IP_MULTICAST_TTL, ttl, "set the multicast TTL"));
    TRY_DO(set_option(socket, IPPROTO_IP, IP_TTL, ttl, "set the TTL"));
    TRY_DO(set_option(socket, IPPROTO_IP, IP_TOS, network_control, "set the DSCP"));
    TRY_DO(set_option(socket, SOL_SOCKET, SO_TIMESTAMPNS, on, "ask for arrival times"));
    // Best effort: with CAP_NET_ADMIN past the system's limit, else as much as that allows.
    if (!set_option(socket, SOL_SOCKET, SO_RCVBUFFORCE, receive_buffer_size, ""))
        (void)set_option(socket, SOL_SOCKET, SO_RCVBUF, receive_buffer_size, "");
    return {};
}

std::optional<WallClock> arrival_of(msghdr& header) {
    for (cmsghdr* control = CMSG_FIRSTHDR(&header); control != nullptr;
         control = CMSG_NXTHDR(&header, control)) {
        if (control->cmsg_level != SOL_SOCKET || control->cmsg_type != SO_TIMESTAMPNS) continue;
        timespec stamp{};
        std::memcpy(&stamp, CMSG_DATA(control), sizeof(stamp));
        return WallClock{std::chrono::seconds{stamp.tv_sec} +
                         std::chrono::nanoseconds{stamp.tv_nsec}};
    }
    return std::nullopt;
}

// Room for one call of recvmmsg().
struct ReceiveRoom {
    std::array<std::array<std::uint8_t, datagram_size>, datagrams_per_call> data;
    std::array<std::array<std::uint8_t, 64>, datagrams_per_call> control;
    std::array<iovec, datagrams_per_call> vectors;
    std::array<mmsghdr, datagrams_per_call> messages;

    void prepare() {
        for (std::size_t i = 0; i < datagrams_per_call; ++i) {
            vectors[i] = {data[i].data(), data[i].size()};
            messages[i] = {};
            messages[i].msg_hdr.msg_iov = &vectors[i];
            messages[i].msg_hdr.msg_iovlen = 1;
            messages[i].msg_hdr.msg_control = control[i].data();
            messages[i].msg_hdr.msg_controllen = control[i].size();
        }
    }
};

}  // namespace

base::Result<AdvertSocket> AdvertSocket::open(const Link& link, base::Family /*family*/) {
    const auto opened = [&]() -> base::Result<AdvertSocket> {
        base::Fd socket{
            ::socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, vrrp::ip_protocol)};
        if (!socket.is_open()) return base::os_failure("create a raw socket", errno);
        TRY_DO(set_up(socket.number(), link));
        TRY_DO(open_filter(socket.number()));
        return AdvertSocket{std::move(socket), link.index, link.name};
    };
    auto result = opened();
    if (!result)
        result.error().attempt = fmt::format("{} on {}", result.error().attempt, link.name);
    return result;
}

base::Result<void> AdvertSocket::send(base::ByteView message, const vrrp::Route& route) {
    sockaddr_in destination{};
    destination.sin_family = AF_INET;
    std::memcpy(&destination.sin_addr, route.destination.octets().data(), 4);
    iovec vector{const_cast<std::uint8_t*>(message.data()), message.size()};
    alignas(cmsghdr) std::array<std::uint8_t, CMSG_SPACE(sizeof(in_pktinfo))> control{};
    msghdr header{};
    header.msg_name = &destination;
    header.msg_namelen = sizeof(destination);
    header.msg_iov = &vector;
    header.msg_iovlen = 1;
    header.msg_control = control.data();
    header.msg_controllen = control.size();

    in_pktinfo info{};
    info.ipi_ifindex = link_.value;
    std::memcpy(&info.ipi_spec_dst, route.source.octets().data(), sizeof(info.ipi_spec_dst));
    cmsghdr* option = CMSG_FIRSTHDR(&header);
    option->cmsg_level = IPPROTO_IP;
    option->cmsg_type = IP_PKTINFO;
    option->cmsg_len = CMSG_LEN(sizeof(info));
    std::memcpy(CMSG_DATA(option), &info, sizeof(info));

    if (::sendmsg(socket_.number(), &header, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
        return base::os_failure(
            fmt::format("send an advert from {} on {}", route.source.text(), name_), errno);
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
        for (int i = 0; i < count; ++i) {
            const auto slot = static_cast<std::size_t>(i);
            const auto size = static_cast<std::ptrdiff_t>(room.messages[slot].msg_len);
            into.push_back({base::Bytes{room.data[slot].begin(), room.data[slot].begin() + size},
                            arrival_of(room.messages[slot].msg_hdr)});
        }
        if (static_cast<unsigned>(count) < wanted) return {};
    }
    return {};
}

}  // namespace kernel
