#include "app/engine.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "vrrp/announce.hpp"
#include "vrrp/timing.hpp"

namespace app {

namespace {

// A turn does no more than this of each kind, so that an advert is never late because of address
// work: 64 requests take about 1.5 ms.
constexpr std::size_t requests_a_turn = 64;
constexpr std::size_t frames_a_turn = 64;

constexpr base::Duration first_wait = std::chrono::milliseconds{100};
constexpr base::Duration longest_wait = std::chrono::seconds{10};
// After this a stop ends even when the kernel refuses to release an address.
constexpr base::Duration patience_at_stop = std::chrono::seconds{2};

std::optional<base::Instant> earlier(std::optional<base::Instant> a,
                                     std::optional<base::Instant> b) {
    if (!a || !b) return a ? a : b;
    return std::min(*a, *b);
}

base::Duration next_wait(base::Duration wait) { return std::min(2 * wait, longest_wait); }

}  // namespace

Engine::Engine(config::Config config, Ports& ports, base::Instant now)
    : config_{std::move(config)}, ports_{ports}, now_{now} {
    for (const config::Router& router : config_.routers) {
        sessions_.emplace_back(router, base::Family::ipv4, now);
        for (const auto& address : router.addresses) virtual_addresses_.insert(address.address());
    }
    owned_.resize(sessions_.size());
}

// The order matters. Packets are believed before deadlines, because a process that was not
// scheduled for a while has both. Adverts leave before address work. Announcements come after the
// addresses that they are about.
std::vector<base::log::Record> Engine::turn(Inputs inputs, base::Instant now) {
    now_ = now;
    stop_if_asked(inputs, now);     // 1 signals
    follow_kernel(inputs, now);     // 2 links and addresses
    read_packets(inputs.packets);   // 3 packets
    expire_deadlines(inputs, now);  // 4 deadlines
    // 5 settle: each session is a unit of its own as long as there are no groups
    transmit(now);                  // 6 adverts that are due
    reconcile(now);                 // 7 desired versus actual
    announce(now);                  // 8 gratuitous ARP for what is in the kernel now
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
    const bool changed = inputs.view || !inputs.kernel.empty();
    if (inputs.view) {
        view_ = std::move(*inputs.view);
        close_sockets();  // a link may have been made anew meanwhile, under its old index
    }
    for (const kernel::Event& event : inputs.kernel) {
        view_.apply(event);
        if (const auto* gone = std::get_if<kernel::event::LinkGone>(&event))
            close_sockets_of(gone->index);
    }
    const bool retry_is_due = std::ranges::any_of(
        listening_, [&](const auto& entry) { return entry.second && entry.second->at <= now; });
    if (!changed && !retry_is_due) return;
    must_reconcile_ = true;
    follow_sockets(now);
    follow_readiness(now);
}

void Engine::close_sockets() {
    for (const auto& [socket, retry] : listening_)
        ports_.stop_listening(socket.link, socket.family);
    listening_.clear();
}

void Engine::close_sockets_of(kernel::LinkIndex link) {
    for (const base::Family family : {base::Family::ipv4, base::Family::ipv6})
        if (listening_.erase({link, family}) > 0) ports_.stop_listening(link, family);
}

// One socket an interface and family; opened again when the interface was created anew.
void Engine::follow_sockets(base::Instant now) {
    std::set<Socket> needed;
    for (const Session& session : sessions_)
        if (const kernel::Link* link = view_.link(session.router().interface))
            needed.insert({link->index, session.family()});

    std::erase_if(listening_, [&](const auto& entry) {
        const bool is_over = !needed.contains(entry.first);
        if (is_over) ports_.stop_listening(entry.first.link, entry.first.family);
        return is_over;
    });
    for (const Socket& socket : needed) {
        const auto [entry, is_new] = listening_.try_emplace(socket);
        std::optional<Retry>& retry = entry->second;
        if (!is_new && (!retry || now < retry->at)) continue;
        const base::Duration wait = retry ? next_wait(retry->wait) : first_wait;
        const auto opened = ports_.listen(*view_.link(socket.link), socket.family);
        if (opened)
            retry.reset();
        else
            retry = Retry{now + wait, wait, opened.error().text()};
    }
}

void Engine::follow_readiness(base::Instant now) {
    by_wire_.clear();
    for (Session& session : sessions_) {
        Readiness readiness =
            readiness_of(session.router(), session.family(), virtual_addresses_, view_);
        if (readiness.link) {
            by_wire_[{*readiness.link, session.family(), session.router().vrid.wire()}] = &session;
            if (const auto& retry = listening_.at({*readiness.link, session.family()}))
                readiness.blockers.push_back({Blocker::Kind::socket, retry->error});
        }
        session.follow(std::move(readiness), now);
    }
}

// --- 3 ---

void Engine::read_packets(const std::vector<Packet>& packets) {
    for (const Packet& packet : packets) read_packet(packet);
}

void Engine::read_packet(const Packet& packet) {
    const auto discard = [&](vrrp::Discard reason, Session* session,
                             const base::IpAddress& sender) {
        if (session != nullptr)
            session->discard(reason, sender, packet.arrived);
        else
            ++unattributed_[static_cast<std::size_t>(reason)];
    };
    const auto datagram = vrrp::parse_ip(packet.bytes);
    if (!datagram) {
        discard(datagram.error(), nullptr, {});
        return;
    }
    const base::IpAddress& source = datagram->route.source;
    const auto vrid = vrrp::vrid_of(datagram->message);
    Session* session = vrid ? session_for(packet.link, source.family(), *vrid) : nullptr;
    // RFC 9568 section 6.4.3's immediate answer would loop if our own packets came back.
    if (view_.has_address(source)) {
        discard(vrrp::Discard::own_packet, session, source);
        return;
    }
    if (datagram->route.destination != vrrp::multicast_group(source.family())) {
        discard(vrrp::Discard::wrong_destination, session, source);
        return;
    }
    const auto decoded = vrrp::decode(*datagram);
    if (!decoded) {
        discard(decoded.error(), session, source);
        return;
    }
    if (session == nullptr) {
        discard(vrrp::Discard::vrid, nullptr, source);
        return;
    }
    session->receive(*decoded, source, packet.arrived);
}

Session* Engine::session_for(kernel::LinkIndex link, base::Family family, std::uint8_t vrid) {
    const auto found = by_wire_.find({link, family, vrid});
    return found == by_wire_.end() ? nullptr : found->second;
}

// --- 4 ---

void Engine::expire_deadlines(const Inputs& inputs, base::Instant now) {
    for (Session& session : sessions_) {
        const auto& link = session.readiness().link;
        const auto horizon =
            link ? inputs.horizons.find({*link, session.family()}) : inputs.horizons.end();
        session.expire(now, horizon == inputs.horizons.end() ? now : horizon->second);
    }
}

// --- 6 ---

void Engine::transmit(base::Instant now) {
    for (Session& session : sessions_) {
        const auto due = session.take_advert();
        const auto& index = session.readiness().link;
        const kernel::Link* link = index ? view_.link(*index) : nullptr;
        if (!due || link == nullptr || !link->is_up || !link->has_carrier) continue;
        if (const auto sent = ports_.send_advert(*link, due->message, due->route))
            session.advert_was_sent(due->priority);
        else
            session.send_failed(sent.error(), now);
    }
}

// --- 7 ---

void Engine::reconcile(base::Instant now) {
    for (std::size_t i = 0; i < sessions_.size(); ++i) {
        if (owned_[i] == sessions_[i].wants_addresses()) continue;
        owned_[i] = sessions_[i].wants_addresses();
        sessions_[i].held.clear();
        must_reconcile_ = true;
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
    retry.wait = is_first ? first_wait : next_wait(retry.wait);
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
            const auto sent = ports_.send_frame(*link, vrrp::gratuitous_arp(link->mac, address));
            if (sent)
                session.announcement_was_sent();
            else
                session.send_failed(sent.error(), now);
        }
    }
}

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
    if (must_reconcile_) return now_;
    std::optional<base::Instant> next;
    for (const Session& session : sessions_)
        next = earlier(next, earlier(session.deadline(), session.announcer.deadline()));
    for (const auto& [socket, retry] : listening_)
        if (retry) next = earlier(next, retry->at);
    for (const auto& [key, retry] : retries_) next = earlier(next, retry.at);
    if (stopping_since_) next = earlier(next, *stopping_since_ + patience_at_stop);
    return next;
}

