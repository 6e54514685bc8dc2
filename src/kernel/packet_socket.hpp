// A packet socket for sending whole Ethernet frames: gratuitous ARP, Neighbor Advertisements.
#pragma once

#include "base/bytes.hpp"
#include "base/fd.hpp"
#include "base/result.hpp"
#include "kernel/view.hpp"

namespace kernel {

class PacketSocket {
public:
    // Receives nothing (protocol 0), so one serves all interfaces. Needs CAP_NET_RAW.
    static base::Result<PacketSocket> open();

    // Never blocks; a full queue or an interface that is down is an error.
    base::Result<void> send(const Link& link, base::ByteView frame);

private:
    explicit PacketSocket(base::Fd socket) : socket_{std::move(socket)} {}
    base::Fd socket_;
};

}  // namespace kernel
