// Hears adverts over IPv4 that come from one of our own addresses: another router that has it too,
// or our own that a loop brings back.
//
// The raw socket never sees them. Linux drops a packet whose source it has itself
// (net/ipv4/fib_frontend.c, unless accept_local is set), so a packet socket has to look before
// that. IPv6 knows no such rule.
#pragma once

#include <set>
#include <vector>

#include "base/address.hpp"
#include "base/result.hpp"
#include "kernel/tap.hpp"
#include "kernel/view.hpp"

namespace kernel {

class TwinSocket {
public:
    // Lets through what comes in on the link with protocol 112 from one of `sources` (IPv4, at most
    // 1000), fragments left out. Needs CAP_NET_RAW.
    static base::Result<TwinSocket> open(const Link& link,
                                         const std::set<base::IpAddress>& sources);

    // Lets through other sources from now on.
    base::Result<void> set_sources(const std::set<base::IpAddress>& sources);

    [[nodiscard]] int descriptor() const { return tap_.descriptor(); }

    // What waits, from the IP header on, at most `limit` datagrams; never blocks.
    std::vector<Datagram> receive(std::size_t limit) { return tap_.receive(limit); }

private:
    explicit TwinSocket(Tap tap) : tap_{std::move(tap)} {}
    Tap tap_;
};

}  // namespace kernel
