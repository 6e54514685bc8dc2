// The section `groups`, and the rules about who is in which, and which checks belong to whom.
#pragma once

#include <vector>

#include "config/draft.hpp"
#include "config/schema.hpp"
#include "config/value.hpp"

namespace config {

// All groups with the values of the node that `names` wants.
std::vector<GroupDraft> read_groups(const Value& section, const NodeNames& names,
                                    Problems& problems);

// The checks that a router or a group of this node names, in the order of the files.
std::vector<CheckDraft> used_checks(const Draft& draft, std::size_t node);

void check_groups(const Draft& draft, Problems& problems);

}  // namespace config
