// Readers of single values: each gives the value when type and range are right, and else says what
// they should be.
#pragma once

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
std::optional<vrrp::Version> read_vrrp_version(const Value& value, const Context& context);
std::optional<vrrp::Priority> read_priority(const Value& value, const Context& context);
std::optional<Checksum> read_checksum(const Value& value, const Context& context);
// Multicast is all there is: nothing is kept.
std::optional<std::string> read_transport(const Value& value, const Context& context);
std::optional<std::uint8_t> read_garp_count(const Value& value, const Context& context);

// Any duration; which of them fit depends on the version, and a rule says so.
std::optional<base::Duration> read_advertise(const Value& value, const Context& context);
std::optional<base::Duration> read_garp_again_after(const Value& value, const Context& context);
std::optional<base::Duration> read_preempt_after(const Value& value, const Context& context);

// With prefix length, each with its place. Those that are mistaken are left out.
std::optional<StatedAddresses> read_addresses(const Value& value, const Context& context);
std::optional<base::IpAddress> read_source(const Value& value, const Context& context);

}  // namespace config
