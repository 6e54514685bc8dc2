// What is asked of the kernel, as values: the reconciler makes them, the writer carries them out.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "kernel/view.hpp"

namespace kernel {

// Whether the address brings a route to its subnet along (IFA_F_NOPREFIXROUTE when not).
enum class PrefixRoute : std::uint8_t { yes, no };

// How an address is put on its link.
struct AddressAttributes {
    std::string label;                  // IPv4; empty for none
    std::optional<std::uint8_t> scope;  // rtnetlink's number; none for the usual one
    PrefixRoute prefix_route = PrefixRoute::yes;
    // valid_lft: the kernel removes the address by itself when it is not renewed in time; none
    // for never.
    std::optional<std::chrono::seconds> lease;
    bool operator==(const AddressAttributes&) const = default;
};

struct AddressWish {
    AddressKey key;
    AddressAttributes how;
    std::size_t owner = 0;  // which of the asker's sessions; means nothing here
    bool operator==(const AddressWish&) const = default;
};

// Removing the primary address of a subnet takes its secondaries along unless the interface's
// promote_secondaries is set (Linux, net/ipv4/devinet.c): then the next one is promoted.
enum class Secondaries : std::uint8_t { none_at_risk, promote };

// With IFA_PROTO. One that is there already is an error: it may not be ours.
struct AddAddress {
    AddressWish wish;
    bool operator==(const AddAddress&) const = default;
};
// The lease starts anew.
struct RenewAddress {
    AddressWish wish;
    bool operator==(const RenewAddress&) const = default;
};
// Exactly this address with this prefix length: without it the kernel takes the first one that
// matches (Linux, inet_rtm_deladdr). Success as well when it, or its link, is gone.
struct RemoveAddress {
    AddressKey key;
    Secondaries secondaries = Secondaries::none_at_risk;
    bool operator==(const RemoveAddress&) const = default;
};
// The link's promote_secondaries.
struct SetPromotion {
    LinkIndex link;
    Promotion promotion;
    bool operator==(const SetPromotion&) const = default;
};

struct RouteWish {
    Route route;
    std::size_t owner = 0;
    bool operator==(const RouteWish&) const = default;
};
struct RuleWish {
    Rule rule;
    std::size_t owner = 0;
    bool operator==(const RuleWish&) const = default;
};

// With our protocol. In front of somebody else's IPv4 route of the same place, which stays; with
// IPv6 that is an error.
struct AddRoute {
    RouteWish wish;
    bool operator==(const AddRoute&) const = default;
};
// Exactly this one, and of ours only. Success as well when it is gone.
struct RemoveRoute {
    Route route;
    bool operator==(const RemoveRoute&) const = default;
};
struct AddRule {
    RuleWish wish;
    bool operator==(const AddRule&) const = default;
};
struct RemoveRule {
    Rule rule;
    bool operator==(const RemoveRule&) const = default;
};

using Request = std::variant<AddAddress, RenewAddress, RemoveAddress, SetPromotion, AddRoute,
                             RemoveRoute, AddRule, RemoveRule>;

// What a request is about: what has failed or is fought over is remembered by it.
using Object = std::variant<AddressKey, LinkIndex, Route, Rule>;
Object object_of(const Request& request);
// "192.0.2.1/24", "203.0.113.0/24 via 192.0.2.254"
std::string text_of(const Object& object);
// "address", "route"
std::string_view noun_of(const Object& object);

}  // namespace kernel
