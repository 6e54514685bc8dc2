#include "config/reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "config/check_reader.hpp"
#include "config/check_values.hpp"
#include "config/groups.hpp"
#include "config/nodes.hpp"
#include "config/notify.hpp"
#include "config/schema.hpp"
#include "config/values.hpp"
#include "config/virtual_mac.hpp"

namespace config {
namespace {

// ---- values that are groups -----------------------------------------------------------------

struct PreemptSettings {
    Maybe<base::Duration> after;
};

constexpr auto preempt_settings = std::to_array<Setting<PreemptSettings>>({
    {"after", store<&PreemptSettings::after, read_preempt_after>, Home::anywhere, Need::required},
});
constexpr auto preempt_keys = names_of(preempt_settings);

constexpr auto garp_settings = std::to_array<Setting<RouterSettings>>({
    {"count", store<&RouterSettings::garp_count, read_garp_count>},
    {"again_after", store<&RouterSettings::garp_again_after, read_garp_again_after>},
    {"refresh", store<&RouterSettings::garp_refresh, read_garp_refresh>},
    {"refresh_count", store<&RouterSettings::garp_refresh_count, read_garp_count>},
    {"gap", store<&RouterSettings::garp_gap, read_garp_gap>},
    {"rate", store<&RouterSettings::garp_rate, read_garp_rate>},
    {"form", store<&RouterSettings::garp_form, read_garp_form>},
});
constexpr auto garp_keys = names_of(garp_settings);

std::optional<Preempt> read_preempt(const Value& value, const Context& context) {
    if (value.kind == Kind::boolean) return Preempt{value.boolean(), {}};
    if (value.kind != Kind::group) {
        report_type(value, "true, false or { after = \"30s\"; }", context);
        return std::nullopt;
    }
    const std::string where = fmt::format("{}.preempt", context.where);
    Context inner = context;
    inner.where = where;
    PreemptSettings settings;
    read_group(value, preempt_settings, inner, settings);
    if (!settings.after) return std::nullopt;
    return Preempt{true, settings.after->value};
}

struct AuthSettings {
    Maybe<vrrp::AuthType> type;
    Maybe<std::string> password;
};

constexpr auto auth_settings = std::to_array<Setting<AuthSettings>>({
    {"type", store<&AuthSettings::type, read_auth_type>, Home::anywhere, Need::required},
    {"password", store<&AuthSettings::password, read_password>, Home::anywhere, Need::required},
});
constexpr auto auth_keys = names_of(auth_settings);

std::optional<vrrp::Authentication> read_auth(const Value& value, const Context& context) {
    if (value.kind != Kind::group) {
        report_type(value, "a group such as { type = \"text\"; password = \"s3cret\"; }", context);
        return std::nullopt;
    }
    const std::string where = fmt::format("{}.auth", context.where);
    Context inner = context;
    inner.where = where;
    AuthSettings settings;
    read_group(value, auth_settings, inner, settings);
    if (!settings.type || !settings.password) return std::nullopt;
    vrrp::Authentication auth{settings.type->value, {}};
    std::ranges::copy(settings.password->value, auth.data.begin());
    return auth;
}

// Each of its values counts for itself: a router may change one and keep the others' defaults.
void read_garp(const Value& value, const Context& context, RouterSettings& target) {
    if (value.kind != Kind::group)
        return report_type(value, "a group such as { count = 5; again_after = \"5s\"; }", context);
    const std::string where = fmt::format("{}.garp", context.where);
    Context inner = context;
    inner.where = where;
    read_group(value, garp_settings, inner, target);
}

// ---- values that are lists -------------------------------------------------------------------

void store_sources(const Value& value, const Context& context, RouterSettings& target) {
    if (const auto sources = read_sources(value, context))
        target.sources = *sources;
    else
        target.refused.insert(context.setting);
}

// ---- a router, and the defaults of all ------------------------------------------------------

// Everything that a router knows or will know. What is at home anywhere may stand in `defaults`.
constexpr auto router_settings = std::to_array<Setting<RouterSettings>>({
    {"interface", store<&RouterSettings::interface, read_interface>, Home::router, Need::required},
    {"vrid", store<&RouterSettings::vrid, read_vrid>, Home::router, Need::required},
    {"addresses", store_list<&RouterSettings::addresses, read_addresses>, Home::router,
     Need::required},
    {"source", store_sources},
    {"priority", store<&RouterSettings::priority, read_priority>},
    {"advertise", store<&RouterSettings::advertise, read_advertise>},
    {"preempt", store<&RouterSettings::preempt, read_preempt>, Home::anywhere, Need::optional,
     preempt_keys},
    {"vrrp", store<&RouterSettings::vrrp, read_versions>},
    {"auth", store<&RouterSettings::auth, read_auth>, Home::anywhere, Need::optional, auth_keys},
    {"owner", store<&RouterSettings::owner, read_switch>, Home::router},
    {"transport", store<&RouterSettings::transport, read_transport>},
    {"peers", store_list<&RouterSettings::peers, read_peers>},
    {"ttl", store<&RouterSettings::ttl, read_ttl>},
    {"link_local_first", store<&RouterSettings::link_local_first, read_switch>},
    {"accept", store<&RouterSettings::accept, read_switch>},
    {"target", store<&RouterSettings::target, read_switch>},
    {"checksum", store<&RouterSettings::checksum, read_checksum>},
    {"garp", read_garp, Home::anywhere, Need::optional, garp_keys},
    {"vmac", store<&RouterSettings::vmac, read_vmac>, Home::anywhere, Need::optional, vmac_keys},
    {"description", check<read_description>, Home::router},
    {"checks", store_list<&RouterSettings::checks, read_names>, Home::router},
    {"routes", store_list<&RouterSettings::routes, read_routes>, Home::router, Need::optional,
     route_keys},
    {"rules", store_list<&RouterSettings::rules, read_rules>, Home::router, Need::optional,
     rule_keys},
    {"more_addresses", store_list<&RouterSettings::more_addresses, read_addresses>, Home::router},
    {"notify", store<&RouterSettings::notify, read_notify>, Home::anywhere, Need::optional,
     notify_keys},
    {"damping", store<&RouterSettings::damping, read_damping>, Home::anywhere, Need::optional,
     damping_keys},
    {"families", store<&RouterSettings::families, read_families>},
    {"lease", store<&RouterSettings::lease, read_lease>},
    {"up_for", store<&RouterSettings::up_for, read_up_for>},
    later<RouterSettings>("track_own_interface"),
    {"group4", nullptr, Home::defaults},
    {"group6", nullptr, Home::defaults},
    {"start_delay", nullptr, Home::defaults},
});

template <typename T>
void fall_back(Maybe<T>& value, const Maybe<T>& other) {
    if (!value) value = other;
}

void fall_back_to_defaults(RouterSettings& settings, const RouterSettings& defaults) {
    fall_back(settings.priority, defaults.priority);
    fall_back(settings.sources.ipv4, defaults.sources.ipv4);
    fall_back(settings.sources.ipv6, defaults.sources.ipv6);
    fall_back(settings.vmac, defaults.vmac);
    fall_back(settings.vrrp, defaults.vrrp);
    fall_back(settings.auth, defaults.auth);
    fall_back(settings.transport, defaults.transport);
    fall_back(settings.peers, defaults.peers);
    fall_back(settings.ttl, defaults.ttl);
    fall_back(settings.link_local_first, defaults.link_local_first);
    fall_back(settings.accept, defaults.accept);
    fall_back(settings.target, defaults.target);
    fall_back(settings.advertise, defaults.advertise);
    fall_back(settings.preempt, defaults.preempt);
    fall_back(settings.checksum, defaults.checksum);
    fall_back(settings.garp_count, defaults.garp_count);
    fall_back(settings.garp_again_after, defaults.garp_again_after);
    fall_back(settings.lease, defaults.lease);
    fall_back(settings.up_for, defaults.up_for);
    fall_back(settings.garp_refresh, defaults.garp_refresh);
    fall_back(settings.garp_refresh_count, defaults.garp_refresh_count);
    fall_back(settings.garp_gap, defaults.garp_gap);
    fall_back(settings.garp_rate, defaults.garp_rate);
    fall_back(settings.garp_form, defaults.garp_form);
    fall_back(settings.notify, defaults.notify);
    fall_back(settings.damping, defaults.damping);
    fall_back(settings.families, defaults.families);
    settings.refused.insert(defaults.refused.begin(), defaults.refused.end());
    settings.has_gaps = settings.has_gaps || defaults.has_gaps;
}

// ---- the file as a whole --------------------------------------------------------------------

struct Sections {
    const Value* nodes = nullptr;
    const Value* defaults = nullptr;
    const Value* routers = nullptr;
    const Value* checks = nullptr;
    const Value* groups = nullptr;
};

template <const Value* Sections::* section>
void keep_section(const Value& value, const Context& context, Sections& sections) {
    if (value.kind == Kind::group)
        sections.*section = &value;
    else
        report_type(value, "a group { }", context);
}

// Every file has its own, which was checked before the files became one.
void pass_version(const Value& /*value*/, const Context& /*context*/, Sections& /*sections*/) {}

constexpr auto root_settings = std::to_array<Setting<Sections>>({
    {"version", pass_version},
    {"nodes", keep_section<&Sections::nodes>},
    {"defaults", keep_section<&Sections::defaults>},
    {"routers", keep_section<&Sections::routers>},
    {"checks", keep_section<&Sections::checks>},
    {"groups", keep_section<&Sections::groups>},
    later<Sections>("hooks"),
    later<Sections>("events"),
    later<Sections>("control"),
    later<Sections>("metrics"),
});

// Whether the file's text was mistaken somewhere inside.
bool has_gaps(const Value& value) {
    return value.is_incomplete || std::ranges::any_of(value.children, has_gaps);
}

RouterSettings read_defaults(const Sections& sections, const NodeNames& names, Problems& problems) {
    RouterSettings defaults;
    if (sections.defaults == nullptr) return defaults;
    const Context context{problems,   names, Home::defaults, Layer::defaults, Keys::by_node,
                          "defaults", {}};
    read_group(*sections.defaults, router_settings, context, defaults);
    defaults.has_gaps = has_gaps(*sections.defaults);
    return defaults;
}

// All routers with the values of the node that `names` wants.
std::vector<RouterDraft> read_routers(const Sections& sections, const NodeNames& names,
                                      Problems& problems) {
    std::vector<RouterDraft> routers;
    if (sections.routers == nullptr) return routers;
    for (const Value& entry : sections.routers->children) {
        const std::string where = fmt::format("routers.{}", entry.name);
        const Context context{problems,      names, Home::router, Layer::router,
                              Keys::by_node, where, where};
        if (entry.kind != Kind::group) {
            report_type(entry, "a group { }", context);
            continue;
        }
        RouterDraft router{entry.name, entry.name_at, {}};
        read_group(entry, router_settings, context, router.settings);
        router.settings.has_gaps = has_gaps(entry);
        routers.push_back(std::move(router));
    }
    return routers;
}

// Reads everything once with the eyes of one node.
void read_for_node(Draft& draft, const NodeDraft& node, const Sections& sections,
                   const NodeNames& names, Problems& problems) {
    const RouterSettings defaults = read_defaults(sections, names, problems);
    std::vector<RouterDraft> routers = read_routers(sections, names, problems);
    for (RouterDraft& router : routers) {
        fall_back(router.settings.priority, node.priority);
        fall_back_to_defaults(router.settings, defaults);
    }
    draft.routers.push_back(std::move(routers));
    using Checks = std::vector<CheckDraft>;
    using Groups = std::vector<GroupDraft>;
    draft.checks.push_back(
        sections.checks == nullptr ? Checks{} : read_checks(*sections.checks, names, problems));
    draft.groups.push_back(
        sections.groups == nullptr ? Groups{} : read_groups(*sections.groups, names, problems));
    if (names.wanted == names.here || draft.routers.size() == 1) draft.defaults = defaults;
}

}  // namespace

Draft read_draft(const Value& root, const Request& request, Problems& problems) {
    Sections sections;
    const Context context{problems, {}, Home::anywhere, Layer::router, Keys::plain, {}, {}};
    read_group(root, root_settings, context, sections);

    Draft draft;
    const bool has_all_nodes =
        sections.nodes == nullptr ? !root.is_incomplete : !sections.nodes->is_incomplete;
    const Place nodes_at = sections.nodes == nullptr ? Place{} : sections.nodes->name_at;
    if (sections.nodes != nullptr) draft.nodes = read_nodes(*sections.nodes, problems);
    if (draft.nodes.empty() && has_all_nodes)
        problems.error(nodes_at,
                       "no nodes: name the machines that take part, as in "
                       "nodes: { r1: { priority = 200; }; r2: { priority = 100; }; };");
    if (!draft.nodes.empty() && has_all_nodes)
        draft.here = this_node(draft.nodes, request, nodes_at, problems);

    std::vector<std::string_view> all;
    all.reserve(draft.nodes.size());
    for (const NodeDraft& node : draft.nodes) all.emplace_back(node.name);
    NodeNames names{all, {}, {}, has_all_nodes};
    if (draft.here) names.here = all[*draft.here];
    for (const NodeDraft& node : draft.nodes) {
        names.wanted = node.name;
        read_for_node(draft, node, sections, names, problems);
    }
    if (draft.nodes.empty()) read_for_node(draft, {}, sections, names, problems);

    draft.lost_nodes = !has_all_nodes;
    draft.lost_routers =
        sections.routers == nullptr ? root.is_incomplete : sections.routers->is_incomplete;
    draft.lost_checks =
        sections.checks == nullptr ? root.is_incomplete : sections.checks->is_incomplete;
    draft.lost_groups =
        sections.groups == nullptr ? root.is_incomplete : sections.groups->is_incomplete;
    draft.routers_at = sections.routers == nullptr ? Place{} : sections.routers->name_at;
    return draft;
}

}  // namespace config
