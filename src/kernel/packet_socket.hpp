// A packet socket for sending whole Ethernet frames: gratuitous ARP, Neighbor Advertisements.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "base/bytes.hpp"
#include "base/fd.hpp"
#include "base/result.hpp"
#include "kernel/view.hpp"

namespace kernel {

// The first `count` frames have left. The next one did not, and `error` says why, unless all have.
struct SentFrames {
    std::size_t count = 0;
    std::optional<base::Error> error{};
};

class PacketSocket {
public:
    // Receives nothing (protocol 0), so one serves all interfaces. Needs CAP_NET_RAW.
    static base::Result<PacketSocket> open();

    // As many as the interface takes, in order. Never blocks; a full queue or an interface that is
    // down is an error.
    SentFrames send(const Link& link, std::span<const base::Bytes> frames);

private:
    explicit PacketSocket(base::Fd socket) : socket_{std::move(socket)} {}
    base::Fd socket_;
};

}  // namespace kernel
