// `tandemctl completion`: scripts for shells, made from what parse_options() takes, and the names
// that they ask for while somebody types.
#pragma once

#include "ctl/client.hpp"
#include "ctl/options.hpp"
#include "ctl/outcome.hpp"
#include "ctl/verbs.hpp"

namespace ctl {

Outcome show_completion(const Options& options);

// A line "router lan" for each name that a verb may be followed by. Whatever goes wrong, no names
// and no message: it would stand in the middle of somebody's command line.
Outcome show_names(const Answer& answer);
// Who has pressed the key for a name waits no longer.
inline constexpr Limits patience_of_shells{.time = std::chrono::milliseconds{500}};

}  // namespace ctl
