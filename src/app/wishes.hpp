// Which addresses a session wants in the kernel, where, and how. Pure.
#pragma once

#include <chrono>
#include <optional>
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

struct Place {
    kernel::LinkIndex link;  // the router's own, or that of its virtual MAC
    std::optional<std::chrono::seconds> lease;
    std::size_t owner;
    kernel::PrefixRoute prefix_route = kernel::PrefixRoute::yes;
};
// By key. An address whose own interface does not exist is left out.
std::vector<kernel::AddressWish> wishes_of(const config::Router& router, base::Family family,
                                           const Place& place, const kernel::View& view);

}  // namespace app
