#include "health/route_filter.hpp"

#include <linux/rtnetlink.h>

#include <cstddef>
#include <utility>

#include "base/route_filter.hpp"

namespace health {

std::vector<sock_filter> route_filter(std::vector<base::InterfaceAddress> prefixes) {
    using namespace base::route_filter;
    // What net.core.optmem_max, 20 KiB on many a machine, has room for while one filter replaces
    // another.
    constexpr std::size_t most_prefixes = 64;
    std::vector<sock_filter> program{
        BPF_STMT(half, offsetof(nlmsghdr, nlmsg_type)),
        BPF_JUMP(equals, as_read(RTM_NEWROUTE), 4, 0),
        BPF_JUMP(equals, as_read(RTM_DELROUTE), 3, 0),
        BPF_JUMP(equals, as_read(RTM_DELNEXTHOP), 0, 1),
        BPF_STMT(answer, pass),
        BPF_STMT(answer, drop),
    };
    append_destinations(program, std::move(prefixes), most_prefixes);
    return program;
}

}  // namespace health
