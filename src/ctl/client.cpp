#include "ctl/client.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <thread>

#include "base/result.hpp"

namespace ctl {

namespace {

using Clock = std::chrono::steady_clock;

std::string reason_of(int os_error) { return std::generic_category().message(os_error); }

std::unexpected<Failure> no_answer(std::string_view what) {
    return fail(ExitCode::unreachable, fmt::format("{}; see: systemctl status tandemd", what));
}

std::unexpected<Failure> not_there(std::string_view what) {
    return fail(
        ExitCode::unreachable,
        fmt::format("cannot reach tandemd: {}; is it running? try: systemctl status tandemd",
                    what));
}

std::unexpected<Failure> connect_failure(const std::string& path, int os_error) {
    if (os_error == EACCES || os_error == EPERM)
        return fail(ExitCode::not_permitted,
                    fmt::format("not permitted to use {}; try it with sudo", path));
    if (os_error == ENOENT) return not_there(fmt::format("there is no {}", path));
    if (os_error == ECONNREFUSED) return not_there(fmt::format("nobody listens on {}", path));
    return not_there(fmt::format("{}: {}", path, reason_of(os_error)));
}

class Deadline {
public:
    explicit Deadline(std::chrono::milliseconds time) : time_{time}, end_{Clock::now() + time} {}

    [[nodiscard]] bool is_over() const { return Clock::now() >= end_; }
    [[nodiscard]] std::chrono::milliseconds remaining() const {
        const auto rest = std::chrono::ceil<std::chrono::milliseconds>(end_ - Clock::now());
        return std::max(rest, std::chrono::milliseconds{0});
    }
    [[nodiscard]] std::unexpected<Failure> failure() const {
        const double seconds = std::chrono::duration<double>{time_}.count();
        return no_answer(fmt::format("tandemd did not answer within {} s", seconds));
    }

private:
    std::chrono::milliseconds time_;
    Clock::time_point end_;
};

Expected<void> wait_for(const base::Fd& socket, short events, const Deadline& deadline) {
    while (!deadline.is_over()) {
        pollfd waiting{socket.number(), events, 0};
        const int ready = ::poll(&waiting, 1, static_cast<int>(deadline.remaining().count()));
        // Errors and hang-ups too: the next call on the socket says which.
        if (ready > 0) return {};
        if (ready < 0 && errno != EINTR) return no_answer("cannot wait: " + reason_of(errno));
    }
    return deadline.failure();
}

bool is_temporary(int os_error) {
    return os_error == EAGAIN || os_error == EWOULDBLOCK || os_error == EINTR;
}

Expected<void> send_all(const base::Fd& socket, std::string_view text, const Deadline& deadline) {
    while (!text.empty()) {
        const ssize_t sent = ::send(socket.number(), text.data(), text.size(), MSG_NOSIGNAL);
        if (sent >= 0) {
            text.remove_prefix(static_cast<std::size_t>(sent));
            continue;
        }
        if (!is_temporary(errno)) return no_answer("tandemd hung up: " + reason_of(errno));
        TRY_DO(wait_for(socket, POLLOUT, deadline));
    }
    return {};
}

Expected<std::string> receive_line(const base::Fd& socket, std::size_t most,
                                   const Deadline& deadline) {
    std::string line;
    std::array<char, 65536> chunk{};
    while (true) {
        TRY_DO(wait_for(socket, POLLIN, deadline));
        const ssize_t received = ::recv(socket.number(), chunk.data(), chunk.size(), 0);
        if (received < 0 && is_temporary(errno)) continue;
        if (received < 0) return no_answer("tandemd hung up: " + reason_of(errno));
        if (received == 0)
            return no_answer(line.empty() ? "tandemd hung up without an answer"
                                          : "tandemd hung up in the middle of its answer");
        const std::string_view part{chunk.data(), static_cast<std::size_t>(received)};
        const auto newline = part.find('\n');
        line += part.substr(0, newline);
        if (line.size() > most)
            return fail(ExitCode::failed,
                        fmt::format("the answer of tandemd is larger than {} octets", most));
        if (newline != std::string_view::npos) return line;
    }
}

Expected<std::string> exchange_until(const base::Fd& connection, std::string_view request,
                                     std::size_t most, const Deadline& deadline) {
    TRY_DO(send_all(connection, fmt::format("{}\n", request), deadline));
    return receive_line(connection, most, deadline);
}

Expected<base::Fd> connect_to(const std::string& path, const Deadline& deadline) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path)
        return fail(ExitCode::unreachable,
                    fmt::format("the path {} is too long for a socket: at most {} octets", path,
                                sizeof address.sun_path - 1));
    std::ranges::copy(path, address.sun_path);
    base::Fd socket{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    if (!socket.is_open())
        return fail(ExitCode::failed, "cannot open a socket: " + reason_of(errno));
    while (::connect(socket.number(), reinterpret_cast<const sockaddr*>(&address),
                     sizeof address) != 0) {
        if (!is_temporary(errno)) return connect_failure(path, errno);
        if (deadline.is_over()) return deadline.failure();
        // The daemon's queue of connections is full. poll() cannot tell when it has room.
        std::this_thread::sleep_for(std::chrono::milliseconds{20});
    }
    return socket;
}

}  // namespace

Expected<std::string> ask(const std::string& socket_path, std::string_view request,
                          const Limits& limits) {
    const Deadline deadline{limits.time};
    TRY(const base::Fd connection, connect_to(socket_path, deadline));
    return exchange_until(connection, request, limits.size, deadline);
}

Expected<std::string> exchange(const base::Fd& connection, std::string_view request,
                               const Limits& limits) {
    return exchange_until(connection, request, limits.size, Deadline{limits.time});
}

}  // namespace ctl
