// The interfaces with a virtual MAC: private macvlans on the interface of a router.
//
// Marked as ours by their alias, which also keeps what the parent's settings were: it survives a
// daemon that is killed, so that the next one can restore them. Decides nothing.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "kernel/view.hpp"

struct nl_sock;

namespace kernel {

// Of net.ipv4.conf: how an interface answers ARP requests, and in whose name it asks.
struct ArpSettings {
    std::uint32_t ignore = 0;
    std::uint32_t filter = 0;
    std::uint32_t announce = 0;
    bool operator==(const ArpSettings&) const = default;
};

// For the parent of a macvlan. It answers for its own addresses only (ignore, filter), and asks in
// its own name: what is sent from a virtual address leaves through it, and its ARP request would
// else tie that address to its MAC (Linux, arp_solicit()).
inline constexpr ArpSettings parent_settings{.ignore = 1, .filter = 1, .announce = 2};

// "tandem lan ipv4 arp_ignore=0 arp_filter=0 arp_announce=0": whose it is, and what the parent had.
std::string macvlan_alias(std::string_view router, base::Family family, const ArpSettings& former);
// Nothing when the alias does not say them all.
std::optional<ArpSettings> former_settings(std::string_view alias);

struct Macvlan {
    std::string name;
    LinkIndex parent;
    base::MacAddress mac;
    std::string alias;
};

class MacvlanWriter {
public:
    static base::Result<MacvlanWriter> open();

    // Makes it, down, without an address of its own making, and returns it. Fails when there is a
    // link of that name.
    base::Result<Link> create(const Macvlan& macvlan);
    // These three: success as well when it is gone.
    base::Result<void> remove(LinkIndex link);
    // Up: hears and answers for its MAC from now on. Its settings are written anew, since
    // net.ipv4.conf.all.rp_filter may have changed.
    base::Result<void> raise(LinkIndex link);
    // Down: sends nothing more, not even the reports that removing an address causes.
    base::Result<void> lower(LinkIndex link);

    base::Result<ArpSettings> arp_settings(LinkIndex link);
    base::Result<void> set_arp(LinkIndex link, const ArpSettings& settings);

private:
    struct CloseSocket {
        void operator()(nl_sock* socket) const;
    };
    using Socket = std::unique_ptr<nl_sock, CloseSocket>;
    explicit MacvlanWriter(Socket socket) : socket_{std::move(socket)} {}
    Socket socket_;
};

}  // namespace kernel
