// Step 2 of a turn: what the kernel has changed, and what that means for sockets and sessions.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "app/engine.hpp"

namespace app {

namespace {
// A cause of the limiter, beside the reasons for discarding packets.
constexpr int sources_unheard = 1002;
}  // namespace

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
    next_readiness_ = reconciler_.next_attempt(now);
    follow_readiness(now);
    repeat_after(interrupted, now);
    for (const Session& session : sessions_)
        if (const auto at = settled_at(session); at && *at > now)
            next_readiness_ = base::earlier(next_readiness_, at);
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
    if (const auto* set = std::get_if<kernel::event::AddressSet>(&event);
        set != nullptr && view_.is_in_use(set->key))
        reconciler_.address_came(set->key);
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
        const bool has_source = readiness.source && !session.is_source_bridged();
        if (session.family() == base::Family::ipv4 || !readiness.link || has_source) continue;
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
        std::vector<std::string> names;
        for (Session* session : unit.sessions) {
            names.push_back(name_among(unit, *session));
            Readiness& own = readiness.emplace_back(
                readiness_of(session->router(), session->family(), virtual_addresses_, view_));
            if (!own.link) continue;
            by_wire_[{*own.link, session->family(), session->router().vrid.wire()}] = {session,
                                                                                       &unit};
            next_readiness_ = base::earlier(next_readiness_, session->bridge_source(own, now));
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
        share_blockers(readiness, names);
        const auto blockers = checks_.of(unit.checks).blockers;
        const Drain* drain = maintenance_.drain_of(unit.name);
        for (std::size_t i = 0; i < readiness.size(); ++i) {
            // Before all others: it is what the session is called by.
            if (drain != nullptr)
                readiness[i].blockers.insert(readiness[i].blockers.begin(),
                                             {Blocker::Kind::drained, text_of(*drain, unit.name)});
            std::ranges::copy(blockers, std::back_inserter(readiness[i].blockers));
            unit.sessions[i]->follow(std::move(readiness[i]), now);
        }
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
        if (session.holds_addresses())
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
            if (limiter_.admit(sources_unheard, now_, Occasion::ours))
                records_.push_back({base::log::Level::warning,
                                    watching.error().text(),
                                    {},
                                    base::EventKind::request_refused});
        }
    }
}

}  // namespace app
