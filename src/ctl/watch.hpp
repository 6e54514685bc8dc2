// `tandemctl watch`: asks twice a second and shows the answer, until it is told to end.
#pragma once

#include "ctl/options.hpp"
#include "ctl/outcome.hpp"

namespace ctl {

// Does not return when a signal ends it: then that is how the process ends, as everybody expects.
Outcome watch(const Options& options);

}  // namespace ctl
