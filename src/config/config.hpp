// The configuration as a plain value: what the files say, for one node, checked.
//
// config::load() is the only maker. Every value in here is in range, every reference resolves, and
// everything that the files ask for and tandem cannot do has been refused before.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/address.hpp"
#include "base/time.hpp"
#include "config/checks.hpp"
#include "vrrp/advert.hpp"
#include "vrrp/types.hpp"

namespace config {

// Whether a stronger Backup takes over from a weaker Active router (RFC 9568 section 6.1,
// Preempt_Mode).
struct Preempt {
    bool enabled = true;
    // How long this node must have been in good health first; 0 for at once.
    base::Duration after{};
    bool operator==(const Preempt&) const = default;
};

// Which checksum form version 3 adverts over IPv4 carry and accept.
enum class Checksum : std::uint8_t {
    automatic,  // accept both, send what the peers use, both until one is heard
    rfc9568,
    rfc5798,
};

// How adverts reach the other routers.
enum class Transport : std::uint8_t {
    multicast,
    unicast,  // to each of Router::peers; not in the RFC
};

// The addresses to send from; none means the interface's first own one (IPv6: its link-local one).
struct Sources {
    std::optional<base::IpAddress> ipv4;
    std::optional<base::IpAddress> ipv6;
    [[nodiscard]] const std::optional<base::IpAddress>& of(base::Family family) const {
        return family == base::Family::ipv4 ? ipv4 : ipv6;
    }
    bool operator==(const Sources&) const = default;
};

// What a gratuitous ARP frame is: neighbours differ in which of them they believe.
enum class ArpForm : std::uint8_t { request, reply, both };

// Gratuitous ARP or Neighbor Advertisements for each virtual address: `count` frames when it is
// claimed, again `count` frames after `again_after`, and from then on `refresh_count` frames every
// `refresh`. 0 for again_after or refresh: never.
struct Announcement {
    std::uint8_t count = 5;
    base::Duration again_after = std::chrono::seconds{5};
    base::Duration refresh = std::chrono::seconds{60};
    std::uint8_t refresh_count = 1;
    base::Duration gap = std::chrono::milliseconds{100};  // between the frames of a burst
    int rate = 1000;  // frames a second on the interface; 0 for as many as go
    ArpForm form = ArpForm::request;
    bool operator==(const Announcement&) const = default;
};

// For how long the kernel keeps a virtual address by itself (valid_lft) when nobody renews it.
struct Lease {
    enum class Kind : std::uint8_t { automatic, off, fixed };
    Kind kind = Kind::automatic;
    std::chrono::seconds duration{};  // when fixed
    bool operator==(const Lease&) const = default;
};

// How one virtual address is put on an interface, where that is not the usual way.
struct Placement {
    std::string interface{};              // empty for the router's own
    std::string label{};                  // IPv4; empty for none
    std::optional<std::uint8_t> scope{};  // rtnetlink's number; none for the usual one
    bool operator==(const Placement&) const = default;
};

// What becomes of a packet that a route is for.
enum class RouteType : std::uint8_t {
    unicast,      // it goes on
    blackhole,    // dropped without a word
    unreachable,  // dropped, "host unreachable"
    prohibit,     // dropped, "administratively prohibited"
    throw_away,   // the lookup goes on with the next rule; `throw` in the files
};

// The kernel's number of the routing table "main".
inline constexpr std::uint32_t main_table = 254;
// Linux gives an IPv6 route without a metric this one.
inline constexpr std::uint32_t usual_metric_ipv6 = 1024;

// A route that is in the kernel while its router is Active.
struct Route {
    base::InterfaceAddress to;  // without host bits
    RouteType type = RouteType::unicast;
    std::optional<base::IpAddress> via;
    std::string interface;  // empty: the kernel finds it by `via`, or the type needs none
    std::optional<base::IpAddress> source;
    std::uint32_t table = main_table;
    std::uint32_t metric = 0;
    std::uint8_t scope = 0;  // IPv4 only; as the kernel counts it, 0 is global
    bool onlink = false;     // `via` is on the link, whatever the addresses say
    bool operator==(const Route&) const = default;
};

// A rule of policy routing that is in the kernel while its router is Active: which table is looked
// up for which packets.
struct Rule {
    base::Family family;
    // None: any address.
    std::optional<base::InterfaceAddress> from;
    std::optional<base::InterfaceAddress> to;
    std::string iif;  // empty: any interface
    std::uint32_t fwmark = 0;
    std::uint32_t fwmask = 0;  // 0: any mark
    std::uint32_t table;
    std::uint32_t priority;
    bool operator==(const Rule&) const = default;
};

// Which source MAC adverts have when there is a virtual one.
enum class Transmit : std::uint8_t {
    virtual_mac,  // RFC 9568 section 7.2; switches learn from it where the virtual MAC is
    base,         // that of the interface, for networks that let no other through
};

// The MAC address 00:00:5e:00:01:VRID or 00:00:5e:00:02:VRID of RFC 9568 section 7.3, on an
// interface of its own for each family.
struct VirtualMac {
    std::string ipv4_link;
    std::string ipv6_link;
    Transmit transmit = Transmit::virtual_mac;
    [[nodiscard]] const std::string& link(base::Family family) const {
        return family == base::Family::ipv4 ? ipv4_link : ipv6_link;
    }
    bool operator==(const VirtualMac&) const = default;
};

// One block of `routers`: a virtual router as it runs on this node.
struct Router {
    std::string name;
    std::string interface;
    vrrp::Vrid vrid;
    vrrp::Version version = vrrp::Version::v3;
    // Sends and takes version 2 too, over IPv4: the migration mode of RFC 9568 section 8.4.
    bool speaks_v2_too = false;
    vrrp::Authentication authentication{};  // of version 2 adverts
    vrrp::Priority priority;                // 255 for the owner of the addresses
    vrrp::AdvertInterval advertise = vrrp::AdvertInterval::one_second();
    Preempt preempt;
    Checksum checksum = Checksum::automatic;
    Announcement announcement;
    Transport transport = Transport::multicast;
    // Of both families; with unicast where adverts go to and may come from. May name ourselves.
    std::vector<base::IpAddress> peers;
    // The least TTL or Hop Limit of an advert that counts; less than 255 with unicast only.
    std::uint8_t least_ttl = 255;
    // RFC 9568 erratum 8300. Off for peers that advertise no link-local address (FRR).
    bool requires_link_local_first = true;
    // Whether the host takes part in what is sent to the virtual addresses (RFC 9568 section 6.1,
    // Accept_Mode). The owner always does.
    bool accepts = true;
    Sources sources;
    std::optional<VirtualMac> virtual_mac{};
    // Advertised, in the order of the file; the first IPv6 one is link-local. Those of a family
    // make one session, and both sessions are elected as one unit.
    std::vector<base::InterfaceAddress> addresses;
    // Held and announced like those, but not advertised: there may be thousands.
    std::vector<base::InterfaceAddress> more_addresses{};
    std::map<base::InterfaceAddress, Placement> placements{};  // of either
    Lease lease{};
    // For how long the interface must have been up and with carrier before the router takes part.
    base::Duration up_for{};
    std::vector<Route> routes{};
    std::vector<Rule> rules{};
    std::vector<std::string> checks{};  // names; those of its group come on top
    std::optional<Notify> notify{};
    std::optional<Damping> damping = Damping{};  // none: never holds back
    // Whether tandem-active@NAME.target of systemd is active exactly while the router is.
    bool has_target = false;
    // Whether its IPv4 and its IPv6 session are elected as one. Always so in a group.
    enum class Families : std::uint8_t { together, apart };
    Families families = Families::together;
    bool operator==(const Router&) const = default;
};

struct Node {
    std::string name;
    std::string hostname;
    bool operator==(const Node&) const = default;
};

struct Config {
    std::string file;  // the main file's path as it was given
    std::string hash;  // 8 hex digits over the text of all files: equal on nodes that share them
    std::string node;  // the name of this node
    std::vector<Node> nodes;
    std::vector<Router> routers;  // in the order of the files
    std::vector<Check> checks{};  // those that a router or a group of this node names
    std::vector<Group> groups{};  // a router is in one at most
    // The priority that each node has for each router, by the files, for those that name nodes:
    // what a peer may take over with. By router, then by node.
    std::map<std::string, std::map<std::string, vrrp::Priority>> priorities{};
    bool operator==(const Config&) const = default;
};

}  // namespace config
