// Netlink in: notifications of links, addresses, and routes and rules of ours, through libmnl. What
// there is already is asked for with dump() (dump.hpp).
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
    bool operator==(const Interests&) const = default;
};

class Monitor {
public:
    // Subscribes to links and addresses of both families, and to what `interests` adds. The receive
    // buffer is made large (8 MiB, past the system's limit with CAP_NET_ADMIN): the default of 208
    // KiB overflows at 256 addresses.
    static base::Result<Monitor> open(const Interests& interests);

    // Other routes from now on; what there is of them already, a dump tells.
    base::Result<void> follow(const Interests& interests);

    [[nodiscard]] int descriptor() const { return socket_.number(); }

    struct Changes {
        std::vector<Event> events;
        // The kernel dropped notifications (ENOBUFS). What was queued is thrown away, since it may
        // lack its sequel: a dump is due.
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
