// What would change the state of a session, and how: asked of the state machine itself, with events
// that have not happened.
#pragma once

#include <string>
#include <vector>

#include "app/engine.hpp"

namespace app {

struct Prospect {
    std::string event;  // "192.0.2.2 is not heard any more"
    std::string then;   // "takes over 3609 ms after its last advert"
};

// The most likely ones first; of the other routers, of checks, of orders.
std::vector<Prospect> prospects_of(const Engine& engine, const Session& session, base::Instant now);

// The router that is Active elsewhere, as far as a Backup knows; null when nobody is heard.
const Peer* active_peer_of(const Session& session, base::Instant now);

}  // namespace app
