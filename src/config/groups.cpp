#include "config/groups.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <string_view>

#include "config/check_values.hpp"
#include "config/effective.hpp"
#include "config/notify.hpp"
#include "config/spelling.hpp"
#include "config/values.hpp"

namespace config {
namespace {

constexpr auto group_settings = std::to_array<Setting<GroupDraft>>({
    {"members", store_list<&GroupDraft::members, read_names>, Home::anywhere, Need::required},
    {"checks", store_list<&GroupDraft::checks, read_names>},
    {"notify", store<&GroupDraft::notify, read_notify>, Home::anywhere, Need::optional,
     notify_keys},
    {"conntrackd", store<&GroupDraft::conntrackd, read_conntrackd>, Home::anywhere, Need::optional,
     conntrackd_keys},
    {"description", check<read_description>},
});

// ---- names -----------------------------------------------------------------------------------

template <typename Drafts>
std::vector<std::string_view> names_in(const Drafts& drafts) {
    std::vector<std::string_view> names;
    for (const auto& draft : drafts) names.emplace_back(draft.name);
    return names;
}

struct Kin {
    std::string_view noun;     // "check"
    std::string_view section;  // "checks"
    std::vector<std::string_view> names;
};

void check_names(const StatedNames& stated, const Kin& kin, Problems& problems) {
    for (const auto& [name, at, layer] : stated) {
        if (std::ranges::find(kin.names, name) != kin.names.end()) continue;
        problems.error(
            at,
            fmt::format("no {} is called '{}'{}", kin.noun, name, did_you_mean(name, kin.names)),
            kin.names.empty()
                ? fmt::format("there is none: write {}: {{ {}: {{ ... }}; }};", kin.section, name)
                : fmt::format("there are {}", fmt::join(kin.names, ", ")));
    }
}

// Everybody's lists of checks on one node.
std::vector<const Maybe<StatedNames>*> lists_of_checks(const Draft& draft, std::size_t node) {
    std::vector<const Maybe<StatedNames>*> lists;
    for (const RouterDraft& router : draft.routers[node]) lists.push_back(&router.settings.checks);
    for (const GroupDraft& group : draft.groups[node]) lists.push_back(&group.checks);
    return lists;
}

void check_names_of_checks(const Draft& draft, std::size_t node, Problems& problems) {
    if (draft.lost_checks) return;
    const Kin checks{"check", "checks", names_in(draft.checks[node])};
    for (const auto* list : lists_of_checks(draft, node))
        if (*list) check_names((*list)->value, checks, problems);
}

bool is_named(const Draft& draft, std::size_t node, std::string_view check) {
    return std::ranges::any_of(lists_of_checks(draft, node), [&](const auto* list) {
        return *list && std::ranges::find((*list)->value, check, &Stated<std::string>::value) !=
                            (*list)->value.end();
    });
}

bool is_named(const Draft& draft, std::string_view check) {
    for (std::size_t node = 0; node < draft.routers.size(); ++node)
        if (is_named(draft, node, check)) return true;
    return false;
}

bool has_gaps(const Draft& draft) {
    const auto misses = [](const auto& owner) { return !owner.is_known("checks"); };
    for (std::size_t node = 0; node < draft.routers.size(); ++node) {
        if (std::ranges::any_of(draft.groups[node], misses)) return true;
        for (const RouterDraft& router : draft.routers[node])
            if (misses(router.settings)) return true;
    }
    return draft.lost_groups || draft.lost_routers;
}

// No error: files that many pairs share may describe more than each of them uses.
void check_idle(const Draft& draft, Problems& problems) {
    if (draft.checks.empty() || has_gaps(draft)) return;
    for (const CheckDraft& check : draft.checks.front())
        if (!is_named(draft, check.name))
            problems.warning(
                check.name_at,
                fmt::format("no router and no group names check '{}': it is not run", check.name));
}

// ---- members ---------------------------------------------------------------------------------

const RouterDraft* router_called(const Draft& draft, std::size_t node, std::string_view name) {
    const auto& routers = draft.routers[node];
    const auto found = std::ranges::find(routers, name, &RouterDraft::name);
    return found == routers.end() ? nullptr : &*found;
}

void check_number(const GroupDraft& group, Problems& problems) {
    if (!group.members || !group.is_known("members") || group.members->value.size() > 1) return;
    const bool is_empty = group.members->value.empty();
    problems.warning(group.members->at,
                     fmt::format("group '{}' has {}", group.name,
                                 is_empty ? "no members: it does nothing"
                                          : "one member: nothing moves with it"));
}

void check_families(const Draft& draft, std::size_t node, const GroupDraft& group,
                    Problems& problems) {
    for (const auto& member : group.members->value) {
        const RouterDraft* router = router_called(draft, node, member.value);
        if (router == nullptr || !router->settings.families) continue;
        const auto& families = *router->settings.families;
        if (families.value == Router::Families::together) continue;
        problems.error(
            families.at,
            fmt::format("router '{}' is in group '{}' ({}), whose members move as one",
                        router->name, group.name, problems.name_of(member.at, families.at)),
            R"(write families = "together"; there, or take it out of the group)");
    }
}

// A router in two groups would have to follow both.
void check_one_group(const std::vector<GroupDraft>& groups, Problems& problems) {
    std::map<std::string_view, std::pair<const GroupDraft*, Place>> first_groups;
    for (const GroupDraft& group : groups) {
        if (!group.members) continue;
        for (const auto& member : group.members->value) {
            const auto [first, is_new] = first_groups.try_emplace(member.value, &group, member.at);
            if (is_new) continue;
            problems.error(member.at,
                           fmt::format("router '{}' is already in group '{}' ({})", member.value,
                                       first->second.first->name,
                                       problems.name_of(first->second.second, member.at)),
                           "a router is in one group at most; put all of them into one");
        }
    }
}

std::vector<std::string> sorted_members(const GroupDraft& group) {
    std::vector<std::string> names;
    for (const auto& member : group.members->value) names.push_back(member.value);
    std::ranges::sort(names);
    return names;
}

// What moves as one on a node and not on the other is split as soon as it moves.
void check_same_members(const Draft& draft, std::size_t node, Problems& problems) {
    for (std::size_t i = 0; i < draft.groups[node].size(); ++i) {
        const GroupDraft& here = draft.groups[node][i];
        const GroupDraft& first = draft.groups.front()[i];
        const bool is_missing = !here.members != !first.members;
        if (!here.members && !first.members) continue;
        if (!is_missing && sorted_members(here) == sorted_members(first)) continue;
        problems.error(here.name_at,
                       fmt::format("group '{}' has other members on node '{}' than on node '{}'",
                                   here.name, draft.nodes[node].name, draft.nodes.front().name),
                       "name the same on all nodes");
    }
}

// Both are shown, asked for and told to programs by their names.
void check_unit_names(const Draft& draft, Problems& problems) {
    for (const GroupDraft& group : draft.groups.front()) {
        const RouterDraft* router = router_called(draft, 0, group.name);
        if (router == nullptr) continue;
        problems.error(group.name_at,
                       fmt::format("'{}' is already the name of a router ({})", group.name,
                                   problems.name_of(router->name_at, group.name_at)),
                       "give the group another name");
    }
}

// ---- what a group has once ----

bool has_other_preempt(const RouterSettings& a, const RouterSettings& b) {
    const auto preempt = [](const RouterSettings& settings) {
        return settings.preempt ? settings.preempt->value : Preempt{};
    };
    return preempt(a) != preempt(b);
}

bool has_other_damping(const RouterSettings& a, const RouterSettings& b) {
    const auto damping = [](const RouterSettings& settings) {
        return settings.damping ? settings.damping->value : std::optional{Damping{}};
    };
    return damping(a) != damping(b);
}

struct Disagreement {
    std::string_view setting;
    bool (*holds)(const RouterSettings&, const RouterSettings&);
};
constexpr std::array<Disagreement, 2> disagreements{
    {{"preempt", has_other_preempt}, {"damping", has_other_damping}}};

// Who waits or holds back does so for all of the group.
void check_agreement(const Draft& draft, std::size_t node, const GroupDraft& group,
                     Problems& problems) {
    const auto& members = group.members->value;
    const RouterDraft* first = router_called(draft, node, members.front().value);
    for (const auto& member : members) {
        const RouterDraft* router = router_called(draft, node, member.value);
        if (first == nullptr || router == nullptr) continue;
        for (const auto& [setting, is_other] : disagreements) {
            const bool is_known =
                first->settings.is_known(setting) && router->settings.is_known(setting);
            if (!is_known || !is_other(first->settings, router->settings)) continue;
            problems.error(member.at,
                           fmt::format("routers '{}' and '{}' of group '{}' differ in '{}', and "
                                       "their group has it once",
                                       first->name, router->name, group.name, setting),
                           "give all members the same, best in 'defaults'");
        }
    }
}

// ---- who comes first -------------------------------------------------------------------------

// Negative when the first node comes after the second one.
int order_of(const Draft& draft, std::size_t router, std::size_t first, std::size_t second) {
    const auto priority = [&](std::size_t node) {
        return priority_of(draft.routers[node][router].settings).wire();
    };
    return (priority(first) > priority(second)) - (priority(first) < priority(second));
}

std::optional<std::size_t> index_of(const Draft& draft, std::string_view name) {
    const auto& routers = draft.routers.front();
    const auto found = std::ranges::find(routers, name, &RouterDraft::name);
    if (found == routers.end()) return std::nullopt;
    return static_cast<std::size_t>(found - routers.begin());
}

bool has_priorities(const Draft& draft, std::size_t router) {
    return std::ranges::all_of(draft.routers, [&](const auto& routers) {
        return routers[router].settings.is_known("priority") &&
               routers[router].settings.is_known("owner");
    });
}

// Each of two nodes would be the better one for a part of the group.
void check_order(const Draft& draft, const GroupDraft& group, Problems& problems) {
    const auto& members = group.members->value;
    const auto first = index_of(draft, members.front().value);
    if (!first || !has_priorities(draft, *first)) return;
    for (const auto& member : members) {
        const auto router = index_of(draft, member.value);
        if (!router || !has_priorities(draft, *router)) continue;
        for (std::size_t a = 0; a < draft.nodes.size(); ++a)
            for (std::size_t b = a + 1; b < draft.nodes.size(); ++b) {
                if (order_of(draft, *first, a, b) == order_of(draft, *router, a, b)) continue;
                problems.error(
                    member.at,
                    fmt::format("routers '{}' and '{}' of group '{}' prefer nodes '{}' and '{}' "
                                "in another order: the group would split",
                                members.front().value, member.value, group.name,
                                draft.nodes[a].name, draft.nodes[b].name),
                    "give the members the same priorities, best those of their nodes");
                return;
            }
    }
}

}  // namespace

std::vector<GroupDraft> read_groups(const Value& section, const NodeNames& names,
                                    Problems& problems) {
    std::vector<GroupDraft> groups;
    for (const Value& entry : section.children) {
        const std::string where = fmt::format("groups.{}", entry.name);
        const Context context{problems,      names, Home::anywhere, Layer::router,
                              Keys::by_node, where, where};
        GroupDraft group{entry.name, entry.name_at};
        group.has_gaps = entry.is_incomplete || entry.kind != Kind::group;
        if (entry.kind == Kind::group)
            read_group(entry, group_settings, context, group);
        else
            report_type(entry, "a group { }", context);
        groups.push_back(std::move(group));
    }
    return groups;
}

std::vector<CheckDraft> used_checks(const Draft& draft, std::size_t node) {
    std::vector<CheckDraft> used;
    for (const CheckDraft& check : draft.checks[node])
        if (is_named(draft, node, check.name)) used.push_back(check);
    return used;
}

void check_groups(const Draft& draft, Problems& problems) {
    for (std::size_t node = 0; node < draft.routers.size(); ++node) {
        const Kin routers{"router", "routers", names_in(draft.routers[node])};
        check_names_of_checks(draft, node, problems);
        check_one_group(draft.groups[node], problems);
        for (const GroupDraft& group : draft.groups[node]) {
            check_number(group, problems);
            if (!group.members) continue;
            if (!draft.lost_routers) check_names(group.members->value, routers, problems);
            check_families(draft, node, group, problems);
            if (!group.members->value.empty()) check_agreement(draft, node, group, problems);
            const bool is_whole = !draft.lost_nodes && !group.members->value.empty();
            if (is_whole) check_order(draft, group, problems);
        }
        if (!draft.lost_nodes && node > 0) check_same_members(draft, node, problems);
    }
    check_unit_names(draft, problems);
    check_idle(draft, problems);
}

}  // namespace config
