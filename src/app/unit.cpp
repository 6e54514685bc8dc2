#include "app/unit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ranges>

namespace app {

namespace {

const config::Group* group_of(const config::Config& config, const std::string& router) {
    const auto found = std::ranges::find_if(config.groups, [&](const config::Group& group) {
        return std::ranges::find(group.members, router) != group.members.end();
    });
    return found == config.groups.end() ? nullptr : &*found;
}

bool has_family(const config::Router& router, base::Family family) {
    return std::ranges::any_of(router.addresses,
                               [&](const auto& address) { return address.family() == family; });
}

void add_checks(std::vector<std::string>& to, const std::vector<std::string>& names) {
    for (const std::string& name : names)
        if (std::ranges::find(to, name) == to.end()) to.push_back(name);
}

// The owner is 255 or nothing (RFC 9568 section 5.2.4).
Damper damper_of(const config::Router& router) {
    return Damper{router.priority == vrrp::Priority::owner() ? std::nullopt : router.damping};
}

void add_hooks(Unit& unit, HookQueue::Subject subject) {
    if (subject.notify || subject.conntrackd) unit.hooks.emplace_back(std::move(subject));
}

}  // namespace

std::vector<vrrp::State> Unit::states() const {
    std::vector<vrrp::State> states;
    states.reserve(sessions.size());
    for (const Session* session : sessions) states.push_back(session->state());
    return states;
}

bool Unit::owns_addresses() const {
    return std::ranges::all_of(sessions, &Session::wants_addresses);
}

bool Unit::is_active() const {
    return std::ranges::all_of(sessions, [](const Session* session) {
        return std::holds_alternative<vrrp::state::Active>(session->state());
    });
}

bool Unit::contains(const Session& session) const {
    return std::ranges::find(sessions, &session) != sessions.end();
}

std::vector<Unit> units_of(const config::Config& config, const SessionFor& session_for) {
    std::vector<Unit> units;
    const auto unit_for = [&](const config::Router& router) -> Unit& {
        const config::Group* group = group_of(config, router.name);
        if (group != nullptr) {
            const auto found = std::ranges::find_if(
                units, [&](const Unit& unit) { return unit.is_group && unit.name == group->name; });
            if (found != units.end()) return *found;
        }
        units.emplace_back(group != nullptr ? group->name : router.name, group != nullptr,
                           damper_of(router));
        if (group == nullptr) return units.back();
        add_checks(units.back().checks, group->checks);
        add_hooks(units.back(), {HookQueue::Subject::Kind::group, group->name, config.node,
                                 group->notify, group->conntrackd});
        return units.back();
    };
    for (const config::Router& router : config.routers) {
        const bool is_apart = router.families == config::Router::Families::apart;
        Unit* unit = nullptr;
        for (const base::Family family : {base::Family::ipv4, base::Family::ipv6}) {
            if (!has_family(router, family)) continue;
            if (unit == nullptr || is_apart) {
                unit = &unit_for(router);
                if (is_apart) unit->name += fmt::format("-{}", base::name_of(family));
                add_hooks(*unit, {HookQueue::Subject::Kind::router,
                                  unit->is_group ? router.name : unit->name, config.node,
                                  router.notify, std::nullopt});
            }
            unit->sessions.push_back(&session_for(router, family));
            add_checks(unit->checks, router.checks);
        }
        if (unit != nullptr && router.has_target)
            unit->targets.push_back(fmt::format("tandem-active@{}.target", router.name));
    }
    return units;
}

std::string name_among(const Unit& unit, const Session& member) {
    const std::string family{base::name_of(member.family())};
    return unit.is_group ? fmt::format("{} ({})", member.router().name, family)
                         : "the other family of this router";
}

}  // namespace app
