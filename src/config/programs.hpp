// Whether this machine has the programs and users that the files name. Like files.hpp, this looks
// at a file system; the rules do not.
#pragma once

#include "config/draft.hpp"
#include "config/problems.hpp"

namespace config {

// Of this node only: what another one has, it finds out itself.
void check_programs(const Draft& draft, Problems& problems);

}  // namespace config
