// rtnetlink in: subscriptions, dumps, and messages as they come, through libmnl.
#pragma once

#include <libmnl/libmnl.h>
#include <linux/filter.h>
#include <linux/rtnetlink.h>

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>

#include "base/address.hpp"
#include "base/bytes.hpp"
#include "base/fd.hpp"
#include "base/netlink.hpp"
#include "base/result.hpp"

namespace health {

// The kernel dropped messages: what is known may be wrong, and must be asked for anew.
enum class NetlinkRead : std::uint8_t { messages, nothing, overrun, failed };

class NetlinkSocket {
public:
    // `groups` are RTNLGRP_ numbers. A filter judges each message before it is queued; an empty one
    // lets all through. Never blocks.
    static base::Result<NetlinkSocket> subscribe(std::initializer_list<int> groups,
                                                 std::span<sock_filter> filter,
                                                 const std::string& attempt);

    struct DumpRequest {
        std::uint16_t type;  // RTM_GETLINK, ...
        std::uint8_t family = 0;
        std::uint8_t protocol = 0;  // of routes; 0: any
        std::uint32_t table = 0;    // of routes; 0: any
    };
    // Asks for a dump, in which the kernel leaves out what is not asked for (Linux 4.20). Its
    // answers are made as they are read, so that it costs as much at a time as is read at a time.
    static base::Result<NetlinkSocket> dump(const DumpRequest& request, const std::string& attempt);

    [[nodiscard]] int descriptor() const { return socket_.number(); }

    // Reads once. What was read is in messages() until the next call.
    NetlinkRead read();
    [[nodiscard]] base::ByteView messages() const { return {buffer_.data(), size_}; }

private:
    explicit NetlinkSocket(base::Fd socket) : socket_{std::move(socket)}, buffer_(32 * 1024) {}
    static base::Result<NetlinkSocket> open(const std::string& attempt);

    base::Fd socket_;
    base::Bytes buffer_;
    std::size_t size_ = 0;
};

// Calls take(header) for each whole message.
template <typename Take>
void for_each_message(base::ByteView messages, Take take) {
    int left = static_cast<int>(messages.size());
    for (const auto* header = reinterpret_cast<const nlmsghdr*>(messages.data());
         base::is_whole(header, left); header = mnl_nlmsg_next(header, &left))
        take(header);
}

}  // namespace health
