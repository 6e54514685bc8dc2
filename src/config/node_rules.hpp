// What must hold between the nodes: each router is the same one on all of them.
#pragma once

#include "config/draft.hpp"
#include "config/problems.hpp"

namespace config {

void check_between_nodes(const Draft& draft, Problems& problems);

}  // namespace config
