#include "app/runner_link.hpp"

#include <poll.h>
#include <sys/epoll.h>

#include <cerrno>
#include <utility>

namespace app {

namespace {

constexpr int messages_a_turn = 64;

base::Result<void> wait_for(int epoll, int descriptor) {
    epoll_event event{.events = EPOLLIN, .data = {.fd = descriptor}};
    if (::epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event) < 0)
        return base::os_failure("wait for the runner", errno);
    return {};
}

}  // namespace

base::Result<RunnerLink> RunnerLink::open(health::StartedRunner runner, int epoll) {
    health::Channel channel{std::move(runner.socket)};
    TRY_DO(wait_for(epoll, channel.descriptor()));
    if (runner.keeper_end.is_open()) TRY_DO(wait_for(epoll, runner.keeper_end.number()));
    return RunnerLink{std::move(channel), std::move(runner.keeper_end), epoll};
}

// Level-triggered, what has ended would wake the loop for ever.
void RunnerLink::forget(int descriptor) const {
    (void)::epoll_ctl(epoll_, EPOLL_CTL_DEL, descriptor, nullptr);
}

void RunnerLink::look_after_keeper() {
    if (!keeper_end_.is_open()) return;
    pollfd keeper{.fd = keeper_end_.number(), .events = POLLIN, .revents = 0};
    if (::poll(&keeper, 1, 0) <= 0) return;
    forget(keeper_end_.number());
    keeper_end_.reset();
    care_ = Care::without_keeper;
}

void RunnerLink::tell(const health::ToRunner& message) {
    channel_.send(health::encode(message));
    watch_for_room();
}

void RunnerLink::watch_for_room() {
    if (care_ == Care::none || waits_for_room_ == channel_.is_waiting()) return;
    waits_for_room_ = channel_.is_waiting();
    const std::uint32_t out = waits_for_room_ ? EPOLLOUT : 0U;
    epoll_event event{.events = EPOLLIN | out, .data = {.fd = channel_.descriptor()}};
    (void)::epoll_ctl(epoll_, EPOLL_CTL_MOD, channel_.descriptor(), &event);
}

std::vector<health::FromRunner> RunnerLink::exchange() {
    std::vector<health::FromRunner> messages;
    if (care_ == Care::none) return messages;
    channel_.flush();
    watch_for_room();
    for (int i = 0; i < messages_a_turn; ++i) {
        const auto text = channel_.receive();
        if (!text) break;
        // What makes no sense is no reason to stop listening; the runner is of our own making.
        if (auto message = health::decode_from_runner(*text))
            messages.push_back(std::move(*message));
    }
    look_after_keeper();
    // Each of the two holds the other end.
    if (!channel_.is_closed()) return messages;
    care_ = Care::none;
    forget(channel_.descriptor());
    return messages;
}

}  // namespace app
