#include "vrrp/receive.hpp"

namespace vrrp {

namespace {

// RFC 3768 section 7.1: type known, equal to ours, and the data right.
std::optional<Discard> authentication_fault(const Decoded& decoded, const Expectation& expected) {
    if (decoded.auth_type > static_cast<std::uint8_t>(AuthType::simple_text))
        return Discard::invalid_auth_type;
    if (decoded.auth_type != static_cast<std::uint8_t>(expected.authentication.type))
        return Discard::auth_type_mismatch;
    const bool has_password = expected.authentication.type == AuthType::simple_text;
    if (has_password && decoded.auth_data != expected.authentication.data)
        return Discard::auth_failure;
    return std::nullopt;
}

std::optional<AdvertInterval> interval_of(const Decoded& decoded) {
    return decoded.version == Version::v3 ? AdvertInterval::from(Centiseconds{decoded.interval})
                                          : AdvertInterval::from_seconds(decoded.interval);
}

// RFC 9568 erratum 8300.
bool lacks_link_local(const Decoded& decoded) {
    const IpAddress& first = decoded.addresses.front();
    return first.family() == Family::ipv6 && !first.is_link_local_ipv6();
}

std::optional<Discard> fault_of(const Decoded& decoded, const Expectation& expected) {
    const bool v2 = decoded.version == Version::v2;
    const bool is_migrating = v2 && expected.takes_v2_too;
    if (decoded.version != expected.version && !is_migrating) return Discard::version;
    if (decoded.dialect && expected.dialect && *decoded.dialect != *expected.dialect)
        return Discard::checksum;
    // RFC 9568 erratum 8298: an owner verifies and logs a version 3 advertisement, then processes
    // it. RFC 3768 section 7.1 drops it.
    if (v2 && expected.is_owner) return Discard::owner_received_advert;
    if (decoded.addresses.empty()) return Discard::address_count_zero;
    if (v2)
        if (const auto fault = authentication_fault(decoded, expected)) return fault;
    const auto interval = interval_of(decoded);
    if (!interval) return Discard::interval_zero;
    if (v2 && !is_migrating && *interval != expected.interval) return Discard::interval;
    if (expected.requires_link_local_first && lacks_link_local(decoded))
        return Discard::first_address_not_link_local;
    // RFC 3768 section 7.1: another list is dropped unless its sender owns the addresses.
    const bool sender_owns = decoded.priority == Priority::owner();
    if (v2 && !sender_owns && decoded.addresses != expected.addresses) return Discard::address_list;
    return std::nullopt;
}

}  // namespace

std::string_view name_of(Note note) {
    switch (note) {
        case Note::checksum_pseudo_header: return "checksum-ipv4-pseudo-header";
        case Note::interval_differs: return "interval-errors";
        case Note::address_list_differs: return "address-list-errors";
        case Note::owner_conflict: return "owner-conflict";
        case Note::first_address_not_link_local: return "first-address-not-link-local";
    }
    return "unknown";
}

std::expected<Accepted, Discard> accept(const Decoded& decoded, const IpAddress& source,
                                        const Expectation& expected) {
    if (const auto fault = fault_of(decoded, expected)) return std::unexpected(*fault);

    const AdvertInterval interval = *interval_of(decoded);
    Accepted accepted{{source, decoded.priority, interval}, decoded.dialect, {}};
    const auto note = [&](Note what, bool holds) {
        accepted.notes.set(static_cast<std::size_t>(what), holds);
    };
    note(Note::checksum_pseudo_header, decoded.dialect == ChecksumDialect::rfc5798);
    note(Note::interval_differs, interval != expected.interval);
    note(Note::address_list_differs, decoded.addresses != expected.addresses);
    note(Note::owner_conflict, expected.is_owner && decoded.priority == Priority::owner());
    note(Note::first_address_not_link_local, lacks_link_local(decoded));
    return accepted;
}

}  // namespace vrrp
