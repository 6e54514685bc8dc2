// What the engine knows, for status.
#include <fmt/format.h>

#include <algorithm>

#include "app/engine.hpp"
#include "config/spelling.hpp"

namespace app {

namespace {

// "lan: notify failed in phase active (failover.sh exited with 3): no route"
std::string problem_of(const HookQueue& queue, const HookQueue::Result& result) {
    return fmt::format("{}: {} failed in phase {} ({} {}){}{}", queue.subject().name, result.what,
                       name_of(result.phase), result.program, result.ending(),
                       result.ended.output.empty() ? "" : ": ", result.ended.output);
}

}  // namespace

// What the machine was like when a session changed its state: whether the link was there, whether
// anything of VRRP came through it, whether this process got its CPU, which checks fail.
void Engine::add_evidence(const Session& session, base::log::Record& record,
                          base::Instant now) const {
    const auto index = session.readiness().link;
    const kernel::Link* link = index ? view_.link(*index) : nullptr;
    record.fields.push_back({"link", link == nullptr      ? "missing"
                                     : !link->is_up       ? "down"
                                     : !link->has_carrier ? "no carrier"
                                                          : "up"});
    const auto heard = index ? heard_on_.find(*index) : heard_on_.end();
    if (heard != heard_on_.end())
        record.fields.push_back(
            {"interface_heard_ms", fmt::to_string(base::whole_milliseconds(now - heard->second))});
    if (punctuality_.latest > Punctuality::tolerated)
        record.fields.push_back(
            {"late_ms", fmt::to_string(base::whole_milliseconds(punctuality_.latest))});
    std::vector<std::string_view> failed;
    for (const std::string& name : unit_of(session).checks)
        if (const auto fact = checks_.facts().find(name);
            fact != checks_.facts().end() && fact->second.has_failed())
            failed.push_back(name);
    if (!failed.empty())
        record.fields.push_back({"failed_checks", fmt::format("{}", fmt::join(failed, ","))});
}

std::vector<base::InterfaceAddress> Engine::installed(const Session& session) const {
    std::vector<base::InterfaceAddress> there;
    for (const kernel::AddressWish& wish : session.wishes())
        if (view_.is_in_use(wish.key)) there.push_back(wish.key.address);
    return there;
}

std::vector<Engine::FailedAddress> Engine::failed(const Session& session) const {
    std::vector<FailedAddress> found;
    for (const kernel::AddressWish& wish : session.wishes())
        if (const std::string* error = reconciler_.error_of(wish.key))
            found.push_back({wish.key.address, *error});
    return found;
}

const Session* Engine::kept_by(const Session& session) const {
    const auto due = session.deadline();
    if (!due || *due > now_ || session.wants_addresses()) return nullptr;
    for (const Session* mate : unit_of(session).sessions)
        if (mate->deadline() > now_) return mate;
    return nullptr;
}

const Unit& Engine::unit_of(const Session& session) const {
    return units_[unit_of_session_[session.number]];
}

bool Engine::is_settled() const {
    const bool is_leaving = std::ranges::any_of(
        units_, [](const Unit& unit) { return unit.presence != Unit::Presence::here; });
    const auto is_there = [&](const Session& session) {
        return !session.wants_addresses() ||
               std::ranges::all_of(session.wishes(), [&](const kernel::AddressWish& wish) {
                   return view_.is_in_use(wish.key);
               });
    };
    return !is_leaving && !must_want_ && reconciler_.deadline(now_) != now_ &&
           std::ranges::all_of(sessions_, is_there);
}

std::string Engine::unknown_name(std::string_view name) const {
    std::vector<std::string_view> known;
    for (const config::Router& router : config_.routers) known.emplace_back(router.name);
    for (const config::Group& group : config_.groups) known.emplace_back(group.name);
    if (std::ranges::find(known, name) != known.end()) return {};
    const std::string nearest = config::did_you_mean(name, known);
    return fmt::format(
        "there is no router and no group '{}'{}", name,
        nearest.empty() ? fmt::format("; there are: {}", fmt::join(known, ", ")) : nearest);
}

// What the units have in common for all their sessions is said once.
std::vector<std::string> Engine::unit_problems() const {
    std::vector<std::string> found;
    if (std::string trouble = checks_.trouble(); !trouble.empty())
        found.push_back(std::move(trouble));
    if (!ledger_.error().empty())
        found.push_back("what is drained is not kept over a restart: " + ledger_.error());
    const auto add = [&](const Unit& unit, const std::string& text) {
        found.push_back(fmt::format("{}: {}", unit.name, text));
    };
    for (const Unit& unit : units_) {
        for (const std::string& warning : unit.warnings) add(unit, warning);
        for (const Term& term : unit.terms)
            add(unit, fmt::format("{} (priority -{})", term.what, term.points));
        for (const HookQueue& queue : unit.hooks)
            for (const HookQueue::Result* result : queue.latest_results())
                if (result->has_failed()) found.push_back(problem_of(queue, *result));
    }
    return found;
}

std::vector<std::string> Engine::problems() const {
    std::vector<std::string> found = unit_problems();
    const auto add_problem = [&](const Session& session, std::string_view text) {
        found.push_back(fmt::format("{} ({}): {}", session.router().name,
                                    base::name_of(session.family()), text));
    };
    for (const Session& session : sessions_) {
        for (const Blocker& blocker : session.readiness().blockers)
            add_problem(session,
                        blocker.kind == Blocker::Kind::drained
                            ? blocker.text
                            : fmt::format("{}: {}", name_of(session.shown_state()), blocker.text));
        if (owned_[session.number] && !session.router().accepts && filter_.error() != nullptr)
            add_problem(session, "accept = false is not in effect: " + *filter_.error());
        if (session.wants_addresses() && session.is_cut_off(now_))
            add_problem(session, "no peer can be reached: " + session.last_send_error());
        for (const FailedAddress& failure : failed(session)) add_problem(session, failure.error);
        for (const auto& upheld : {routes_of(session), rules_of(session)})
            for (const Upheld& one : upheld)
                if (!one.error.empty()) add_problem(session, one.error);
        for (const Condition& condition : session.conditions().all())
            add_problem(session, condition.text);
        if (const Session* mate = kept_by(session))
            add_problem(
                session,
                fmt::format(
                    "nobody is heard, but {} still hears {}",
                    unit_of(session).is_group ? mate->router().name : base::name_of(mate->family()),
                    mate->peer() != nullptr ? mate->peer()->address.text() : "a peer"));
        const bool is_owner = session.effective_priority() == vrrp::Priority::owner();
        if (session.wants_addresses() || is_owner) continue;
        for (const kernel::AddressWish& wish : session.wishes()) {
            const kernel::AddressFacts* facts = view_.present(wish.key);
            if (facts == nullptr || facts->is_ours()) continue;
            const kernel::Link* link = view_.link(wish.key.link);
            add_problem(session, fmt::format("{} is on {} although this router is not Active; "
                                             "something else put it there",
                                             wish.key.address.text(),
                                             link != nullptr ? link->name : "its interface"));
        }
    }
    return found;
}

}  // namespace app
