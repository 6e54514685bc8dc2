// Readers of single values: each gives the value when type and range are right, and else says what
// they should be.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "base/time.hpp"
#include "config/config.hpp"
#include "config/draft.hpp"
#include "config/schema.hpp"
#include "config/value.hpp"
#include "vrrp/types.hpp"

namespace config {

std::optional<std::string> read_interface(const Value& value, const Context& context);
std::optional<std::string> read_hostname(const Value& value, const Context& context);
std::optional<std::string> read_description(const Value& value, const Context& context);
std::optional<vrrp::Vrid> read_vrid(const Value& value, const Context& context);
std::optional<Versions> read_versions(const Value& value, const Context& context);
std::optional<bool> read_switch(const Value& value, const Context& context);
std::optional<vrrp::Priority> read_priority(const Value& value, const Context& context);
std::optional<Checksum> read_checksum(const Value& value, const Context& context);
std::optional<Transport> read_transport(const Value& value, const Context& context);
std::optional<Transmit> read_transmit(const Value& value, const Context& context);
std::optional<std::uint8_t> read_ttl(const Value& value, const Context& context);
std::optional<vrrp::AuthType> read_auth_type(const Value& value, const Context& context);
std::optional<std::string> read_password(const Value& value, const Context& context);
std::optional<std::uint8_t> read_garp_count(const Value& value, const Context& context);
std::optional<int> read_garp_rate(const Value& value, const Context& context);
std::optional<ArpForm> read_garp_form(const Value& value, const Context& context);

// Any duration; which of them fit depends on the version, and a rule says so.
std::optional<base::Duration> read_advertise(const Value& value, const Context& context);
std::optional<base::Duration> read_garp_again_after(const Value& value, const Context& context);
// 0s, or long enough for others to have their say.
std::optional<base::Duration> read_garp_refresh(const Value& value, const Context& context);
std::optional<base::Duration> read_garp_gap(const Value& value, const Context& context);
std::optional<base::Duration> read_preempt_after(const Value& value, const Context& context);

// "auto", "off", or whole seconds.
std::optional<Lease> read_lease(const Value& value, const Context& context);
std::optional<base::Duration> read_up_for(const Value& value, const Context& context);
// A text that is not empty and could be shown.
// A label of an IPv4 address, as `ip address` shows it.
std::optional<std::string> read_label(const Value& value, const Context& context);
// The number of a scope of rtnetlink, or its name.
std::optional<std::uint8_t> read_scope(const Value& value, const Context& context);

// What an element of `routes` and of `rules` may hold.
inline constexpr std::array<std::string_view, 9> route_keys{
    "to", "type", "via", "interface", "source", "table", "metric", "scope", "onlink"};
inline constexpr std::array<std::string_view, 6> rule_keys{"from",     "to",  "table",
                                                           "priority", "iif", "fwmark"};

// With prefix length, each with its place. Those that are mistaken are left out.
std::optional<StatedAddresses> read_addresses(const Value& value, const Context& context);
std::optional<StatedPeers> read_peers(const Value& value, const Context& context);
// A prefix without host bits; the number of a routing table, or its name.
std::optional<base::InterfaceAddress> read_prefix(const Value& value, const Context& context);
std::optional<std::uint32_t> read_table(const Value& value, const Context& context);
std::optional<StatedRoutes> read_routes(const Value& value, const Context& context);
std::optional<StatedRules> read_rules(const Value& value, const Context& context);
// None of a family that is not named, and nothing when one was mistaken.
std::optional<StatedSources> read_sources(const Value& value, const Context& context);

}  // namespace config
