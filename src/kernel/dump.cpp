#include "kernel/dump.hpp"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/fd.hpp"
#include "base/netlink.hpp"
#include "kernel/monitor.hpp"

namespace kernel {

namespace {

constexpr int attempts = 3;

struct Request {
    nlmsghdr header{};
    rtmsg body{};  // a link's, an address's and a rule's begin with the family too
};

Request request_for(std::uint16_t type, std::uint8_t family) {
    Request request;
    request.header.nlmsg_len = NLMSG_LENGTH(sizeof(rtgenmsg));
    request.header.nlmsg_type = type;
    request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    request.body.rtm_family = family;
    return request;
}

// The kernel leaves out routes of others by itself when it is asked strictly (Linux 4.20): those of
// a whole BGP table would take a second to read.
Request request_for_our_routes(std::uint8_t family) {
    Request request = request_for(RTM_GETROUTE, family);
    request.header.nlmsg_len = NLMSG_LENGTH(sizeof(rtmsg));
    request.body.rtm_protocol = our_route_protocol;
    return request;
}

// The error that a message carries at its beginning, 0 for none.
int error_in(const nlmsghdr* message) {
    int error = 0;
    if (mnl_nlmsg_get_payload_len(message) >= sizeof(error))
        std::memcpy(&error, mnl_nlmsg_get_payload(message), sizeof(error));
    return error < 0 ? -error : 0;
}

// One table into `view`. The socket is a blocking one: the kernel answers at once.
std::expected<void, int> add_table(const Request& request, const Receive& receive, View& view) {
    const base::Fd socket{::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE)};
    if (!socket.is_open()) return std::unexpected(errno);
    const int strict = request.header.nlmsg_type == RTM_GETROUTE ? 1 : 0;
    ::setsockopt(socket.number(), SOL_NETLINK, NETLINK_GET_STRICT_CHK, &strict, sizeof(strict));
    if (::send(socket.number(), &request, request.header.nlmsg_len, 0) < 0)
        return std::unexpected(errno);
    base::Bytes buffer(64 * 1024);
    while (true) {
        const ssize_t size = receive(socket.number(), buffer);
        if (size < 0) return std::unexpected(errno);
        const base::ByteView messages{buffer.data(), static_cast<std::size_t>(size)};
        const auto progress = progress_of(messages);
        if (!progress) return std::unexpected(progress.error());
        for (const Event& event : parse_messages(messages)) view.apply(event);
        if (*progress == Progress::done) return {};
    }
}

std::expected<View, int> whole_view(const Receive& receive) {
    const std::array requests{request_for(RTM_GETLINK, AF_UNSPEC),
                              request_for(RTM_GETADDR, AF_UNSPEC), request_for_our_routes(AF_INET),
                              request_for_our_routes(AF_INET6),
                              request_for(RTM_GETRULE, AF_UNSPEC)};
    View view;
    for (const Request& request : requests)
        if (const auto added = add_table(request, receive, view); !added)
            return std::unexpected(added.error());
    return view;
}

// The table changed while it was read, or the kernel had no memory for a part of it.
bool may_pass(int error) { return error == EINTR || error == ENOBUFS; }

}  // namespace

std::expected<Progress, int> progress_of(base::ByteView messages) {
    int left = static_cast<int>(messages.size());
    for (const auto* message = reinterpret_cast<const nlmsghdr*>(messages.data());
         base::is_whole(message, left); message = mnl_nlmsg_next(message, &left)) {
        // The first message after the change has the flag, no other one.
        if ((message->nlmsg_flags & NLM_F_DUMP_INTR) != 0) return std::unexpected(EINTR);
        const bool is_end = message->nlmsg_type == NLMSG_DONE || message->nlmsg_type == NLMSG_ERROR;
        if (!is_end) continue;
        // A dump that fails after its first message ends like a whole one, but with an error.
        if (const int error = error_in(message); error != 0) return std::unexpected(error);
        return Progress::done;
    }
    return Progress::unfinished;
}

base::Result<View> dump() {
    return dump([](int socket, std::span<std::uint8_t> buffer) {
        return ::recv(socket, buffer.data(), buffer.size(), 0);
    });
}

base::Result<View> dump(const Receive& receive) {
    constexpr auto attempt = "read links, addresses, routes and rules from the kernel";
    int error = 0;
    for (int i = 0; i < attempts; ++i) {
        auto view = whole_view(receive);
        if (view) return *std::move(view);
        error = view.error();
        if (!may_pass(error)) return base::os_failure(attempt, error);
    }
    if (error == EINTR) return base::failure(attempt, "they changed while they were read");
    return base::os_failure(attempt, error);
}

}  // namespace kernel
