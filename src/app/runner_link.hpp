// The daemon's end of the socket to the runner: its channel in the daemon's epoll, and whether
// keeper and runner are still there.
#pragma once

#include <cstdint>
#include <vector>

#include "app/checks.hpp"
#include "base/fd.hpp"
#include "base/result.hpp"
#include "health/channel.hpp"
#include "health/keeper.hpp"
#include "health/message.hpp"

namespace app {

class RunnerLink {
public:
    // `epoll`: a descriptor that outlives this object.
    static base::Result<RunnerLink> open(health::StartedRunner runner, int epoll);

    // What another program needs to go on with the same runner.
    [[nodiscard]] int descriptor() const { return channel_.descriptor(); }
    [[nodiscard]] int keeper_end() const { return keeper_end_.number(); }
    // Everything has been told.
    [[nodiscard]] bool is_idle() const { return !channel_.is_waiting(); }

    // Never blocks: what does not fit in now is sent when there is room.
    void tell(const health::ToRunner& message);
    // Sends what was kept and returns what the runner has said: at most so many messages a turn.
    std::vector<health::FromRunner> exchange();
    // As far as the last exchange() has seen.
    [[nodiscard]] Care care() const { return care_; }

private:
    RunnerLink(health::Channel channel, base::Fd keeper_end, int epoll)
        : channel_{std::move(channel)}, keeper_end_{std::move(keeper_end)}, epoll_{epoll} {}
    void watch_for_room();
    void look_after_keeper();
    void forget(int descriptor) const;

    health::Channel channel_;
    base::Fd keeper_end_;  // closed when it has ended
    int epoll_;
    bool waits_for_room_ = false;
    Care care_ = Care::kept;
};

}  // namespace app
