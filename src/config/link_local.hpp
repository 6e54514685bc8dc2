// The link-local address that leads a router's IPv6 addresses.
#pragma once

#include "base/address.hpp"
#include "config/draft.hpp"
#include "config/problems.hpp"
#include "vrrp/types.hpp"

namespace config {

// fe80::5652:5250:0:VRID/64, the same on every node; the first two groups are "VRRP" in ASCII.
base::InterfaceAddress usual_link_local(vrrp::Vrid vrid);

// RFC 9568 section 5.2.9: the first IPv6 address is link-local. Puts the first link-local one of
// each router there, on every node, and adds the usual one where there is none, with a warning.
void lead_with_link_local(Draft& draft, Problems& problems);

}  // namespace config
