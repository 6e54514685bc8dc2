// What the kernel says beside a datagram: control messages of recvmsg(2).
#pragma once

#include <sys/socket.h>
#include <time.h>

#include <chrono>
#include <cstring>
#include <optional>

#include "kernel/advert_socket.hpp"

namespace kernel {

template <typename T>
std::optional<T> control_of(msghdr& header, int level, int type) {
    for (cmsghdr* control = CMSG_FIRSTHDR(&header); control != nullptr;
         control = CMSG_NXTHDR(&header, control)) {
        if (control->cmsg_level != level || control->cmsg_type != type) continue;
        T value{};
        std::memcpy(&value, CMSG_DATA(control), sizeof(value));
        return value;
    }
    return std::nullopt;
}

// SO_TIMESTAMPNS: when the kernel got the datagram.
inline std::optional<WallClock> arrival_of(msghdr& header) {
    const auto stamp = control_of<timespec>(header, SOL_SOCKET, SO_TIMESTAMPNS);
    if (!stamp) return std::nullopt;
    return WallClock{std::chrono::seconds{stamp->tv_sec} +
                     std::chrono::nanoseconds{stamp->tv_nsec}};
}

}  // namespace kernel
