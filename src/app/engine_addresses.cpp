// Step 7 of a turn: the addresses in the kernel.
#include <utility>

#include "app/engine.hpp"

namespace app {

// --- 7 ---

void Engine::reconcile(base::Instant now) {
    if (has_other_wishes(now)) reconciler_.want(desired(), now);
    for (const Upkeep& fact : reconciler_.work(view_, ports_, now)) take(fact, now);
}

bool Engine::has_other_wishes(base::Instant now) {
    bool is_other = false;
    if (std::exchange(must_wish_, false))
        for (Session& session : sessions_)
            if (session.place_addresses(view_) && session.wants_addresses()) is_other = true;
    for (Session& session : sessions_) {
        const bool owns = session.wants_addresses() && !session.is_mute(now);
        if (owned_[session.number] == owns) continue;
        owned_[session.number] = owns;
        session.announcer.clear();
        is_other = true;
        must_watch_ = true;
    }
    return is_other;
}

kernel::Desired Engine::desired() const {
    kernel::Desired desired;
    for (const Session& session : sessions_)
        if (owned_[session.number])
            desired.addresses.insert(desired.addresses.end(), session.wishes().begin(),
                                     session.wishes().end());
    desired.put_in_order();
    return desired;
}

void Engine::take(const Upkeep& fact, base::Instant now) {
    if (fact.what == Upkeep::What::given_up) must_follow_ = true;
    if (fact.owner) return sessions_[*fact.owner].note_upkeep(fact, now);
    if (fact.what == Upkeep::What::refused)
        records_.push_back(
            {base::log::Level::error,
             "address request failed; trying again",
             {{"address", kernel::text_of(fact.object)}, {"error", fact.error.text()}}});
}

}  // namespace app
