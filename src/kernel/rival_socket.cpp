#include "kernel/rival_socket.hpp"

#include <fmt/format.h>
#include <linux/filter.h>
#include <net/ethernet.h>

#include <array>

#include "vrrp/checksum.hpp"

namespace kernel {

namespace {

// Protocol 112 from this source MAC. Over IPv4 no fragment; over IPv6 nothing else but the
// protocol can follow the fixed header (RFC 9568 section 5.1.2.4).
std::array<sock_filter, 11> filter_for(const base::MacAddress& mac, base::Family family) {
    constexpr auto source_mac = static_cast<std::uint32_t>(SKF_LL_OFF + 6);
    constexpr std::uint32_t ipv4_fragment = 6;
    constexpr std::uint32_t ipv4_protocol = 9;
    constexpr std::uint32_t ipv6_next_header = 6;
    constexpr std::uint32_t more_fragments_or_offset = 0x3fff;
    constexpr std::uint32_t whole_packet = 0xffff;
    const bool is_ipv4 = family == base::Family::ipv4;
    base::ByteReader reader{mac.octets};
    const std::uint32_t first = reader.u32();
    const std::uint32_t last = reader.u16();
    return {{
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, source_mac),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, first, 0, 8),
        BPF_STMT(BPF_LD | BPF_H | BPF_ABS, source_mac + 4),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, last, 0, 6),
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, is_ipv4 ? ipv4_protocol : ipv6_next_header),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, vrrp::ip_protocol, 0, 4),
        BPF_STMT(BPF_LD | BPF_H | BPF_ABS, ipv4_fragment),
        BPF_STMT(BPF_ALU | BPF_AND | BPF_K, is_ipv4 ? more_fragments_or_offset : 0U),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, whole_packet),
        BPF_STMT(BPF_RET | BPF_K, 0),
    }};
}

}  // namespace

base::Result<RivalSocket> RivalSocket::open(const Link& macvlan, base::Family family) {
    auto filter = filter_for(macvlan.mac, family);
    const std::uint16_t ethertype = family == base::Family::ipv4 ? ETHERTYPE_IP : ETHERTYPE_IPV6;
    TRY(auto tap, Tap::open(macvlan, ethertype, filter,
                            fmt::format("listen for other Active routers on {}", macvlan.name)));
    return RivalSocket{std::move(tap)};
}

}  // namespace kernel
