// A packet socket on one link that hears what a filter lets through, whatever the kernel would make
// of it. For the few packets that Linux gives to no other socket.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/fd.hpp"
#include "base/result.hpp"
#include "kernel/advert_socket.hpp"
#include "kernel/view.hpp"

struct sock_filter;

namespace kernel {

class Tap {
public:
    // Hears packets of `ethertype` that come in on the link; the filter sees them from the IP
    // header on. `attempt` is for the error. Needs CAP_NET_RAW.
    static base::Result<Tap> open(const Link& link, std::uint16_t ethertype,
                                  std::span<sock_filter> filter, const std::string& attempt);

    // Another filter from now on. Closing and binding a packet socket waits for an RCU grace
    // period, which is milliseconds; a new filter does not.
    base::Result<void> set_filter(std::span<sock_filter> filter, const std::string& attempt);

    [[nodiscard]] int descriptor() const { return socket_.number(); }

    // What waits, from the IP header on, at most `limit` datagrams; never blocks. It was not the
    // kernel's yet: what has a wrong IPv4 header sum is left out.
    std::vector<Datagram> receive(std::size_t limit);

private:
    explicit Tap(base::Fd socket) : socket_{std::move(socket)} {}
    base::Fd socket_;
};

}  // namespace kernel
