// Messages through a socket that keeps their bounds (SOCK_SEQPACKET), without ever waiting: what
// does not fit into the socket now is kept and sent later. Both ends use it. Knows nothing of what
// the messages say.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/fd.hpp"
#include "base/result.hpp"

namespace health {

class Channel {
public:
    // Both ends of a new channel: non-blocking, close-on-exec, with large buffers.
    struct Pair;
    static base::Result<Pair> make_pair();

    explicit Channel(base::Fd socket) : socket_{std::move(socket)} {}

    // Sends a message now, or keeps it until flush().
    void send(std::string text);
    // The same, but takes the place of one that is kept under this name, which nobody needs any
    // more.
    void send_newest(std::string_view name, std::string text);
    // Sends what is kept, as far as there is room.
    void flush();

    // The next message that has come; nothing when there is none, or the other end is closed. One
    // that is too large is dropped and counted.
    std::optional<std::string> receive();

    // The other end is closed; told by receive() and flush().
    [[nodiscard]] bool is_closed() const { return is_closed_; }
    // Something is kept: wait for EPOLLOUT, then flush().
    [[nodiscard]] bool is_waiting() const { return !kept_.empty(); }
    // Messages that were too many to be kept, or too large to be received.
    [[nodiscard]] std::size_t lost() const { return lost_; }
    [[nodiscard]] int descriptor() const { return socket_.number(); }

private:
    struct Kept {
        std::string name;  // empty: has none
        std::string text;
    };
    enum class Sending { done, full };
    Sending try_to_send(const std::string& text);
    void keep(Kept message);

    base::Fd socket_;
    std::deque<Kept> kept_;
    std::vector<char> buffer_;
    std::size_t lost_ = 0;
    bool is_closed_ = false;
};

struct Channel::Pair {
    base::Fd ours;
    base::Fd theirs;
};

}  // namespace health
