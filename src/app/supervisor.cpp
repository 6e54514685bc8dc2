#include "app/supervisor.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>

namespace app {

namespace {

base::Fd connect_notify_socket() {
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

Supervisor Supervisor::from_environment() {
    std::uint64_t microseconds = 0;
    std::optional<base::Duration> feed_every;
    if (::sd_watchdog_enabled(0, &microseconds) > 0)
        feed_every = std::chrono::microseconds{microseconds / 2};
    return Supervisor{connect_notify_socket(), feed_every};
}

bool Supervisor::send(std::string_view message) const {
    if (!socket_.is_open()) return true;
    return ::send(socket_.number(), message.data(), message.size(), MSG_DONTWAIT | MSG_NOSIGNAL) >=
           0;
}

void Supervisor::tell(const std::string& status) {
    if (is_ready_told_ && status == status_) return;
    if (!send((is_ready_told_ ? "STATUS=" : "READY=1\nSTATUS=") + status)) return;
    is_ready_told_ = true;
    status_ = status;
}

void Supervisor::stopping() { (void)send("STOPPING=1\nSTATUS=releasing addresses"); }

void Supervisor::feed(base::Instant now) {
    if (!feed_every_ || now < next_feed_) return;
    // A full queue of PID 1 must not look like a loop that hangs.
    constexpr base::Duration try_again = std::chrono::milliseconds{100};
    next_feed_ = now + (send("WATCHDOG=1") ? *feed_every_ : try_again);
}

std::optional<base::Instant> Supervisor::deadline() const {
    if (!feed_every_) return std::nullopt;
    return next_feed_;
}

}  // namespace app
