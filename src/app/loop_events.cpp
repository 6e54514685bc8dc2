// The part of the loop that keeps events: what is logged, and what becomes of it.
#include <utility>

#include "app/loop.hpp"

namespace app {

namespace {

// At the end: longer than a disk usually needs, and shorter than a lease.
constexpr base::Duration patience_with_events = std::chrono::milliseconds{300};

}  // namespace

void Loop::restore(KeptEvents kept) {
    wall_ = started_.wall;
    chronicle_.open(std::move(kept.path), std::move(kept.events));
    for (const base::log::Record& record : kept.records) tell(record);
}

void Loop::tell(const base::log::Record& record) {
    log_.write(record);
    chronicle_.note(record, wall_);
}

void Loop::keep_events(base::Instant now) {
    if ((engine_.is_finished() || is_leaving_) && !events_end_) {
        events_end_ = now + patience_with_events;
        chronicle_.hurry();
    }
    if (const auto order = chronicle_.take_order(now)) parts_.ports->tell_runner(*order);
}

// The last events are worth a moment: nobody waits for us any more, or what is Active stays so.
bool Loop::is_over() const {
    if (ending_.signals() >= 3) return true;
    if (!engine_.is_finished() && !is_leaving_) return false;
    return chronicle_.is_settled() || (events_end_ && read_clock().now >= *events_end_);
}

}  // namespace app
