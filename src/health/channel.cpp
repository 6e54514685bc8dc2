#include "health/channel.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "health/message.hpp"

namespace health {

namespace {

constexpr int socket_buffer = 4 * 1024 * 1024;
// More than there are checks and hooks; what is beyond that belongs to somebody who does not read.
constexpr std::size_t kept_at_most = 8192;

// Beyond net.core.wmem_max where we may (CAP_NET_ADMIN), as far as allowed where not.
void enlarge(int socket) {
    const int size = socket_buffer;
    if (::setsockopt(socket, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)) < 0)
        (void)::setsockopt(socket, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
}

}  // namespace

base::Result<Channel::Pair> Channel::make_pair() {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) < 0)
        return base::os_failure("make a socket to the runner", errno);
    for (const int end : ends) enlarge(end);
    return Pair{base::Fd{ends[0]}, base::Fd{ends[1]}};
}

void Channel::send(std::string text) {
    if (kept_.empty() && try_to_send(text) == Sending::done) return;
    keep({{}, std::move(text)});
}

void Channel::send_newest(std::string_view name, std::string text) {
    const auto older = std::ranges::find(kept_, name, &Kept::name);
    if (older != kept_.end()) {
        older->text = std::move(text);
        return;
    }
    if (kept_.empty() && try_to_send(text) == Sending::done) return;
    keep({std::string{name}, std::move(text)});
}

void Channel::keep(Kept message) {
    if (is_closed_) return;
    if (kept_.size() >= kept_at_most) {
        ++lost_;
        return;
    }
    kept_.push_back(std::move(message));
}

void Channel::flush() {
    while (!kept_.empty() && try_to_send(kept_.front().text) == Sending::done) kept_.pop_front();
}

// A message that can never be sent is done with, so that it does not keep those behind it.
Channel::Sending Channel::try_to_send(const std::string& text) {
    if (text.size() > message_size) {
        ++lost_;
        return Sending::done;
    }
    const ssize_t sent = ::send(socket_.number(), text.data(), text.size(), MSG_NOSIGNAL);
    if (sent >= 0) return Sending::done;
    if (errno == EAGAIN || errno == ENOBUFS || errno == EINTR) return Sending::full;
    if (errno == EPIPE || errno == ECONNRESET) is_closed_ = true;
    ++lost_;
    return Sending::done;
}

std::optional<std::string> Channel::receive() {
    buffer_.resize(message_size);
    while (true) {
        const ssize_t size =
            ::recv(socket_.number(), buffer_.data(), buffer_.size(), MSG_TRUNC | MSG_DONTWAIT);
        if (size == 0 || (size < 0 && errno == ECONNRESET)) is_closed_ = true;
        if (size <= 0) return std::nullopt;
        if (static_cast<std::size_t>(size) <= buffer_.size())
            return std::string{buffer_.data(), static_cast<std::size_t>(size)};
        ++lost_;
    }
}

}  // namespace health
