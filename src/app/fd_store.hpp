// Descriptors that systemd keeps open while no process of ours is there (FileDescriptorStoreMax=),
// and gives to the next one. Without systemd nothing is kept.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "app/notify_socket.hpp"
#include "base/fd.hpp"

namespace app {

class FdStore {
public:
    static FdStore from_environment();

    struct Kept {
        std::string name;
        base::Fd descriptor;
    };
    // What the process before has left, once.
    [[nodiscard]] static std::vector<Kept> take_passed();

    // Until forget(), or the service ends. The descriptor stays open as long.
    void keep(const std::string& name, int descriptor);
    void forget(const std::string& name);
    // Sends what systemd could not take before.
    void work();

private:
    explicit FdStore(NotifySocket socket) : socket_{std::move(socket)} {}

    struct Message {
        std::string text;
        std::string name;
        int descriptor;  // -1: none
    };
    NotifySocket socket_;
    std::deque<Message> waiting_;
};

}  // namespace app
