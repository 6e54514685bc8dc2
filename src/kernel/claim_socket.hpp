// Hears who claims our addresses: ARP packets of other machines with one of them as the sender, and
// Neighbor Advertisements for one of them.
//
// A packet socket of one interface and family. Its filter runs in the kernel for every ARP or IPv6
// packet there, so it lets through little else; what it lets through is to be checked.
#pragma once

#include <vector>

#include "base/address.hpp"
#include "base/fd.hpp"
#include "base/result.hpp"
#include "kernel/view.hpp"
#include "vrrp/claim.hpp"

namespace kernel {

class ClaimSocket {
public:
    // Needs CAP_NET_RAW. Hears nothing before set_addresses().
    static base::Result<ClaimSocket> open(const Link& link, base::Family family);

    // Hears claims of these addresses from now on, and of others between them when they are very
    // many; of none when there are none. Binding and closing a packet socket may wait for an RCU
    // grace period, which is milliseconds; a new filter does not.
    base::Result<void> set_addresses(const std::vector<base::IpAddress>& addresses);

    [[nodiscard]] int descriptor() const { return socket_.number(); }

    // What waits, at most `limit` frames, without those that claim nothing; never blocks.
    std::vector<vrrp::Claim> receive(std::size_t limit);

private:
    ClaimSocket(base::Fd socket, base::Family family)
        : socket_{std::move(socket)}, family_{family} {}
    base::Fd socket_;
    base::Family family_;
};

// Numbers from `first` to `last`.
struct Span {
    std::uint32_t first;
    std::uint32_t last;
    bool operator==(const Span&) const = default;
};
// At most `limit` spans that cover all of these, with the least between them that is not one.
std::vector<Span> spans_over(std::vector<std::uint32_t> numbers, std::size_t limit);

}  // namespace kernel
