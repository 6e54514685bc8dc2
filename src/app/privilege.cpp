#include "app/privilege.hpp"

#include <cap-ng.h>
#include <sched.h>
#include <sys/mman.h>
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
    const sched_param parameters{.sched_priority = realtime_priority};
    return {
        .is_realtime = ::sched_setscheduler(0, SCHED_RR | SCHED_RESET_ON_FORK, &parameters) == 0,
        .is_memory_locked = ::mlockall(lock_flags()) == 0};
}

base::Result<void> drop_privileges() {
    ::capng_clear(CAPNG_SELECT_BOTH);
    ::capng_updatev(
        CAPNG_ADD,
        static_cast<capng_type_t>(CAPNG_EFFECTIVE | CAPNG_PERMITTED | CAPNG_BOUNDING_SET),
        CAP_NET_ADMIN, CAP_NET_RAW, -1);
    if (::capng_apply(CAPNG_SELECT_CAPS) < 0) return base::os_failure("drop capabilities", errno);
    // The bounding set needs CAP_SETPCAP, which a container may not have; systemd has done it then.
    (void)::capng_apply(CAPNG_SELECT_BOUNDS);
    return {};
}

}  // namespace app
