#include "app/control.hpp"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>

namespace app {

namespace {

constexpr std::size_t clients_at_once = 32;
constexpr std::size_t request_size = 4096;
constexpr base::Duration time_for_client = std::chrono::seconds{5};

base::Result<void> bind_to(int socket, const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof(address.sun_path))
        return base::failure("listen on " + path, "the path is too long for a socket");
    std::memcpy(address.sun_path, path.data(), path.size());
    ::unlink(path.c_str());
    const mode_t previous = ::umask(0117);  // 0660 from the first moment
    const int bound = ::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof(address));
    const int error = errno;
    ::umask(previous);
    if (bound < 0) return base::os_failure("listen on " + path, error);
    return {};
}

Caller caller_at(int socket) {
    ucred peer{};
    socklen_t size = sizeof(peer);
    const bool is_known = ::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0;
    return is_known && peer.uid == 0 ? Caller::root : Caller::anybody;
}

}  // namespace

std::string error_json(std::string_view text) {
    const nlohmann::ordered_json error{{"schema", 1}, {"error", text}};
    return error.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

std::string respond(std::string_view request, Caller caller, const Control::Answer& answer) {
    const auto parsed = nlohmann::json::parse(request, nullptr, false);
    if (!parsed.is_object()) return error_json("the request is not a JSON object");
    const auto method = parsed.find("method");
    if (method == parsed.end() || !method->is_string())
        return error_json("the request names no method");
    Control::Request wanted{
        .method = method->get<std::string>(), .caller = caller, .line = std::string{request}};
    if (const auto name = parsed.find("name"); name != parsed.end()) {
        if (!name->is_string()) return error_json("the name is not a text");
        wanted.name = name->get<std::string>();
    }
    if (auto text = answer(wanted)) return std::move(*text);
    return error_json("unknown method " + method->get_ref<const std::string&>());
}

base::Result<Control> Control::open(const std::string& path, int epoll) {
    base::Fd listener{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    if (!listener.is_open()) return base::os_failure("create the control socket", errno);
    TRY_DO(bind_to(listener.number(), path));
    if (::listen(listener.number(), static_cast<int>(clients_at_once)) < 0)
        return base::os_failure("listen on " + path, errno);
    return adopt(std::move(listener), path, epoll);
}

base::Result<Control> Control::adopt(base::Fd listener, const std::string& path, int epoll) {
    epoll_event event{.events = EPOLLIN, .data = {.fd = listener.number()}};
    if (::epoll_ctl(epoll, EPOLL_CTL_ADD, listener.number(), &event) < 0)
        return base::os_failure("wait for control clients", errno);
    return Control{std::move(listener), path, epoll};
}

Control::~Control() {
    if (listener_.is_open()) ::unlink(path_.c_str());
}

void Control::serve(base::Instant now, const Answer& answer) {
    accept_clients(now);
    for (auto entry = clients_.begin(); entry != clients_.end();) {
        Client& client = entry->second;
        const bool is_over = work(client, answer) == Progress::finished || now >= client.cut_off_at;
        entry = is_over ? clients_.erase(entry) : std::next(entry);
    }
}

void Control::accept_clients(base::Instant now) {
    for (std::size_t i = 0; i < clients_at_once; ++i) {
        base::Fd socket{
            ::accept4(listener_.number(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)};
        if (!socket.is_open()) return;
        // One too many is turned away: left in the queue, it would wake the loop without end.
        if (clients_.size() == clients_at_once) continue;
        epoll_event event{.events = EPOLLIN, .data = {.fd = socket.number()}};
        if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, socket.number(), &event) < 0) continue;
        const int number = socket.number();
        clients_.emplace(number, Client{.socket = std::move(socket),
                                        .cut_off_at = now + time_for_client,
                                        .caller = caller_at(number)});
    }
}

Control::Progress Control::work(Client& client, const Answer& answer) const {
    if (!client.is_answered) {
        if (read_request(client) == Progress::finished) return Progress::finished;
        const auto end = client.request.find('\n');
        if (end == std::string::npos && client.request.size() < request_size)
            return Progress::waiting;
        client.answer =
            end == std::string::npos
                ? error_json("the request is too long")
                : respond(std::string_view{client.request}.substr(0, end), client.caller, answer);
        client.answer += '\n';
        client.is_answered = true;
    }
    return write_answer(client);
}

Control::Progress Control::read_request(Client& client) {
    std::array<char, request_size> buffer{};
    while (client.request.size() < request_size) {
        const ssize_t size = ::recv(client.socket.number(), buffer.data(),
                                    request_size - client.request.size(), MSG_DONTWAIT);
        if (size < 0 && errno == EAGAIN) return Progress::waiting;
        if (size <= 0) return Progress::finished;
        client.request.append(buffer.data(), static_cast<std::size_t>(size));
        if (client.request.find('\n') != std::string::npos) return Progress::waiting;
    }
    return Progress::waiting;
}

Control::Progress Control::write_answer(Client& client) const {
    while (!client.answer.empty()) {
        const ssize_t size = ::send(client.socket.number(), client.answer.data(),
                                    client.answer.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
        if (size < 0 && errno == EAGAIN) {
            // From now on it is room that we wait for; what the client still sends is ignored.
            epoll_event event{.events = EPOLLOUT, .data = {.fd = client.socket.number()}};
            ::epoll_ctl(epoll_, EPOLL_CTL_MOD, client.socket.number(), &event);
            return Progress::waiting;
        }
        if (size <= 0) return Progress::finished;
        client.answer.erase(0, static_cast<std::size_t>(size));
    }
    return Progress::finished;
}

std::optional<base::Instant> Control::deadline() const {
    std::optional<base::Instant> earliest;
    for (const auto& [number, client] : clients_)
        if (!earliest || client.cut_off_at < *earliest) earliest = client.cut_off_at;
    return earliest;
}

}  // namespace app
