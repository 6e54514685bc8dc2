// `vmac`: the reader, the names of the interfaces that carry a virtual MAC, and the rules.
#pragma once

#include <array>
#include <optional>
#include <string_view>
#include <vector>

#include "config/draft.hpp"
#include "config/schema.hpp"

namespace config {

// The names inside a group that is the value itself.
inline constexpr std::array<std::string_view, 2> vmac_keys{"name", "transmit"};

std::optional<StatedVirtualMac> read_vmac(const Value& value, const Context& context);

// What the router has on its node; nothing without `vmac`, or with vmac = false.
std::optional<VirtualMac> virtual_mac_of(const RouterSettings& settings);

// The rules for the routers of one node.
void check_virtual_macs(const std::vector<RouterDraft>& routers, Problems& problems);

}  // namespace config
