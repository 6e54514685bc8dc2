// Step 7 of a turn: the addresses in the kernel.
#include <fmt/format.h>

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
            if (session.place_wishes(view_) && session.wants_addresses()) is_other = true;
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
    const auto add = [](auto& all, const auto& some) {
        all.insert(all.end(), some.begin(), some.end());
    };
    for (const Session& session : sessions_) {
        if (!owned_[session.number]) continue;
        add(desired.addresses, session.wishes());
        add(desired.routes, session.route_wishes());
        add(desired.rules, session.rule_wishes());
    }
    desired.put_in_order();
    return desired;
}

void Engine::take(const Upkeep& fact, base::Instant now) {
    if (fact.what == Upkeep::What::given_up) must_follow_ = true;
    if (fact.owner) return sessions_[*fact.owner].note_upkeep(fact, now);
    if (fact.what == Upkeep::What::refused)
        records_.push_back(
            {base::log::Level::error,
             fmt::format("{} request failed; trying again", kernel::noun_of(fact.object)),
             {{std::string{kernel::noun_of(fact.object)}, kernel::text_of(fact.object)},
              {"error", fact.error.text()}}});
}

}  // namespace app
