// What the files say, for every node, before the rules across settings have passed it.
//
// Each value is in its own range and remembers its place. One that is missing or was refused is
// absent; the refusal is among the problems.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.hpp"
#include "base/time.hpp"
#include "config/config.hpp"
#include "config/problems.hpp"
#include "vrrp/types.hpp"

namespace config {

// Which part of the file gave a value. The first one that does wins.
enum class Layer : std::uint8_t { router, node, defaults };

template <typename T>
struct Stated {
    T value;
    Place at;
    Layer layer = Layer::router;
};

template <typename T>
using Maybe = std::optional<Stated<T>>;

// A virtual address with what else its group says.
struct StatedAddress {
    base::InterfaceAddress value;
    Place at;
    Layer layer = Layer::router;
    Placement placement{};
};
using StatedAddresses = std::vector<StatedAddress>;
using StatedPeers = std::vector<Stated<base::IpAddress>>;

// Where a route leads to; no prefix: "default", whose family its other settings say.
using Destination = std::optional<base::InterfaceAddress>;

struct StatedRoute {
    Place at;
    Maybe<Destination> to;
    Maybe<RouteType> type;
    Maybe<base::IpAddress> via;
    Maybe<std::string> interface;
    Maybe<base::IpAddress> source;
    Maybe<std::uint32_t> table;
    Maybe<std::uint32_t> metric;
    Maybe<std::uint8_t> scope;
    Maybe<bool> onlink;
    std::set<std::string_view> refused;  // settings whose value was mistaken
};

struct Fwmark {
    std::uint32_t mark;
    std::uint32_t mask;
};

struct StatedRule {
    Place at;
    Maybe<base::InterfaceAddress> from;
    Maybe<base::InterfaceAddress> to;
    Maybe<std::uint32_t> table;
    Maybe<std::uint32_t> priority;
    Maybe<std::string> iif;
    Maybe<Fwmark> fwmark;
    std::set<std::string_view> refused;
};

// Those of which nothing was refused.
using StatedRoutes = std::vector<StatedRoute>;
using StatedRules = std::vector<StatedRule>;

// One a family, each with its place.
struct StatedSources {
    Maybe<base::IpAddress> ipv4;
    Maybe<base::IpAddress> ipv6;
    [[nodiscard]] const Maybe<base::IpAddress>& of(base::Family family) const {
        return family == base::Family::ipv4 ? ipv4 : ipv6;
    }
    [[nodiscard]] Maybe<base::IpAddress>& of(base::Family family) {
        return family == base::Family::ipv4 ? ipv4 : ipv6;
    }
};

struct StatedVirtualMac {
    bool is_on;
    Maybe<std::string> name;
    Maybe<Transmit> transmit;
};

// Names of checks or routers, each with its place.
using StatedNames = std::vector<Stated<std::string>>;

// With the places that say which program, and as whom.
struct StatedNotify {
    Notify value;
    Place command_at;
    Place user_at;  // of the user, or else of the whole
};

// What `vrrp` may ask for. Both: the migration mode of RFC 9568 section 8.4.
enum class Versions : std::uint8_t { v2, v3, both };

// The settings of a block of `routers`, and of `defaults`.
struct RouterSettings {
    Maybe<std::string> interface;
    Maybe<vrrp::Vrid> vrid;
    Maybe<Versions> vrrp;
    Maybe<vrrp::Authentication> auth;
    Maybe<bool> owner;
    Maybe<vrrp::Priority> priority;
    Maybe<base::Duration> advertise;
    Maybe<Preempt> preempt;
    Maybe<Checksum> checksum;
    Maybe<std::uint8_t> garp_count;
    Maybe<base::Duration> garp_again_after;
    Maybe<base::Duration> garp_refresh;
    Maybe<std::uint8_t> garp_refresh_count;
    Maybe<base::Duration> garp_gap;
    Maybe<int> garp_rate;
    Maybe<ArpForm> garp_form;
    Maybe<Transport> transport;
    Maybe<StatedPeers> peers;
    Maybe<std::uint8_t> ttl;
    Maybe<bool> link_local_first;
    Maybe<bool> accept;
    Maybe<bool> target;
    StatedSources sources;
    Maybe<StatedVirtualMac> vmac;
    Maybe<StatedAddresses> addresses;
    Maybe<StatedAddresses> more_addresses;
    Maybe<Lease> lease;
    Maybe<base::Duration> up_for;
    Maybe<StatedRoutes> routes;
    Maybe<StatedRules> rules;
    Maybe<StatedNames> checks;
    Maybe<StatedNotify> notify;
    Maybe<std::optional<Damping>> damping;  // a value without one: damping = false
    Maybe<Router::Families> families;
    // Settings that were refused as a whole or in part: that something of them is missing means
    // nothing.
    std::set<std::string_view> refused;
    bool has_gaps = false;  // nor that any other is missing: some could not be read
    [[nodiscard]] bool is_known(std::string_view name) const {
        return !has_gaps && !refused.contains(name);
    }
};

struct RouterDraft {
    std::string name;
    Place name_at;
    RouterSettings settings;  // with what the node and the defaults add
};

struct NodeDraft {
    std::string name;
    Place name_at;
    Maybe<std::string> hostname;
    Maybe<vrrp::Priority> priority;
    bool is_doubtful = false;  // something in it was refused: what it would have is not known
};

// An entry of `checks`, for one node.
struct CheckDraft {
    std::string name;
    Place name_at;
    std::optional<Check> value{};  // none: something in it was refused
    Place on_fail_at{};            // of its penalty, where it has one
    Place target_at{};
    Place command_at{};  // of a program's path
    Place user_at{};
};

// An entry of `groups`, for one node.
struct GroupDraft {
    std::string name;
    Place name_at;
    Maybe<StatedNames> members{};
    Maybe<StatedNames> checks{};
    Maybe<StatedNotify> notify{};
    Maybe<Conntrackd> conntrackd{};
    std::set<std::string_view> refused{};
    bool has_gaps = false;
    [[nodiscard]] bool is_known(std::string_view setting) const {
        return !has_gaps && !refused.contains(setting);
    }
};

struct Draft {
    std::vector<NodeDraft> nodes;
    std::optional<std::size_t> here;  // this machine, in `nodes`
    RouterSettings defaults;          // as this machine has them
    // For each of `nodes` all routers in the order of the files, with its values; one list of a
    // nameless node when the files name none.
    std::vector<std::vector<RouterDraft>> routers;
    // The same of the checks and the groups.
    std::vector<std::vector<CheckDraft>> checks;
    std::vector<std::vector<GroupDraft>> groups;
    bool lost_checks = false;  // some were mistaken and left out
    bool lost_groups = false;
    Place routers_at;           // of the section, or of the main file when there is none
    bool lost_routers = false;  // some were mistaken and left out
    bool lost_nodes = false;
};

// A router as one node has it; both count from 0.
struct Seat {
    std::size_t node;
    std::size_t router;
};

}  // namespace config
