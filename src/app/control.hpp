// The control socket: one request a connection, a line of JSON each way.
//
// Served between turns and never waited for: clients, request size, answer time are bounded, and a
// client that does not read its answer is cut off.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/fd.hpp"
#include "base/result.hpp"
#include "base/time.hpp"

namespace app {

enum class Caller : std::uint8_t { anybody, root };

class Control {
public:
    // Makes the socket at `path` with mode 0660, replacing one that an earlier process left behind:
    // the caller holds the lock of the run directory.
    static base::Result<Control> open(const std::string& path, int epoll);
    // One that a program before this one has made, whose clients need not notice.
    static base::Result<Control> adopt(base::Fd listener, const std::string& path, int epoll);
    [[nodiscard]] int descriptor() const { return listener_.number(); }
    Control(Control&&) = default;
    Control& operator=(Control&&) = delete;
    ~Control();

    // What a client asks for. Whether it may, the kernel says who it is (SO_PEERCRED).
    struct Request {
        std::string method;
        std::string name{};  // of a router or a group; empty for all
        Caller caller = Caller::anybody;
        std::string line{};  // the whole of it, for what only some methods take
    };
    // Does what can be done without waiting. `answer` returns the JSON to send, or nothing for a
    // method that it does not know.
    using Answer = std::function<std::optional<std::string>(const Request&)>;
    void serve(base::Instant now, const Answer& answer);

    // When the slowest client is cut off.
    [[nodiscard]] std::optional<base::Instant> deadline() const;

private:
    struct Client {
        base::Fd socket;
        base::Instant cut_off_at;
        Caller caller;
        std::string request{};
        std::string answer{};  // what is still to be sent
        bool is_answered = false;
    };
    enum class Progress { waiting, finished };

    Control(base::Fd listener, std::string path, int epoll)
        : listener_{std::move(listener)}, path_{std::move(path)}, epoll_{epoll} {}
    void accept_clients(base::Instant now);
    Progress work(Client& client, const Answer& answer) const;
    static Progress read_request(Client& client);
    Progress write_answer(Client& client) const;

    base::Fd listener_;
    std::string path_;
    int epoll_;
    std::map<int, Client> clients_;
};

// The answer to one request line.
std::string respond(std::string_view request, Caller caller, const Control::Answer& answer);
// Says why there is no other answer.
std::string error_json(std::string_view text);

}  // namespace app
