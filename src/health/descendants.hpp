// Ending processes that must not outlive us: our own children, and theirs, however they have
// hidden.
//
// Whoever is a subreaper gets the orphans among its descendants as children, so that killing all
// children again and again comes to an end.
#pragma once

#include <sys/types.h>

#include <vector>

#include "base/time.hpp"

namespace health {

// From now on orphans among our descendants become our children.
void become_subreaper();

// The children of a process, as far as they can be seen; it may be gone.
std::vector<pid_t> children_of(pid_t process);

// SIGKILL to a process and all that descends from it now.
void kill_tree(pid_t process);

// SIGKILL to all our descendants, until none is left or the time is over.
enum class Ended { all, not_all };
Ended end_descendants(base::Duration at_most);

}  // namespace health
