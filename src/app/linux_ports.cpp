#include "app/linux_ports.hpp"

#include <fmt/format.h>
#include <net/if.h>
#include <sys/epoll.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <utility>

namespace app {

namespace {
constexpr std::size_t packets_a_turn = 256;   // of one socket
constexpr std::size_t packets_kept = 16'384;  // more than the buffer of one holds
constexpr std::size_t twins_a_turn = 16;
constexpr std::size_t claims_a_turn = 32;  // of one socket

// "advert-3-ipv4", in systemd's store.
std::string name_of(const Socket& place) {
    return fmt::format("advert-{}-{}", place.link.value, base::name_of(place.family));
}

std::optional<Socket> socket_named(const std::string& name) {
    int index = 0;
    int version = 0;
    if (std::sscanf(name.c_str(), "advert-%d-ipv%d", &index, &version) != 2) return std::nullopt;
    const Socket place{kernel::LinkIndex{index},
                       version == 4 ? base::Family::ipv4 : base::Family::ipv6};
    return name_of(place) == name ? std::optional{place} : std::nullopt;
}
}  // namespace

base::Result<void> LinuxPorts::listen(const kernel::Link& link, base::Family family) {
    const Socket place{link.index, family};
    if (const auto known = channels_.find(place); known != channels_.end()) {
        known->second.is_unclaimed = false;
        return {};
    }
    TRY(auto socket, kernel::AdvertSocket::open(link, family));
    const int descriptor = socket.descriptor();
    TRY_DO(open_channel(place, {std::move(socket), read_clock().now}));
    store_.keep(name_of(place), descriptor);
    return {};
}

base::Result<void> LinuxPorts::open_channel(Socket place, Channel channel) {
    const int descriptor = channel.socket.descriptor();
    epoll_event event{.events = EPOLLIN, .data = {.fd = descriptor}};
    if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &event) < 0)
        return base::os_failure("wait for adverts", errno);
    channels_.emplace(place, std::move(channel));
    return {};
}

// --- sockets of the process before ---

std::map<std::string, int> LinuxPorts::advert_sockets() const {
    std::map<std::string, int> sockets;
    for (const auto& [place, channel] : channels_)
        sockets.emplace(name_of(place), channel.socket.descriptor());
    return sockets;
}

std::set<Socket> LinuxPorts::adopt(std::vector<FdStore::Kept> stored) {
    std::set<Socket> adopted;
    for (FdStore::Kept& kept : stored) adopt(std::move(kept), adopted);
    has_unclaimed_ = has_unclaimed_ || !adopted.empty();
    return adopted;
}

void LinuxPorts::adopt(FdStore::Kept kept, std::set<Socket>& adopted) {
    const auto place = socket_named(kept.name);
    std::array<char, IF_NAMESIZE> name{};
    const bool is_there =
        place && ::if_indextoname(static_cast<unsigned>(place->link.value), name.data()) != nullptr;
    if (is_there && !channels_.contains(*place)) {
        kernel::Link link;
        link.index = place->link;
        link.name = name.data();
        auto socket = kernel::AdvertSocket::adopt(std::move(kept.descriptor), link, place->family);
        // It may have come at any time since the machine has started.
        if (socket && open_channel(*place, {std::move(*socket), {}, true})) {
            adopted.insert(*place);
            return;
        }
    }
    store_.forget(kept.name);
}

void LinuxPorts::close_unclaimed() {
    has_unclaimed_ = false;
    std::erase_if(channels_, [&](const auto& entry) {
        if (entry.second.is_unclaimed) store_.forget(name_of(entry.first));
        return entry.second.is_unclaimed;
    });
}

void LinuxPorts::stop_listening(kernel::LinkIndex link, base::Family family) {
    if (channels_.erase({link, family}) > 0) store_.forget(name_of(Socket{link, family}));
    claims_.erase({link, family});
    if (family == base::Family::ipv4) twins_.erase(link);
}

base::Result<void> LinuxPorts::watch_sources(const kernel::Link& link,
                                             const std::set<base::IpAddress>& sources) {
    if (const auto known = twins_.find(link.index); known != twins_.end())
        return known->second.set_sources(sources);
    TRY(auto socket, kernel::TwinSocket::open(link, sources));
    epoll_event event{.events = EPOLLIN, .data = {.fd = socket.descriptor()}};
    if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, socket.descriptor(), &event) < 0)
        return base::os_failure("wait for adverts from our own address", errno);
    twins_.emplace(link.index, std::move(socket));
    return {};
}

base::Result<void> LinuxPorts::send_advert(const kernel::Link& link, base::ByteView message,
                                           const vrrp::Route& route) {
    const auto channel = channels_.find({link.index, route.source.family()});
    if (channel == channels_.end())
        return base::failure("send an advert on " + link.name, "its socket is not open");
    return channel->second.socket.send(message, route);
}

base::Result<void> LinuxPorts::watch_claims(const kernel::Link& link, base::Family family,
                                            const std::vector<base::IpAddress>& addresses) {
    if (const auto known = claims_.find({link.index, family}); known != claims_.end())
        return known->second.set_addresses(addresses);
    TRY(auto socket, kernel::ClaimSocket::open(link, family));
    TRY_DO(socket.set_addresses(addresses));
    epoll_event event{.events = EPOLLIN, .data = {.fd = socket.descriptor()}};
    if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, socket.descriptor(), &event) < 0)
        return base::os_failure("wait for claims of our addresses", errno);
    claims_.emplace(Socket{link.index, family}, std::move(socket));
    return {};
}

