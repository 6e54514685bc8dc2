#include "kernel/twin_socket.hpp"

#include <fmt/format.h>
#include <linux/filter.h>
#include <net/ethernet.h>

#include "vrrp/checksum.hpp"

namespace kernel {

namespace {

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

}  // namespace

base::Result<TwinSocket> TwinSocket::open(const Link& link,
                                          const std::set<base::IpAddress>& sources) {
    std::vector<sock_filter> filter = filter_for(sources);
    TRY(auto tap, Tap::open(link, ETHERTYPE_IP, filter,
                            fmt::format("watch for our own address on {}", link.name)));
    return TwinSocket{std::move(tap)};
}

base::Result<void> TwinSocket::set_sources(const std::set<base::IpAddress>& sources) {
    std::vector<sock_filter> filter = filter_for(sources);
    return tap_.set_filter(filter, "watch for our own address");
}

}  // namespace kernel
