#include "kernel/own_routes.hpp"

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

namespace kernel {

namespace {

Route without_link(Route route) {
    route.link.reset();
    return route;
}

Route without_source(Route route) {
    route.source.reset();
    return route;
}

}  // namespace

bool OwnRoutes::apply(const RouteEvent& event) {
    if (const auto* set = std::get_if<event::RouteSet>(&event)) return this->set(set->route);
    if (const auto* gone = std::get_if<event::RouteGone>(&event)) return remove(gone->route);
    if (const auto* taken = std::get_if<event::RouteReplaced>(&event)) return lose(taken->place);
    if (const auto* set = std::get_if<event::RuleSet>(&event)) return this->set(set->rule);
    return remove(std::get<event::RuleGone>(event).rule);
}

bool OwnRoutes::set(const Route& route) {
    std::erase_if(taken_along_, [&](const Route& gone) { return gone.place == route.place; });
    const bool says_link = route.link || route.type != RouteType::unicast;
    if (!says_link && has(route)) return false;
    const bool was_known = says_link && route.link && routes_.erase(without_link(route)) > 0;
    const bool is_new = routes_.insert(route).second && !was_known;
    if (is_new) ++revision_;
    return is_new;
}

bool OwnRoutes::remove(const Route& route) {
    const auto gone = std::erase_if(routes_, [&](const Route& other) {
        return other == route || fulfils(other, route) || fulfils(route, other);
    });
    if (gone > 0) ++revision_;
    return gone > 0;
}

bool OwnRoutes::lose(const RoutePlace& place) {
    const auto gone =
        std::erase_if(routes_, [&](const Route& route) { return route.place == place; });
    if (gone > 0) ++revision_;
    return gone > 0;
}

template <typename Predicate>
bool OwnRoutes::take_along(Predicate goes) {
    const std::size_t before = taken_along_.size();
    for (auto route = routes_.begin(); route != routes_.end();) {
        if (!goes(*route)) {
            ++route;
            continue;
        }
        taken_along_.insert(*route);
        route = routes_.erase(route);
    }
    const bool has_changed = taken_along_.size() > before;
    if (has_changed) ++revision_;
    return has_changed;
}

bool OwnRoutes::lose_link(LinkIndex link) {
    return take_along([&](const Route& route) { return route.link == link; });
}

bool OwnRoutes::lose_ipv4_of(LinkIndex link) {
    return take_along([&](const Route& route) {
        return route.link == link && route.family() == base::Family::ipv4;
    });
}

bool OwnRoutes::lose_source(const base::IpAddress& source) {
    std::vector<Route> bare;
    for (const Route& route : routes_)
        if (route.source == source && source.family() == base::Family::ipv6)
            bare.push_back(without_source(route));
    const bool has_changed = take_along([&](const Route& route) { return route.source == source; });
    std::ranges::copy(bare, std::inserter(routes_, routes_.end()));
    return has_changed;
}

bool OwnRoutes::set(const Rule& rule) {
    const bool is_new = rules_.insert(rule).second;
    if (is_new) ++revision_;
    return is_new;
}

bool OwnRoutes::remove(const Rule& rule) {
    const bool was_there = rules_.erase(rule) > 0;
    if (was_there) ++revision_;
    return was_there;
}

bool OwnRoutes::was_taken_along(const Route& wanted) const {
    return std::ranges::any_of(taken_along_,
                               [&](const Route& gone) { return fulfils(gone, wanted); });
}

bool OwnRoutes::has(const Route& wanted) const {
    // By place first, and of a place there are few.
    Route least = wanted;
    least.type = RouteType::unicast;
    least.via.reset();
    least.link.reset();
    least.source.reset();
    least.scope = 0;
    least.onlink = false;
    for (auto found = routes_.lower_bound(least);
         found != routes_.end() && found->place == wanted.place; ++found)
        if (fulfils(*found, wanted)) return true;
    return false;
}

}  // namespace kernel
