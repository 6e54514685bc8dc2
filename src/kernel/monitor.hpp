// Netlink in: dumps and notifications of links, addresses, and routes and rules of ours, through
// libmnl.
//
// libmnl shows every error as it is; libnl's caches hide ENOBUFS and cost seconds on a large
// router.
#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.hpp"
#include "base/fd.hpp"
#include "base/result.hpp"
#include "kernel/view.hpp"

namespace kernel {

// Reads the netlink messages in `buffer`; what is about none of these is skipped. Pure.
std::vector<Event> parse_messages(base::ByteView buffer);

// Whether changes of routes and rules are told as well. Where nobody wants any, those that are ours
// are leftovers, which a dump finds.
enum class Routes : std::uint8_t { ignored, followed };

struct Interests {
    Routes routes = Routes::ignored;
    std::vector<base::InterfaceAddress> destinations;  // of our routes
};

class Monitor {
public:
    // Subscribes to links and addresses of both families, and to what `interests` adds. The receive
    // buffer is made large (8 MiB, past the system's limit with CAP_NET_ADMIN): the default of 208
    // KiB overflows at 256 addresses.
    static base::Result<Monitor> open(const Interests& interests);

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
