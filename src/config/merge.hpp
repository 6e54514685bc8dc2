// Many files, one configuration: each adds whole entries, none overrides another.
#pragma once

#include <vector>

#include "config/problems.hpp"
#include "config/value.hpp"

namespace config {

// The settings of all files as one group: `routers` of two files becomes one `routers` with the
// entries of both. What two files set is a problem. `version` is a file's own and not merged.
Value merged(std::vector<Value> files, Problems& problems);

}  // namespace config
