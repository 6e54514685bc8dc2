// The section `checks`.
#pragma once

#include <vector>

#include "config/draft.hpp"
#include "config/schema.hpp"
#include "config/value.hpp"

namespace config {

// All checks with the values of the node that `names` wants.
std::vector<CheckDraft> read_checks(const Value& section, const NodeNames& names,
                                    Problems& problems);

}  // namespace config
