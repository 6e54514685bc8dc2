// A process between us and a program, where there are no cgroups: what the program starts cannot
// get away from it, because it is their subreaper. Ends as the program has ended, when nothing is
// left.
#pragma once

#include "health/program.hpp"

namespace health {

// To a warden: pass SIGTERM on to the program's process group; kill everything.
inline constexpr int please_end = 15;  // SIGTERM
inline constexpr int kill_all = 10;    // SIGUSR1

// To be called in a child of `parent`.
[[noreturn]] void guard(const Order& order, Streams streams, pid_t parent);

}  // namespace health
