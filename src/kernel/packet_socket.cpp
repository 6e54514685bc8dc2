#include "kernel/packet_socket.hpp"

#include <fmt/format.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <sys/socket.h>

#include <cerrno>

namespace kernel {

base::Result<PacketSocket> PacketSocket::open() {
    base::Fd socket{::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    if (!socket.is_open()) return base::os_failure("open a packet socket", errno);
    return PacketSocket{std::move(socket)};
}

base::Result<void> PacketSocket::send(const Link& link, base::ByteView frame) {
    sockaddr_ll destination{};
    destination.sll_family = AF_PACKET;
    destination.sll_ifindex = link.index.value;
    if (::sendto(socket_.number(), frame.data(), frame.size(), MSG_DONTWAIT | MSG_NOSIGNAL,
                 reinterpret_cast<const sockaddr*>(&destination), sizeof(destination)) < 0)
        return base::os_failure(fmt::format("send an announcement on {}", link.name), errno);
    return {};
}

}  // namespace kernel
