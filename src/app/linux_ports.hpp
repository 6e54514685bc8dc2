// The Ports of a real machine: raw sockets, a packet socket and netlink.
#pragma once

#include <map>
#include <optional>

#include "app/clock.hpp"
#include "app/engine.hpp"
#include "app/ports.hpp"
#include "kernel/advert_socket.hpp"
#include "kernel/claim_socket.hpp"
#include "kernel/filter_socket.hpp"
#include "kernel/macvlan.hpp"
#include "kernel/packet_socket.hpp"
#include "kernel/rival_socket.hpp"
#include "kernel/twin_socket.hpp"
#include "kernel/writer.hpp"

namespace app {

class LinuxPorts final : public Ports {
public:
    // `epoll`: a descriptor that outlives this object; advert sockets are added to it.
    LinuxPorts(int epoll, kernel::PacketSocket packet_socket, kernel::Writer writer,
               kernel::MacvlanWriter macvlans)
        : epoll_{epoll},
          packet_socket_{std::move(packet_socket)},
          writer_{std::move(writer)},
          macvlans_{std::move(macvlans)} {}

    base::Result<void> listen(const kernel::Link& link, base::Family family) override;
    void stop_listening(kernel::LinkIndex link, base::Family family) override;
    base::Result<void> watch_sources(const kernel::Link& link,
                                     const std::set<base::IpAddress>& sources) override;
    base::Result<void> send_advert(const kernel::Link& link, base::ByteView message,
                                   const vrrp::Route& route) override;
    base::Result<void> watch_claims(const kernel::Link& link, base::Family family,
                                    const std::vector<base::IpAddress>& addresses) override;
    kernel::SentFrames send_frames(const kernel::Link& link,
                                   std::span<const base::Bytes> frames) override;
    std::vector<base::Result<void>> apply(std::span<const kernel::Request> requests) override;
    // The sockets to nftables are opened when there is something to filter, and only then anybody's
    // changes to it wake the loop.
    base::Result<void> set_filter(const kernel::Refusals& refusals) override;

    base::Result<kernel::Link> make_macvlan(const kernel::Macvlan& macvlan) override;
    base::Result<void> remove_macvlan(kernel::LinkIndex link) override;
    base::Result<void> raise_macvlan(kernel::LinkIndex link) override;
    base::Result<void> lower_macvlan(kernel::LinkIndex link) override;
    base::Result<void> hear_rivals(const kernel::Link& macvlan, base::Family family) override;
    void stop_hearing_rivals(kernel::LinkIndex link) override;
    base::Result<kernel::ArpSettings> arp_settings(kernel::LinkIndex link) override;
    base::Result<void> set_arp(kernel::LinkIndex link,
                               const kernel::ArpSettings& settings) override;

    // Reads every advert socket, a bounded number of packets each, into the inputs of a turn.
    void read(Inputs& inputs, Time time);

private:
    base::Result<void> watch_filter();
    struct Channel {
        kernel::AdvertSocket socket;
        base::Instant last_empty;  // when it was last known to hold nothing more
    };
    int epoll_;
    kernel::PacketSocket packet_socket_;
    kernel::Writer writer_;
    kernel::MacvlanWriter macvlans_;
    std::map<Socket, Channel> channels_;
    std::map<kernel::LinkIndex, kernel::TwinSocket> twins_;
    std::map<Socket, kernel::ClaimSocket> claims_;
    std::map<kernel::LinkIndex, kernel::RivalSocket> rivals_;
    std::vector<kernel::Datagram> datagrams_;
    std::optional<kernel::FilterWriter> filter_writer_;
    std::optional<kernel::FilterMonitor> filter_monitor_;
};

}  // namespace app
