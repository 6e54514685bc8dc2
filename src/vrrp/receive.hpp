// Whether an advertisement counts for one virtual router: the rest of RFC 9568 section 7.1 and
// RFC 3768 section 7.1, in the order of the counters of RFC 8347.
//
// A rejected advertisement touches no timer: the caller counts it and that is all.
#pragma once

#include <bitset>
#include <expected>
#include <vector>

#include "vrrp/advert.hpp"
#include "vrrp/machine.hpp"

namespace vrrp {

// What a virtual router expects of an advertisement with its VRID.
struct Expectation {
    Version version;
    AdvertInterval interval;                   // our own, configured
    std::vector<IpAddress> addresses;          // in configured order
    bool is_owner = false;                     // we run with priority 255
    Authentication authentication{};           // version 2
    std::optional<ChecksumDialect> dialect{};  // the only form we take; none: both
    // Migration mode of RFC 9568 section 8.4: version 2 over IPv4 counts too, and its interval is
    // learned, because it may differ for as long as the migration takes.
    bool takes_v2_too = false;
    bool requires_link_local_first = true;  // RFC 9568 erratum 8300
};

// Something to tell about an advertisement that counts all the same.
enum class Note : std::uint8_t {
    checksum_pseudo_header,  // the RFC 5798 form
    interval_differs,        // version 3 learns it
    address_list_differs,
    owner_conflict,                // two routers with priority 255
    first_address_not_link_local,  // accepted because the configuration says so
};
inline constexpr std::size_t note_count = 5;
using Notes = std::bitset<note_count>;
std::string_view name_of(Note note);

struct Accepted {
    event::Received event;
    std::optional<ChecksumDialect> dialect;
    Notes notes;
};

std::expected<Accepted, Discard> accept(const Decoded& decoded, const IpAddress& source,
                                        const Expectation& expected);

}  // namespace vrrp
