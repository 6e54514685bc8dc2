#include "app/privilege.hpp"

#include <cap-ng.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <cerrno>

namespace app {

namespace {

// Low among the real-time priorities: above everything ordinary, below the kernel's own threads.
constexpr int realtime_priority = 10;

// MCL_FUTURE makes every later allocation count against RLIMIT_MEMLOCK, and CAP_IPC_LOCK, which
// would lift that, is dropped: with a finite limit an allocation would fail one day.
int lock_flags() {
    rlimit limit{};
    const bool is_unlimited =
        ::getrlimit(RLIMIT_MEMLOCK, &limit) == 0 && limit.rlim_cur == RLIM_INFINITY;
    return is_unlimited ? MCL_CURRENT | MCL_FUTURE : MCL_CURRENT;
}

}  // namespace

Standing claim_standing() {
    // A program that goes on in the place of this one locks its memory, too, without the
    // capability.
    const rlimit unlimited{.rlim_cur = RLIM_INFINITY, .rlim_max = RLIM_INFINITY};
    (void)::setrlimit(RLIMIT_MEMLOCK, &unlimited);
    const sched_param parameters{.sched_priority = realtime_priority};
    return {
        .is_realtime = ::sched_setscheduler(0, SCHED_RR | SCHED_RESET_ON_FORK, &parameters) == 0,
        .is_memory_locked = ::mlockall(lock_flags()) == 0};
}

base::Result<void> drop_privileges() {
    // The bounding set first: CAP_SETPCAP, which that takes, goes with the others. Without it
    // (systemd and containers withhold it) the set is already what whoever started us wants.
    for (unsigned long capability = 0;; ++capability) {
        const int is_in_set = ::prctl(PR_CAPBSET_READ, capability);
        if (is_in_set < 0) break;
        if (is_in_set == 1 && capability != CAP_NET_ADMIN && capability != CAP_NET_RAW)
            (void)::prctl(PR_CAPBSET_DROP, capability);
    }
    ::capng_clear(CAPNG_SELECT_BOTH);
    ::capng_updatev(CAPNG_ADD, static_cast<capng_type_t>(CAPNG_EFFECTIVE | CAPNG_PERMITTED),
                    CAP_NET_ADMIN, CAP_NET_RAW, -1);
    if (::capng_apply(CAPNG_SELECT_CAPS) < 0) return base::os_failure("drop capabilities", errno);
    return {};
}

}  // namespace app
