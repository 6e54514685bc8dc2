#include "app/engine.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "app/wishes.hpp"
#include "vrrp/unit.hpp"

namespace app {

namespace {

constexpr std::size_t recorded_events = 10'000;

// After this a stop ends even when the kernel refuses to release an address.
constexpr base::Duration patience_at_stop = std::chrono::seconds{2};

}  // namespace

Engine::Engine(config::Config config, Ports& ports, base::Instant now)
    : config_{std::move(config)}, ports_{ports}, recorder_{recorded_events}, now_{now} {
    for (const config::Router& router : config_.routers) {
        Unit& unit = units_.emplace_back();
        for (const base::Family family : {base::Family::ipv4, base::Family::ipv6})
            if (std::ranges::any_of(router.addresses, [&](const auto& address) {
                    return address.family() == family;
                }))
                unit.push_back(&sessions_.emplace_back(router, family, now));
        virtual_addresses_.insert(router);
        interfaces_.insert(router.interface);
        for (const auto& [address, placement] : router.placements)
            if (!placement.interface.empty()) interfaces_.insert(placement.interface);
        for (const config::Route& route : router.routes)
            if (!route.interface.empty()) interfaces_.insert(route.interface);
        note_rate(router);
    }
    owned_.resize(sessions_.size());
    for (std::size_t i = 0; i < sessions_.size(); ++i) {
        Session& session = sessions_[i];
        session.number = i;
        virtual_links_.want(i, session.router(), session.family());
        if (const auto* standing = virtual_links_.of(i)) interfaces_.insert(standing->name);
    }
}

// The order matters. Packets are believed before deadlines, because a process that was not
// scheduled for a while has both. Adverts leave before address work. Announcements come after the
// addresses that they are about.
std::vector<base::log::Record> Engine::turn(Inputs inputs, base::Instant now) {
    now_ = now;
    stop_if_asked(inputs, now);  // 1 signals
    follow_kernel(inputs, now);  // 2 links and addresses
    read_packets(inputs);        // 3 packets
    answer_claims(inputs.claims, now);
    expire_deadlines(inputs, now);  // 4 deadlines
    settle(now);                    // 5 the sessions of a unit are Active together
    transmit(now);                  // 6 adverts that are due
    power_links(now);
    reconcile(now);  // 7 desired versus actual
    end_links(now);
    announce(now);  // 8 gratuitous ARP and NA for what is in the kernel now
    if (std::exchange(must_watch_, false)) {
        watch_sources();
        watch_claims();
    }
    return tell(inputs.wall, now);  // 9 the caller writes it, answers clients, feeds the watchdog
}

// --- 1 ---

void Engine::stop_if_asked(const Inputs& inputs, base::Instant now) {
    if (!inputs.stop || stopping_since_) return;
    stopping_since_ = now;
    for (Session& session : sessions_) session.stop(now);
}

// Step 2 is in engine_kernel.cpp.

// --- 3 ---

void Engine::read_packets(Inputs& inputs) {
    for (Packet& packet : inputs.packets) {
        packet.link = virtual_links_.parent_of(packet.link, view_);
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
    const bool is_decided = session != seat.first && seat.first->wins_tie(packet.arrived);
    session->break_ties(is_decided ? vrrp::Ties::ours : vrrp::Ties::by_address);
    session->receive(*datagram, *decoded, packet.arrived);
}

// What belongs to no router of ours: told once a minute for each reason.
void Engine::discard_unattributed(vrrp::Discard reason, const Packet& packet,
                                  const base::IpAddress& sender) {
    ++unattributed_[static_cast<std::size_t>(reason)];
    const auto suppressed = limiter_.admit(static_cast<int>(reason), packet.arrived);
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

// Other virtual routers on a LAN are usual: each VRID is told once. It may be mistyped, too.
void Engine::note_stranger(const Packet& packet, std::uint8_t vrid, const base::IpAddress& sender) {
    ++unattributed_[static_cast<std::size_t>(vrrp::Discard::vrid)];
    if (!strangers_.insert({Socket{packet.link, sender.family()}, vrid}).second) return;
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
        for (const Session* session : unit) {
            const auto& link = session->readiness().link;
            if (!link) continue;
            const auto horizon = inputs.horizons.find({*link, session->family()});
            if (horizon != inputs.horizons.end()) believed = std::min(believed, horizon->second);
        }
        const auto takeover = vrrp::takeover_at(states_of(unit));
        for (Session* session : unit)
            if (session->wants_addresses() || (takeover && *takeover <= believed))
                session->expire(now);
    }
}

// --- 5 ---

void Engine::settle(base::Instant now) {
    for (const Unit& unit : units_) {
        if (vrrp::is_split(states_of(unit)))
            for (Session* session : unit)
                if (session->wants_addresses()) session->displace(now);
    }
    for (Session& session : sessions_) session.forget(now);
    for (std::size_t i = 0; i < sessions_.size(); ++i)
        for (const Stepped& step : sessions_[i].take_steps())
            recorder_.note(static_cast<std::uint32_t>(i), step.params, step.event, step.at,
                           step.cause);
}

std::vector<vrrp::State> Engine::states_of(const Unit& unit) {
    std::vector<vrrp::State> states;
    for (const Session* session : unit) states.push_back(session->state());
    return states;
}

// --- 6 ---

void Engine::transmit(base::Instant now) {
    for (Session& session : sessions_) {
        const auto due = session.take_advert(now);
        const auto& index = session.readiness().link;
        const kernel::Link* link = index ? view_.link(*index) : nullptr;
        if (!due || link == nullptr || !link->is_up || !link->has_carrier) continue;
        bool was_sent = false;
        for (const auto& copy : due->copies) {
            if (const auto sent = send(session, *link, copy))
                was_sent = true;
            else
                session.send_failed(sent.error(), now);
        }
        if (!was_sent) continue;
        session.advert_was_sent(due->priority, now);
        if (const auto lease = session.lease())
            reconciler_.advert_was_sent(session.number, renewal_age(session.router(), *lease), now);
    }
}

// Step 7 is in engine_addresses.cpp, step 8 in engine_announce.cpp.

// --- 9 ---

std::vector<base::log::Record> Engine::tell(kernel::WallClock wall, base::Instant now) {
    std::vector<base::log::Record> told = std::exchange(records_, {});
    for (Session& session : sessions_) {
        session.stamp(now, wall);
        for (auto& record : session.take_records()) told.push_back(std::move(record));
    }
    return told;
}

std::optional<base::Instant> Engine::deadline() const {
    if (must_wish_ || must_follow_) return now_;
    std::optional<base::Instant> next = base::earlier(reconciler_.deadline(now_), next_readiness_);
    next = base::earlier(next, filter_.deadline(now_));
    for (const Unit& unit : units_) next = base::earlier(next, vrrp::deadline(states_of(unit)));
    for (const Session& session : sessions_)
        next = base::earlier(
            next, base::earlier(session.conditions().deadline(), announcement_deadline(session)));
    for (const auto& [socket, retry] : listening_)
        if (retry) next = base::earlier(next, retry->at);
    if (!stopping_since_) next = base::earlier(next, virtual_links_.deadline());
    if (stopping_since_) next = base::earlier(next, *stopping_since_ + patience_at_stop);
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
    const bool is_done =
        reconciler_.deadline(now_) != now_ && !filter_.deadline(now_) && left_behind().empty();
    return is_done || now_ - *stopping_since_ >= patience_at_stop;
}

// --- facts ---

std::vector<base::InterfaceAddress> Engine::installed(const Session& session) const {
    std::vector<base::InterfaceAddress> there;
    for (const kernel::AddressWish& wish : session.wishes())
        if (view_.present(wish.key) != nullptr) there.push_back(wish.key.address);
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
    for (const Unit& unit : units_) {
        if (std::ranges::find(unit, &session) == unit.end()) continue;
        for (const Session* mate : unit)
            if (mate->deadline() > now_) return mate;
    }
    return nullptr;
}

std::vector<std::string> Engine::problems() const {
    std::vector<std::string> found;
    const auto add_problem = [&](const Session& session, std::string_view text) {
        found.push_back(fmt::format("{} ({}): {}", session.router().name,
                                    base::name_of(session.family()), text));
    };
    for (const Session& session : sessions_) {
        for (const Blocker& blocker : session.readiness().blockers)
            add_problem(session,
                        fmt::format("{}: {}", name_of(session.shown_state()), blocker.text));
        if (owned_[session.number] && !session.router().accepts && filter_.error() != nullptr)
            add_problem(session, "accept = false is not in effect: " + *filter_.error());
        for (const FailedAddress& failure : failed(session)) add_problem(session, failure.error);
        for (const auto& upheld : {routes_of(session), rules_of(session)})
            for (const Upheld& one : upheld)
                if (!one.error.empty()) add_problem(session, one.error);
        for (const Condition& condition : session.conditions().all())
            add_problem(session, condition.text);
        if (const Session* mate = kept_by(session))
            add_problem(
                session,
                fmt::format("nobody is heard, but {} still hears {}", base::name_of(mate->family()),
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
