// What must hold between settings, each of which is right by itself.
#pragma once

#include "config/draft.hpp"
#include "config/problems.hpp"

namespace config {

void check_rules(const Draft& draft, Problems& problems);

}  // namespace config
