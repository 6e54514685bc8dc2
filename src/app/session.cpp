#include "app/session.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "app/wishes.hpp"
#include "vrrp/timing.hpp"

namespace app {

using base::log::Level;

namespace {

std::vector<base::IpAddress> without_prefix(const std::vector<base::InterfaceAddress>& addresses) {
    std::vector<base::IpAddress> plain;
    plain.reserve(addresses.size());
    for (const auto& address : addresses) plain.push_back(address.address());
    return plain;
}

std::vector<base::InterfaceAddress> of_family(const config::Router& router, base::Family family) {
    std::vector<base::InterfaceAddress> mine;
    std::ranges::copy_if(router.addresses, std::back_inserter(mine),
                         [&](const auto& address) { return address.family() == family; });
    return mine;
}

// Advertised or not.
std::set<base::IpAddress> held_by(const config::Router& router, base::Family family) {
    std::set<base::IpAddress> held;
    for (const auto* addresses : {&router.addresses, &router.more_addresses})
        for (const auto& address : *addresses)
            if (address.family() == family) held.insert(address.address());
    return held;
}

std::optional<vrrp::ChecksumDialect> strict_dialect(config::Checksum checksum) {
    switch (checksum) {
        case config::Checksum::automatic: return std::nullopt;
        case config::Checksum::rfc9568: return vrrp::ChecksumDialect::rfc9568;
        case config::Checksum::rfc5798: return vrrp::ChecksumDialect::rfc5798;
    }
    return std::nullopt;
}

// IPv6 is version 3 whatever the router says of IPv4.
vrrp::Expectation expectation_of(const config::Router& router, base::Family family,
                                 std::vector<base::IpAddress> addresses) {
    const bool ipv4 = family == base::Family::ipv4;
    return {.version = ipv4 ? router.version : vrrp::Version::v3,
            .interval = router.advertise,
            .addresses = std::move(addresses),
            .is_owner = router.priority == vrrp::Priority::owner(),
            .authentication = router.authentication,
            .dialect = ipv4 ? strict_dialect(router.checksum) : std::nullopt,
            .takes_v2_too = ipv4 && router.speaks_v2_too,
            .requires_link_local_first = router.requires_link_local_first};
}

// An address whose interface was replaced is announced when it is there again, like a new one.
void forget_places(Announcer& announcer, const std::vector<kernel::AddressWish>& before,
                   const std::vector<kernel::AddressWish>& after) {
    std::set<kernel::AddressKey> kept;
    for (const kernel::AddressWish& wish : after) kept.insert(wish.key);
    for (const kernel::AddressWish& wish : before)
        if (!kept.contains(wish.key)) announcer.forget(wish.key.address.address());
}

}  // namespace

Session::Session(const config::Router& router, base::Family family, base::Instant now)
    : announcer{router.announcement},
      router_{router},
      family_{family},
      addresses_{of_family(router, family)},
      expectation_{expectation_of(router, family, without_prefix(addresses_))},
      settings_{settings_of(router, family)},
      healthy_since_{now},
      heard_until_{now},
      lease_{lease_of(router, family)},
      last_transition_{now, std::nullopt, "startup", "started"} {}

void Session::follow(Readiness readiness, base::Instant now) {
    if (is_stopped_) return;
    const ShownState before = shown_state();
    const bool mac_moved = readiness_.mac && readiness.mac && *readiness_.mac != *readiness.mac;
    const bool source_moved =
        readiness_.source && readiness.source && *readiness_.source != *readiness.source;
    if (readiness.source) last_source_ = readiness.source;
    readiness_ = std::move(readiness);
    if (source_moved)
        tell(std::nullopt, Level::notice, "source address changed",
             {{"source", readiness_.source->text()}});
    if (mac_moved) {
        tell(std::nullopt, Level::notice, "MAC address changed", {{"mac", readiness_.mac->text()}});
        announcer.repeat(now);
    }
    const bool is_idle = std::holds_alternative<vrrp::state::Initialize>(state_);
    if (readiness_.blockers.empty()) {
        if (!is_idle || is_undecided_) return;
        healthy_since_ = now;
        if (std::exchange(joins_active_, false))
            handle(vrrp::event::Joined{}, before, now);
        else
            handle(vrrp::event::Startup{}, before, now);
        if (std::exchange(owes_farewell_, false) && !wants_addresses())
            due_ = vrrp::Priority::releasing();
        return;
    }
    if (!is_idle) {
        handle(vrrp::event::Shutdown{}, before, now);
        return;
    }
    const Blocker& first = readiness_.blockers.front();
    const std::string reason{name_of(first.kind)};
    if (before != shown_state() || last_transition_.reason != reason)
        note_transition(before, reason, first.text, now);
}

std::optional<base::Instant> Session::bridge_source(Readiness& readiness, base::Instant now) {
    // networkd 252 needs about 15 ms; an advert may be sent from the old source meanwhile.
    constexpr base::Duration moment = std::chrono::milliseconds{100};
    const auto no_source = [](const Blocker& blocker) {
        return blocker.kind == Blocker::Kind::no_source_address;
    };
    const bool is_idle = std::holds_alternative<vrrp::state::Initialize>(state_);
    if (readiness.source || !last_source_ || is_idle) {
        source_missing_since_.reset();
        return std::nullopt;
    }
    if (!source_missing_since_) source_missing_since_ = now;
    const base::Instant end = *source_missing_since_ + moment;
    if (now >= end) return std::nullopt;
    readiness.source = last_source_;
    std::erase_if(readiness.blockers, no_source);
    return end;
}

void Session::reconfigure(const config::Router& router, base::Instant now) {
    if (router == router_) return;
    const vrrp::Params before = params();
    std::set<base::IpAddress> gone = held_by(router_, family_);
    for (const base::IpAddress& address : held_by(router, family_)) gone.erase(address);
    router_ = router;
    addresses_ = of_family(router, family_);
    expectation_ = expectation_of(router, family_, without_prefix(addresses_));
    lease_ = lease_of(router, family_);
    settings_ = settings_of(router, family_);
    announcer.set_policy(router.announcement);
    for (const base::IpAddress& address : gone) {
        announcer.forget(address);
        untaken_.erase(address);
    }
    const vrrp::Params after = params();
    if (after.priority != before.priority)
        handle(vrrp::event::Reprioritized{before.priority}, shown_state(), now);
    if (after.version != before.version || after.interval != before.interval)
        handle(vrrp::event::Rescheduled{before.version, before.interval}, shown_state(), now);
}

void Session::stop(base::Instant now) {
    is_stopped_ = true;
    handle(vrrp::event::Shutdown{}, shown_state(), now);
}

void Session::receive(const vrrp::Datagram& datagram, const vrrp::Decoded& decoded,
                      base::Instant arrived) {
    const base::IpAddress& sender = datagram.route.source;
    if (const auto fault = route_fault(datagram.route))
        return discard(*fault, datagram, &decoded, arrived);
    const auto accepted = vrrp::accept(decoded, sender, expectation_);
    if (!accepted) return discard(accepted.error(), datagram, &decoded, arrived);
    ++counters_.received;
    if (accepted->event.priority == vrrp::Priority::releasing()) ++counters_.priority_zero_received;
    // RFC 9568 section 8.4: of a router that sends both versions, version 3 counts.
    if (is_older_version(decoded.version, sender, arrived)) {
        ++counters_.older_version;
        return;
    }
    note_peer(*accepted, decoded.version, arrived);
    note_oddities(*accepted, decoded, arrived);
    handle(accepted->event, shown_state(), arrived);
    note_rivals(accepted->event, arrived);
}

std::optional<vrrp::Discard> Session::route_fault(const vrrp::Route& route) const {
    if (router_.transport == config::Transport::multicast)
        return route.destination == vrrp::multicast_group(family_)
                   ? std::nullopt
                   : std::optional{vrrp::Discard::wrong_destination};
    if (route.destination != readiness_.source) return vrrp::Discard::wrong_destination;
    // The list may name ourselves: nobody else may speak for us.
    if (route.source == readiness_.source ||
        std::ranges::find(router_.peers, route.source) == router_.peers.end())
        return vrrp::Discard::unknown_source;
    return std::nullopt;
}

bool Session::is_older_version(vrrp::Version version, const base::IpAddress& sender,
                               base::Instant arrived) const {
    const Peer* peer = peers_.find(sender);
    return router_.speaks_v2_too && version == vrrp::Version::v2 && peer != nullptr &&
           peer->version3_seen &&
           arrived - *peer->version3_seen <
               active_down_interval(vrrp::Version::v3, effective_priority(), peer->interval);
}

void Session::expire(base::Instant now) {
    const auto due = deadline();
    if (due && *due <= now) handle(vrrp::event::Deadline{}, shown_state(), now);
}

void Session::displace(Release release, base::Instant now) {
    const bool was_active = std::holds_alternative<vrrp::state::Active>(state_);
    handle(vrrp::event::Displaced{}, shown_state(), now);
    if (was_active && release == Release::when_relieved) linger(now);
}

void Session::hand_over(std::string why, const vrrp::event::HandOver& request, base::Instant now) {
    why_handing_over_ = std::move(why);
    await_relief();
    handle(request, shown_state(), now);
}

void Session::await_relief() {
    knows_relief_ = false;
    untaken_.clear();
    for (const kernel::AddressWish& wish : wishes_) untaken_.insert(wish.key.address.address());
}

void Session::relieve(base::Instant now) {
    if (std::exchange(knows_relief_, true)) return;
    if (lingers_until_)
        lingers_until_ = std::min(*lingers_until_, now + vrrp::time_on_the_way);
    else
        handle(vrrp::event::Relieved{}, shown_state(), now);
}

// Make before break, for whom nobody has asked to hand over. In the election it is a Backup. A
// virtual MAC goes at once: its switch port is the successor's already. DEVIATION RFC 9568 6.4.2:
// that a Backup does not answer for the addresses. Proved by tests/sim/yield_test.cpp.
void Session::linger(base::Instant now) {
    if (router_.virtual_mac) return;
    await_relief();
    lingers_until_ = now + time_to_announce + time_to_announce_one * wishes_.size();
    announcer.hold(Announcer::Silence::leaving);
}

void Session::end_linger() {
    if (!std::exchange(lingers_until_, std::nullopt)) return;
    announcer.release(Announcer::Silence::leaving);
}

bool Session::has_successor() const {
    if (lingers_until_) return true;
    const auto* resigning = std::get_if<vrrp::state::Resigning>(&state_);
    return resigning != nullptr && resigning->successor;
}

void Session::weaken(int points, base::Instant now) {
    const vrrp::Priority before = effective_priority();
    points_off_ = points;
    const vrrp::Priority after = effective_priority();
    if (before == after) return;
    // `preempt = { after = ... }` waits for good health, and that begins now.
    if (after > before) healthy_since_ = now;
    tell(EventKind::priority_changed, Level::notice, "priority changed",
         {{"from", fmt::to_string(before.wire())}, {"to", fmt::to_string(after.wire())}});
    handle(vrrp::event::Reprioritized{before}, shown_state(), now);
}

void Session::handle(const vrrp::Event& event, ShownState before, base::Instant now) {
    const vrrp::Params given = params();
    const vrrp::Step step = vrrp::step(given, state_, event, now);
    steps_.push_back({now, given, event, step.cause});
    const bool was_active = wants_addresses();
    const bool was_resigning = std::holds_alternative<vrrp::state::Resigning>(state_);
    if (step.cause) end_linger();
    state_ = step.next;
    const bool is_resigning = std::holds_alternative<vrrp::state::Resigning>(state_);
    if (is_resigning && !was_resigning) announcer.hold(Announcer::Silence::leaving);
    if (!is_resigning && was_resigning) announcer.release(Announcer::Silence::leaving);
    if (step.cause == vrrp::Cause::stronger_advert) linger(now);
    if (wants_addresses() && !was_active) heard_until_ = now;
    if (!wants_addresses()) advertised_at_.reset();
    if (step.advert) due_ = step.advert;
    if (step.announce) announcer.repeat(now);
    if (!step.cause) return;
    // Whatever was due in the old state is not the new state's to say.
    due_ = step.advert;
    note_transition(before, reason_of(*step.cause), explanation_of(*step.cause, now), now);
}

vrrp::Params Session::params() const {
    const bool preempts = router_.preempt.enabled && preemption_ == Preemption::as_configured;
    const auto preempt_from =
        preempts ? std::optional{healthy_since_ + router_.preempt.after} : std::nullopt;
    return {.version = version(),
            .priority = effective_priority(),
            .interval = router_.advertise,
            .source = readiness_.source.value_or(base::IpAddress{}),
            .preempt_from = preempt_from,
            .ties = ties_};
}

// --- sending ---

std::vector<base::IpAddress> Session::destinations() const {
    if (router_.transport == config::Transport::multicast) return {vrrp::multicast_group(family_)};
    std::vector<base::IpAddress> peers;
    std::ranges::copy_if(router_.peers, std::back_inserter(peers), [&](const auto& peer) {
        return peer.family() == family_ && peer != readiness_.source;
    });
    return peers;
}

std::vector<vrrp::ChecksumDialect> Session::dialects_to(const base::IpAddress& destination) const {
    // Where there is one form only, either name stands for it.
    if (version() == vrrp::Version::v2 || family_ == base::Family::ipv6)
        return {vrrp::ChecksumDialect::rfc9568};
    if (const auto strict = strict_dialect(router_.checksum)) return {*strict};
    return router_.transport == config::Transport::unicast ? peers_.dialects_of(destination)
                                                           : peers_.dialects();
}

std::optional<Session::Due> Session::take_advert(base::Instant now) {
    const auto priority = std::exchange(due_, std::nullopt);
    // Goodbye is said from the address that the others know, even when it has just gone.
    const bool is_goodbye = priority == vrrp::Priority::releasing();
    const auto source = is_goodbye && !readiness_.source ? last_source_ : readiness_.source;
    if (!priority || !source) return std::nullopt;
    vrrp::Advert advert{.version = version(),
                        .vrid = router_.vrid,
                        .priority = *priority,
                        .interval = router_.advertise,
                        .addresses = expectation_.addresses,
                        .authentication = router_.authentication};
    Due due{*priority, {}};
    for (const base::IpAddress& destination : destinations()) {
        const vrrp::Route route{*source, destination};
        for (const vrrp::ChecksumDialect dialect : dialects_to(destination))
            due.copies.push_back({vrrp::encode(advert, route, dialect), route});
        if (!expectation_.takes_v2_too) continue;
        vrrp::Advert older = advert;
        older.version = vrrp::Version::v2;
        due.copies.push_back({vrrp::encode(older, route, vrrp::ChecksumDialect::rfc9568), route});
    }
    last_sent_ = Sent{now, {}};
    for (const Due::Copy& copy : due.copies) last_sent_->messages.push_back(copy.message);
    return due;
}

void Session::advert_was_sent(vrrp::Priority priority, base::Instant now) {
    ++counters_.sent;
    heard_until_ = now;
    is_unheard_ = false;
    silence_ = Silence::none;
    if (priority == vrrp::Priority::releasing())
        ++counters_.priority_zero_sent;
    else if (wants_addresses())
        advertised_at_ = now;
}

bool Session::is_mute(base::Instant now) const {
    return lease_ && (is_unheard_ || now - heard_until_ >= *lease_) && !is_cut_off(now);
}

bool Session::is_cut_off(base::Instant now) const {
    const auto is_heard = [&](const Peer& peer) {
        return now - peer.seen <
               active_down_interval(version(), effective_priority(), peer.interval);
    };
    return silence_ == Silence::no_way && std::ranges::none_of(peers_.all(), is_heard);
}

bool Session::place_wishes(const kernel::View& view) {
    std::vector<kernel::AddressWish> wishes;
    const auto home = router_.virtual_mac ? readiness_.virtual_link : readiness_.link;
    // The macvlan has no route to the subnet: it would be a second one beside that of its parent.
    const auto prefix_route =
        router_.virtual_mac ? kernel::PrefixRoute::no : kernel::PrefixRoute::yes;
    if (home) wishes = wishes_of(router_, family_, {*home, lease_, number, prefix_route}, view);
    auto routes = route_wishes_of(router_, family_, number, view);
    auto rules = rule_wishes_of(router_, family_, number);
    const bool is_elsewhere = wishes != wishes_;
    const bool is_other = is_elsewhere || routes != route_wishes_ || rules != rule_wishes_;
    if (is_elsewhere) forget_places(announcer, wishes_, wishes);
    wishes_ = std::move(wishes);
    elsewhere_.clear();
    for (const kernel::AddressWish& wish : wishes_)
        if (wish.key.link != home) elsewhere_.emplace(wish.key.address.address(), wish.key.link);
    route_wishes_ = std::move(routes);
    rule_wishes_ = std::move(rules);
    return is_other;
}

std::optional<kernel::LinkIndex> Session::link_of(const base::IpAddress& address) const {
    const auto found = elsewhere_.find(address);
    if (found != elsewhere_.end()) return found->second;
    return router_.virtual_mac ? readiness_.virtual_link : readiness_.link;
}

bool Session::is_echo(base::ByteView message, base::Instant arrived) const {
    if (!last_sent_) return false;
    const base::Duration soon = base::Duration{router_.advertise.value()} / 4;
    return arrived - last_sent_->at <= soon &&
           std::ranges::any_of(last_sent_->messages, [&](const base::Bytes& sent) {
               return std::ranges::equal(sent, message);
           });
}

bool Session::wins_tie(base::Instant now) const {
    if (!wants_addresses() || !readiness_.source) return false;
    const auto is_below = [&](const Peer& peer) {
        return peer.priority == effective_priority() && now - peer.seen < down_interval() &&
               peer.address < *readiness_.source;
    };
    return std::ranges::any_of(peers_.all(), is_below);
}

// --- facts ---

ShownState Session::shown_state() const {
    if (std::holds_alternative<vrrp::state::Backup>(state_)) return ShownState::backup;
    if (std::holds_alternative<vrrp::state::Active>(state_)) return ShownState::active;
    if (std::holds_alternative<vrrp::state::Resigning>(state_)) return ShownState::resigning;
    if (readiness_.blockers.empty()) return ShownState::init;
    if (readiness_.blockers.front().kind == Blocker::Kind::drained) return ShownState::drained;
    const bool only_absence = std::ranges::all_of(
        readiness_.blockers, [](const Blocker& blocker) { return is_absence(blocker.kind); });
    return only_absence ? ShownState::waiting : ShownState::fault;
}

vrrp::AdvertInterval Session::active_interval() const {
    const auto* backup = std::get_if<vrrp::state::Backup>(&state_);
    return backup != nullptr ? backup->active_interval : router_.advertise;
}

base::Duration Session::down_interval() const {
    return active_down_interval(version(), effective_priority(), active_interval());
}

std::vector<vrrp::ChecksumDialect> Session::sending_dialects() const {
    if (version() == vrrp::Version::v2 || family_ == base::Family::ipv6) return {};
    if (const auto strict = strict_dialect(router_.checksum)) return {*strict};
    return peers_.dialects();
}

}  // namespace app
