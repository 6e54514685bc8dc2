// The verbs that ask the daemon: from its answer (or none) to an exit code and texts.
#pragma once

#include <string>

#include "ctl/options.hpp"
#include "ctl/outcome.hpp"
#include "ctl/text.hpp"

namespace ctl {

// The line that the daemon answered to a status request, or why there is none.
using Answer = Expected<std::string>;

Outcome show_status(const Options& options, const Answer& answer, const Style& style);
Outcome show_is_active(const Options& options, const Answer& answer);
// Writes the flight record in the answer to the file that was named, an event a line.
Outcome save_record(const Options& options, const Answer& answer);
// What to ask for, and what came of it.
std::string rerun_request(const Options& options);
Outcome show_rerun(const Options& options, const Answer& answer);
Outcome show_version(const Options& options, const Answer& answer);

}  // namespace ctl
