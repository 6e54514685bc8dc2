// Hears the adverts of another Active router that come from our own virtual MAC.
//
// A private macvlan that is up takes every multicast frame with its MAC as the source away from its
// parent (Linux, macvlan_handle_frame()), so the parent's socket does not hear the rival as long as
// we are Active too. No group is joined on the macvlan: adverts from other MACs, which the parent
// hears, would come twice.
#pragma once

#include <vector>

#include "base/address.hpp"
#include "base/result.hpp"
#include "kernel/tap.hpp"
#include "kernel/view.hpp"

namespace kernel {

class RivalSocket {
public:
    // Hears nothing while the macvlan is down. Needs CAP_NET_RAW.
    static base::Result<RivalSocket> open(const Link& macvlan, base::Family family);

    [[nodiscard]] int descriptor() const { return tap_.descriptor(); }

    // What waits, from the IP header on, at most `limit` datagrams; never blocks.
    std::vector<Datagram> receive(std::size_t limit) { return tap_.receive(limit); }

private:
    explicit RivalSocket(Tap tap) : tap_{std::move(tap)} {}
    Tap tap_;
};

}  // namespace kernel
