// The pieces of a socket filter (BPF) that judges the kernel's messages about routes.
#pragma once

#include <linux/filter.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/address.hpp"

namespace base::route_filter {

constexpr std::uint16_t half = BPF_LD | BPF_H | BPF_ABS;
constexpr std::uint16_t octet = BPF_LD | BPF_B | BPF_ABS;
constexpr std::uint16_t equals = BPF_JMP | BPF_JEQ | BPF_K;
constexpr std::uint16_t has_bits = BPF_JMP | BPF_JSET | BPF_K;
constexpr std::uint16_t answer = BPF_RET | BPF_K;
constexpr std::uint32_t pass = 0xffff'ffff;
constexpr std::uint32_t drop = 0;

// BPF reads in network order what netlink writes in the machine's.
std::uint32_t as_read(std::uint16_t host);

// Appends, for each of the prefixes, instructions that pass a message which names it; then the
// verdict on all others: drop, or, where there are more than `most` prefixes, pass. Of a prefix the
// first 32 bits are compared: who reads the message compares it whole.
void append_destinations(std::vector<sock_filter>& program, std::vector<InterfaceAddress> prefixes,
                         std::size_t most);

}  // namespace base::route_filter
