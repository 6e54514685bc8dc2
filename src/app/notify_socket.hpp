// The way to systemd that $NOTIFY_SOCKET names: datagrams that never block. A PID 1 that is busy (a
// daemon-reload with hundreds of units) must not make an advert late.
#pragma once

#include <optional>
#include <string_view>
#include <utility>

#include "base/fd.hpp"

namespace app {

class NotifySocket {
public:
    // Says nothing to anybody where there is no such variable.
    static NotifySocket from_environment();

    [[nodiscard]] bool is_open() const { return socket_.is_open(); }
    // False when it cannot be sent now.
    [[nodiscard]] bool send(std::string_view message) const;
    // The same with a descriptor, which the receiver gets one of its own for.
    [[nodiscard]] bool send(std::string_view message, int descriptor) const;

private:
    explicit NotifySocket(base::Fd socket) : socket_{std::move(socket)} {}
    base::Fd socket_;
};

}  // namespace app
