// Questions to neighbours and their answers: ARP for IPv4, Neighbor Solicitation for IPv6; one
// socket a family for all of them.
//
// Nobody's cache learns anything wrong: a question comes from an address that this machine really
// has on that link, with that link's hardware address, or from none.
#pragma once

#include <string>
#include <vector>

#include "base/address.hpp"
#include "base/fd.hpp"
#include "base/result.hpp"
#include "health/links.hpp"
#include "health/probe.hpp"
#include "health/raw_socket.hpp"

namespace health {

// Waits for the answer of one neighbour on one link.
class NeighborListener {
public:
    virtual ~NeighborListener() = default;
    [[nodiscard]] virtual bool waits_for(const base::IpAddress& target, int interface) const = 0;
    virtual void on_answer(base::Instant now) = 0;
};

// The address to ask from: one of the target's subnet where there is one; none when there is no fit
// one (IPv4 may ask without). Pure.
std::optional<base::IpAddress> sender_for(const Link& link, const base::IpAddress& target);

class Neighbors final : public Reader {
public:
    explicit Neighbors(Waker& waker) : waker_{waker} {}
    ~Neighbors() override;

    // Asks everybody on the link for the target. `link` is not kept.
    base::Result<void> ask(const Link& link, const base::IpAddress& target);

    void join(NeighborListener& listener) { listeners_.push_back(&listener); }
    void leave(NeighborListener& listener) { std::erase(listeners_, &listener); }

    void on_ready(int descriptor, base::Instant now) override;

private:
    base::Result<void> ask_with_arp(const Link& link, const base::IpAddress& target);
    base::Result<void> ask_with_nd(const Link& link, const base::IpAddress& target);
    void read_arp(base::Instant now);
    void read_nd(base::Instant now);
    void tell(const base::IpAddress& target, int interface, base::Instant now);

    Waker& waker_;
    base::Fd arp_;
    base::Fd nd_;
    std::vector<NeighborListener*> listeners_;
    Batch batch_;
};

}  // namespace health
