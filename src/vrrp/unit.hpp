// Sessions that are elected as one: the IPv4 and the IPv6 session of one router.
//
// Every session has its own state machine, as the RFC wants it. The unit adds three rules, computed
// anew from what the members are now; nothing is remembered:
//   - it takes over when the Active_Down_Timer of its last member has expired. A member that still
//     hears somebody keeps all of them Backup: the addresses of both families are over there;
//   - when one member has its addresses and another has not, none has (event::Displaced). A unit
//     that is being relieved goes as a whole once one member hears the successor, which has spoken
//     on every LAN: a member that heard nothing would wait alone, and hold up the next takeover;
//   - a tie of priorities is decided once, in the first family, because the addresses of the two
//     families may sort the other way round, and then each router would yield to the other.
// What keeps one member from taking part keeps all of them; that is for whoever knows links.
#pragma once

#include <optional>
#include <span>

#include "vrrp/machine.hpp"

namespace vrrp {

// When members of which each is a Backup take over; none when some are not.
[[nodiscard]] std::optional<Instant> takeover_at(std::span<const State> members);

// What the members wait for: their takeover, or the earliest deadline of one.
[[nodiscard]] std::optional<Instant> deadline(std::span<const State> members);

// Whether some have their addresses and some have not.
[[nodiscard]] bool is_split(std::span<const State> members);

}  // namespace vrrp
