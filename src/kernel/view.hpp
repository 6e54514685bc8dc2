// What the kernel has: links and addresses, kept current from netlink.
//
// A View is a value. Events change it; whoever wants the truth asks it. It says nothing about what
// should be there (reconcile.hpp does).
#pragma once

#include <compare>
#include <map>
#include <optional>
#include <ranges>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/address.hpp"
#include "kernel/link.hpp"
#include "kernel/own_routes.hpp"

namespace kernel {

// Whether the next address of a subnet becomes its primary one when that goes
// (net.ipv4.conf.IF.promote_secondaries), or goes too.
enum class Promotion : std::uint8_t { off, on };

// What the alias (IFLA_IFALIAS) of a link that we have made begins with.
inline constexpr std::string_view our_alias_prefix = "tandem ";
// Linux sets no alias in the request that makes a link: it is in this group until it has one.
inline constexpr std::uint32_t unfinished_link_group = 112;

struct Link {
    LinkIndex index{};
    std::string name;
    base::MacAddress mac;
    bool is_up = false;        // IFF_UP: the administrator wants it
    bool has_carrier = false;  // IFF_RUNNING: it can carry packets
    // A port of another link, such as a bridge or a bond, has no traffic of its own. Its kind as
    // the kernel names it ("bridge"); empty when it is none. A VRF is no such link.
    std::string port_of{};
    // Changes of it are not notified; known from the last time that the link was read.
    Promotion promotion = Promotion::on;
    // net.ipv6.conf.NAME.forwarding; not known where there is no IPv6.
    std::optional<bool> forwards_ipv6{};
    [[nodiscard]] bool can_carry() const { return is_up && has_carrier; }
    std::string alias{};
    std::uint32_t group = 0;
    std::optional<LinkIndex> macvlan_on{};  // the parent, when it is a macvlan
    [[nodiscard]] bool is_unfinished() const {
        return macvlan_on.has_value() && alias.empty() && group == unfinished_link_group;
    }
    // Made by us, now or by a process before.
    [[nodiscard]] bool is_ours() const {
        return is_unfinished() || (macvlan_on.has_value() && alias.starts_with(our_alias_prefix));
    }
    bool operator==(const Link&) const = default;
};

// The value of IFA_PROTO (Linux 5.18) that marks an address as ours. The kernel uses 1 to 3,
// keepalived 18; ours is VRRP's protocol number.
inline constexpr std::uint8_t our_address_protocol = 112;

struct AddressKey {
    LinkIndex link;
    base::InterfaceAddress address;
    auto operator<=>(const AddressKey&) const = default;
};

struct AddressFacts {
    std::uint8_t protocol = 0;  // IFA_PROTO, 0 when the kernel gives none
    bool is_secondary = false;  // IFA_F_SECONDARY: goes with the primary of its subnet
    // IPv6: the kernel does not answer for it, as duplicate address detection has not finished, or
    // failed; or it has only confirmed our request yet.
    bool is_tentative = false;
    bool has_failed_dad = false;  // somebody else has it
    [[nodiscard]] bool is_ours() const { return protocol == our_address_protocol; }
    bool operator==(const AddressFacts&) const = default;
};

namespace event {
struct LinkSet {
    Link link;
};
// The link forwards IPv6 from now on, or no longer.
struct ForwardingSet {
    LinkIndex index;
    bool forwards_ipv6;
};
struct LinkGone {
    LinkIndex index;
};
struct AddressSet {
    AddressKey key;
    AddressFacts facts;
};
struct AddressGone {
    AddressKey key;
};
}  // namespace event
using Event = std::variant<event::LinkSet, event::ForwardingSet, event::LinkGone, event::AddressSet,
                           event::AddressGone, RouteEvent>;

class View {
public:
    // False when nothing is other than before.
    bool apply(const Event& event);
    // Changed by us: the kernel notifies nobody.
    void set_promotion(LinkIndex link, Promotion promotion);

    [[nodiscard]] const Link* link(std::string_view name) const;
    [[nodiscard]] const Link* link(LinkIndex index) const;
    [[nodiscard]] const std::map<LinkIndex, Link>& links() const { return links_; }
    [[nodiscard]] const AddressFacts* address(const AddressKey& key) const;
    // The same; with IPv6 at whatever prefix length, as the kernel has an address only once there.
    [[nodiscard]] const AddressFacts* present(const AddressKey& key) const;
    // Whether it is present and, if it is ours, not tentative: what others have is theirs to judge.
    [[nodiscard]] bool is_in_use(const AddressKey& key) const;
    // Whether a packet from this address that came in on this link is one of our own machine's: not
    // an address that we have put there, which another router may have too. On any link, with any
    // prefix length; a link-local one means something on its own link only.
    [[nodiscard]] bool is_own_source(const base::IpAddress& address, LinkIndex link) const;
    [[nodiscard]] const std::map<AddressKey, AddressFacts>& addresses() const { return addresses_; }
    // Those of one link, by key.
    [[nodiscard]] auto addresses_of(LinkIndex link) const {
        return std::ranges::subrange{addresses_.lower_bound(least_key(link)),
                                     addresses_.upper_bound(greatest_key(link))};
    }

    // Those of ours; of others it knows none.
    [[nodiscard]] const OwnRoutes& own_routes() const { return own_routes_; }

    // The addresses of one link that are not ours, in the kernel's order (as `ip addr` lists them):
    // the first one of a family is what the RFC calls the primary address.
    [[nodiscard]] const std::vector<base::InterfaceAddress>& own_addresses_on(LinkIndex link) const;

private:
    static AddressKey least_key(LinkIndex link);
    static AddressKey greatest_key(LinkIndex link);
    bool set_address(const event::AddressSet& set);
    bool remove_link(LinkIndex index);
    bool set_link(Link link);
    bool remove_address(const AddressKey& key);
    void take_routes_along(const AddressKey& gone);

    std::map<LinkIndex, Link> links_;
    std::map<AddressKey, AddressFacts> addresses_;
    // In order of arrival, which is the order of the kernel's dump.
    std::map<LinkIndex, std::vector<base::InterfaceAddress>> order_;
    OwnRoutes own_routes_;
};

}  // namespace kernel
