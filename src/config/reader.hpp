// From the settings of all files to a draft: what is asked of every node.
#pragma once

#include "config/draft.hpp"
#include "config/load.hpp"
#include "config/value.hpp"

namespace config {

Draft read_draft(const Value& root, const Request& request, Problems& problems);

}  // namespace config
