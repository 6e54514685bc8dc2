// Routes and rules of ours as the kernel has them: what tells one from another, and nothing else.
//
// An interface is an index in a route, which goes with its interface, and a name in a rule, which
// waits for one of that name.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>

#include "base/address.hpp"
#include "kernel/link.hpp"

namespace kernel {

// rtm_protocol and FRA_PROTOCOL of what is ours, as with addresses.
inline constexpr std::uint8_t our_route_protocol = 112;

// The numbers are rtnetlink's.
enum class RouteType : std::uint8_t {
    unicast = 1,
    blackhole = 6,
    unreachable = 7,
    prohibit = 8,
    throw_away = 9,
};

// What the kernel tells two routes apart by. IPv6 knows one route of each place, unless both share
// the traffic; IPv4 a list, whose first one counts.
struct RoutePlace {
    base::InterfaceAddress to;  // without host bits
    std::uint32_t table;
    std::uint32_t metric;
    auto operator<=>(const RoutePlace&) const = default;
};

struct Route {
    RoutePlace place;
    RouteType type = RouteType::unicast;
    std::optional<base::IpAddress> via{};
    // None: unicast without one is a wish that leaves it to the kernel; other types have none.
    std::optional<LinkIndex> link{};
    std::optional<base::IpAddress> source{};
    std::uint8_t scope = 0;  // IPv4 only
    bool onlink = false;

    [[nodiscard]] base::Family family() const { return place.to.family(); }
    // As `ip route` says it: "203.0.113.0/24 via 192.0.2.254 metric 50".
    [[nodiscard]] std::string text() const;
    auto operator<=>(const Route&) const = default;
};

// Whether a route that is there is the one that is wanted: the same, on whatever link it is when
// the wish names none.
bool fulfils(const Route& actual, const Route& wanted);

struct Rule {
    base::Family family;
    std::uint32_t priority;
    // None: any address.
    std::optional<base::InterfaceAddress> from{};
    std::optional<base::InterfaceAddress> to{};
    std::string iif{};  // empty: any interface
    std::uint32_t fwmark = 0;
    std::uint32_t fwmask = 0;  // 0: any mark
    std::uint32_t table;

    // As `ip rule` says it: "1000: from 10.20.0.0/16 lookup 100".
    [[nodiscard]] std::string text() const;
    auto operator<=>(const Rule&) const = default;
};

}  // namespace kernel
