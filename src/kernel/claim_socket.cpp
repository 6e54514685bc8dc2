#include "kernel/claim_socket.hpp"

#include <fmt/format.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace kernel {

namespace {

constexpr std::size_t frame_size = 2048;
constexpr std::size_t most_spans = 200;

// What makes a claim in a frame of the family, and where the last four octets of the address are.
struct Shape {
    std::uint16_t ethertype;
    std::uint32_t address_end;
};
constexpr Shape arp{ETHERTYPE_ARP, 14 + 14};             // the sender's address
constexpr Shape advertisement{ETHERTYPE_IPV6, 14 + 60};  // the target's last word

const Shape& shape_of(base::Family family) {
    return family == base::Family::ipv4 ? arp : advertisement;
}

std::uint32_t last_word(const base::IpAddress& address) {
    return base::ByteReader{address.octets().last(4)}.u32();
}

// Drops what is no Neighbor Advertisement right behind the IPv6 header.
void require_advertisement(std::vector<sock_filter>& program) {
    constexpr std::uint32_t next_header_offset = 14 + 6;
    constexpr std::uint32_t type_offset = 14 + 40;
    constexpr std::uint32_t icmpv6 = 58;
    constexpr std::uint32_t neighbor_advertisement = 136;
    for (const auto& [offset, value] :
         {std::pair{next_header_offset, icmpv6}, std::pair{type_offset, neighbor_advertisement}}) {
        program.push_back(BPF_STMT(BPF_LD | BPF_B | BPF_ABS, offset));
        program.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 1, 0));
        program.push_back(BPF_STMT(BPF_RET | BPF_K, 0));
    }
}

std::vector<sock_filter> filter_for(base::Family family,
                                    const std::vector<base::IpAddress>& addresses) {
    constexpr std::uint32_t whole_frame = 0xffff;
    std::vector<std::uint32_t> words;
    for (const base::IpAddress& address : addresses)
        if (address.family() == family) words.push_back(last_word(address));
    std::vector<sock_filter> program;
    if (!words.empty()) {
        if (family == base::Family::ipv6) require_advertisement(program);
        program.push_back(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, shape_of(family).address_end));
    }
    for (const Span& span : spans_over(std::move(words), most_spans)) {
        program.push_back(BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, span.first, 0, 2));
        program.push_back(BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, span.last, 1, 0));
        program.push_back(BPF_STMT(BPF_RET | BPF_K, whole_frame));
    }
    program.push_back(BPF_STMT(BPF_RET | BPF_K, 0));
    return program;
}

}  // namespace

std::vector<Span> spans_over(std::vector<std::uint32_t> numbers, std::size_t limit) {
    std::ranges::sort(numbers);
    std::vector<Span> spans;
    std::vector<std::uint32_t> gaps;  // before each span but the first
    for (const std::uint32_t number : numbers) {
        if (!spans.empty() && number - spans.back().last <= 1) {
            spans.back().last = number;
            continue;
        }
        if (!spans.empty()) gaps.push_back(number - spans.back().last);
        spans.push_back({number, number});
    }
    if (spans.size() <= limit) return spans;
    // Only the widest gaps stay.
    std::vector<std::uint32_t> widest = gaps;
    std::ranges::nth_element(widest, widest.begin() + static_cast<std::ptrdiff_t>(limit) - 1,
                             std::ranges::greater{});
    const std::uint32_t least = widest[limit - 1];
    std::vector<Span> merged{spans.front()};
    for (std::size_t i = 1; i < spans.size(); ++i) {
        if (gaps[i - 1] > least)
            merged.push_back(spans[i]);
        else
            merged.back().last = spans[i].last;
    }
    return merged;
}

base::Result<ClaimSocket> ClaimSocket::open(const Link& link, base::Family family) {
    const std::string attempt = fmt::format("listen for claims of our addresses on {}", link.name);
    // Protocol 0 hears nothing until the filter is there and the socket is bound.
    base::Fd socket{::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    if (!socket.is_open()) return base::os_failure(attempt, errno);
    ClaimSocket made{std::move(socket), family};
    TRY_DO(made.set_addresses({}));
    const int number = made.descriptor();
    constexpr int on = 1;
    if (::setsockopt(number, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof(on)) < 0)
        return base::os_failure(attempt, errno);
    sockaddr_ll local{};
    local.sll_family = AF_PACKET;
    local.sll_protocol = htons(shape_of(family).ethertype);
    local.sll_ifindex = link.index.value;
    if (::bind(number, reinterpret_cast<const sockaddr*>(&local), sizeof(local)) < 0)
        return base::os_failure(attempt, errno);
    return made;
}

base::Result<void> ClaimSocket::set_addresses(const std::vector<base::IpAddress>& addresses) {
    std::vector<sock_filter> program = filter_for(family_, addresses);
    const sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
    if (::setsockopt(socket_.number(), SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter)) < 0)
        return base::os_failure("listen for claims of our addresses", errno);
    return {};
}

std::vector<vrrp::Claim> ClaimSocket::receive(std::size_t limit) {
    std::vector<vrrp::Claim> heard;
    std::array<std::uint8_t, frame_size> buffer{};
    for (std::size_t i = 0; i < limit; ++i) {
        // An error (the interface went down) says nothing that the link's own event does not say.
        const ssize_t size = ::recv(socket_.number(), buffer.data(), buffer.size(), MSG_DONTWAIT);
        if (size < 0) return heard;
        const base::ByteView frame{buffer.data(), static_cast<std::size_t>(size)};
        if (const auto claim = vrrp::parse_claim(frame)) heard.push_back(*claim);
    }
    return heard;
}

}  // namespace kernel
