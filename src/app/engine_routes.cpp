// What status says of the routes and rules of a session.
#include "app/engine.hpp"
#include "app/wishes.hpp"

namespace app {

std::vector<Engine::Upheld> Engine::routes_of(const Session& session) const {
    std::vector<Upheld> found;
    for (const kernel::RouteWish& wish : session.route_wishes()) {
        const std::string* error = reconciler_.error_of(wish.route);
        found.push_back({wish.route.text(), view_.own_routes().has(wish.route),
                         error != nullptr ? *error : ""});
    }
    for (const UnplacedRoute& route : unplaced_routes_of(session.router(), session.family(), view_))
        found.push_back({route.route, false, session.wants_addresses() ? route.reason : ""});
    return found;
}

std::vector<Engine::Upheld> Engine::rules_of(const Session& session) const {
    std::vector<Upheld> found;
    for (const kernel::RuleWish& wish : session.rule_wishes()) {
        const std::string* error = reconciler_.error_of(wish.rule);
        found.push_back(
            {wish.rule.text(), view_.own_routes().has(wish.rule), error != nullptr ? *error : ""});
    }
    return found;
}

}  // namespace app
