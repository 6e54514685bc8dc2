// The raw socket that adverts of one interface and family come and go through.
//
// Bound to the interface and a member of the VRRP group there, also when adverts are unicast: who
// hears the other transport can say so. One socket an interface: Linux allows 20 memberships a
// socket (net.ipv4.igmp_max_memberships). Every VRID passes: an advert of one that is not
// configured here is counted (RFC 9568 section 7.1), not lost in the kernel.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "base/address.hpp"
#include "base/bytes.hpp"
#include "base/fd.hpp"
#include "base/result.hpp"
#include "kernel/view.hpp"
#include "vrrp/advert.hpp"

namespace kernel {

using WallClock = std::chrono::system_clock::time_point;

struct Datagram {
    // From the IP header on. A raw IPv6 socket gives none: it is made from what the kernel says of
    // the packet.
    base::Bytes bytes;
    // When the kernel got it (SO_TIMESTAMPNS), by the wall clock; none when it did not say.
    std::optional<WallClock> arrived;
};

class AdvertSocket {
public:
    // Fails when the interface is gone or CAP_NET_RAW is missing.
    static base::Result<AdvertSocket> open(const Link& link, base::Family family);

    // One that a process before this one has opened so, and somebody has kept since. Fails when it
    // is another kind of socket, is bound elsewhere, or has lost its group: an interface that was
    // made anew has other sockets.
    static base::Result<AdvertSocket> adopt(base::Fd socket, const Link& link, base::Family family);

    [[nodiscard]] int descriptor() const { return socket_.number(); }
    [[nodiscard]] LinkIndex link() const { return link_; }

    // Sends one advertisement along `route`, whose source must be on the interface. TTL 255, DSCP
    // CS6, not looped back. Never blocks; a full queue is an error.
    base::Result<void> send(base::ByteView message, const vrrp::Route& route);

    // Appends what waits in the socket to `into`, at most `limit` datagrams; never blocks.
    base::Result<void> receive(std::vector<Datagram>& into, std::size_t limit);

private:
    AdvertSocket(base::Fd socket, LinkIndex link, base::Family family, std::string name)
        : socket_{std::move(socket)}, link_{link}, family_{family}, name_{std::move(name)} {}
    base::Fd socket_;
    LinkIndex link_;
    base::Family family_;
    std::string name_;
};

}  // namespace kernel
