// Starts the runner, and starts it anew whenever it dies.
//
// The keeper is a process of its own, which does nothing else: the daemon never forks after its
// start. It holds the runner's end of the socket, so that a new runner goes on in the same one, and
// it clears up what a dead runner has left behind. When the daemon's end is closed, keeper and
// runner end all their children, and themselves.
#pragma once

#include <sys/types.h>

#include "base/fd.hpp"
#include "base/result.hpp"

namespace health {

// The daemon's end. What was sent to a runner that has died is lost: a new one knows nothing, says
// Hello, and heeds nothing until the next Begin.
struct StartedRunner {
    base::Fd socket;  // SOCK_SEQPACKET, non-blocking, close-on-exec; see message.hpp
    pid_t keeper;     // a child of the caller
    // Readable when the keeper has ended; closed where Linux has no such descriptors.
    base::Fd keeper_end;
};

// Forks the keeper, which forks the runner. To be called once, before privileges are dropped,
// memory is locked, the process is scheduled in real time, or other descriptors are opened: both
// processes keep what the caller has at that time, except descriptors other than 0, 1 and 2.
base::Result<StartedRunner> start_runner();

}  // namespace health
