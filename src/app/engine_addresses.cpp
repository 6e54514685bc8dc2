// Steps 7 and 8 of a turn: the addresses in the kernel, and who is told of them.
#include <fmt/format.h>

#include <algorithm>

#include "app/engine.hpp"
#include "vrrp/announce.hpp"

namespace app {

namespace {

// A turn does no more than this of each kind, so that an advert is never late because of address
// work: 64 requests take about 1.5 ms.
constexpr std::size_t requests_a_turn = 64;
constexpr std::size_t frames_a_turn = 64;

base::Bytes announcement_of(const base::MacAddress& mac, const base::IpAddress& address) {
    return address.family() == base::Family::ipv4
               ? vrrp::gratuitous_arp(mac, address)
               : vrrp::unsolicited_neighbor_advertisement(mac, address);
}

}  // namespace

// --- 7 ---

void Engine::reconcile(base::Instant now) {
    for (std::size_t i = 0; i < sessions_.size(); ++i) {
        if (owned_[i] == sessions_[i].wants_addresses()) continue;
        owned_[i] = sessions_[i].wants_addresses();
        sessions_[i].held.clear();
        must_reconcile_ = true;
        must_watch_ = true;
    }
    const bool retry_is_due =
        std::ranges::any_of(retries_, [&](const auto& entry) { return entry.second.at <= now; });
    if (!must_reconcile_ && !retry_is_due) return;

    Wanted wanted_by = wanted();
    kernel::Desired desired;
    for (const auto& [key, session] : wanted_by) desired.insert(key);
    const kernel::Plan plan = kernel::reconcile(desired, view_);
    forget_solved(plan);

    std::size_t budget = requests_a_turn;
    for (const kernel::Removal& removal : plan.remove) {
        if (budget == 0) break;
        if (!may_try(removal.key, now)) continue;
        remove(removal, now);
        --budget;
    }
    for (const kernel::AddressKey& key : plan.add) {
        if (budget == 0) break;
        if (!may_try(key, now)) continue;
        add(key, *wanted_by.at(key), now);
        --budget;
    }
    must_reconcile_ = budget == 0;  // the next turn goes on at once
    for (Session& session : sessions_) session.announcer.follow(present(session), now);
}

void Engine::forget_solved(const kernel::Plan& plan) {
    std::set<kernel::AddressKey> open{plan.add.begin(), plan.add.end()};
    for (const kernel::Removal& removal : plan.remove) open.insert(removal.key);
    std::erase_if(retries_, [&](const auto& entry) { return !open.contains(entry.first); });
}

Engine::Wanted Engine::wanted() {
    Wanted wanted_by;
    for (Session& session : sessions_) {
        const auto& link = session.readiness().link;
        if (!session.wants_addresses() || !link) continue;
        for (const auto& address : session.addresses())
            wanted_by.emplace(kernel::AddressKey{*link, address}, &session);
    }
    return wanted_by;
}

void Engine::remove(const kernel::Removal& removal, base::Instant now) {
    if (const auto removed = ports_.remove_address(removal); !removed) {
        put_off(removal.key, removed.error(), now);
        return;
    }
    retries_.erase(removal.key);
    view_.apply(kernel::event::AddressGone{removal.key});
}

void Engine::add(const kernel::AddressKey& key, Session& session, base::Instant now) {
    if (session.held.erase(key.address) > 0) {
        session.address_was_removed(key.address, now);
        if (is_contested(key, now)) return;
    }
    if (const auto added = ports_.add_address(key); !added) {
        put_off(key, added.error(), now);
        return;
    }
    retries_.erase(key);
    session.held.insert(key.address);
    session.announcer.forget(key.address.address());  // it is announced as a new one
    // What the kernel has just confirmed; its own event follows with the flags.
    view_.apply(kernel::event::AddressSet{key, {.protocol = kernel::our_address_protocol}});
}

// Somebody removes it again and again. Putting it back each time at once would take the processor
// and help nobody: after a few times in a minute it is put off, and status says so.
bool Engine::is_contested(const kernel::AddressKey& key, base::Instant now) {
    constexpr int restores_a_window = 5;
    constexpr base::Duration window = std::chrono::minutes{1};
    Contest& contest = contests_.try_emplace(key, Contest{now, 0}).first->second;
    if (now - contest.since >= window) contest = {now, 0};
    if (++contest.restores <= restores_a_window) return false;
    put_off(key,
            {.attempt = fmt::format("keep {}", key.address.text()),
             .detail = "somebody else removes it again and again"},
            now);
    retries_.at(key).at = contest.since + window;
    return true;
}

bool Engine::may_try(const kernel::AddressKey& key, base::Instant now) const {
    const auto found = retries_.find(key);
    return found == retries_.end() || found->second.at <= now;
}

void Engine::put_off(const kernel::AddressKey& key, const base::Error& error, base::Instant now) {
    const auto [entry, is_first] = retries_.try_emplace(key);
    Retry& retry = entry->second;
    retry.wait = is_first ? Retry::first_wait : retry.next_wait();
    retry.at = now + retry.wait;
    retry.error = error.text();
    if (is_first)
        records_.push_back({base::log::Level::error,
                            "address request failed; trying again",
                            {{"address", key.address.text()}, {"error", retry.error}}});
}

// --- 8 ---

std::set<base::IpAddress> Engine::present(const Session& session) const {
    std::set<base::IpAddress> there;
    if (!session.wants_addresses()) return there;
    for (const auto& address : installed(session)) there.insert(address.address());
    return there;
}

void Engine::announce(base::Instant now) {
    std::size_t budget = frames_a_turn;
    for (Session& session : sessions_) {
        const auto& index = session.readiness().link;
        const kernel::Link* link = index ? view_.link(*index) : nullptr;
        if (link == nullptr) continue;
        for (const base::IpAddress& address : session.announcer.take_due(now, budget)) {
            --budget;
            const auto sent = ports_.send_frame(*link, announcement_of(link->mac, address));
            if (sent)
                session.announcement_was_sent();
            else
                session.send_failed(sent.error(), now);
        }
    }
}

}  // namespace app
