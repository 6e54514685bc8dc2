#include "app/engine.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "vrrp/unit.hpp"

namespace app {

namespace {

constexpr std::size_t recorded_events = 10'000;

// After this a stop ends even when the kernel refuses to release an address.
constexpr base::Duration patience_at_stop = std::chrono::seconds{2};

std::optional<base::Instant> earlier(std::optional<base::Instant> a,
                                     std::optional<base::Instant> b) {
    if (!a || !b) return a ? a : b;
    return std::min(*a, *b);
}

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
    end_links();
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

// --- 2 ---

void Engine::follow_kernel(Inputs& inputs, base::Instant now) {
    Concern concern = Concern::nothing;
    if (inputs.view) {
        view_ = std::move(*inputs.view);
        // A link may have been made anew meanwhile, under its old index.
        if (!inputs.is_audit) close_sockets();
        concern = Concern::readiness;
    }
    follow_filter(inputs, now);
    std::set<kernel::LinkIndex> interrupted;
    for (const kernel::Event& event : inputs.kernel) {
        const auto* set = std::get_if<kernel::event::LinkSet>(&event);
        if (set != nullptr && is_used(set->link.index) && !set->link.can_carry())
            interrupted.insert(set->link.index);
        concern = std::max(concern, apply(event, now));
    }
    if (concern == Concern::readiness) reconciler_.try_routes_again(now);
    const bool is_due =
        std::exchange(must_follow_, false) || (next_readiness_ && *next_readiness_ <= now) ||
        std::ranges::any_of(
            listening_,
            [&](const auto& entry) { return entry.second && entry.second->at <= now; }) ||
        virtual_links_.deadline().value_or(base::Instant::max()) <= now;
    if (is_due) concern = Concern::readiness;
    if (concern != Concern::nothing) reconciler_.look_again();
    if (concern != Concern::readiness) return;
    must_watch_ = true;
    must_wish_ = true;
    reopen_sockets();
    if (!stopping_since_) virtual_links_.follow(view_, ports_, now);
    follow_sockets(now);
    follow_readiness(now);
    repeat_after(interrupted, now);
    next_readiness_ = reconciler_.next_attempt(now);
    for (const Session& session : sessions_)
        if (const auto at = settled_at(session); at && *at > now)
            next_readiness_ = earlier(next_readiness_, at);
}

std::optional<base::Instant> Engine::settled_at(const Session& session) const {
    const auto& link = session.readiness().link;
    const auto since = link ? up_since_.find(*link) : up_since_.end();
    if (since == up_since_.end()) return std::nullopt;
    return since->second + session.router().up_for;
}

bool Engine::is_used(kernel::LinkIndex index) const {
    const kernel::Link* link = view_.link(index);
    return link != nullptr && interfaces_.contains(link->name);
}

// Routers have thousands of links and addresses that come and go and are none of our business, and
// every change of our own comes back as an event.
Engine::Concern Engine::concern_of(const kernel::Event& event) const {
    if (const auto* set = std::get_if<kernel::event::LinkSet>(&event)) {
        const bool concerns = is_used(set->link.index) || interfaces_.contains(set->link.name);
        return concerns ? Concern::readiness : Concern::nothing;
    }
    if (const auto* gone = std::get_if<kernel::event::LinkGone>(&event))
        return is_used(gone->index) ? Concern::readiness : Concern::nothing;
    if (const auto* set = std::get_if<kernel::event::AddressSet>(&event)) {
        const kernel::AddressFacts* known = view_.address(set->key);
        const bool was_own = known != nullptr && !known->is_ours();
        if (!set->facts.is_ours() || was_own)
            return is_used(set->key.link) ? Concern::readiness : Concern::nothing;
        const bool is_as_it_should = known != nullptr && !set->facts.has_failed_dad;
        return is_as_it_should ? Concern::nothing : Concern::addresses;
    }
    if (std::holds_alternative<kernel::event::ForwardingSet>(event)) return Concern::nothing;
    if (std::holds_alternative<kernel::RouteEvent>(event)) return Concern::addresses;
    const auto& key = std::get<kernel::event::AddressGone>(event).key;
    const kernel::AddressFacts* known = view_.address(key);
    if (known == nullptr) return Concern::nothing;
    if (known->is_ours()) return Concern::addresses;
    return is_used(key.link) ? Concern::readiness : Concern::nothing;
}

Engine::Concern Engine::apply(const kernel::Event& event, base::Instant now) {
    const Concern concern = concern_of(event);
    if (const auto* gone = std::get_if<kernel::event::LinkGone>(&event)) {
        close_sockets_of(gone->index);
        virtual_links_.forget(gone->index, ports_);
        up_since_.erase(gone->index);
    }
    if (const auto* set = std::get_if<kernel::event::LinkSet>(&event);
        set != nullptr && concern != Concern::nothing) {
        const kernel::Link* before = view_.link(set->link.index);
        const bool was_up = before != nullptr && before->can_carry();
        if (set->link.can_carry() && !was_up) up_since_[set->link.index] = now;
    }
    const auto routes_before = view_.own_routes().revision();
    const Concern found = view_.apply(event) ? concern : Concern::nothing;
    // Whatever it is about: it may have taken routes of ours along.
    return view_.own_routes().revision() == routes_before ? found
                                                          : std::max(found, Concern::addresses);
}

void Engine::stop_listening(Socket socket) {
    ports_.stop_listening(socket.link, socket.family);
    claims_watched_.erase(socket);
}

void Engine::close_sockets() {
    for (const auto& [socket, retry] : listening_) stop_listening(socket);
    listening_.clear();
    while (!claims_watched_.empty()) stop_listening(claims_watched_.begin()->first);
    watched_.clear();
}

void Engine::close_sockets_of(kernel::LinkIndex link) {
    for (const base::Family family : {base::Family::ipv4, base::Family::ipv6})
        if (listening_.erase({link, family}) > 0 || claims_watched_.contains({link, family}))
            stop_listening({link, family});
    watched_.erase(link);
    outlets_.erase(link);
    std::erase_if(strangers_, [&](const auto& entry) { return std::get<0>(entry).link == link; });
}

// Linux forgets the groups of an interface together with its IPv6 (an MTU below 1280 does that),
// and the socket does not notice: one whose sessions have no source is made anew at each change.
void Engine::reopen_sockets() {
    for (const Session& session : sessions_) {
        const Readiness& readiness = session.readiness();
        if (session.family() == base::Family::ipv4 || !readiness.link || readiness.source) continue;
        if (listening_.erase({*readiness.link, base::Family::ipv6}) > 0)
            stop_listening({*readiness.link, base::Family::ipv6});
    }
}

// One socket an interface and family; opened again when the interface was created anew.
void Engine::follow_sockets(base::Instant now) {
    std::set<Socket> needed;
    for (const Session& session : sessions_)
        if (const kernel::Link* link = view_.link(session.router().interface))
            needed.insert({link->index, session.family()});

    std::erase_if(listening_, [&](const auto& entry) {
        const bool is_over = !needed.contains(entry.first);
        if (is_over) {
            stop_listening(entry.first);
            watched_.erase(entry.first.link);
        }
        return is_over;
    });
    for (const Socket& socket : needed) {
        const auto [entry, is_new] = listening_.try_emplace(socket);
        std::optional<Retry>& retry = entry->second;
        if (!is_new && (!retry || now < retry->at)) continue;
        const base::Duration wait = retry ? retry->next_wait() : Retry::first_wait;
        const auto opened = ports_.listen(*view_.link(socket.link), socket.family);
        if (opened)
            retry.reset();
        else
            retry = Retry{now + wait, wait, opened.error().text()};
    }
}

void Engine::follow_readiness(base::Instant now) {
    by_wire_.clear();
    for (const Unit& unit : units_) {
        std::vector<Readiness> readiness;
        for (Session* session : unit) {
            Readiness& own = readiness.emplace_back(
                readiness_of(session->router(), session->family(), virtual_addresses_, view_));
            if (!own.link) continue;
            by_wire_[{*own.link, session->family(), session->router().vrid.wire()}] = {
                session, unit.front()};
            add_virtual_link(*session, own);
            if (const auto& retry = listening_.at({*own.link, session->family()}))
                own.blockers.push_back({Blocker::Kind::socket, retry->error});
            if (auto why = reconciler_.surrender_of(session->number, now); !why.empty())
                own.blockers.push_back({Blocker::Kind::given_up, std::move(why)});
            const auto since = up_since_.find(*own.link);
            if (since != up_since_.end() && own.blockers.empty() &&
                now < since->second + session->router().up_for)
                own.blockers.push_back({Blocker::Kind::settling,
                                        fmt::format("interface {} has been up for less than {} ms",
                                                    session->router().interface,
                                                    base::milliseconds(session->router().up_for))});
        }
        share_blockers(readiness);
        for (std::size_t i = 0; i < unit.size(); ++i) unit[i]->follow(std::move(readiness[i]), now);
    }
}

// Our own addresses, which another router may have too, and the virtual ones while we hold them:
// their owner may send from one when it comes back. Unicast comes from peers only.
void Engine::watch_sources() {
    std::map<kernel::LinkIndex, std::set<base::IpAddress>> wanted;
    for (const Session& session : sessions_) {
        const Readiness& readiness = session.readiness();
        if (!readiness.link || !readiness.source || session.family() != base::Family::ipv4 ||
            session.router().transport == config::Transport::unicast)
            continue;
        std::set<base::IpAddress>& sources = wanted[*readiness.link];
        sources.insert(*readiness.source);
        if (session.wants_addresses())
            for (const auto& address : session.addresses()) sources.insert(address.address());
    }
    for (const auto& [index, sources] : wanted) {
        const kernel::Link* link = view_.link(index);
        if (link == nullptr || watched_[index] == sources) continue;
        watched_[index] = sources;
        // Without it a comparison fails that should never be needed: told, and tried again when
        // something changes.
        if (const auto watching = ports_.watch_sources(*link, sources); !watching) {
            watched_.erase(index);
            records_.push_back({base::log::Level::warning, watching.error().text(), {}});
        }
    }
}

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
        reconciler_.advert_was_sent(session.number, now);
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
    std::optional<base::Instant> next = earlier(reconciler_.deadline(now_), next_readiness_);
    next = earlier(next, filter_.deadline(now_));
    for (const Unit& unit : units_) next = earlier(next, vrrp::deadline(states_of(unit)));
    for (const Session& session : sessions_)
        next =
            earlier(next, earlier(session.conditions().deadline(), announcement_deadline(session)));
    for (const auto& [socket, retry] : listening_)
        if (retry) next = earlier(next, retry->at);
    next = earlier(next, virtual_links_.deadline());
    if (stopping_since_) next = earlier(next, *stopping_since_ + patience_at_stop);
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
        left_behind().empty() && reconciler_.deadline(now_) != now_ && !filter_.deadline(now_);
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
