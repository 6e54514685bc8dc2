#include "kernel/twin_socket.hpp"

#include <fmt/format.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

#include "kernel/control_message.hpp"
#include "vrrp/checksum.hpp"

namespace kernel {

namespace {

constexpr std::size_t datagram_size = 2048;
constexpr std::size_t most_sources = 1000;

// Over the IPv4 datagram (SOCK_DGRAM takes the Ethernet header off): no fragment, the protocol,
// then the source.
std::vector<sock_filter> filter_for(const std::set<base::IpAddress>& sources) {
    constexpr std::uint32_t fragment_offset = 6;
    constexpr std::uint32_t more_fragments_or_offset = 0x3fff;
    constexpr std::uint32_t protocol_offset = 9;
    constexpr std::uint32_t source_offset = 12;
    constexpr std::uint32_t whole_packet = 0xffff;
    std::vector<sock_filter> program{
        BPF_STMT(BPF_LD | BPF_H | BPF_ABS, fragment_offset),
        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, more_fragments_or_offset, 2, 0),
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, protocol_offset),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, vrrp::ip_protocol, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, 0),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, source_offset),
    };
    for (const base::IpAddress& source : sources) {
        if (program.size() > 2 * most_sources) break;
        const std::uint32_t number = base::ByteReader{source.octets()}.u32();
        program.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1));
        program.push_back(BPF_STMT(BPF_RET | BPF_K, whole_packet));
    }
    program.push_back(BPF_STMT(BPF_RET | BPF_K, 0));
    return program;
}

// RFC 791 section 3.1.
bool has_sound_header(base::ByteView datagram) {
    if (datagram.empty()) return false;
    const std::size_t length = (datagram[0] & 0x0fU) * 4U;
    return length >= 20 && length <= datagram.size() &&
           vrrp::internet_checksum(datagram.first(length)) == 0;
}

}  // namespace

base::Result<TwinSocket> TwinSocket::open(const Link& link,
                                          const std::set<base::IpAddress>& sources) {
    const std::string attempt = fmt::format("watch for our own address on {}", link.name);
    // Protocol 0 hears nothing until the filter is there and the socket is bound.
    base::Fd socket{::socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    if (!socket.is_open()) return base::os_failure(attempt, errno);
    TwinSocket made{std::move(socket)};
    TRY_DO(made.set_sources(sources));
    const int number = made.descriptor();
    constexpr int on = 1;
    if (::setsockopt(number, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on)) < 0 ||
        ::setsockopt(number, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof(on)) < 0)
        return base::os_failure(attempt, errno);
    sockaddr_ll local{};
    local.sll_family = AF_PACKET;
    local.sll_protocol = htons(ETHERTYPE_IP);
    local.sll_ifindex = link.index.value;
    if (::bind(number, reinterpret_cast<const sockaddr*>(&local), sizeof(local)) < 0)
        return base::os_failure(attempt, errno);
    return made;
}

base::Result<void> TwinSocket::set_sources(const std::set<base::IpAddress>& sources) {
    std::vector<sock_filter> program = filter_for(sources);
    const sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
    if (::setsockopt(socket_.number(), SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter)) < 0)
        return base::os_failure("watch for our own address", errno);
    return {};
}

std::vector<Datagram> TwinSocket::receive(std::size_t limit) {
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
