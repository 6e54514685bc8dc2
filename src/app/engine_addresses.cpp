// Steps 7 and 8 of a turn: the addresses in the kernel, and who is told of them.
#include <fmt/format.h>

#include <utility>

#include "app/engine.hpp"
#include "vrrp/announce.hpp"

namespace app {

namespace {

// A turn does no more than this, so that an advert is never late because of announcements.
constexpr std::size_t frames_a_turn = 64;

base::Bytes announcement_of(const base::MacAddress& mac, const base::IpAddress& address) {
    return address.family() == base::Family::ipv4
               ? vrrp::gratuitous_arp(mac, address)
               : vrrp::unsolicited_neighbor_advertisement(mac, address);
}

}  // namespace

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

// --- 8 ---

void Engine::announce(base::Instant now) {
    std::size_t budget = frames_a_turn;
    for (Session& session : sessions_) {
        for (const base::IpAddress& address : session.announcer.take_due(now, budget)) {
            --budget;
            const auto index = session.link_of(address);
            const kernel::Link* link = index ? view_.link(*index) : nullptr;
            if (link == nullptr) continue;
            const auto sent = ports_.send_frame(*link, announcement_of(link->mac, address));
            if (sent)
                session.announcement_was_sent();
            else
                session.send_failed(sent.error(), now);
        }
    }
}

}  // namespace app
