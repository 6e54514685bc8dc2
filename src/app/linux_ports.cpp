#include "app/linux_ports.hpp"

#include <sys/epoll.h>

#include <cerrno>

namespace app {

namespace {
constexpr std::size_t packets_a_turn = 256;  // of one socket
constexpr std::size_t twins_a_turn = 16;
constexpr std::size_t claims_a_turn = 32;  // of one socket
}  // namespace

base::Result<void> LinuxPorts::listen(const kernel::Link& link, base::Family family) {
    if (channels_.contains({link.index, family})) return {};
    TRY(auto socket, kernel::AdvertSocket::open(link, family));
    epoll_event event{.events = EPOLLIN, .data = {.fd = socket.descriptor()}};
    if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, socket.descriptor(), &event) < 0)
        return base::os_failure("wait for adverts on " + link.name, errno);
    channels_.emplace(Socket{link.index, family}, Channel{std::move(socket), read_clock().now});
    return {};
}

void LinuxPorts::stop_listening(kernel::LinkIndex link, base::Family family) {
    channels_.erase({link, family});
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

void LinuxPorts::read(Inputs& inputs, Time time) {
    if (filter_monitor_) inputs.filter_was_changed = filter_monitor_->read(filter_writer_->port());
    for (auto& [socket, channel] : channels_) {
        datagrams_.clear();
        // An error here (the interface went down: ENETDOWN) says nothing that the link's own event
        // does not say; the socket goes on working when the interface does.
        (void)channel.socket.receive(datagrams_, packets_a_turn);
        for (kernel::Datagram& datagram : datagrams_)
            inputs.packets.push_back({socket.link, std::move(datagram.bytes),
                                      arrival_instant(datagram.arrived, time, channel.last_empty)});
        if (datagrams_.size() < packets_a_turn)
            channel.last_empty = time.now;
        else
            inputs.horizons[socket] = inputs.packets.back().arrived;
    }
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
