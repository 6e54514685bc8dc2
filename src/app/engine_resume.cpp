// A process in the place of another: what was Active goes on as Active before anybody has noticed,
// or starts as everything does.
#include <fmt/format.h>

#include <algorithm>

#include "app/engine.hpp"

namespace app {

namespace {

// Every Active_Down_Interval is longer (RFC 9568 section 6.1: three intervals and a skew): so long
// after an advert nobody can have taken over for want of another.
base::Duration shortest_silence(const config::Router& router) {
    return 3 * base::Duration{router.advertise.value()};
}

// Who is Active as far as its last word goes.
const Peer* other_active(const Session& session) {
    const auto& peers = session.peers().all();
    const auto found = std::ranges::find_if(
        peers, [](const Peer& peer) { return peer.priority != vrrp::Priority::releasing(); });
    return found == peers.end() ? nullptr : &*found;
}

}  // namespace

// --- before the first turn ---

// A unit goes on as a whole. One of which a member is another one now starts anew, and whoever was
// Active says so.
void Engine::recall(const std::vector<Memory>& memories, std::set<Socket> kept, base::Instant now) {
    kept_sockets_ = std::move(kept);
    for (Unit& unit : units_) {
        std::map<std::size_t, Memory> known;
        bool is_other = false;
        for (const Session* session : unit.sessions) {
            const auto found = std::ranges::find_if(memories, [&](const Memory& memory) {
                return memory.role == Memory::Role::active && memory.last_advert <= now &&
                       memory.is_of(session->router(), session->family());
            });
            if (found == memories.end()) continue;
            is_other = is_other || found->settings != session->memory().settings;
            known.emplace(session->number, *found);
        }
        if (known.empty()) continue;
        recalled_.merge(known);
        for (Session* session : unit.sessions) session->await_decision();
        const bool is_whole = std::ranges::all_of(unit.sessions, [&](const Session* session) {
            return recalled_.contains(session->number);
        });
        if (is_other)
            start_anew(unit, "its configuration has changed");
        else if (!is_whole)
            start_anew(unit, "not all of it was Active");
        else
            checks_.trust(unit.checks, now);
    }
}

// --- 3 ---

// In the first turn that knows the kernel, after the packets that came since the end of the other
// process, and before anything is removed.
void Engine::decide_resumption(const Inputs& inputs, base::Instant now) {
    if (!is_undecided_ || !inputs.view) return;
    is_undecided_ = false;
    for (Unit& unit : units_) {
        if (!recalled_.contains(unit.sessions.front()->number)) continue;
        const std::string why = reason_against_resuming(unit, inputs, now);
        if (why.empty())
            resume(unit, now);
        else
            start_anew(unit, why);
    }
    recalled_.clear();
    kept_sockets_.clear();
}

std::string Engine::reason_against_resuming(const Unit& unit, const Inputs& inputs,
                                            base::Instant now) {
    if (unit.presence != Unit::Presence::here) return "it is to end";
    for (Session* session : unit.sessions)
        if (std::string why = reason_against_resuming(*session, inputs, now); !why.empty())
            return why;
    return {};
}

std::string Engine::reason_against_resuming(Session& session, const Inputs& inputs,
                                            base::Instant now) {
    const Readiness& readiness = session.readiness();
    if (!readiness.blockers.empty()) return readiness.blockers.front().text;
    if (const Peer* peer = other_active(session))
        return fmt::format("{} has taken over", peer->address.text());
    session.place_wishes(view_);
    must_wish_ = true;
    for (const kernel::AddressWish& wish : session.wishes())
        if (view_.present(wish.key) == nullptr)
            return fmt::format("{} is not there any more", wish.key.address.text());
    const Socket socket{*readiness.link, session.family()};
    const bool is_proved = kept_sockets_.contains(socket) && !inputs.horizons.contains(socket);
    const base::Duration silence = now - recalled_.at(session.number).last_advert;
    if (is_proved || silence < shortest_silence(session.router())) return {};
    return fmt::format("its last advert was {} ms ago, and another router may have taken over",
                       base::whole_milliseconds(silence));
}

void Engine::resume(Unit& unit, base::Instant now) {
    bool is_told = true;
    for (Session* session : unit.sessions) {
        const Memory& before = recalled_.at(session->number);
        is_told = is_told && before.told == Memory::Told::active;
        session->resume(before, now);
        reconciler_.inherit(session->number, session->lease());
    }
    if (!is_told) return;  // its hooks are run as after a takeover
    unit.told = Phase::active;
    for (HookQueue& queue : unit.hooks) queue.assume(Phase::active);
    tell_targets(unit);
}

// Where nobody else can have taken over yet, the others need not wait for that: nobody is Active
// here.
void Engine::start_anew(const Unit& unit, const std::string& why) {
    using Farewell = Session::Farewell;
    checks_.distrust(unit.checks);
    for (Session* session : unit.sessions) {
        const auto before = recalled_.find(session->number);
        const bool was_active = before != recalled_.end();
        const bool is_taken = other_active(*session) != nullptr;
        session->start_anew(was_active && !is_taken ? Farewell::said : Farewell::unsaid);
        if (was_active) recalled_.erase(before);
    }
    must_follow_ = true;
    records_.push_back({base::log::Level::notice,
                        fmt::format("{} was Active before this process started, and does not go "
                                    "on as Active: {}",
                                    unit.name, why),
                        {{"router", unit.sessions.front()->router().name}, {"why", why}},
                        base::EventKind::not_resumed});
}

// --- for the next process ---

std::vector<Memory> Engine::memories() const {
    std::vector<Memory> memories;
    if (is_undecided_) return memories;
    memories.reserve(sessions_.size());
    for (const Session& session : sessions_) {
        const Unit& unit = unit_of(session);
        Memory& memory = memories.emplace_back(session.memory());
        if (unit.presence != Unit::Presence::here) memory.role = Memory::Role::other;
        if (unit.told == Phase::active) memory.told = Memory::Told::active;
    }
    return memories;
}

}  // namespace app
