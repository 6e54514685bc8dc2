// The echoes of one family: one raw socket for all pings, which hears the replies to our own
// identifier only.
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>

#include "base/address.hpp"
#include "base/fd.hpp"
#include "base/result.hpp"
#include "health/probe.hpp"
#include "health/raw_socket.hpp"

namespace health {

// Is told of the reply that it waits for.
class EchoListener {
public:
    virtual ~EchoListener() = default;
    virtual void on_echo(base::Instant now) = 0;
};

class Echoes final : public Reader {
public:
    Echoes(base::Family family, Waker& waker);
    ~Echoes() override;

    // Sends a request, and gives the number by which it is forgotten again. `listener` hears of the
    // reply at most once. A socket that could not be opened is tried again each time.
    base::Result<std::uint16_t> send(const base::IpAddress& target, int interface,
                                     EchoListener& listener);
    void forget(std::uint16_t sequence) { waiting_.erase(sequence); }

    void on_ready(int descriptor, base::Instant now) override;

private:
    struct Waiting {
        EchoListener* listener;
        base::IpAddress target;
        int interface;
    };

    base::Result<void> open();
    void take(const Heard& heard, base::Instant now);

    base::Family family_;
    Waker& waker_;
    base::Fd socket_;
    std::uint16_t identifier_ = 0;
    std::uint64_t nonce_ = 0;
    std::uint16_t sequence_ = 0;
    std::unordered_map<std::uint16_t, Waiting> waiting_;
    Batch batch_;
};

}  // namespace health
