#include "app/notify_socket.hpp"

#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cstddef>
#include <cstdlib>
#include <cstring>

namespace app {

namespace {

base::Fd connect_to_systemd() {
    const char* path = std::getenv("NOTIFY_SOCKET");
    if (path == nullptr) return {};
    const std::size_t length = std::strlen(path);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (length < 2 || length >= sizeof(address.sun_path)) return {};
    std::memcpy(address.sun_path, path, length);
    if (path[0] == '@') address.sun_path[0] = '\0';  // the abstract name space
    base::Fd socket{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + length);
    if (!socket.is_open() ||
        ::connect(socket.number(), reinterpret_cast<const sockaddr*>(&address), size) < 0)
        return {};
    return socket;
}

}  // namespace

NotifySocket NotifySocket::from_environment() { return NotifySocket{connect_to_systemd()}; }

bool NotifySocket::send(std::string_view message) const {
    if (!socket_.is_open()) return true;
    return ::send(socket_.number(), message.data(), message.size(), MSG_DONTWAIT | MSG_NOSIGNAL) >=
           0;
}

bool NotifySocket::send(std::string_view message, int descriptor) const {
    if (!socket_.is_open()) return true;
    iovec vector{const_cast<char*>(message.data()), message.size()};
    alignas(cmsghdr) std::array<std::uint8_t, CMSG_SPACE(sizeof(int))> control{};
    msghdr header{};
    header.msg_iov = &vector;
    header.msg_iovlen = 1;
    header.msg_control = control.data();
    header.msg_controllen = control.size();
    cmsghdr* const item = CMSG_FIRSTHDR(&header);
    item->cmsg_level = SOL_SOCKET;
    item->cmsg_type = SCM_RIGHTS;
    item->cmsg_len = CMSG_LEN(sizeof(int));
    std::memcpy(CMSG_DATA(item), &descriptor, sizeof(int));
    return ::sendmsg(socket_.number(), &header, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
}

}  // namespace app
