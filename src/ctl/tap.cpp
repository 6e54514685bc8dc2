#include "ctl/tap.hpp"

#include <fmt/format.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <chrono>
#include <cstring>

#include "base/address.hpp"
#include "ctl/text.hpp"

namespace ctl {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint8_t protocol_vrrp = 112;

// htons() as a value that the compiler may check.
constexpr std::uint16_t on_the_wire(std::uint16_t value) {
    return std::endian::native == std::endian::little ? std::byteswap(value) : value;
}

constexpr sock_filter step(int code, std::uint32_t value, int if_true = 0, int if_not = 0) {
    return {static_cast<std::uint16_t>(code), static_cast<std::uint8_t>(if_true),
            static_cast<std::uint8_t>(if_not), value};
}

// Protocol 112 only: a busy router would fill the socket with what it forwards. Frames that leave
// with a VLAN tag belong to another interface.
constexpr auto only_adverts() {
    constexpr auto vlan_tag = static_cast<std::uint32_t>(SKF_AD_OFF + SKF_AD_VLAN_TAG_PRESENT);
    return std::array{step(BPF_LD | BPF_B | BPF_ABS, vlan_tag),
                      step(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 8),
                      step(BPF_LD | BPF_B | BPF_ABS, 0),
                      step(BPF_ALU | BPF_AND | BPF_K, 0xf0),
                      step(BPF_JMP | BPF_JEQ | BPF_K, 0x60, 2, 0),
                      step(BPF_LD | BPF_B | BPF_ABS, 9),
                      step(BPF_JMP | BPF_JA, 1),
                      step(BPF_LD | BPF_B | BPF_ABS, 6),
                      step(BPF_JMP | BPF_JEQ | BPF_K, protocol_vrrp, 0, 1),
                      step(BPF_RET | BPF_K, 0xffff),
                      step(BPF_RET | BPF_K, 0)};
}

sockaddr_ll link_address(int index, std::uint16_t protocol) {
    sockaddr_ll address{};
    address.sll_family = AF_PACKET;
    address.sll_protocol = on_the_wire(protocol);
    address.sll_ifindex = index;
    return address;
}

// Protocol 0 until it is bound: nothing of other interfaces may come in meanwhile.
base::Result<base::Fd> packet_socket(const std::string& interface, int index,
                                     std::uint16_t protocol) {
    const std::string attempt = "listen on " + printable(interface);
    base::Fd socket{::socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    if (!socket.is_open()) return base::os_failure(attempt, errno);
    if (protocol == ETH_P_ALL) {
        auto program = only_adverts();
        const sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
        if (::setsockopt(socket.number(), SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter) !=
            0)
            return base::os_failure(attempt, errno);
    }
    const sockaddr_ll address = link_address(index, protocol);
    if (::bind(socket.number(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        return base::os_failure(attempt, errno);
    return socket;
}

std::optional<base::MacAddress> own_mac(const base::Fd& socket, const std::string& interface) {
    ifreq request{};
    interface.copy(request.ifr_name, IFNAMSIZ - 1);
    if (::ioctl(socket.number(), SIOCGIFHWADDR, &request) != 0) return std::nullopt;
    base::MacAddress mac;
    std::memcpy(mac.octets.data(), request.ifr_hwaddr.sa_data, mac.octets.size());
    return mac;
}

struct Received {
    base::ByteView octets;
    sockaddr_ll from;
};

// The next frame that waits; none when there is no more.
std::optional<Received> receive(const base::Fd& socket, std::array<std::uint8_t, 2048>& buffer) {
    sockaddr_ll from{};
    socklen_t size = sizeof from;
    const ssize_t got = ::recvfrom(socket.number(), buffer.data(), buffer.size(), 0,
                                   reinterpret_cast<sockaddr*>(&from), &size);
    if (got < 0) return std::nullopt;
    return Received{base::ByteView{buffer}.first(static_cast<std::size_t>(got)), from};
}

struct Route {
    base::IpAddress source;
    base::IpAddress destination;
    base::ByteView message;
};

std::optional<Route> route_in(base::ByteView datagram) {
    if (datagram.empty() || (datagram[0] >> 4 != 4 && datagram[0] >> 4 != 6)) return std::nullopt;
    const bool is_v4 = datagram[0] >> 4 == 4;
    const std::size_t header = is_v4 ? (datagram[0] & 0x0fU) * 4 : 40;
    const std::size_t size = is_v4 ? 4 : 16;
    base::ByteReader reader{datagram};
    reader.take(is_v4 ? 9 : 6);
    const std::uint8_t protocol = reader.u8();
    reader.take(is_v4 ? 2 : 1);  // header checksum, or hop limit
    const auto source = base::IpAddress::from_octets(reader.take(size));
    const auto destination = base::IpAddress::from_octets(reader.take(size));
    if (!reader.ok() || protocol != protocol_vrrp || !source || !destination ||
        header > datagram.size())
        return std::nullopt;
    return Route{*source, *destination, datagram.subspan(header)};
}

}  // namespace

std::optional<SeenAdvert> advert_in(base::ByteView datagram) {
    const std::optional<Route> route = route_in(datagram);
    if (!route) return std::nullopt;
    base::ByteReader reader{route->message};
    const int version = reader.u8() >> 4;
    const int vrid = reader.u8();
    reader.u8();  // priority
    const std::size_t count = reader.u8();
    reader.u32();  // interval and checksum
    if (!reader.ok()) return std::nullopt;
    SeenAdvert advert{.source = route->source.text(),
                      .family = std::string{base::name_of(route->source.family())},
                      .vrid = vrid,
                      .version = version,
                      .is_multicast = route->destination.is_multicast(),
                      .is_outgoing = false,
                      .addresses = {}};
    const std::size_t size = base::address_size(route->source.family());
    for (std::size_t i = 0; i < count && reader.remaining() >= size; ++i)
        if (const auto address = base::IpAddress::from_octets(reader.take(size)))
            advert.addresses.push_back(address->text());
    return advert;
}

base::Result<Tap> Tap::open(const std::string& interface) {
    const auto index = static_cast<int>(::if_nametoindex(interface.c_str()));
    if (index == 0) return base::os_failure("listen on " + printable(interface), errno);
    TRY(base::Fd adverts, packet_socket(interface, index, ETH_P_ALL));
    TRY(base::Fd answers, packet_socket(interface, index, ETH_P_ARP));
    return Tap{interface, index, std::move(adverts), std::move(answers)};
}

void Tap::ask_for(const std::string& address) {
    const auto target = base::IpAddress::parse(address);
    const auto mac = own_mac(answers_, name_);
    if (!target || target->family() != base::Family::ipv4 || !mac) return;
    base::ByteWriter request;
    request.u16(ARPHRD_ETHER);
    request.u16(ETH_P_IP);
    request.u8(ETH_ALEN);
    request.u8(4);
    request.u16(ARPOP_REQUEST);
    request.append(mac->octets);
    request.zeros(4 + ETH_ALEN);  // RFC 5227: a probe has no sender, so that no cache learns it
    request.append(target->octets());
    sockaddr_ll everybody = link_address(index_, ETH_P_ARP);
    everybody.sll_halen = ETH_ALEN;
    std::ranges::fill_n(everybody.sll_addr, ETH_ALEN, 0xff);
    const base::ByteView octets = request.view();
    // An answer that does not come is no evidence, and neither is a request that does not go.
    if (::sendto(answers_.number(), octets.data(), octets.size(), 0,
                 reinterpret_cast<const sockaddr*>(&everybody), sizeof everybody) >= 0)
        asked_.push_back(address);
}

void Tap::read_adverts() {
    std::array<std::uint8_t, 2048> buffer{};
    while (const auto received = receive(adverts_, buffer)) {
        // What goes to another machine comes in while somebody else has made it promiscuous.
        if (received->from.sll_pkttype == PACKET_OTHERHOST) continue;
        auto advert = advert_in(received->octets);
        if (!advert) continue;
        advert->is_outgoing = received->from.sll_pkttype == PACKET_OUTGOING;
        constexpr std::size_t most = 1000;  // kinds: whoever floods the LAN chooses how many
        if (wire_.adverts.size() < most || wire_.adverts.contains(*advert))
            ++wire_.adverts[*advert];
    }
}

void Tap::read_answers() {
    std::array<std::uint8_t, 2048> buffer{};
    while (const auto received = receive(answers_, buffer)) {
        base::ByteReader reader{received->octets};
        reader.take(6);
        const bool is_reply = reader.u16() == ARPOP_REPLY;
        const base::ByteView mac = reader.take(ETH_ALEN);
        const auto address = base::IpAddress::from_octets(reader.take(4));
        if (!reader.ok() || !address || !is_reply || received->from.sll_pkttype != PACKET_HOST)
            continue;
        const std::string text = address->text();
        base::MacAddress sender;
        std::ranges::copy(mac, sender.octets.begin());
        const bool is_known = std::ranges::any_of(wire_.answering, [&](const Answering& known) {
            return known.address == text && known.mac == sender.text();
        });
        if (!is_known && std::ranges::find(asked_, text) != asked_.end())
            wire_.answering.push_back({text, sender.text()});
    }
}

void listen_on(std::vector<Tap>& taps, double seconds, const Status& status) {
    for (Tap& tap : taps)
        for (const Session& session : status.sessions) {
            if (session.interface != tap.name() || !holds_addresses(session)) continue;
            if (!session.addresses.empty())
                tap.ask_for(session.addresses[0].substr(0, session.addresses[0].find('/')));
            for (const Peer& peer : session.peers) tap.ask_for(peer.address);
        }
    const auto end = Clock::now() + std::chrono::duration_cast<Clock::duration>(
                                        std::chrono::duration<double>{seconds});
    while (Clock::now() < end) {
        std::vector<pollfd> waiting;
        for (const Tap& tap : taps) {
            waiting.push_back({tap.adverts().number(), POLLIN, 0});
            waiting.push_back({tap.answers().number(), POLLIN, 0});
        }
        const auto rest = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now());
        // An interruption only makes it look earlier. A link that goes down wakes it up, once.
        ::poll(waiting.data(), waiting.size(), static_cast<int>(std::max<long>(rest.count(), 0)));
        for (Tap& tap : taps) {
            tap.read_adverts();
            tap.read_answers();
        }
    }
}

}  // namespace ctl
