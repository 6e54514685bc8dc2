// Where adverts go to with `transport = "unicast"`.
#pragma once

#include <vector>

#include "base/address.hpp"
#include "config/draft.hpp"
#include "config/problems.hpp"

namespace config {

// Of each family that the router has: what `peers` says, or else the other nodes' sources.
std::vector<base::IpAddress> peers_of(const Draft& draft, Seat seat);

// That nobody is unreachable, and that what belongs to unicast does not stand with multicast.
void check_unicast(const Draft& draft, Problems& problems);

}  // namespace config
