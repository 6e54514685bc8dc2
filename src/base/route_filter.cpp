#include "base/route_filter.hpp"

#include <arpa/inet.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>

#include "base/bytes.hpp"

namespace base::route_filter {

namespace {

constexpr std::uint32_t family_at = NLMSG_HDRLEN + offsetof(rtmsg, rtm_family);  // then the length
constexpr std::uint32_t attributes_at = NLMSG_HDRLEN + NLMSG_ALIGN(sizeof(rtmsg));

// Passes what names this prefix, and else goes on behind itself.
void append(std::vector<sock_filter>& program, const InterfaceAddress& prefix) {
    constexpr std::uint16_t word = BPF_LD | BPF_W | BPF_ABS;
    const bool ipv4 = prefix.family() == Family::ipv4;
    const std::uint32_t kind =
        (ipv4 ? std::uint32_t{AF_INET} : std::uint32_t{AF_INET6}) << 8U | prefix.prefix_length();
    program.push_back(BPF_STMT(half, family_at));
    if (prefix.prefix_length() == 0) {  // has no RTA_DST
        program.push_back(BPF_JUMP(equals, kind, 0, 1));
        program.push_back(BPF_STMT(answer, pass));
        return;
    }
    const std::array<sock_filter, 9> compare{{
        BPF_JUMP(equals, kind, 0, 8),
        BPF_STMT(BPF_LDX | BPF_IMM, RTA_DST),
        BPF_STMT(BPF_LD | BPF_IMM, attributes_at),
        BPF_STMT(word, static_cast<std::uint32_t>(SKF_AD_OFF + SKF_AD_NLATTR)),
        BPF_JUMP(equals, 0, 4, 0),
        BPF_STMT(BPF_MISC | BPF_TAX, 0),
        BPF_STMT(BPF_LD | BPF_W | BPF_IND, NLA_HDRLEN),
        BPF_JUMP(equals, ByteReader{prefix.address().octets()}.u32(), 0, 1),
        BPF_STMT(answer, pass),
    }};
    program.insert(program.end(), compare.begin(), compare.end());
}

}  // namespace

std::uint32_t as_read(std::uint16_t host) { return htons(host); }

void append_destinations(std::vector<sock_filter>& program, std::vector<InterfaceAddress> prefixes,
                         std::size_t most) {
    std::ranges::sort(prefixes);
    const auto doubles = std::ranges::unique(prefixes);
    prefixes.erase(doubles.begin(), doubles.end());
    const bool compares = prefixes.size() <= most;
    if (compares)
        for (const InterfaceAddress& prefix : prefixes) append(program, prefix);
    program.push_back(BPF_STMT(answer, compares ? drop : pass));
}

}  // namespace base::route_filter
