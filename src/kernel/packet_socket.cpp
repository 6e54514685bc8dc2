#include "kernel/packet_socket.hpp"

#include <fmt/format.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <sys/socket.h>

#include <cerrno>
#include <vector>

namespace kernel {

base::Result<PacketSocket> PacketSocket::open() {
    base::Fd socket{::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    if (!socket.is_open()) return base::os_failure("open a packet socket", errno);
    return PacketSocket{std::move(socket)};
}

SentFrames PacketSocket::send(const Link& link, std::span<const base::Bytes> frames) {
    sockaddr_ll destination{};
    destination.sll_family = AF_PACKET;
    destination.sll_ifindex = link.index.value;
    std::vector<iovec> vectors(frames.size());
    std::vector<mmsghdr> messages(frames.size());
    for (std::size_t i = 0; i < frames.size(); ++i) {
        // sendmsg(2) takes what it only reads as not const.
        vectors[i] = {const_cast<std::uint8_t*>(frames[i].data()), frames[i].size()};
        messages[i].msg_hdr.msg_name = &destination;
        messages[i].msg_hdr.msg_namelen = sizeof(destination);
        messages[i].msg_hdr.msg_iov = &vectors[i];
        messages[i].msg_hdr.msg_iovlen = 1;
    }
    SentFrames sent;
    while (sent.count < frames.size()) {
        // Stops at the first one that fails, and tells its error only when asked to begin with it.
        const int count = ::sendmmsg(socket_.number(), messages.data() + sent.count,
                                     static_cast<unsigned>(frames.size() - sent.count),
                                     MSG_DONTWAIT | MSG_NOSIGNAL);
        if (count < 0) {
            sent.error =
                base::Error{fmt::format("send an announcement on {}", link.name), errno, {}};
            return sent;
        }
        sent.count += static_cast<std::size_t>(count);
    }
    return sent;
}

}  // namespace kernel
