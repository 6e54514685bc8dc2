// A raw or packet socket that several probes share: what it may hear, how it sends, how it reads.
#pragma once

#include <linux/filter.h>
#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "base/address.hpp"
#include "base/bytes.hpp"
#include "base/fd.hpp"
#include "base/result.hpp"

namespace health {

// Raw ICMP or ICMPv6. Hears messages of one type only, and of these what the filter lets through;
// is told on which interface each came and with which hop limit. `attempt` is for the error. Needs
// CAP_NET_RAW.
base::Result<base::Fd> open_icmp(base::Family family, std::uint8_t type,
                                 std::span<sock_filter> filter, const std::string& attempt);

base::Result<void> attach_filter(int descriptor, std::span<sock_filter> filter,
                                 const std::string& attempt);

// For a socket that many probes share.
void make_room(int descriptor);

// Where a packet goes, and from where. An interface of 0 leaves that to the routing table, and no
// source to the kernel.
struct Way {
    base::IpAddress target;
    int interface = 0;
    std::optional<base::IpAddress> source{};
};

// Never blocks. The attempt of an error is `attempt`.
base::Result<void> send_icmp(int descriptor, const Way& way, base::ByteView message,
                             const std::string& attempt);

struct Heard {
    base::ByteView octets;  // until the next read
    base::IpAddress sender;
    int interface = 0;
    int hop_limit = 0;  // of IPv6
};

// Reads packets, several with one call of the kernel.
class Batch {
public:
    static constexpr std::size_t most = 16;

    // How many have come, at most `most`; fewer mean that no more wait. Never blocks.
    std::size_t receive(int descriptor);
    [[nodiscard]] Heard at(std::size_t index);

private:
    static constexpr std::size_t packet_size = 256;  // what is longer is not what we wait for

    struct Slot {
        std::array<std::uint8_t, packet_size> octets;
        alignas(std::size_t) std::array<std::uint8_t, 128> control;
        sockaddr_storage sender;
        iovec vector;
    };
    std::array<Slot, most> slots_;
    std::array<mmsghdr, most> headers_;
};

}  // namespace health
