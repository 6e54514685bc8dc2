#include "app/explain.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "app/control.hpp"
#include "app/what_if.hpp"

namespace app {

namespace {

using Json = nlohmann::ordered_json;

std::string in_milliseconds(base::Duration duration) {
    return fmt::format("{} ms", base::whole_milliseconds(duration));
}

// What the state is, and how that is to be judged.
struct Verdict {
    bool is_right;
    std::string text;
    std::vector<std::string> because;
};

std::string priority_text(const Engine& engine, const Session& session) {
    const int base_priority = session.router().priority.wire();
    std::string text = fmt::format("its own priority is {}", session.effective_priority().wire());
    const Unit& unit = engine.unit_of(session);
    if (unit.terms.empty()) return text;
    text += fmt::format(" ({}", base_priority);
    for (const Term& term : unit.terms) text += fmt::format(", -{} for {}", term.points, term.what);
    return text + ")";
}

std::string heard_text(const Peer& peer, base::Instant now) {
    return fmt::format(
        "{} is Active with priority {}: its last advert came {} ago, it sends one "
        "every {}",
        peer.address.text(), peer.priority.wire(), in_milliseconds(now - peer.seen),
        in_milliseconds(peer.interval.value()));
}

// Why a Backup does not take over from a weaker router.
std::string patience_with_weaker(const Engine& engine, const Session& session, base::Instant now) {
    if (!session.router().preempt.enabled)
        return ", but preempt = false: it takes over only when that one goes away";
    const Unit& unit = engine.unit_of(session);
    if (engine.maintenance().hold_of(unit.name) != nullptr)
        return ", but it has handed over by order: it takes over only when that one goes away";
    const auto from = session.params().preempt_from;
    if (from && *from > now)
        return fmt::format(", but preempt.after: it takes over after {} of good health, in {}",
                           in_milliseconds(session.router().preempt.after),
                           in_milliseconds(*from - now));
    return fmt::format(": it does not obey that one, and takes over in {}",
                       in_milliseconds(session.deadline().value_or(now) - now));
}

Verdict judge_backup(const Engine& engine, const Session& session, base::Instant now) {
    Verdict verdict{true, "that is right", {}};
    const Peer* peer = active_peer_of(session, now);
    const auto ours = session.effective_priority();
    if (const Session* mate = engine.kept_by(session)) {
        verdict.because.push_back("nobody is heard here");
        verdict.because.push_back(fmt::format(
            "{} ({}), elected together with it, still hears a router: both move or none",
            mate->router().name, base::name_of(mate->family())));
        return {false, "something is wrong between the routers", std::move(verdict.because)};
    }
    if (peer == nullptr) {
        verdict.because.push_back("no advert is heard");
        verdict.because.push_back(
            fmt::format("it takes over in {} unless one comes",
                        in_milliseconds(session.deadline().value_or(now) - now)));
        return verdict;
    }
    verdict.because.push_back(heard_text(*peer, now));
    verdict.because.push_back(priority_text(engine, session));
    if (peer->priority > ours)
        verdict.because.push_back(
            fmt::format("{} < {}: it waits", ours.wire(), peer->priority.wire()));
    else if (peer->priority == ours)
        verdict.because.push_back("equal priorities: nobody takes over from an equal");
    else
        verdict.because.push_back(fmt::format("{} > {}{}", ours.wire(), peer->priority.wire(),
                                              patience_with_weaker(engine, session, now)));
    return verdict;
}

Verdict judge_active(const Engine& engine, const Session& session, base::Instant now) {
    Verdict verdict{true, "that is right", {}};
    const Transition& last = session.last_transition();
    verdict.because.push_back(
        fmt::format("it took over {} ago: {}", in_milliseconds(now - last.at), last.text));
    verdict.because.push_back(priority_text(engine, session));
    if (const Peer* other = active_peer_of(session, now)) {
        verdict.is_right = false;
        verdict.text = "two routers are Active";
        verdict.because.push_back(heard_text(*other, now) + " too");
    } else {
        verdict.because.push_back("no other router advertises");
    }
    const auto missing = engine.failed(session);
    if (!missing.empty()) {
        verdict.is_right = false;
        verdict.text = "not all of its addresses are there";
    }
    return verdict;
}

Verdict judge(const Engine& engine, const Session& session, base::Instant now) {
    switch (session.shown_state()) {
        case ShownState::backup: return judge_backup(engine, session, now);
        case ShownState::active: return judge_active(engine, session, now);
        case ShownState::drained:
        case ShownState::fault:
        case ShownState::waiting: {
            Verdict verdict{session.shown_state() == ShownState::drained,
                            "it cannot take part in the election",
                            {}};
            if (verdict.is_right) verdict.text = "an operator wants it so";
            for (const Blocker& blocker : session.readiness().blockers)
                verdict.because.push_back(blocker.text);
            return verdict;
        }
        case ShownState::resigning:
            return {true, "it hands over", {session.last_transition().text}};
        case ShownState::init: break;
    }
    return {true, "it has not begun, or was stopped", {session.last_transition().text}};
}

// How much time is usually left, and how little would do.
Json margin_of(const Session& session, Time time) {
    const Peer* peer = session.peer();
    if (peer == nullptr) return nullptr;
    const auto worst = peer->arrivals.worst(time.now);
    if (!worst) return nullptr;
    const base::Duration interval{session.active_interval().value()};
    const double patience = static_cast<double>(session.down_interval().count()) /
                            static_cast<double>(interval.count());
    const auto least = Arrivals::least_interval(*worst, patience);
    return {{"peer", peer->address.text()},
            {"worst_gap_ms", base::milliseconds(worst->gap)},
            {"limit_ms", base::milliseconds(worst->limit)},
            {"worst_lateness_ms", base::milliseconds(worst->lateness)},
            {"most_missing", worst->missing},
            {"interval_ms", base::milliseconds(interval)},
            {"least_interval_ms", least ? Json(base::milliseconds(least->value())) : Json()}};
}

Json problems_of(const Session& session) {
    Json problems = Json::array();
    for (const Condition& condition : session.conditions().all())
        problems.push_back(condition.text);
    return problems;
}

Json explanation_of(const Engine& engine, const Session& session, Time time) {
    const Verdict verdict = judge(engine, session, time.now);
    Json prospects = Json::array();
    for (const Prospect& prospect : prospects_of(engine, session, time.now))
        prospects.push_back({{"event", prospect.event}, {"then", prospect.then}});
    return {{"name", session.router().name},        {"family", base::name_of(session.family())},
            {"unit", engine.unit_of(session).name}, {"state", name_of(session.shown_state())},
            {"is_right", verdict.is_right},         {"verdict", verdict.text},
            {"because", verdict.because},           {"changes", std::move(prospects)},
            {"margin", margin_of(session, time)},   {"problems", problems_of(session)}};
}

}  // namespace

std::string explain_json(const Engine& engine, std::string_view name, Time time) {
    if (!name.empty())
        if (const std::string wrong = engine.unknown_name(name); !wrong.empty())
            return error_json(wrong);
    Json routers = Json::array();
    for (const Session& session : engine.sessions())
        if (name.empty() || session.router().name == name || engine.unit_of(session).name == name)
            routers.push_back(explanation_of(engine, session, time));
    const Json all{{"schema", 1},
                   {"node", engine.config().node},
                   {"time", iso8601(time.wall)},
                   {"routers", std::move(routers)}};
    return all.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace app
