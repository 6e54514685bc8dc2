#include "health/probe_tcp.hpp"

#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <system_error>

#include "health/latency.hpp"

namespace health {

namespace {

socklen_t write_address(const kind::Tcp& wanted, int interface, sockaddr_storage& into) {
    if (wanted.target.family() == base::Family::ipv4) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(wanted.port);
        std::memcpy(&address.sin_addr, wanted.target.octets().data(), sizeof(address.sin_addr));
        std::memcpy(&into, &address, sizeof(address));
        return sizeof(address);
    }
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_port = htons(wanted.port);
    std::memcpy(&address.sin6_addr, wanted.target.octets().data(), sizeof(address.sin6_addr));
    if (wanted.target.is_link_local_ipv6())
        address.sin6_scope_id = static_cast<std::uint32_t>(interface);
    std::memcpy(&into, &address, sizeof(address));
    return sizeof(address);
}

// Nobody listens, and the kernel chose the very port that we connect to as our own: that connects
// (RFC 9293 section 3.5, simultaneous open). The zone of an IPv6 address is of no account here.
bool is_connected_to_itself(int descriptor, const kind::Tcp& wanted) {
    sockaddr_storage ours{};
    sockaddr_storage theirs{};
    socklen_t size = sizeof(ours);
    if (::getsockname(descriptor, reinterpret_cast<sockaddr*>(&ours), &size) < 0) return false;
    write_address(wanted, 0, theirs);
    if (wanted.target.family() == base::Family::ipv4)
        return std::memcmp(&ours, &theirs, offsetof(sockaddr_in, sin_zero)) == 0;
    return std::memcmp(&ours, &theirs, offsetof(sockaddr_in6, sin6_scope_id)) == 0;
}

bool is_decided(int descriptor) {
    pollfd state{.fd = descriptor, .events = POLLOUT, .revents = 0};
    return ::poll(&state, 1, 0) > 0;
}

}  // namespace

TcpProbe::TcpProbe(kind::Tcp wanted, Waker& waker, Links& links)
    : wanted_{std::move(wanted)}, waker_{waker}, links_{links} {}

TcpProbe::~TcpProbe() { close(); }

void TcpProbe::close() {
    if (socket_.is_open()) waker_.unwatch(socket_.number());
    socket_.reset();
}

base::Result<void> TcpProbe::open(int interface) {
    const auto failure = [](int error) { return base::os_failure({}, error); };
    const int family = wanted_.target.family() == base::Family::ipv4 ? AF_INET : AF_INET6;
    socket_ = base::Fd{::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
    if (!socket_.is_open()) return failure(errno);
    // Closed with a reset: ten connections a second would leave 600 in TIME_WAIT.
    constexpr linger at_once{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(socket_.number(), SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    if (!wanted_.interface.empty() &&
        ::setsockopt(socket_.number(), SOL_SOCKET, SO_BINDTODEVICE, wanted_.interface.data(),
                     static_cast<socklen_t>(wanted_.interface.size())) < 0)
        return failure(errno);
    sockaddr_storage address{};
    const socklen_t size = write_address(wanted_, interface, address);
    if (::connect(socket_.number(), reinterpret_cast<const sockaddr*>(&address), size) < 0)
        return failure(errno);
    return {};
}

std::optional<Outcome> TcpProbe::start(base::Instant now) {
    const auto index = index_of(links_, wanted_.interface, now);
    if (!index) return Outcome{.is_well = false, .text = index.error().text()};
    started_ = now;
    const auto opened = open(*index);
    if (!opened && opened.error().os_error == EINPROGRESS) {
        // To a service of this very machine it is over by now.
        if (is_decided(socket_.number())) return on_ready(socket_.number(), now);
        waker_.watch(socket_.number(), EPOLLOUT, *this);
        return std::nullopt;
    }
    const Outcome outcome = judge(opened ? 0 : opened.error().os_error, now);
    socket_.reset();
    return outcome;
}

std::optional<Outcome> TcpProbe::on_ready(int /*descriptor*/, base::Instant now) {
    int error = 0;
    socklen_t size = sizeof(error);
    ::getsockopt(socket_.number(), SOL_SOCKET, SO_ERROR, &error, &size);
    const Outcome outcome = judge(error, now);
    close();
    return outcome;
}

Outcome TcpProbe::judge(int error, base::Instant now) const {
    if (error == 0 && is_connected_to_itself(socket_.number(), wanted_)) error = ECONNREFUSED;
    if (error == 0) return {.is_well = true, .text = within("connected", now - started_)};
    return {.is_well = false,
            .text = fmt::format("{} port {}: {}", wanted_.target.text(), wanted_.port,
                                std::generic_category().message(error))};
}

Outcome TcpProbe::give_up(base::Instant /*now*/) {
    close();
    return {.is_well = false,
            .text = fmt::format("{} port {}: no answer", wanted_.target.text(), wanted_.port)};
}

}  // namespace health
