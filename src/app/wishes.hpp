// Which addresses, routes and rules a session wants in the kernel, where, and how. Pure.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "config/config.hpp"
#include "kernel/request.hpp"

namespace app {

// The addresses that the session of this family holds, advertised ones first. Those of a family
// that the router does not advertise belong to its other session.
std::vector<base::InterfaceAddress> addresses_held(const config::Router& router,
                                                   base::Family family);

// How long the kernel keeps them without us: long enough that an Active router never loses them
// between two of its adverts, short enough that a dead one has lost them soon after the others have
// taken over. Whole seconds, as in valid_lft.
std::optional<std::chrono::seconds> lease_of(const config::Router& router, base::Family family);

// How old a lease may become before an advert renews it: whenever the router dies, what is left of
// it is longer than the others need to take over.
base::Duration renewal_age(const config::Router& router, std::chrono::seconds lease);

struct Place {
    kernel::LinkIndex link;  // the router's own, or that of its virtual MAC
    std::optional<std::chrono::seconds> lease;
    std::size_t owner;
    kernel::PrefixRoute prefix_route = kernel::PrefixRoute::yes;
};
// By key. An address whose own interface does not exist is left out.
std::vector<kernel::AddressWish> wishes_of(const config::Router& router, base::Family family,
                                           const Place& place, const kernel::View& view);

// The routes and rules that the session of this family wants: those of its family, and those of one
// that the router does not advertise. A route whose interface does not exist is left out.
std::vector<kernel::RouteWish> route_wishes_of(const config::Router& router, base::Family family,
                                               std::size_t owner, const kernel::View& view);
std::vector<kernel::RuleWish> rule_wishes_of(const config::Router& router, base::Family family,
                                             std::size_t owner);

// The routes that were left out, as text, with the reason.
struct UnplacedRoute {
    std::string route;
    std::string reason;
};
std::vector<UnplacedRoute> unplaced_routes_of(const config::Router& router, base::Family family,
                                              const kernel::View& view);

}  // namespace app
