// The rules about `routes` and `rules` of routers, and what becomes of those that pass.
#pragma once

#include <vector>

#include "config/draft.hpp"
#include "config/problems.hpp"

namespace config {

// All that can be said about the routers of one node.
void check_routes(const std::vector<RouterDraft>& routers, Problems& problems);

// Of a router without problems. A rule that names no family becomes one for each that it has.
std::vector<Route> routes_of(const RouterSettings& settings);
std::vector<Rule> rules_of(const RouterSettings& settings);

}  // namespace config
