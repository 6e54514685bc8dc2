// `tandemctl diff`: what should be in the kernel against what is.
#pragma once

#include "ctl/options.hpp"
#include "ctl/outcome.hpp"
#include "ctl/verbs.hpp"

namespace ctl {

// Exit code 1 when something differs.
Outcome show_diff(const Options& options, const Answer& answer);

}  // namespace ctl
