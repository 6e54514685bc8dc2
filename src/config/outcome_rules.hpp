// What must hold between checks and priorities, so that a failed check has its consequence.
#pragma once

#include <vector>

#include "config/draft.hpp"
#include "config/outcomes.hpp"
#include "config/problems.hpp"

namespace config {

// The groups and the routers that are in none, in the order of the files, without those of which
// something was refused.
std::vector<Unit> units_of(const Draft& draft);

void check_outcomes(const Draft& draft, Problems& problems);

}  // namespace config
