#include "config/route_rules.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>

#include "config/effective.hpp"

namespace config {
namespace {

constexpr std::uint8_t scope_link = 253;

std::string_view word_for(base::Family family) {
    return family == base::Family::ipv4 ? "IPv4" : "IPv6";
}

std::string_view word_for(RouteType type) {
    switch (type) {
        case RouteType::unicast: return "unicast";
        case RouteType::blackhole: return "blackhole";
        case RouteType::unreachable: return "unreachable";
        case RouteType::prohibit: return "prohibit";
        case RouteType::throw_away: return "throw";
    }
    return {};
}

RouteType type_of(const StatedRoute& route) {
    return route.type ? route.type->value : RouteType::unicast;
}

// Those of the router's addresses; both when it has none that were right.
std::vector<base::Family> families_of(const RouterSettings& settings) {
    std::vector<base::Family> families;
    for (const base::Family family : {base::Family::ipv4, base::Family::ipv6})
        if (has_family(settings, family)) families.push_back(family);
    return families;
}

// "default" is of its next hop's family, or of the only one that the router has.
std::optional<base::Family> family_of(const StatedRoute& route, const RouterSettings& settings) {
    if (route.to->value) return route.to->value->family();
    if (route.via) return route.via->value.family();
    if (route.source) return route.source->value.family();
    const auto families = families_of(settings);
    return families.size() == 1 ? std::optional{families.front()} : std::nullopt;
}

base::InterfaceAddress everything(base::Family family) {
    return *base::InterfaceAddress::parse(family == base::Family::ipv4 ? "0.0.0.0/0" : "::/0");
}

std::string text_of(const StatedRoute& route) {
    return route.to->value ? route.to->value->text() : "default";
}

std::uint8_t scope_of(const StatedRoute& route) {
    if (route.scope) return route.scope->value;
    // As `ip route` has it: what is reached without another router is on the link.
    const bool is_on_link = type_of(route) == RouteType::unicast && !route.via;
    return is_on_link ? scope_link : 0;
}

// ---- one route --------------------------------------------------------------------------------

void check_family(const Maybe<base::IpAddress>& address, std::string_view role, base::Family family,
                  const StatedRoute& route, Problems& problems) {
    if (!address || address->value.family() == family) return;
    problems.error(address->at,
                   fmt::format("{} is not an {} address, and the route leads to {}",
                               address->value.text(), word_for(family), text_of(route)),
                   fmt::format("{} and destination are of one family", role));
}

void check_families(const StatedRoute& route, const RouterSettings& settings, Problems& problems) {
    if (!settings.is_known("addresses")) return;
    const auto family = family_of(route, settings);
    if (!family)
        return problems.error(route.to->at, "\"default\" could be IPv4 or IPv6 here",
                              "write to = \"0.0.0.0/0\"; or to = \"::/0\";");
    check_family(route.via, "next hop", *family, route, problems);
    check_family(route.source, "source", *family, route, problems);
    if (*family == base::Family::ipv4) return;
    if (route.scope) problems.error(route.scope->at, "an IPv6 route has no scope", "remove it");
    if (route.metric && route.metric->value == 0)
        problems.error(route.metric->at, "the metric of an IPv6 route is 1 or more",
                       fmt::format("without one Linux takes {}", usual_metric_ipv6));
}

void check_no_next_hop(const StatedRoute& route, Problems& problems) {
    const auto refuse = [&](const auto& setting, std::string_view name) {
        if (setting)
            problems.error(
                setting->at,
                fmt::format("a route of type \"{}\" has no '{}'", word_for(type_of(route)), name),
                "remove it, or the type");
    };
    refuse(route.via, "via");
    refuse(route.interface, "interface");
    refuse(route.source, "source");
    refuse(route.scope, "scope");
    refuse(route.onlink, "onlink");
}

void check_next_hop(const StatedRoute& route, Problems& problems) {
    if (!route.via && !route.interface)
        problems.error(route.at, fmt::format("the route to {} has no next hop", text_of(route)),
                       "add via = \"...\"; or interface = \"...\"; or a type such as "
                       "\"blackhole\"");
    if (route.onlink && route.onlink->value && !route.via)
        problems.error(route.onlink->at, "'onlink' is about 'via', and there is none",
                       "remove it, or add via = \"...\";");
    // Linux: the next hop must be nearer than what is behind it.
    if (route.via && route.scope && route.scope->value >= scope_link)
        problems.error(route.scope->at,
                       "what is behind another router is neither on the link nor this host",
                       "remove 'scope', or 'via'");
}

// Linux takes the one and does not use it; the other it refuses, but only when the router is
// Active.
void check_sense(const StatedRoute& route, const RouterSettings& settings, Problems& problems) {
    const auto& to = route.to->value;
    if (to && to->address().is_loopback() && type_of(route) == RouteType::unicast)
        problems.error(route.to->at, fmt::format("{} is this host itself", to->text()),
                       "remove this route");
    if (!route.via || !settings.addresses) return;
    const auto is_via = [&](const StatedAddress& address) {
        return address.value.address() == route.via->value;
    };
    if (std::ranges::any_of(settings.addresses->value, is_via))
        problems.error(
            route.via->at,
            fmt::format("{} is this router's own virtual address", route.via->value.text()),
            "the next hop is another router's address");
}

// ---- one rule ---------------------------------------------------------------------------------

void check_rule(const StatedRule& rule, Problems& problems) {
    if (rule.from && rule.to && rule.from->value.family() != rule.to->value.family())
        problems.error(rule.to->at, "'from' and 'to' of a rule are of one family",
                       "write a rule for each family");
    if (!rule.from && !rule.to && !rule.iif && !rule.fwmark)
        problems.error(rule.at, "a rule without 'from', 'to', 'iif' and 'fwmark' is for everything",
                       "if it shall be, write from = \"0.0.0.0/0\"; or from = \"::/0\";");
}

std::optional<base::InterfaceAddress> selector_of(const Maybe<base::InterfaceAddress>& prefix) {
    if (!prefix || prefix->value.prefix_length() == 0) return std::nullopt;
    return prefix->value;
}

Rule rule_of(const StatedRule& stated, base::Family family) {
    return {.family = family,
            .from = selector_of(stated.from),
            .to = selector_of(stated.to),
            .iif = stated.iif ? stated.iif->value : "",
            .fwmark = stated.fwmark ? stated.fwmark->value.mark : 0,
            .fwmask = stated.fwmark ? stated.fwmark->value.mask : 0,
            .table = stated.table->value,
            .priority = stated.priority->value};
}

std::vector<Rule> rules_of(const StatedRule& stated, const RouterSettings& settings) {
    if (stated.from) return {rule_of(stated, stated.from->value.family())};
    if (stated.to) return {rule_of(stated, stated.to->value.family())};
    std::vector<Rule> rules;
    for (const base::Family family : families_of(settings))
        rules.push_back(rule_of(stated, family));
    return rules;
}

Route route_of(const StatedRoute& stated, base::Family family, const RouterSettings& settings) {
    const auto to = stated.to->value.value_or(everything(family));
    const std::uint32_t usual_metric = family == base::Family::ipv4 ? 0 : usual_metric_ipv6;
    Route route{.to = to,
                .type = type_of(stated),
                .via = {},
                .interface = stated.interface ? stated.interface->value : "",
                .source = {},
                .table = stated.table ? stated.table->value : main_table,
                .metric = stated.metric ? stated.metric->value : usual_metric,
                .scope = family == base::Family::ipv4 ? scope_of(stated) : std::uint8_t{0},
                .onlink = stated.onlink && stated.onlink->value};
    if (stated.via) route.via = stated.via->value;
    if (stated.source) route.source = stated.source->value;
    // A link-local next hop is another one on each interface, and Linux looks for one that is said
    // to be on the link nowhere else.
    const bool needs_interface = route.onlink || (route.via && route.via->is_link_local_ipv6());
    if (needs_interface && route.interface.empty()) route.interface = settings.interface->value;
    return route;
}

// ---- all of a node ----------------------------------------------------------------------------

// Two that Linux would take for one another: the first one's place, and its router's name.
struct Use {
    std::string_view router;
    Place at;
};

void report_double(std::string_view what, const Use& first, const Use& second,
                   std::string_view cure, Problems& problems) {
    const std::string place = problems.name_of(first.at, second.at);
    problems.error(
        second.at,
        first.router == second.router
            ? fmt::format("{} is here twice; the first is in {}", what, place)
            : fmt::format("{} is also one of router '{}' ({})", what, first.router, place),
        std::string{cure});
}

void check_doubles_of_routes(const std::vector<RouterDraft>& routers, Problems& problems) {
    std::map<std::tuple<base::InterfaceAddress, std::uint32_t, std::uint32_t>, Use> uses;
    for (const auto& [name, name_at, settings] : routers) {
        if (!settings.routes) continue;
        for (const StatedRoute& stated : settings.routes->value) {
            const auto family = family_of(stated, settings);
            if (!family) continue;
            const base::InterfaceAddress to = stated.to->value.value_or(everything(*family));
            const Use use{name, stated.at};
            const std::uint32_t usual = *family == base::Family::ipv4 ? 0 : usual_metric_ipv6;
            const auto [first, is_new] =
                uses.try_emplace({to, stated.table ? stated.table->value : main_table,
                                  stated.metric ? stated.metric->value : usual},
                                 use);
            if (!is_new)
                report_double(fmt::format("the route to {}", to.text()), first->second, use,
                              "give them different metrics or tables", problems);
        }
    }
}

void check_doubles_of_rules(const std::vector<RouterDraft>& routers, Problems& problems) {
    using Prefix = std::optional<base::InterfaceAddress>;
    std::map<std::tuple<base::Family, Prefix, Prefix, std::string, std::uint32_t, std::uint32_t,
                        std::uint32_t, std::uint32_t>,
             Use>
        uses;
    for (const auto& [name, name_at, settings] : routers) {
        if (!settings.rules) continue;
        for (const StatedRule& stated : settings.rules->value) {
            for (const Rule& rule : rules_of(stated, settings)) {
                const Use use{name, stated.at};
                const auto [first, is_new] =
                    uses.try_emplace({rule.family, rule.from, rule.to, rule.iif, rule.fwmark,
                                      rule.fwmask, rule.table, rule.priority},
                                     use);
                if (!is_new)
                    report_double("this rule", first->second, use, "remove one of them", problems);
            }
        }
    }
}

}  // namespace

void check_routes(const std::vector<RouterDraft>& routers, Problems& problems) {
    for (const RouterDraft& router : routers) {
        const RouterSettings& settings = router.settings;
        if (settings.routes)
            for (const StatedRoute& route : settings.routes->value) {
                check_families(route, settings, problems);
                check_sense(route, settings, problems);
                if (type_of(route) == RouteType::unicast)
                    check_next_hop(route, problems);
                else
                    check_no_next_hop(route, problems);
            }
        if (settings.rules)
            for (const StatedRule& rule : settings.rules->value) check_rule(rule, problems);
    }
    check_doubles_of_routes(routers, problems);
    check_doubles_of_rules(routers, problems);
}

std::vector<Route> routes_of(const RouterSettings& settings) {
    std::vector<Route> routes;
    if (!settings.routes) return routes;
    for (const StatedRoute& stated : settings.routes->value)
        routes.push_back(route_of(stated, *family_of(stated, settings), settings));
    return routes;
}

std::vector<Rule> rules_of(const RouterSettings& settings) {
    std::vector<Rule> rules;
    if (!settings.rules) return rules;
    for (const StatedRule& stated : settings.rules->value)
        for (Rule& rule : rules_of(stated, settings)) rules.push_back(std::move(rule));
    return rules;
}

}  // namespace config
