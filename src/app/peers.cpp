#include "app/peers.hpp"

#include <algorithm>
#include <set>

namespace app {

namespace {

using vrrp::ChecksumDialect;

// A router that is Active lets no more than this pass between two adverts.
base::Duration longest_pause(const Peer& peer) { return 4 * base::Duration{peer.interval.value()}; }

}  // namespace

std::vector<ChecksumDialect> Peer::dialects() const {
    std::vector<ChecksumDialect> spoken;
    const auto is_current = [&](const std::optional<base::Instant>& heard) {
        return heard && seen - *heard <= longest_pause(*this);
    };
    if (is_current(rfc9568_seen)) spoken.push_back(ChecksumDialect::rfc9568);
    if (is_current(rfc5798_seen)) spoken.push_back(ChecksumDialect::rfc5798);
    return spoken;
}

std::optional<base::Duration> Peers::note(const vrrp::Accepted& accepted, vrrp::Version version,
                                          base::Duration down_interval, base::Instant arrived) {
    const vrrp::event::Received& event = accepted.event;
    const auto known = std::ranges::find(peers_, event.source, &Peer::address);
    Peer peer = known == peers_.end()
                    ? Peer{event.source, event.priority, event.interval, arrived, arrived}
                    : *known;
    const bool was_silent =
        arrived - peer.seen > longest_pause(peer) || peer.priority == vrrp::Priority::releasing();
    if (was_silent) peer.active_since = arrived;
    const bool goes_on =
        known != peers_.end() && !was_silent && event.priority != vrrp::Priority::releasing();
    const base::Duration gap = arrived - peer.seen;
    const bool was_near = goes_on && peer.arrivals.note(gap, peer.interval, down_interval, arrived);
    if (known != peers_.end()) peers_.erase(known);
    peer.priority = event.priority;
    if (event.priority != vrrp::Priority::releasing()) peer.last_claim = event.priority;
    peer.interval = event.interval;
    peer.seen = arrived;
    if (version == vrrp::Version::v3) peer.version3_seen = arrived;
    if (accepted.dialect == ChecksumDialect::rfc9568) peer.rfc9568_seen = arrived;
    if (accepted.dialect == ChecksumDialect::rfc5798) peer.rfc5798_seen = arrived;
    peers_.insert(peers_.begin(), peer);
    if (peers_.size() > most) peers_.pop_back();
    return was_near ? std::optional{gap} : std::nullopt;
}

const Peer* Peers::find(const base::IpAddress& address) const {
    const auto found = std::ranges::find(peers_, address, &Peer::address);
    return found == peers_.end() ? nullptr : &*found;
}

std::vector<ChecksumDialect> Peers::dialects() const {
    std::set<ChecksumDialect> spoken;
    for (const Peer& peer : peers_)
        for (const ChecksumDialect dialect : peer.dialects()) spoken.insert(dialect);
    if (spoken.empty()) return {ChecksumDialect::rfc9568, ChecksumDialect::rfc5798};
    return {spoken.begin(), spoken.end()};
}

std::vector<ChecksumDialect> Peers::dialects_of(const base::IpAddress& address) const {
    const Peer* peer = find(address);
    const auto spoken = peer != nullptr ? peer->dialects() : std::vector<ChecksumDialect>{};
    if (spoken.empty()) return {ChecksumDialect::rfc9568, ChecksumDialect::rfc5798};
    return {spoken.front()};
}

const Peer* Peers::rival_of_last() const {
    if (peers_.empty()) return nullptr;
    const Peer& newest = peers_.front();
    const auto is_rival = [&](const Peer& other) {
        const auto both_began = std::max(newest.active_since, other.active_since);
        const auto interval = std::max(newest.interval, other.interval).value();
        return &other != &newest && other.priority != vrrp::Priority::releasing() &&
               newest.seen - other.seen <= longest_pause(other) &&
               other.seen > both_began + interval;
    };
    const auto rival = std::ranges::find_if(peers_, is_rival);
    return rival == peers_.end() ? nullptr : &*rival;
}

}  // namespace app
