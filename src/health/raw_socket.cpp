#include "health/raw_socket.hpp"

#include <netinet/icmp6.h>
#include <netinet/in.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace health {

namespace {

constexpr int on = 1;
constexpr int never_forwarded = 255;
// ICMP_FILTER of <linux/icmp.h>, which does not agree with <netinet/in.h>.
constexpr int icmp_filter = 1;
// Hundreds of questions may leave in one turn, and wait for neighbours that are not there; their
// answers may come while we are not scheduled. The default has room for less than 300.
constexpr int room = 4 * 1024 * 1024;

base::Result<void> set(int descriptor, int level, int option, int value,
                       const std::string& attempt) {
    if (::setsockopt(descriptor, level, option, &value, sizeof(value)) < 0)
        return base::os_failure(attempt, errno);
    return {};
}

// The multicast hop limit is for solicitations, which are dropped with any other (RFC 4861 section
// 7.1.1). What we send to a group is not for ourselves.
base::Result<void> set_up_ipv6(int descriptor, const std::string& attempt) {
    TRY_DO(set(descriptor, IPPROTO_IPV6, IPV6_RECVPKTINFO, on, attempt));
    TRY_DO(set(descriptor, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, on, attempt));
    TRY_DO(set(descriptor, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, never_forwarded, attempt));
    return set(descriptor, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, 0, attempt);
}

socklen_t write_address(const Way& way, sockaddr_storage& into) {
    if (way.target.family() == base::Family::ipv4) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        std::memcpy(&address.sin_addr, way.target.octets().data(), sizeof(address.sin_addr));
        std::memcpy(&into, &address, sizeof(address));
        return sizeof(address);
    }
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    std::memcpy(&address.sin6_addr, way.target.octets().data(), sizeof(address.sin6_addr));
    if (way.target.is_link_local_ipv6())
        address.sin6_scope_id = static_cast<std::uint32_t>(way.interface);
    std::memcpy(&into, &address, sizeof(address));
    return sizeof(address);
}

template <typename T>
void append_control(msghdr& header, int level, int type, const T& value) {
    auto* control = reinterpret_cast<cmsghdr*>(header.msg_control);
    control->cmsg_level = level;
    control->cmsg_type = type;
    control->cmsg_len = CMSG_LEN(sizeof(value));
    std::memcpy(CMSG_DATA(control), &value, sizeof(value));
    header.msg_controllen = CMSG_SPACE(sizeof(value));
}

void write_origin(const Way& way, msghdr& header) {
    if (way.target.family() == base::Family::ipv4) {
        in_pktinfo info{};
        info.ipi_ifindex = way.interface;
        if (way.source)
            std::memcpy(&info.ipi_spec_dst, way.source->octets().data(), sizeof(info.ipi_spec_dst));
        append_control(header, IPPROTO_IP, IP_PKTINFO, info);
        return;
    }
    in6_pktinfo info{};
    info.ipi6_ifindex = static_cast<unsigned>(way.interface);
    if (way.source)
        std::memcpy(&info.ipi6_addr, way.source->octets().data(), sizeof(info.ipi6_addr));
    append_control(header, IPPROTO_IPV6, IPV6_PKTINFO, info);
}

template <typename T>
T value_of(const cmsghdr* control) {
    T value{};
    std::memcpy(&value, CMSG_DATA(control), sizeof(value));
    return value;
}

base::IpAddress address_in(const sockaddr_storage& storage) {
    std::array<std::uint8_t, 16> octets{};
    if (storage.ss_family == AF_INET) {
        const auto& ipv4 = reinterpret_cast<const sockaddr_in&>(storage);
        std::memcpy(octets.data(), &ipv4.sin_addr, 4);
        return *base::IpAddress::from_octets(base::ByteView{octets}.first(4));
    }
    const auto& ipv6 = reinterpret_cast<const sockaddr_in6&>(storage);
    std::memcpy(octets.data(), &ipv6.sin6_addr, 16);
    return *base::IpAddress::from_octets(octets);
}

}  // namespace

base::Result<void> attach_filter(int descriptor, std::span<sock_filter> filter,
                                 const std::string& attempt) {
    const sock_fprog program{static_cast<unsigned short>(filter.size()), filter.data()};
    if (::setsockopt(descriptor, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) < 0)
        return base::os_failure(attempt, errno);
    return {};
}

