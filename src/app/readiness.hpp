// Whether a session can take part in the election, and if not, the exact fact that is missing:
// RFC 8347's interface-up and primary-ip-address, as facts of the kernel's state.
//
// Pure: computed anew from a View, remembered nowhere.
#pragma once

#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/config.hpp"
#include "kernel/view.hpp"

namespace app {

struct Blocker {
    enum class Kind : std::uint8_t {
        interface_missing,
        link_down,
        link_port,  // it belongs to a bridge or a bond now
        settling,   // up, but not for long enough
        no_source_address,
        socket,
        given_up,       // its addresses cannot be held: removed again and again, or refused
        virtual_link,   // the interface with the virtual MAC cannot be made
        not_owner,      // priority 255, and an address is not the machine's own
        check_awaited,  // no result of it yet
        check_failed,
        mate_waiting,  // another session of the unit cannot take part: not there yet
        mate_fault,    // the same: broken
        drained,       // by an operator
    };
    Kind kind;
    std::string text;  // for people: "interface eth1 does not exist"
    bool operator==(const Blocker&) const = default;
};
std::string_view name_of(Blocker::Kind kind);
// True for something that is not there yet, false for something that is broken.
bool is_absence(Blocker::Kind kind);

struct Readiness {
    std::optional<kernel::LinkIndex> link;
    std::optional<base::MacAddress> mac;  // what is announced: of that link, or the virtual one
    // Where the virtual MAC is. The addresses go there.
    std::optional<kernel::LinkIndex> virtual_link{};
    std::optional<base::IpAddress> source;
    std::vector<Blocker> blockers;  // a set of reasons: ready when it is empty
    bool operator==(const Readiness&) const = default;
};

// Those of every router of the configuration. A link-local one means something on its own interface
// only: fe80::1 may be virtual here and a machine's own there.
class VirtualAddresses {
public:
    void insert(const config::Router& router) {
        for (const auto& address : router.addresses)
            all_.insert(key(router.interface, address.address()));
    }
    [[nodiscard]] bool contains(const std::string& interface,
                                const base::IpAddress& address) const {
        return all_.contains(key(interface, address));
    }

private:
    using Key = std::pair<std::string, base::IpAddress>;
    static Key key(const std::string& interface, const base::IpAddress& address) {
        return {address.is_link_local_ipv6() ? interface : "", address};
    }
    std::set<Key> all_;
};

// None of the virtual addresses is ever a source, whoever put it on the interface.
Readiness readiness_of(const config::Router& router, base::Family family,
                       const VirtualAddresses& virtual_addresses, const kernel::View& view);

// The sessions of a unit take part together or not at all: what keeps one out keeps out the others.
// `names` are what each is called in the words of the others.
void share_blockers(std::span<Readiness> unit, std::span<const std::string> names);

}  // namespace app
