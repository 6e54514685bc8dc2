// `tandemctl health`: one verdict over all that the daemon tells, for monitoring.
//
// What is not known is never fine: it makes the verdict unknown unless something worse is known.
#pragma once

#include "ctl/options.hpp"
#include "ctl/outcome.hpp"
#include "ctl/text.hpp"
#include "ctl/verbs.hpp"

namespace ctl {

// Ends with what Nagios plugins end with: 0 ok, 1 warning, 2 critical, 3 unknown.
Outcome show_health(const Options& options, const Answer& answer, const Style& style);

}  // namespace ctl
