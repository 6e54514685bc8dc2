// Whatever comes as ARP or a Neighbor Advertisement: a claim is of one machine and one address, and
// what we send ourselves says the same.

#include "vrrp/claim.hpp"

#include "targets.hpp"
#include "vrrp/announce.hpp"

namespace fuzz {

Complaint claim(base::ByteView input) {
    // With an end that the sanitizer guards.
    const base::Bytes frame{input.begin(), input.end()};
    const auto claim = vrrp::parse_claim(frame);
    if (!claim) return std::nullopt;
    if (claim->address.is_unspecified() || claim->address.is_multicast())
        return "an address that nobody can have is claimed";
    const base::Bytes ours =
        claim->address.family() == base::Family::ipv4
            ? vrrp::gratuitous_arp(claim->mac, claim->address, vrrp::ArpOperation::reply)
            : vrrp::unsolicited_neighbor_advertisement(claim->mac, claim->address,
                                                       vrrp::Forwarding::off);
    if (vrrp::parse_claim(ours) != claim) return "our own announcement claims something else";
    return std::nullopt;
}

}  // namespace fuzz
