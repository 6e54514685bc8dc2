// The routers that a session has heard, newest first: whoever is Active there, and what it speaks.
//
// Backups do not speak, so a peer is remembered however long ago it was heard.
#pragma once

#include <optional>
#include <vector>

#include "app/arrivals.hpp"
#include "base/address.hpp"
#include "vrrp/receive.hpp"

namespace app {

struct Peer {
    base::IpAddress address;
    vrrp::Priority priority;
    vrrp::AdvertInterval interval;
    base::Instant seen;
    base::Instant active_since;                  // has advertised without a pause since then
    std::optional<vrrp::Priority> last_claim{};  // its last priority that was not 0
    std::optional<base::Instant> version3_seen{};
    // IPv4 in version 3: when each form of the sum was heard last.
    std::optional<base::Instant> rfc9568_seen{};
    std::optional<base::Instant> rfc5798_seen{};
    Arrivals arrivals{};  // of its adverts while it went on being Active

    // The forms that it sends now: both when it is an automatic router that knows nobody. Empty
    // when none was heard.
    [[nodiscard]] std::vector<vrrp::ChecksumDialect> dialects() const;
};

class Peers {
public:
    Peers() = default;
    // Those that a program before this one has heard.
    explicit Peers(std::vector<Peer> peers) : peers_{std::move(peers)} {}

    // An advert that counts; a silence of `down_interval` would have been a failover. Returns the
    // silence before it when that came near to one.
    std::optional<base::Duration> note(const vrrp::Accepted& accepted, vrrp::Version version,
                                       base::Duration down_interval, base::Instant arrived);

    [[nodiscard]] const Peer* last() const { return peers_.empty() ? nullptr : &peers_.front(); }
    [[nodiscard]] const Peer* find(const base::IpAddress& address) const;
    [[nodiscard]] const std::vector<Peer>& all() const { return peers_; }

    // The forms that peers send: both when none is known, and when they differ. RFC 9568's
    // alone would never reach a keepalived that has not been heard yet; and one that is Active at
    // the other end of a healed split, and gets only what it rejects, does not speak at all.
    // DEVIATION from sending one form: proved by tests/net/test_interop_keepalived.py.
    [[nodiscard]] std::vector<vrrp::ChecksumDialect> dialects() const;
    // The same for one peer, which needs one form only, once it is known.
    [[nodiscard]] std::vector<vrrp::ChecksumDialect> dialects_of(
        const base::IpAddress& address) const;

    // Another one than last() that is Active at the same time: both are still heard an interval
    // after both had begun. At a takeover the old Active router says its last word at once.
    [[nodiscard]] const Peer* rival_of_last() const;

private:
    static constexpr std::size_t most = 16;  // whoever forges adverts can invent senders
    std::vector<Peer> peers_;
};

}  // namespace app