kernel::SentFrames LinuxPorts::send_frames(const kernel::Link& link,
                                           std::span<const base::Bytes> frames) {
    return packet_socket_.send(link, frames);
}

std::vector<base::Result<void>> LinuxPorts::apply(std::span<const kernel::Request> requests) {
    return writer_.apply(requests);
}

base::Result<void> LinuxPorts::set_filter(const kernel::Refusals& refusals) {
    if (!filter_writer_) {
        auto writer = kernel::FilterWriter::open();
        if (!writer && refusals.empty()) return {};  // a kernel that has no filter holds none
        if (!writer) return std::unexpected(writer.error());
        filter_writer_ = std::move(*writer);
    }
    // First, so that no change of somebody else's is missed.
    if (!refusals.empty()) TRY_DO(watch_filter());
    TRY_DO(filter_writer_->replace(refusals));
    if (refusals.empty()) filter_monitor_.reset();
    return {};
}

base::Result<void> LinuxPorts::watch_filter() {
    if (filter_monitor_) return {};
    TRY(auto monitor, kernel::FilterMonitor::open());
    epoll_event event{.events = EPOLLIN, .data = {.fd = monitor.descriptor()}};
    if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, monitor.descriptor(), &event) < 0)
        return base::os_failure("wait for changes to nftables", errno);
    filter_monitor_ = std::move(monitor);
    return {};
}

base::Result<kernel::Link> LinuxPorts::make_macvlan(const kernel::Macvlan& macvlan) {
    return macvlans_.create(macvlan);
}

base::Result<void> LinuxPorts::remove_macvlan(kernel::LinkIndex link) {
    rivals_.erase(link);
    return macvlans_.remove(link);
}

base::Result<void> LinuxPorts::raise_macvlan(kernel::LinkIndex link) {
    return macvlans_.raise(link);
}

base::Result<void> LinuxPorts::lower_macvlan(kernel::LinkIndex link) {
    return macvlans_.lower(link);
}

base::Result<void> LinuxPorts::hear_rivals(const kernel::Link& macvlan, base::Family family) {
    TRY(auto socket, kernel::RivalSocket::open(macvlan, family));
    epoll_event event{.events = EPOLLIN, .data = {.fd = socket.descriptor()}};
    if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, socket.descriptor(), &event) < 0)
        return base::os_failure("wait for adverts on " + macvlan.name, errno);
    rivals_.insert_or_assign(macvlan.index, std::move(socket));
    return {};
}

void LinuxPorts::stop_hearing_rivals(kernel::LinkIndex link) { rivals_.erase(link); }

base::Result<kernel::ArpSettings> LinuxPorts::arp_settings(kernel::LinkIndex link) {
    return macvlans_.arp_settings(link);
}

base::Result<void> LinuxPorts::set_arp(kernel::LinkIndex link,
                                       const kernel::ArpSettings& settings) {
    return macvlans_.set_arp(link, settings);
}

void LinuxPorts::read_channel(Socket place, Channel& channel, Inputs& inputs, Time time) {
    const std::size_t limit = channel.is_unclaimed ? packets_kept : packets_a_turn;
    datagrams_.clear();
    // An error here (the interface went down: ENETDOWN) says nothing that the link's own event does
    // not say; the socket goes on working when the interface does.
    (void)channel.socket.receive(datagrams_, limit);
    for (kernel::Datagram& datagram : datagrams_)
        inputs.packets.push_back({place.link, std::move(datagram.bytes),
                                  arrival_instant(datagram.arrived, time, channel.last_empty)});
    if (datagrams_.size() < limit)
        channel.last_empty = time.now;
    else
        inputs.horizons[place] = inputs.packets.back().arrived;
}

void LinuxPorts::read(Inputs& inputs, Time time) {
    inputs.runner = runner_.exchange();
    inputs.care = runner_.care();
    if (filter_monitor_) inputs.filter_was_changed = filter_monitor_->read(filter_writer_->port());
    store_.work();
    // What came before the links are known could not be understood. Everything of it is read then:
    // it says who has been Active meanwhile.
    const bool is_decisive = has_unclaimed_ && inputs.view.has_value();
    for (auto& [place, channel] : channels_)
        if (!channel.is_unclaimed || is_decisive) read_channel(place, channel, inputs, time);
    if (has_unclaimed_ && has_read_unclaimed_) close_unclaimed();
    has_read_unclaimed_ = is_decisive;
    constexpr base::Duration believable = std::chrono::seconds{1};
    const auto read_from = [&](auto& taps) {
        for (auto& [link, tap] : taps)
            for (kernel::Datagram& datagram : tap.receive(twins_a_turn))
                inputs.packets.push_back(
                    {link, std::move(datagram.bytes),
                     arrival_instant(datagram.arrived, time, time.now - believable)});
    };
    read_from(twins_);
    read_from(rivals_);
    for (auto& [socket, claims] : claims_)
        for (const vrrp::Claim& claim : claims.receive(claims_a_turn))
            inputs.claims.push_back({socket.link, claim});
}

}  // namespace app
