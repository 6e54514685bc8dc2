// The packet filter behind `accept = false` as netlink messages: a table of our own, `inet tandem`.
//
// It drops what is addressed to a virtual address and would be delivered on this host, except the
// neighbour discovery without which nobody could reach the address (RFC 9568 section 6.4.3). It
// hooks into local input alone, so what is forwarded never passes it. Pure; the sockets are in
// kernel/filter_socket.hpp.
#pragma once

#include <cstdint>
#include <set>
#include <string_view>

#include "base/address.hpp"
#include "base/bytes.hpp"
#include "kernel/view.hpp"

namespace kernel {

inline constexpr std::string_view filter_table = "tandem";
// The comment of the table. By this we know ours: a table of this name without it is somebody's.
inline constexpr std::string_view filter_mark = "made by tandemd for accept = false";

// An address that accepts nothing. An IPv6 link-local one is another address on each link, so it is
// refused on its link only; all others are refused wherever they come in.
struct Refusal {
    base::IpAddress address;
    LinkIndex link{};  // of a link-local address; 0 otherwise
    static Refusal of(const base::IpAddress& address, LinkIndex link) {
        return {address, address.is_link_local_ipv6() ? link : LinkIndex{}};
    }
    auto operator<=>(const Refusal&) const = default;
};
using Refusals = std::set<Refusal>;

// One transaction of nftables: it takes effect as a whole or not at all.
struct FilterBatch {
    base::Bytes messages;
    std::uint32_t last;  // the sequence number that the kernel acknowledges when all is done
};

// Puts the table that drops exactly these in the place of the one that is there, if any; without
// refusals there is no table afterwards.
FilterBatch filter_batch(const Refusals& refusals, std::uint32_t sequence);

// Asks for the table.
base::Bytes filter_question(std::uint32_t sequence);

enum class Owner : std::uint8_t { us, somebody };
// Whose table the answer is about; `message` is one whole message.
Owner owner_of(base::ByteView message);

// Whether these notifications tell that somebody changed our table. `our_port` is the netlink port
// that our own transactions come from.
bool is_filter_changed(base::ByteView notifications, std::uint32_t our_port);

}  // namespace kernel
