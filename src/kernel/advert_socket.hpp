// The raw socket that adverts of one interface and family come and go through.
//
// Bound to the interface, a member of the VRRP group there, with a filter in the kernel for the
// VRIDs in use. One socket an interface: Linux allows 20 memberships a socket
// (net.ipv4.igmp_max_memberships).
#pragma once

#include <chrono>
#include <optional>
#include <set>
#include <string>

#include "base/address.hpp"
#include "base/bytes.hpp"
#include "base/fd.hpp"
#include "base/result.hpp"
#include "kernel/view.hpp"
#include "vrrp/types.hpp"

namespace kernel {

using WallClock = std::chrono::system_clock::time_point;

struct Datagram {
    base::Bytes bytes;  // from the IP header on
    // When the kernel got it (SO_TIMESTAMPNS), by the wall clock; none when it did not say.
    std::optional<WallClock> arrived;
};

class AdvertSocket {
public:
    // IPv4 only. Fails when the interface is gone or CAP_NET_RAW is missing.
    static base::Result<AdvertSocket> open(const Link& link, const std::set<vrrp::Vrid>& vrids);

    [[nodiscard]] int descriptor() const { return socket_.number(); }
    [[nodiscard]] LinkIndex link() const { return link_; }

    // Changes which VRIDs pass; a packet is never dropped for the moment of the change.
    base::Result<void> set_filter(const std::set<vrrp::Vrid>& vrids);

    // Sends one advertisement to the group from `source`, which must be on the interface. TTL 255,
    // DSCP CS6, not looped back. Never blocks; a full queue is an error.
    base::Result<void> send(base::ByteView message, const base::IpAddress& source);

    // Appends what waits in the socket to `into`, at most `limit` datagrams; never blocks.
    base::Result<void> receive(std::vector<Datagram>& into, std::size_t limit);

private:
    AdvertSocket(base::Fd socket, LinkIndex link, std::string name)
        : socket_{std::move(socket)}, link_{link}, name_{std::move(name)} {}
    base::Fd socket_;
    LinkIndex link_;
    std::string name_;
};

}  // namespace kernel
