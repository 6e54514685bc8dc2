// Netlink in: dumps and notifications of links and addresses, through libmnl.
//
// libmnl shows every error as it is; libnl's caches hide ENOBUFS and cost seconds on a large
// router.
#pragma once

#include <vector>

#include "base/bytes.hpp"
#include "base/fd.hpp"
#include "base/result.hpp"
#include "kernel/view.hpp"

namespace kernel {

// Reads the netlink messages in `buffer`, links and addresses only; the rest is skipped. Pure.
std::vector<Event> parse_messages(base::ByteView buffer);

class Monitor {
public:
    // Subscribes to links and addresses of both families. The receive buffer is made large (8 MiB,
    // past the system's limit with CAP_NET_ADMIN): the default of 208 KiB overflows at 256
    // addresses.
    static base::Result<Monitor> open();

    [[nodiscard]] int descriptor() const { return socket_.number(); }

    // Everything there is. Notifications that arrive meanwhile stay queued and are applied on top,
    // which is harmless as long as none is lost: the last one about an object states all of it.
    [[nodiscard]] base::Result<View> dump() const;

    struct Changes {
        std::vector<Event> events;
        // The kernel dropped notifications (ENOBUFS). What was queued is thrown away, since it may
        // lack its sequel: dump again.
        bool overrun = false;
    };
    // What has arrived since the last call, 1,024 messages at most; never blocks. After an overrun
    // it empties the queue, which is finite: until it is empty the kernel adds nothing to it.
    base::Result<Changes> read();

private:
    explicit Monitor(base::Fd socket) : socket_{std::move(socket)}, buffer_(64 * 1024) {}
    base::Fd socket_;
    base::Bytes buffer_;
};

}  // namespace kernel
