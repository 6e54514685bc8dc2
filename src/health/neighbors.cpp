#include "health/neighbors.hpp"

#include <fmt/format.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <netinet/icmp6.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "health/arp.hpp"
#include "health/icmp.hpp"

namespace health {

namespace {

constexpr const char* open_arp_attempt = "open a packet socket for ARP";
constexpr const char* open_nd_attempt = "open a raw socket for Neighbor Solicitations";
constexpr int reads_per_turn = 64;
constexpr std::size_t longest_hardware_address = 8;  // sockaddr_ll

constexpr std::uint16_t equals = BPF_JMP | BPF_JEQ | BPF_K;
constexpr std::uint32_t pass = 0xffff'ffff;
constexpr std::uint32_t drop = 0;

// Replies that were sent to us: not our own questions, nor what a switch floods.
std::array<sock_filter, 6> arp_filter() {
    return {{BPF_STMT(BPF_LD | BPF_B | BPF_ABS,
                      static_cast<std::uint32_t>(SKF_AD_OFF + SKF_AD_PKTTYPE)),
             BPF_JUMP(equals, PACKET_HOST, 0, 3),
             BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 6),  // the operation
             BPF_JUMP(equals, 2, 0, 1),              // a reply
             BPF_STMT(BPF_RET | BPF_K, pass), BPF_STMT(BPF_RET | BPF_K, drop)}};
}

base::Result<base::Fd> open_arp() {
    // Protocol 0 hears nothing until the filter is there and the socket is bound.
    base::Fd socket{::socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    if (!socket.is_open()) return base::os_failure(open_arp_attempt, errno);
    auto filter = arp_filter();
    TRY_DO(attach_filter(socket.number(), filter, open_arp_attempt));
    make_room(socket.number());
    sockaddr_ll local{};
    local.sll_family = AF_PACKET;
    local.sll_protocol = htons(ETH_P_ARP);
    if (::bind(socket.number(), reinterpret_cast<const sockaddr*>(&local), sizeof(local)) < 0)
        return base::os_failure(open_arp_attempt, errno);
    return socket;
}

base::Result<base::Fd> open_nd() {
    std::array<sock_filter, 1> everything{{BPF_STMT(BPF_RET | BPF_K, pass)}};
    return open_icmp(base::Family::ipv6, ND_NEIGHBOR_ADVERT, everything, open_nd_attempt);
}

}  // namespace

std::optional<base::IpAddress> sender_for(const Link& link, const base::IpAddress& target) {
    std::optional<base::IpAddress> any;
    for (const base::InterfaceAddress& ours : link.addresses) {
        if (ours.family() != target.family() || ours.address() == target) continue;
        if (base::InterfaceAddress::from(target, ours.prefix_length())->is_same_subnet(ours))
            return ours.address();
        // Who is asked from another subnet may not answer, but a link-local address is for all.
        if (!any || ours.address().is_link_local_ipv6()) any = ours.address();
    }
    return any;
}

Neighbors::~Neighbors() {
    if (arp_.is_open()) waker_.unwatch(arp_.number());
    if (nd_.is_open()) waker_.unwatch(nd_.number());
}

base::Result<void> Neighbors::ask(const Link& link, const base::IpAddress& target) {
    if (target.family() == base::Family::ipv4) return ask_with_arp(link, target);
    return ask_with_nd(link, target);
}

base::Result<void> Neighbors::ask_with_arp(const Link& link, const base::IpAddress& target) {
    const std::string attempt = fmt::format("send an ARP request on {}", link.name);
    if (link.hardware.empty() || link.hardware.size() > longest_hardware_address)
        return base::failure(attempt, "this link knows no ARP");
    if (!arp_.is_open()) {
        TRY(arp_, open_arp());
        waker_.watch(arp_.number(), EPOLLIN, *this);
    }
    const base::Bytes question =
        arp_request(link.hardware_type,
                    {link.hardware, sender_for(link, target).value_or(base::IpAddress{})}, target);
    sockaddr_ll everybody{};
    everybody.sll_family = AF_PACKET;
    everybody.sll_protocol = htons(ETH_P_ARP);
    everybody.sll_ifindex = link.index;
    everybody.sll_halen = static_cast<unsigned char>(link.hardware.size());
    std::fill_n(std::begin(everybody.sll_addr), link.hardware.size(), std::uint8_t{0xff});
    if (::sendto(arp_.number(), question.data(), question.size(), MSG_DONTWAIT | MSG_NOSIGNAL,
                 reinterpret_cast<const sockaddr*>(&everybody), sizeof(everybody)) < 0)
        return base::os_failure(attempt, errno);
    return {};
}

base::Result<void> Neighbors::ask_with_nd(const Link& link, const base::IpAddress& target) {
    const std::string attempt = fmt::format("send a Neighbor Solicitation on {}", link.name);
    const auto sender = sender_for(link, target);
    if (!sender) return base::failure(attempt, "it has no IPv6 address to ask from");
    if (!nd_.is_open()) {
        TRY(nd_, open_nd());
        waker_.watch(nd_.number(), EPOLLIN, *this);
    }
    return send_icmp(
        nd_.number(),
        {.target = solicited_node_group(target), .interface = link.index, .source = sender},
        neighbor_solicitation(target, link.hardware), attempt);
}

void Neighbors::on_ready(int descriptor, base::Instant now) {
    if (descriptor == arp_.number()) return read_arp(now);
    read_nd(now);
}

void Neighbors::read_arp(base::Instant now) {
    std::array<std::uint8_t, 256> buffer{};
    for (int reads = 0; reads < reads_per_turn; ++reads) {
        sockaddr_ll from{};
        socklen_t from_size = sizeof(from);
        // An error (the interface went down) says nothing that silence does not say.
        const ssize_t size = ::recvfrom(arp_.number(), buffer.data(), buffer.size(), MSG_DONTWAIT,
                                        reinterpret_cast<sockaddr*>(&from), &from_size);
        if (size < 0) return;
        const auto reply =
            parse_arp_reply(base::ByteView{buffer}.first(static_cast<std::size_t>(size)));
        if (reply) tell(reply->sender.address, from.sll_ifindex, now);
    }
}

void Neighbors::read_nd(base::Instant now) {
    const std::size_t count = batch_.receive(nd_.number());
    for (std::size_t i = 0; i < count; ++i) {
        const Heard heard = batch_.at(i);
        const auto target = parse_solicited_advertisement(heard.octets, heard.hop_limit);
        if (target) tell(*target, heard.interface, now);
    }
}

void Neighbors::tell(const base::IpAddress& target, int interface, base::Instant now) {
    // One that is answered no longer waits, but stays in the list.
    for (NeighborListener* listener : listeners_)
        if (listener->waits_for(target, interface)) listener->on_answer(now);
}

}  // namespace health
