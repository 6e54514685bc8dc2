// A filter for the socket that hears of routes. On a router with a full BGP table they change all
// the time, and what is not about ours shall not even wake us.
#pragma once

#include <cstdint>
#include <vector>

#include "base/address.hpp"
#include "base/result.hpp"

namespace kernel {

// From now on `socket` gets, of the messages about routes, those with our protocol, and those about
// somebody else's that took the place of another one (`ip route replace` takes ours without telling
// its end) with one of these destinations. Of anything else it gets all.
base::Result<void> filter_routes(int socket, std::vector<base::InterfaceAddress> destinations);

}  // namespace kernel
