#include "app/fd_store.hpp"

#include <fmt/format.h>
#include <systemd/sd-daemon.h>

#include <algorithm>
#include <cstdlib>

namespace app {

FdStore FdStore::from_environment() { return FdStore{NotifySocket::from_environment()}; }

std::vector<FdStore::Kept> FdStore::take_passed() {
    std::vector<Kept> passed;
    char** names = nullptr;
    const int count = ::sd_listen_fds_with_names(1, &names);
    for (int i = 0; i < count; ++i) passed.push_back({names[i], base::Fd{SD_LISTEN_FDS_START + i}});
    for (int i = 0; i < count; ++i) std::free(names[i]);
    std::free(static_cast<void*>(names));
    return passed;
}

// systemd would drop a socket that has an error, and an interface that goes down is one.
void FdStore::keep(const std::string& name, int descriptor) {
    waiting_.push_back({fmt::format("FDSTORE=1\nFDNAME={}\nFDPOLL=0", name), name, descriptor});
    work();
}

void FdStore::forget(const std::string& name) {
    std::erase_if(waiting_, [&](const Message& message) { return message.name == name; });
    waiting_.push_back({fmt::format("FDSTOREREMOVE=1\nFDNAME={}", name), name, -1});
    work();
}

void FdStore::work() {
    while (!waiting_.empty()) {
        const Message& message = waiting_.front();
        const bool is_sent = message.descriptor >= 0
                                 ? socket_.send(message.text, message.descriptor)
                                 : socket_.send(message.text);
        if (!is_sent) return;
        waiting_.pop_front();
    }
}

}  // namespace app