std::string Engine::left_behind() const {
    std::string left;
    for (const auto& [key, facts] : view_.addresses())
        if (facts.is_ours()) left += (left.empty() ? "" : ", ") + key.address.text();
    return left;
}

bool Engine::is_finished() const {
    if (!stopping_since_) return false;
    return left_behind().empty() || now_ - *stopping_since_ >= patience_at_stop;
}

// --- facts ---

std::vector<base::InterfaceAddress> Engine::installed(const Session& session) const {
    std::vector<base::InterfaceAddress> there;
    const auto& link = session.readiness().link;
    if (!link) return there;
    std::ranges::copy_if(session.addresses(), std::back_inserter(there), [&](const auto& address) {
        return view_.address({*link, address}) != nullptr;
    });
    return there;
}

std::vector<Engine::FailedAddress> Engine::failed(const Session& session) const {
    std::vector<FailedAddress> found;
    const auto& link = session.readiness().link;
    for (const auto& address : session.addresses())
        if (link)
            if (const auto retry = retries_.find({*link, address}); retry != retries_.end())
                found.push_back({address, retry->second.error});
    return found;
}

// Another router that goes on advertising although we are Active; the last word of one that yields
// comes within an interval.
std::optional<std::string> Engine::rival_of(const Session& session) const {
    const auto& peer = session.peer();
    const auto patience = vrrp::active_down_interval(
        session.router().version, session.effective_priority(), session.router().advertise);
    if (!session.wants_addresses() || !peer || peer->priority == vrrp::Priority::releasing() ||
        peer->seen <= session.last_transition().at + session.router().advertise.value() ||
        now_ - peer->seen > patience)
        return std::nullopt;
    return fmt::format("{} (priority {}) is Active too", peer->address.text(),
                       peer->priority.wire());
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
        for (const FailedAddress& failure : failed(session)) add_problem(session, failure.error);
        if (const auto rival = rival_of(session)) add_problem(session, *rival);
        if (const auto& discard = session.last_discard();
            discard && now_ - discard->at < std::chrono::minutes{1})
            add_problem(session,
                        fmt::format("adverts from {} are discarded ({})", discard->sender.text(),
                                    vrrp::name_of(discard->reason)));
        if (session.wants_addresses()) continue;
        for (const auto& address : installed(session))
            if (!view_.address({*session.readiness().link, address})->is_ours())
                add_problem(session, fmt::format("{} is on {} although this router is not Active; "
                                                 "something else put it there",
                                                 address.text(), session.router().interface));
    }
    return found;
}

}  // namespace app
