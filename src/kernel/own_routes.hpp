// The routes and rules of ours that the kernel has, kept current from what it tells and from what
// it is known to do without telling.
#pragma once

#include <cstdint>
#include <set>
#include <variant>

#include "kernel/route.hpp"

namespace kernel {

namespace event {
struct RouteSet {
    Route route;
};
struct RouteGone {
    Route route;
};
// Some route, of whomever, has taken the place of another one.
struct RouteReplaced {
    RoutePlace place;
};
struct RuleSet {
    Rule rule;
};
struct RuleGone {
    Rule rule;
};
}  // namespace event
using RouteEvent = std::variant<event::RouteSet, event::RouteGone, event::RouteReplaced,
                                event::RuleSet, event::RuleGone>;

class OwnRoutes {
public:
    // Each says whether something is other than before.
    bool apply(const RouteEvent& event);

    // Told by the kernel, or by its answer to a request, which does not say on what link.
    bool set(const Route& route);
    bool remove(const Route& route);
    // Somebody else's route has taken the place of one that was there, and of ours before any
    // other: in IPv4 ours is the first one of its place, in IPv6 the only one.
    bool lose(const RoutePlace& place);
    // Linux removes the routes of a link that goes down, and tells nobody about those of IPv4
    // (fib_flush) and, with net.ipv6.route.skip_notify_on_dev_down, of IPv6.
    bool lose_link(LinkIndex link);
    // It does the same to those of IPv4 when the link's last address of that family goes.
    bool lose_ipv4_of(LinkIndex link);
    // And when the address goes that a route prefers as source; an IPv6 route only loses that.
    bool lose_source(const base::IpAddress& source);

    bool set(const Rule& rule);
    bool remove(const Rule& rule);

    // Whether the kernel is known to have removed the route that is wanted by itself, with its link
    // or its source: nobody else did.
    [[nodiscard]] bool was_taken_along(const Route& wanted) const;
    // Changes whenever something does.
    [[nodiscard]] std::uint64_t revision() const { return revision_; }

    // Whether the route that is wanted is there.
    [[nodiscard]] bool has(const Route& wanted) const;
    [[nodiscard]] bool has(const Rule& wanted) const { return rules_.contains(wanted); }
    [[nodiscard]] const std::set<Route>& routes() const { return routes_; }
    [[nodiscard]] const std::set<Rule>& rules() const { return rules_; }

private:
    template <typename Predicate>
    bool take_along(Predicate goes);

    std::set<Route> routes_;
    std::set<Route> taken_along_;  // and not seen again
    std::set<Rule> rules_;
    std::uint64_t revision_ = 0;
};

}  // namespace kernel
