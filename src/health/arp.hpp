// ARP of IPv4 as octets (RFC 826), from behind the link's header on. Knows no socket.
#pragma once

#include <cstdint>
#include <optional>

#include "base/address.hpp"
#include "base/bytes.hpp"

namespace health {

// One end of a question or an answer.
struct ArpParty {
    base::Bytes hardware;
    base::IpAddress address;
    bool operator==(const ArpParty&) const = default;
};

struct ArpReply {
    ArpParty sender;
    ArpParty target;
};

// Who has `target`? A sender of 0.0.0.0 is put into no cache (RFC 5227 section 1.1).
base::Bytes arp_request(std::uint16_t hardware_type, const ArpParty& sender,
                        const base::IpAddress& target);

// No value for anything but a whole reply about IPv4.
std::optional<ArpReply> parse_arp_reply(base::ByteView message);

}  // namespace health
