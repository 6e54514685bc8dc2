// Step 8 of a turn: the LAN is told where the addresses are, and whoever else says that it has them
// is answered.
#include <algorithm>
#include <utility>

#include "app/engine.hpp"
#include "vrrp/announce.hpp"

namespace app {

namespace {

// A turn sends no more than this, so that an advert is never late because of announcements.
constexpr std::size_t frames_a_turn = 64;

// A cause of the limiter, beside the reasons for discarding packets.
constexpr int claims_unheard = 1001;

std::vector<vrrp::ArpOperation> operations_of(config::ArpForm form) {
    using vrrp::ArpOperation;
    switch (form) {
        case config::ArpForm::request: return {ArpOperation::request};
        case config::ArpForm::reply: return {ArpOperation::reply};
        case config::ArpForm::both: return {ArpOperation::request, ArpOperation::reply};
    }
    return {};
}

std::vector<base::Bytes> announcement_of(const base::IpAddress& address, const kernel::Link& link,
                                         config::ArpForm form) {
    if (address.family() == base::Family::ipv6) {
        const bool forwards = link.forwards_ipv6.value_or(true);
        return {vrrp::unsolicited_neighbor_advertisement(
            link.mac, address, forwards ? vrrp::Forwarding::on : vrrp::Forwarding::off)};
    }
    std::vector<base::Bytes> frames;
    for (const vrrp::ArpOperation operation : operations_of(form))
        frames.push_back(vrrp::gratuitous_arp(link.mac, address, operation));
    return frames;
}

}  // namespace

// --- what leaves ---

// The interface is one, and the most careful of its routers decides.
void Engine::note_rate(const config::Router& router) {
    const int rate = router.announcement.rate;
    const auto [entry, is_first] = rates_.try_emplace(router.interface, rate);
    const bool is_slower = rate != 0 && (entry->second == 0 || rate < entry->second);
    if (!is_first && is_slower) entry->second = rate;
}

void Engine::announce(base::Instant now) {
    for (const auto& [index, batch] : gather(now))
        if (const kernel::Link* link = view_.link(index)) send(*link, batch, now);
}

Engine::Rings Engine::waiting(Urgency urgency, base::Instant now) {
    Rings rings;
    for (std::size_t i = 0; i < sessions_.size(); ++i) {
        const auto& link = sessions_[i].readiness().link;
        if (!link || view_.link(*link) == nullptr || !sessions_[i].announcer.has_due(urgency, now))
            continue;
        Pacer& pacer = outlets_[*link].pacer;
        pacer.set_rate(rates_.at(sessions_[i].router().interface));
        if (pacer.allowance(now) > 0) rings[*link].push_back(i);
    }
    for (auto& [link, ring] : rings) {
        const auto next = std::ranges::upper_bound(ring, outlets_[link].last_served);
        std::ranges::rotate(ring, next);
    }
    return rings;
}

// A frame of each interface in turn, and of each session there. What was claimed before anything
// else: repetitions wait until the neighbours of all addresses have heard of them once. An address
// that is on another interface counts for both, and waits for that of its router.
Engine::Batches Engine::gather(base::Instant now) {
    Batches batches;
    std::size_t left = frames_a_turn;
    for (const Urgency urgency : {Urgency::first, Urgency::later}) {
        Rings rings = waiting(urgency, now);
        while (left > 0 && !rings.empty()) {
            auto found = rings.upper_bound(last_outlet_);
            if (found == rings.end()) found = rings.begin();
            auto& [index, ring] = *found;
            Outlet& outlet = outlets_[index];
            Session& session = sessions_[ring.front()];
            last_outlet_ = index;
            outlet.last_served = ring.front();
            ring.pop_front();
            if (const auto address = session.announcer.take(urgency, now)) {
                const kernel::LinkIndex place = session.link_of(*address).value_or(index);
                auto& batch = batches[place];
                batch.push_back(leaving(session, place, *address, urgency));
                const std::size_t frames = batch.back().frames.size();
                outlet.pacer.take(frames, now);
                if (place != index) outlets_[place].pacer.take(frames, now);
                left -= std::min(left, frames);
            }
            if (session.announcer.has_due(urgency, now)) ring.push_back(outlet.last_served);
            if (ring.empty() || outlet.pacer.allowance(now) == 0) rings.erase(found);
        }
    }
    return batches;
}

Engine::Leaving Engine::leaving(Session& session, kernel::LinkIndex place,
                                const base::IpAddress& address, Urgency urgency) const {
    Leaving made{&session, address, urgency, {}};
    if (const kernel::Link* link = view_.link(place))
        made.frames = announcement_of(address, *link, session.router().announcement.form);
    return made;
}

// What did not leave is due again, when the interface has had some time; the one that was refused
// behind the others, should it be to blame.
void Engine::send(const kernel::Link& link, const std::vector<Leaving>& batch, base::Instant now) {
    std::vector<base::Bytes> frames;
    for (const Leaving& announcement : batch)
        frames.insert(frames.end(), announcement.frames.begin(), announcement.frames.end());
    const kernel::SentFrames sent = ports_.send_frames(link, frames);
    Pacer& pacer = outlets_[link.index].pacer;
    std::size_t left = sent.count;
    std::vector<const Leaving*> refused;
    for (const Leaving& announcement : batch) {
        const std::size_t gone = std::min(left, announcement.frames.size());
        left -= gone;
        announcement.session->announcements_were_sent(gone);
        if (gone < announcement.frames.size()) refused.push_back(&announcement);
    }
    if (refused.empty()) return pacer.open();
    pacer.close(now);
    if (sent.error) refused.front()->session->send_failed(*sent.error, now);
    std::ranges::rotate(refused, refused.begin() + 1);
    for (const Leaving* announcement : refused) {
        Session& session = *announcement->session;
        session.announcer.put_back(announcement->address, announcement->urgency,
                                   pacer.ready_at(now));
        session.announcement_was_put_off();
    }
}

std::optional<base::Instant> Engine::announcement_deadline(const Session& session) const {
    const auto due = session.announcer.deadline();
    const auto& link = session.readiness().link;
    if (!due || !link || view_.link(*link) == nullptr) return std::nullopt;
    const auto outlet = outlets_.find(*link);
    if (outlet == outlets_.end()) return due;
    return std::max(*due, outlet->second.pacer.ready_at(now_));
}

// --- what others say ---

// From our own MAC it is our own frame that came back, whatever brought it.
void Engine::answer_claims(const std::vector<HeardClaim>& claims, base::Instant now) {
    for (const auto& [index, claim] : claims) {
        const kernel::Link* link = view_.link(index);
        if (link == nullptr || link->mac == claim.mac) continue;
        for (Session& session : sessions_) {
            if (!session.holds_addresses() || session.link_of(claim.address) != index) continue;
            if (session.has_successor()) {
                session.address_was_taken(claim.address);
                continue;
            }
            if (!session.announcer.is_present(claim.address)) continue;
            session.announcer.answer(claim.address, now);
            session.address_was_claimed(claim, now);
        }
    }
}

// A socket that was opened stays open, also when no session on it is Active.
void Engine::watch_claims() {
    std::map<Socket, std::vector<base::IpAddress>> wanted;
    for (const auto& [socket, addresses] : claims_watched_) wanted[socket];
    for (const Session& session : sessions_)
        if (session.holds_addresses())
            for (const kernel::AddressWish& wish : session.wishes())
                wanted[{wish.key.link, wish.key.address.family()}].push_back(
                    wish.key.address.address());
    for (auto& [socket, addresses] : wanted) {
        const auto known = claims_watched_.find(socket);
        const kernel::Link* link = view_.link(socket.link);
        if (link == nullptr || (known != claims_watched_.end() && known->second == addresses))
            continue;
        // Without it an address is contested and nobody says so: told, and tried again when
        // something changes.
        const auto watched = ports_.watch_claims(*link, socket.family, addresses);
        if (watched)
            claims_watched_[socket] = std::move(addresses);
        else if (limiter_.admit(claims_unheard, now_, Occasion::ours))
            records_.push_back({base::log::Level::warning,
                                "claims of our addresses are not noticed",
                                {{"interface", link->name}, {"error", watched.error().text()}},
                                base::EventKind::request_refused});
    }
}

// An interface that was down for a moment may have another port behind it, or a switch that has
// forgotten us; and its sessions may not have noticed.
void Engine::repeat_after(const std::set<kernel::LinkIndex>& interrupted, base::Instant now) {
    if (interrupted.empty()) return;
    // What was refused meanwhile need not wait any longer.
    for (const kernel::LinkIndex index : interrupted) outlets_.erase(index);
    for (Session& session : sessions_) {
        const auto is_interrupted = [&](const kernel::AddressWish& wish) {
            return interrupted.contains(wish.key.link);
        };
        const auto& link = session.readiness().link;  // of a virtual MAC: what it stands on
        const bool concerns = (link && interrupted.contains(*link)) ||
                              std::ranges::any_of(session.wishes(), is_interrupted);
        if (session.wants_addresses() && concerns) session.announcer.repeat(now);
    }
}

}  // namespace app
