#include "kernel/tap.hpp"

#include <linux/filter.h>
#include <linux/if_packet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

#include "kernel/control_message.hpp"
#include "vrrp/checksum.hpp"

namespace kernel {

namespace {

constexpr std::size_t datagram_size = 4096;

// RFC 791 section 3.1. IPv6 has no sum.
bool has_sound_header(base::ByteView datagram) {
    if (datagram.empty()) return false;
    if (datagram[0] >> 4U != 4) return true;
    const std::size_t length = (datagram[0] & 0x0fU) * 4U;
    return length >= 20 && length <= datagram.size() &&
           vrrp::internet_checksum(datagram.first(length)) == 0;
}

}  // namespace

base::Result<Tap> Tap::open(const Link& link, std::uint16_t ethertype,
                            std::span<sock_filter> filter, const std::string& attempt) {
    // Protocol 0 hears nothing until the filter is there and the socket is bound.
    base::Fd socket{::socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    if (!socket.is_open()) return base::os_failure(attempt, errno);
    Tap made{std::move(socket)};
    TRY_DO(made.set_filter(filter, attempt));
    const int number = made.descriptor();
    constexpr int on = 1;
    if (::setsockopt(number, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on)) < 0 ||
        ::setsockopt(number, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof(on)) < 0)
        return base::os_failure(attempt, errno);
    sockaddr_ll local{};
    local.sll_family = AF_PACKET;
    local.sll_protocol = htons(ethertype);
    local.sll_ifindex = link.index.value;
    if (::bind(number, reinterpret_cast<const sockaddr*>(&local), sizeof(local)) < 0)
        return base::os_failure(attempt, errno);
    return made;
}

base::Result<void> Tap::set_filter(std::span<sock_filter> filter, const std::string& attempt) {
    const sock_fprog program{static_cast<unsigned short>(filter.size()), filter.data()};
    if (::setsockopt(socket_.number(), SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) < 0)
        return base::os_failure(attempt, errno);
    return {};
}

std::vector<Datagram> Tap::receive(std::size_t limit) {
    std::vector<Datagram> heard;
    std::array<std::uint8_t, datagram_size> buffer{};
    alignas(cmsghdr) std::array<std::uint8_t, 128> control{};
    for (std::size_t i = 0; i < limit; ++i) {
        iovec vector{buffer.data(), buffer.size()};
        msghdr header{};
        header.msg_iov = &vector;
        header.msg_iovlen = 1;
        header.msg_control = control.data();
        header.msg_controllen = control.size();
        // An error (the interface went down) says nothing that the link's own event does not say.
        const ssize_t size = ::recvmsg(socket_.number(), &header, MSG_DONTWAIT);
        if (size < 0) return heard;
        base::Bytes bytes{buffer.begin(), buffer.begin() + size};
        if (has_sound_header(bytes)) heard.push_back({std::move(bytes), arrival_of(header)});
    }
    return heard;
}

}  // namespace kernel
