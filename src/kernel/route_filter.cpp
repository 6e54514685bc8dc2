#include "kernel/route_filter.hpp"

#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstddef>
#include <utility>

#include "base/route_filter.hpp"
#include "kernel/route.hpp"

namespace kernel {

namespace {

std::vector<sock_filter> program_for(std::vector<base::InterfaceAddress> destinations) {
    using namespace base::route_filter;
    // The kernel takes 4,096 instructions; with more destinations every replacement passes.
    constexpr std::size_t most_destinations = 256;
    constexpr std::uint32_t protocol_at = NLMSG_HDRLEN + offsetof(rtmsg, rtm_protocol);
    std::vector<sock_filter> program{
        BPF_STMT(half, offsetof(nlmsghdr, nlmsg_type)),
        BPF_JUMP(equals, as_read(RTM_DELROUTE), 2, 0),
        BPF_JUMP(equals, as_read(RTM_NEWROUTE), 1, 0),
        BPF_STMT(answer, pass),
        BPF_STMT(octet, protocol_at),
        BPF_JUMP(equals, our_route_protocol, 0, 1),
        BPF_STMT(answer, pass),
        BPF_STMT(half, offsetof(nlmsghdr, nlmsg_flags)),
        BPF_JUMP(has_bits, as_read(NLM_F_REPLACE), 1, 0),
        BPF_STMT(answer, drop),
    };
    append_destinations(program, std::move(destinations), most_destinations);
    return program;
}

}  // namespace

base::Result<void> filter_routes(int socket, std::vector<base::InterfaceAddress> destinations) {
    std::vector<sock_filter> program = program_for(std::move(destinations));
    const sock_fprog attachment{static_cast<unsigned short>(program.size()), program.data()};
    if (::setsockopt(socket, SOL_SOCKET, SO_ATTACH_FILTER, &attachment, sizeof(attachment)) < 0)
        return base::os_failure("filter the changes of routes", errno);
    return {};
}

}  // namespace kernel
