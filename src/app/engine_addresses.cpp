// Step 7 of a turn: the addresses in the kernel.
#include <fmt/format.h>

#include <utility>

#include "app/engine.hpp"

namespace app {

namespace {
// Beside the reasons for discarding packets, which the limiter counts as well.
constexpr int filter_change = 1000;
}  // namespace

// --- 7 ---

void Engine::reconcile(base::Instant now) {
    const bool must_want = std::exchange(must_want_, false);
    const bool is_other = has_other_wishes(now) || must_want;
    if (is_other) reconciler_.want(desired(), now);
    if (std::exchange(must_filter_, false) || is_other) want_filter();
    keep_filter(now);  // before addresses come
    for (const Upkeep& fact : reconciler_.work(view_, ports_, now)) take(fact, now);
    keep_filter(now);  // after the last of those that go
}

bool Engine::has_other_wishes(base::Instant now) {
    bool is_other = false;
    if (std::exchange(must_wish_, false))
        for (Session& session : sessions_)
            if (session.place_wishes(view_) && session.holds_addresses()) is_other = true;
    for (Session& session : sessions_) {
        const bool is_mute = session.wants_addresses() && session.is_mute(now);
        if (is_mute) give_up_mute(session, now);
        const bool owns = session.holds_addresses() && !is_mute;
        if (owned_[session.number] == owns) continue;
        owned_[session.number] = owns;
        session.announcer.clear();
        is_other = true;
        must_watch_ = true;
    }
    return is_other;
}

// The others do not hear it and have taken over, or will: with its addresses goes its part in the
// election, and that of its other family.
void Engine::give_up_mute(Session& session, base::Instant now) {
    session.fall_silent();
    reconciler_.give_up(session.number,
                        fmt::format("no advert could be sent for {} s: {}",
                                    session.lease()->count(), session.last_send_error()),
                        now);
    must_follow_ = true;
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

void Engine::follow_filter(const Inputs& inputs, base::Instant now) {
    // At the start a dead process may have left one.
    if (inputs.view && (!inputs.is_audit || filter_.has_target())) {
        must_filter_ = true;
        filter_.doubt();
    }
    if (!inputs.filter_was_changed) return;
    filter_.doubt();
    if (const auto suppressed = limiter_.admit(filter_change, now, Occasion::ours))
        records_.push_back(
            {base::log::Level::warning,
             "somebody else changed the packet filter of accept = false; restoring it",
             {{"repeated", fmt::to_string(*suppressed)}},
             base::EventKind::object_removed});
}

void Engine::want_filter() {
    std::vector<kernel::AddressKey> wanted;
    std::vector<kernel::AddressKey> leaving;
    std::set<kernel::AddressKey> accepting;
    for (const Session& session : sessions_) {
        if (session.router().accepts) {
            if (owned_[session.number])
                for (const kernel::AddressWish& wish : session.wishes()) accepting.insert(wish.key);
            continue;
        }
        auto& keys = owned_[session.number] ? wanted : leaving;
        for (const kernel::AddressWish& wish : session.wishes()) {
            const kernel::AddressFacts* facts = view_.address(wish.key);
            const bool is_there = facts != nullptr && facts->is_ours();
            if (owned_[session.number] || is_there) keys.push_back(wish.key);
        }
    }
    filter_.want(wanted, std::move(leaving), accepting);
}

void Engine::keep_filter(base::Instant now) {
    const kernel::Refusals* refusals = filter_.due(view_, now);
    if (refusals == nullptr) return;
    using Outcome = FilterKeeper::Outcome;
    const Outcome outcome = filter_.take(ports_.set_filter(*refusals), now);
    if (outcome == Outcome::refused)
        records_.push_back({base::log::Level::error,
                            "accept = false is not in effect; trying again",
                            {{"error", *filter_.error()}},
                            base::EventKind::request_refused});
    if (outcome == Outcome::recovered)
        records_.push_back({base::log::Level::notice, "accept = false is in effect again", {}});
}

void Engine::take(const Upkeep& fact, base::Instant now) {
    if (fact.what == Upkeep::What::given_up) must_follow_ = true;
    if (fact.owner) return sessions_[*fact.owner].note_upkeep(fact, now);
    if (fact.what == Upkeep::What::refused)
        records_.push_back(
            {base::log::Level::error,
             fmt::format("{} request failed; trying again", kernel::noun_of(fact.object)),
             {{std::string{kernel::noun_of(fact.object)}, kernel::text_of(fact.object)},
              {"error", fact.error.text()}},
             base::EventKind::request_refused});
}

}  // namespace app
