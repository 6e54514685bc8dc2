// A daemon's side of the runner without a daemon: lines of standard input become messages to the
// runner, its messages become lines of standard output, with when they came before them in
// milliseconds. Ends with its input, as a daemon that goes away.
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <string>

#include "health/channel.hpp"
#include "health/clock.hpp"
#include "health/keeper.hpp"

namespace {

void send_lines(std::string& text, health::Channel& channel) {
    for (auto end = text.find('\n'); end != std::string::npos; end = text.find('\n')) {
        channel.send(text.substr(0, end));
        text.erase(0, end + 1);
    }
}

// False at the end of the input.
bool read_input(std::string& text) {
    std::array<char, 65536> buffer{};
    const ssize_t size = ::read(STDIN_FILENO, buffer.data(), buffer.size());
    if (size > 0) text.append(buffer.data(), static_cast<std::size_t>(size));
    return size > 0;
}

}  // namespace

int main() {
    auto link = health::start_runner();
    if (!link) {
        fmt::print(stderr, "{}\n", link.error().text());
        return 1;
    }
    fmt::print("0 {{\"keeper\":{}}}\n", link->keeper);
    std::fflush(stdout);
    health::Channel channel{std::move(link->socket)};
    std::string input;
    while (!channel.is_closed()) {
        const short events = channel.is_waiting() ? POLLIN | POLLOUT : POLLIN;
        std::array<pollfd, 2> waited{
            {{STDIN_FILENO, POLLIN, 0}, {channel.descriptor(), events, 0}}};
        ::poll(waited.data(), waited.size(), -1);
        if (waited[0].revents != 0 && !read_input(input)) return 0;
        send_lines(input, channel);
        channel.flush();
        const double now = base::milliseconds(health::read_clock().time_since_epoch());
        while (const auto message = channel.receive()) fmt::print("{:.1f} {}\n", now, *message);
        std::fflush(stdout);
    }
    return 1;  // keeper and runner are both gone
}
