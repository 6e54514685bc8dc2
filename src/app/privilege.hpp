// What the process may do and how it is scheduled: taken once, at start.
#pragma once

#include "base/result.hpp"

namespace app {

// How far the kernel allowed us to protect the loop from the rest of the machine; status shows it.
struct Standing {
    bool is_realtime = false;       // SCHED_RR
    bool is_memory_locked = false;  // mlockall()
};

// SCHED_RR at a low real-time priority and all memory locked, as far as allowed. Being refused is
// no error: containers do it.
Standing claim_standing();

// Keeps CAP_NET_ADMIN and CAP_NET_RAW and drops every other capability, for good.
base::Result<void> drop_privileges();

}  // namespace app