// Asked before the kernel makes a copy for us, unlike a filter of ours.
base::Result<void> hear_only(int descriptor, base::Family family, std::uint8_t type,
                             const std::string& attempt) {
    icmp6_filter allowed{};
    ICMP6_FILTER_SETBLOCKALL(&allowed);
    ICMP6_FILTER_SETPASS(type, &allowed);
    const std::uint32_t refused = ~(1U << (type & 31U));  // RFC 792 has none beyond
    const int set =
        family == base::Family::ipv4
            ? ::setsockopt(descriptor, SOL_RAW, icmp_filter, &refused, sizeof(refused))
            : ::setsockopt(descriptor, IPPROTO_ICMPV6, ICMP6_FILTER, &allowed, sizeof(allowed));
    if (set < 0) return base::os_failure(attempt, errno);
    return {};
}

void make_room(int descriptor) {
    // Best effort: without CAP_NET_ADMIN the system's limits hold.
    ::setsockopt(descriptor, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof(room));
    ::setsockopt(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
}

base::Result<base::Fd> open_icmp(base::Family family, std::uint8_t type,
                                 std::span<sock_filter> filter, const std::string& attempt) {
    const bool ipv4 = family == base::Family::ipv4;
    base::Fd socket{::socket(ipv4 ? AF_INET : AF_INET6, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
                             ipv4 ? int{IPPROTO_ICMP} : int{IPPROTO_ICMPV6})};
    if (!socket.is_open()) return base::os_failure(attempt, errno);
    TRY_DO(hear_only(socket.number(), family, type, attempt));
    TRY_DO(attach_filter(socket.number(), filter, attempt));
    make_room(socket.number());
    if (ipv4)
        TRY_DO(set(socket.number(), IPPROTO_IP, IP_PKTINFO, on, attempt));
    else
        TRY_DO(set_up_ipv6(socket.number(), attempt));
    // What came before the filter was there.
    std::array<std::uint8_t, 1> octet{};
    while (::recv(socket.number(), octet.data(), octet.size(), MSG_DONTWAIT) >= 0) {
    }
    return socket;
}

base::Result<void> send_icmp(int descriptor, const Way& way, base::ByteView message,
                             const std::string& attempt) {
    sockaddr_storage address{};
    // sendmsg(2) takes what it only reads as not const.
    iovec vector{const_cast<std::uint8_t*>(message.data()), message.size()};
    alignas(cmsghdr) std::array<std::uint8_t, 64> control{};
    msghdr header{};
    header.msg_name = &address;
    header.msg_namelen = write_address(way, address);
    header.msg_iov = &vector;
    header.msg_iovlen = 1;
    header.msg_control = control.data();
    if (way.interface != 0 || way.source) write_origin(way, header);
    if (::sendmsg(descriptor, &header, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
        return base::os_failure(attempt, errno);
    return {};
}

std::size_t Batch::receive(int descriptor) {
    for (std::size_t i = 0; i < most; ++i) {
        Slot& slot = slots_[i];
        slot.vector = {slot.octets.data(), slot.octets.size()};
        headers_[i] = {};
        msghdr& header = headers_[i].msg_hdr;
        header.msg_name = &slot.sender;
        header.msg_namelen = sizeof(slot.sender);
        header.msg_iov = &slot.vector;
        header.msg_iovlen = 1;
        header.msg_control = slot.control.data();
        header.msg_controllen = slot.control.size();
    }
    const int count = ::recvmmsg(descriptor, headers_.data(), most, MSG_DONTWAIT, nullptr);
    return count < 0 ? 0 : static_cast<std::size_t>(count);
}

Heard Batch::at(std::size_t index) {
    Slot& slot = slots_[index];
    msghdr& header = headers_[index].msg_hdr;
    Heard heard{.octets = base::ByteView{slot.octets}.first(headers_[index].msg_len),
                .sender = address_in(slot.sender)};
    for (cmsghdr* control = CMSG_FIRSTHDR(&header); control != nullptr;
         control = CMSG_NXTHDR(&header, control)) {
        const bool is_ipv6 = control->cmsg_level == IPPROTO_IPV6;
        if (control->cmsg_level == IPPROTO_IP && control->cmsg_type == IP_PKTINFO)
            heard.interface = value_of<in_pktinfo>(control).ipi_ifindex;
        if (is_ipv6 && control->cmsg_type == IPV6_PKTINFO)
            heard.interface = static_cast<int>(value_of<in6_pktinfo>(control).ipi6_ifindex);
        if (is_ipv6 && control->cmsg_type == IPV6_HOPLIMIT)
            heard.hop_limit = value_of<int>(control);
    }
    return heard;
}

}  // namespace health
