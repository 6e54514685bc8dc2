#include "kernel/route_filter.hpp"

#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <utility>

#include "kernel/route.hpp"

namespace kernel {

namespace {

// The kernel takes 4,096 instructions; with more destinations every replacement passes.
constexpr std::size_t most_destinations = 256;
constexpr std::uint32_t whole = 0xffff'ffff;

constexpr std::uint32_t type_at = offsetof(nlmsghdr, nlmsg_type);
constexpr std::uint32_t flags_at = offsetof(nlmsghdr, nlmsg_flags);
constexpr std::uint32_t body_at = NLMSG_HDRLEN;
constexpr std::uint32_t family_at = body_at + offsetof(rtmsg, rtm_family);  // and length behind it
constexpr std::uint32_t protocol_at = body_at + offsetof(rtmsg, rtm_protocol);
constexpr std::uint32_t attributes_at = body_at + NLMSG_ALIGN(sizeof(rtmsg));

constexpr std::uint16_t half = BPF_LD | BPF_H | BPF_ABS;
constexpr std::uint16_t octet = BPF_LD | BPF_B | BPF_ABS;
constexpr std::uint16_t word = BPF_LD | BPF_W | BPF_ABS;
constexpr std::uint16_t equals = BPF_JMP | BPF_JEQ | BPF_K;
constexpr std::uint16_t has_bits = BPF_JMP | BPF_JSET | BPF_K;
constexpr std::uint16_t answer = BPF_RET | BPF_K;
constexpr std::uint32_t pass = whole;
constexpr std::uint32_t drop = 0;

// BPF reads in network order what netlink writes in the machine's.
std::uint32_t as_read(std::uint16_t host) { return htons(host); }

// Passes what names this destination, and else goes on behind itself. Of a prefix the first 32 bits
// are compared: who reads the message compares it whole.
std::vector<sock_filter> pass_if_to(const base::InterfaceAddress& to) {
    const bool ipv4 = to.family() == base::Family::ipv4;
    const std::uint32_t kind =
        (ipv4 ? std::uint32_t{AF_INET} : std::uint32_t{AF_INET6}) << 8U | to.prefix_length();
    if (to.prefix_length() == 0)  // has no RTA_DST
        return {BPF_STMT(half, family_at), BPF_JUMP(equals, kind, 0, 1), BPF_STMT(answer, pass)};
    return {
        BPF_STMT(half, family_at),
        BPF_JUMP(equals, kind, 0, 8),
        BPF_STMT(BPF_LDX | BPF_IMM, RTA_DST),
        BPF_STMT(BPF_LD | BPF_IMM, attributes_at),
        BPF_STMT(word, static_cast<std::uint32_t>(SKF_AD_OFF + SKF_AD_NLATTR)),
        BPF_JUMP(equals, 0, 4, 0),
        BPF_STMT(BPF_MISC | BPF_TAX, 0),
        BPF_STMT(BPF_LD | BPF_W | BPF_IND, NLA_HDRLEN),
        BPF_JUMP(equals, base::ByteReader{to.address().octets()}.u32(), 0, 1),
        BPF_STMT(answer, pass),
    };
}

std::vector<sock_filter> program_for(const std::vector<base::InterfaceAddress>& destinations) {
    std::vector<sock_filter> program{
        BPF_STMT(half, type_at),
        BPF_JUMP(equals, as_read(RTM_DELROUTE), 2, 0),
        BPF_JUMP(equals, as_read(RTM_NEWROUTE), 1, 0),
        BPF_STMT(answer, pass),
        BPF_STMT(octet, protocol_at),
        BPF_JUMP(equals, our_route_protocol, 0, 1),
        BPF_STMT(answer, pass),
        BPF_STMT(half, flags_at),
        BPF_JUMP(has_bits, as_read(NLM_F_REPLACE), 1, 0),
        BPF_STMT(answer, drop),
    };
    const bool compares = destinations.size() <= most_destinations;
    if (compares)
        for (const base::InterfaceAddress& to : destinations)
            std::ranges::copy(pass_if_to(to), std::back_inserter(program));
    program.push_back(BPF_STMT(answer, compares ? drop : pass));
    return program;
}

}  // namespace

base::Result<void> filter_routes(int socket, std::vector<base::InterfaceAddress> destinations) {
    std::ranges::sort(destinations);
    const auto doubles = std::ranges::unique(destinations);
    destinations.erase(doubles.begin(), doubles.end());
    std::vector<sock_filter> program = program_for(destinations);
    const sock_fprog attachment{static_cast<unsigned short>(program.size()), program.data()};
    if (::setsockopt(socket, SOL_SOCKET, SO_ATTACH_FILTER, &attachment, sizeof(attachment)) < 0)
        return base::os_failure("filter the changes of routes", errno);
    return {};
}

}  // namespace kernel
