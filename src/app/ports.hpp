// What a turn does to the outside. The real one is app/linux_ports.hpp, the simulated one
// tests/sim/fake_kernel.hpp.
#pragma once

#include <set>
#include <span>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "health/message.hpp"
#include "kernel/filter.hpp"
#include "kernel/macvlan.hpp"
#include "kernel/packet_socket.hpp"
#include "kernel/request.hpp"
#include "kernel/view.hpp"
#include "vrrp/advert.hpp"

namespace app {

class Ports {
public:
    Ports() = default;
    Ports(const Ports&) = delete;
    Ports& operator=(const Ports&) = delete;
    virtual ~Ports() = default;

    // Hears and sends adverts of this family on the interface from now on.
    virtual base::Result<void> listen(const kernel::Link& link, base::Family family) = 0;
    virtual void stop_listening(kernel::LinkIndex link, base::Family family) = 0;
    // Hears IPv4 adverts from these addresses of our own too, which Linux gives no other socket.
    // Ends with stop_listening().
    virtual base::Result<void> watch_sources(const kernel::Link& link,
                                             const std::set<base::IpAddress>& sources) = 0;
    virtual base::Result<void> send_advert(const kernel::Link& link, base::ByteView message,
                                           const vrrp::Route& route) = 0;
    // Hears from now on when another machine claims one of these addresses, all of one family; none
    // to hear nothing. Ends with stop_listening().
    virtual base::Result<void> watch_claims(const kernel::Link& link, base::Family family,
                                            const std::vector<base::IpAddress>& addresses) = 0;
    virtual kernel::SentFrames send_frames(const kernel::Link& link,
                                           std::span<const base::Bytes> frames) = 0;
    // Makes an interface with a virtual MAC, down, and returns it. Fails when there is one of that
    // name.
    virtual base::Result<kernel::Link> make_macvlan(const kernel::Macvlan& macvlan) = 0;
    virtual base::Result<void> remove_macvlan(kernel::LinkIndex link) = 0;
    virtual base::Result<void> raise_macvlan(kernel::LinkIndex link) = 0;
    virtual base::Result<void> lower_macvlan(kernel::LinkIndex link) = 0;
    // Hears the adverts that come from the interface's own MAC while it is up, which its parent
    // does not hear then.
    virtual base::Result<void> hear_rivals(const kernel::Link& macvlan, base::Family family) = 0;
    virtual void stop_hearing_rivals(kernel::LinkIndex link) = 0;
    virtual base::Result<kernel::ArpSettings> arp_settings(kernel::LinkIndex link) = 0;
    virtual base::Result<void> set_arp(kernel::LinkIndex link,
                                       const kernel::ArpSettings& settings) = 0;
    // One answer for each request, in their order.
    virtual std::vector<base::Result<void>> apply(std::span<const kernel::Request> requests) = 0;
    // Never blocks; what the runner cannot take now is kept for later.
    virtual void tell_runner(const health::ToRunner& message) = 0;
    // From now on the host takes nothing that is sent to these addresses, and to no others.
    virtual base::Result<void> set_filter(const kernel::Refusals& refusals) = 0;
};

}  // namespace app
