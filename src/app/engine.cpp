#include "app/engine.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "app/wishes.hpp"
#include "vrrp/unit.hpp"

namespace app {

namespace {

constexpr std::size_t recorded_events = 10'000;

// A cause of the limiter: and on, one for each VRID. Reasons to discard come before.
constexpr int stranger_causes = 2000;

// After this a stop ends even when the kernel refuses to release an address.
constexpr base::Duration patience_at_stop = std::chrono::seconds{2};

// A peer that this host has no route to. A group is reached without one; and what a firewall
// refuses (EPERM) says nothing about whether the others hear each other.
bool is_without_way(const base::Error& error, const vrrp::Route& route) {
    return !route.destination.is_multicast() &&
           (error.os_error == ENETUNREACH || error.os_error == EHOSTUNREACH);
}

}  // namespace

Engine::Engine(config::Config config, Ports& ports, base::Instant now)
    : config_{std::move(config)},
      ports_{ports},
      units_{units_of(config_,
                      [&](const config::Router& router, base::Family family) -> Session& {
                          return sessions_.emplace_back(router, family, now);
                      })},
      checks_{config_.checks, now},
      recorder_{recorded_events},
      now_{now} {
    owned_.resize(sessions_.size());
    index_sessions();
}

// All that is said of the sessions by their numbers, and of their routers by their interfaces.
void Engine::index_sessions() {
    by_wire_.clear();
    virtual_addresses_ = {};
    interfaces_.clear();
    rates_.clear();
    virtual_links_.want_none();
    for (std::size_t i = 0; i < sessions_.size(); ++i) {
        sessions_[i].number = i;
        const config::Router& router = sessions_[i].router();
        virtual_addresses_.insert(router);
        interfaces_.insert(router.interface);
        for (const auto& [address, placement] : router.placements)
            if (!placement.interface.empty()) interfaces_.insert(placement.interface);
        for (const config::Route& route : router.routes)
            if (!route.interface.empty()) interfaces_.insert(route.interface);
        note_rate(router);
        virtual_links_.want(i, router, sessions_[i].family());
        if (const auto* standing = virtual_links_.of(i)) interfaces_.insert(standing->name);
    }
    unit_of_session_.assign(sessions_.size(), 0);
    for (std::size_t i = 0; i < units_.size(); ++i)
        for (const Session* session : units_[i].sessions) unit_of_session_[session->number] = i;
}

// The order matters. Packets are believed before deadlines, because a process that was not
// scheduled for a while has both. Adverts leave before address work. Announcements come after the
// addresses that they are about.
std::vector<base::log::Record> Engine::turn(Inputs inputs, base::Instant now) {
    now_ = now;
    punctuality_.note(inputs.due, now);
    forget_departed();
    stop_if_asked(inputs, now);  // 1 signals, configuration, runner
    if (inputs.config && !is_departing_) reload(std::move(*inputs.config), now);
    follow_runner(inputs, now);
    follow_instructions(inputs, now);
    follow_kernel(inputs, now);  // 2 links and addresses
    read_packets(inputs);        // 3 packets
    decide_resumption(inputs, now);
    answer_claims(inputs.claims, now);
    leave_when_over(now);  // 4 deadlines
    expire_deadlines(inputs, now);
    settle(now);  // 5 the sessions of a unit are Active together
    weigh_units(now);
    follow_hooks(now);
    follow_errands(now);
    follow_departures(now);
    transmit(now);  // 6 adverts that are due
    power_links(now);
    reconcile(now);  // 7 desired versus actual
    end_links(now);
    announce(now);  // 8 gratuitous ARP and NA for what is in the kernel now
    if (std::exchange(must_watch_, false)) {
        watch_sources();
        watch_claims();
    }
    tell_hooks(now);
    return tell(inputs.wall, now);  // 9 the caller writes it, answers clients, feeds the watchdog
}

// Step 1 is in engine_departures.cpp and engine_units.cpp, step 2 in engine_kernel.cpp; what a
// process before this one has left is decided in engine_resume.cpp.

// --- 3 ---

void Engine::read_packets(Inputs& inputs) {
    for (Packet& packet : inputs.packets) {
        packet.link = virtual_links_.parent_of(packet.link, view_);
        heard_on_[packet.link] = packet.arrived;
        read_packet(packet);
    }
}

void Engine::read_packet(const Packet& packet) {
    const auto datagram = vrrp::parse_ip(packet.bytes);
    if (!datagram) return discard_unattributed(datagram.error(), packet, {});
    const base::IpAddress& source = datagram->route.source;
    const auto vrid = vrrp::vrid_of(datagram->message);
    const Seat seat = vrid ? seat_for(packet.link, source.family(), *vrid) : Seat{};
    Session* const session = seat.session;
    const auto discard = [&](vrrp::Discard reason) {
        if (session != nullptr)
            session->discard(reason, *datagram, nullptr, packet.arrived);
        else
            discard_unattributed(reason, packet, source);
    };
    // RFC 9568 section 6.4.3's immediate answer would loop if our own packets came back. What has
    // the address of this very session may be another router's that has it too.
    if (view_.is_own_source(source, packet.link)) {
        const bool is_twin = session != nullptr && session->readiness().source == source &&
                             !session->is_echo(datagram->message, packet.arrived);
        if (!is_twin) return discard(vrrp::Discard::own_packet);
    }
    const auto decoded = vrrp::decode(
        *datagram, session != nullptr ? session->router().least_ttl : vrrp::sole_link_ttl);
    if (!decoded) return discard(decoded.error());
    if (session == nullptr) return note_stranger(packet, decoded->vrid, source);
    // The addresses of the two families may sort the other way round (unit.hpp).
    session->break_ties(is_tie_won_before(seat, packet.arrived) ? vrrp::Ties::ours
                                                                : vrrp::Ties::by_address);
    session->receive(*datagram, *decoded, packet.arrived);
}

// In the first session of the unit that hears the rival.
bool Engine::is_tie_won_before(const Seat& seat, base::Instant now) {
    for (const Session* session : seat.unit->sessions) {
        if (session == seat.session) return false;
        if (session->wins_tie(now)) return true;
    }
    return false;
}

// What belongs to no router of ours: told once a minute for each reason.
void Engine::discard_unattributed(vrrp::Discard reason, const Packet& packet,
                                  const base::IpAddress& sender) {
    ++unattributed_[static_cast<std::size_t>(reason)];
    const auto suppressed =
        limiter_.admit(static_cast<int>(reason), packet.arrived, Occasion::packet);
    if (!suppressed) return;
    const kernel::Link* link = view_.link(packet.link);
    records_.push_back({base::log::Level::warning,
                        "datagram of protocol 112 discarded",
                        {{"reason", std::string{vrrp::name_of(reason)}},
                         {"sender", sender.is_unspecified() ? "unknown" : sender.text()},
                         {"value", fmt::format("{} octets", packet.bytes.size())},
                         {"interface", link != nullptr ? link->name : ""},
                         {"repeated", fmt::to_string(*suppressed)},
                         {"cure", "if it goes on, look at the sender"}}});
}

// Other virtual routers on a LAN are usual: each VRID is told once, few of them in a minute. It may
// be mistyped, too.
void Engine::note_stranger(const Packet& packet, std::uint8_t vrid, const base::IpAddress& sender) {
    ++unattributed_[static_cast<std::size_t>(vrrp::Discard::vrid)];
    const auto stranger = std::tuple{Socket{packet.link, sender.family()}, vrid};
    const int cause = stranger_causes + vrid;
    if (strangers_.contains(stranger) || !limiter_.admit(cause, packet.arrived, Occasion::packet))
        return;
    strangers_.insert(stranger);
    const kernel::Link* link = view_.link(packet.link);
    records_.push_back({base::log::Level::info,
                        "advert of a virtual router that is not configured here",
                        {{"reason", std::string{vrrp::name_of(vrrp::Discard::vrid)}},
                         {"sender", sender.text()},
                         {"value", fmt::format("VRID {}", vrid)},
                         {"interface", link != nullptr ? link->name : ""},
                         {"cure", "none, unless the VRID is mistyped here or there"}}});
}

Engine::Seat Engine::seat_for(kernel::LinkIndex link, base::Family family,
                              std::uint8_t vrid) const {
    const auto found = by_wire_.find({link, family, vrid});
    return found == by_wire_.end() ? Seat{} : found->second;
}

// --- 4 ---

// A Backup believes only what is older than the horizon of its socket: up to there every advert has
// been read.
void Engine::expire_deadlines(const Inputs& inputs, base::Instant now) {
    for (const Unit& unit : units_) {
        base::Instant believed = now;
        for (const Session* session : unit.sessions) {
            const auto& link = session->readiness().link;
            if (!link) continue;
            const auto horizon = inputs.horizons.find({*link, session->family()});
            if (horizon != inputs.horizons.end()) believed = std::min(believed, horizon->second);
        }
        const auto takeover = vrrp::takeover_at(unit.states());
        for (Session* session : unit.sessions)
            if (session->wants_addresses() || (takeover && *takeover <= believed))
                session->expire(now);
    }
}

// --- 5 ---

void Engine::settle(base::Instant now) {
    for (const Unit& unit : units_) {
        if (std::ranges::all_of(unit.sessions, &Session::is_relieved))
            for (Session* session : unit.sessions) session->relieve(now);
        if (vrrp::is_split(unit.states())) displace(unit, now);
    }
    for (Session& session : sessions_) session.forget(now);
    for (std::size_t i = 0; i < sessions_.size(); ++i)
        for (const Stepped& step : sessions_[i].take_steps())
            recorder_.note(static_cast<std::uint32_t>(i), step.params, step.event, step.at,
                           step.cause);
}

void Engine::displace(const Unit& unit, base::Instant now) {
    const bool has_yielded = std::ranges::any_of(
        unit.sessions, [](const Session* session) { return session->lingers_until().has_value(); });
    for (Session* session : unit.sessions)
        if (session->wants_addresses())
            session->displace(
                has_yielded ? Session::Release::when_relieved : Session::Release::at_once, now);
}

// --- 6 ---

void Engine::transmit(base::Instant now) {
    for (Session& session : sessions_) {
        const auto due = session.take_advert(now);
        const auto& index = session.readiness().link;
        const kernel::Link* link = index ? view_.link(*index) : nullptr;
        if (!due || link == nullptr || !link->is_up || !link->has_carrier) continue;
        bool was_sent = false;
        bool is_refused = false;
        for (const auto& copy : due->copies) {
            const auto sent = send(session, *link, copy);
            if (!sent) session.send_failed(sent.error(), now);
            was_sent = was_sent || sent;
            is_refused = is_refused || (!sent && !is_without_way(sent.error(), copy.route));
        }
        if (was_sent)
            session.advert_was_sent(due->priority, now);
        else
            session.advert_was_not_sent(is_refused ? Session::Silence::refused
                                                   : Session::Silence::no_way);
        const auto lease = session.lease();
        if (lease && (was_sent || session.is_cut_off(now)))
            reconciler_.advert_was_sent(session.number, renewal_age(session.router(), *lease), now);
    }
}

// Step 7 is in engine_addresses.cpp, step 8 in engine_announce.cpp.

// --- 9 ---

std::vector<base::log::Record> Engine::tell(kernel::WallClock wall, base::Instant now) {
    std::vector<base::log::Record> told = std::exchange(records_, {});
    for (auto& record : checks_.take_records()) told.push_back(std::move(record));
    for (Session& session : sessions_) {
        session.stamp(now, wall);
        for (auto& record : session.take_records()) {
            if (record.event == base::EventKind::state_changed) add_evidence(session, record, now);
            told.push_back(std::move(record));
        }
    }
    return told;
}

std::optional<base::Instant> Engine::deadline() const {
    if (must_wish_ || must_follow_) return now_;
    std::optional<base::Instant> next = base::earlier(reconciler_.deadline(now_), next_readiness_);
    next = base::earlier(next, filter_.deadline(now_));
    if (must_weigh_) return now_;
    for (const Unit& unit : units_) {
        next = base::earlier(next, vrrp::deadline(unit.states()));
        for (const auto& due : {unit.is_damped ? unit.damper.until(now_) : std::nullopt,
                                unit.relief_at, unit.preparing_until, unit.draining_until})
            next = base::earlier(next, due);
        for (const HookQueue& queue : unit.hooks) next = base::earlier(next, queue.deadline());
    }
    for (const auto& due : {checks_.deadline(), maintenance_.deadline(), ledger_.deadline()})
        next = base::earlier(next, due);
    for (const Session& session : sessions_)
        next = base::earlier(next, base::earlier(session.conditions().deadline(),
                                                 base::earlier(announcement_deadline(session),
                                                               session.lingers_until())));
    for (const auto& [socket, retry] : listening_)
        if (retry) next = base::earlier(next, retry->at);
    if (!stopping_since_) next = base::earlier(next, virtual_links_.deadline());
    if (stopping_since_)
        for (const base::Instant end : {*stopping_since_ + patience_at_stop, hooks_end_})
            if (end > now_) next = base::earlier(next, end);
    return next;
}

std::string Engine::left_behind() const {
    std::string left;
    const auto add = [&](const std::string& text) { left += (left.empty() ? "" : ", ") + text; };
    for (const auto& [key, facts] : view_.addresses())
        if (facts.is_ours()) add(key.address.text());
    for (const kernel::Route& route : view_.own_routes().routes()) add("route " + route.text());
    for (const kernel::Rule& rule : view_.own_routes().rules()) add("rule " + rule.text());
    for (const auto& [index, link] : view_.links())
        if (link.is_ours()) add(link.name);
    return left;
}

bool Engine::is_finished() const {
    if (!stopping_since_) return false;
    const base::Duration waited = now_ - *stopping_since_;
    const bool is_released =
        reconciler_.deadline(now_) != now_ && !filter_.deadline(now_) && left_behind().empty();
    const bool is_told = !has_running_hooks() || now_ >= hooks_end_;
    return (is_released || waited >= patience_at_stop) && is_told;
}

}  // namespace app
