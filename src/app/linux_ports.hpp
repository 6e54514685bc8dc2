// The Ports of a real machine: raw sockets, a packet socket and netlink.
#pragma once

#include <map>
#include <optional>

#include "app/clock.hpp"
#include "app/engine.hpp"
#include "app/fd_store.hpp"
#include "app/ports.hpp"
#include "app/runner_link.hpp"
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
               kernel::MacvlanWriter macvlans, RunnerLink runner)
        : epoll_{epoll},
          runner_{std::move(runner)},
          packet_socket_{std::move(packet_socket)},
          writer_{std::move(writer)},
          macvlans_{std::move(macvlans)} {}

    // Takes over the advert sockets that systemd has kept, and returns which they are; they are
    // read when the kernel's links are known. What is none of ours is closed.
    std::set<Socket> adopt_stored() { return adopt(FdStore::take_passed()); }

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

    void tell_runner(const health::ToRunner& message) override { runner_.tell(message); }

    // Sockets by their names in systemd's store, for a program that goes on with them.
    [[nodiscard]] std::map<std::string, int> advert_sockets() const;
    [[nodiscard]] const RunnerLink& runner() const { return runner_; }
    // Takes over what systemd, or a program before this one, has kept open; returns what fits.
    std::set<Socket> adopt(std::vector<FdStore::Kept> kept);

    // Reads every advert socket, a bounded number of packets each, into the inputs of a turn.
    void read(Inputs& inputs, Time time);

private:
    base::Result<void> watch_filter();
    struct Channel {
        kernel::AdvertSocket socket;
        base::Instant last_empty;  // when it was last known to hold nothing more
        // Of the process before, and nobody has asked for it yet.
        bool is_unclaimed = false;
    };
    base::Result<void> open_channel(Socket place, Channel channel);
    void adopt(FdStore::Kept kept, std::set<Socket>& adopted);
    void close_unclaimed();
    void read_channel(Socket place, Channel& channel, Inputs& inputs, Time time);
    int epoll_;
    RunnerLink runner_;
    kernel::PacketSocket packet_socket_;
    kernel::Writer writer_;
    kernel::MacvlanWriter macvlans_;
    std::map<Socket, Channel> channels_;
    FdStore store_ = FdStore::from_environment();
    bool has_unclaimed_ = false;
    bool has_read_unclaimed_ = false;
    std::map<kernel::LinkIndex, kernel::TwinSocket> twins_;
    std::map<Socket, kernel::ClaimSocket> claims_;
    std::map<kernel::LinkIndex, kernel::RivalSocket> rivals_;
    std::vector<kernel::Datagram> datagrams_;
    std::optional<kernel::FilterWriter> filter_writer_;
    std::optional<kernel::FilterMonitor> filter_monitor_;
};

}  // namespace app
