// What must hold between the addresses of all routers of a node: virtual ones, sources, peers, and
// the targets of its checks.
#pragma once

#include <vector>

#include "config/draft.hpp"
#include "config/problems.hpp"

namespace config {

// The addresses are those that will be advertised, with what was added to them.
void check_addresses(const std::vector<RouterDraft>& routers, const std::vector<CheckDraft>& checks,
                     Problems& problems);

}  // namespace config
