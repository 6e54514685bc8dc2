// The verb explain: why a router is in its state, whether that is right, and what would change it.
// The daemon finds the words, from its state machine; here they are set.
#pragma once

#include <string>

#include "ctl/options.hpp"
#include "ctl/outcome.hpp"
#include "ctl/verbs.hpp"

namespace ctl {

std::string explain_request(const Options& options);
// Exit code 0 whatever the state is: it was explained.
Outcome show_explanation(const Options& options, const Answer& answer, const Style& style);

}  // namespace ctl
