#include "config/load.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <string_view>
#include <utility>

#include "config/effective.hpp"
#include "config/files.hpp"
#include "config/groups.hpp"
#include "config/link_local.hpp"
#include "config/merge.hpp"
#include "config/nodes.hpp"
#include "config/outcome_rules.hpp"
#include "config/outline.hpp"
#include "config/programs.hpp"
#include "config/reader.hpp"
#include "config/route_rules.hpp"
#include "config/rules.hpp"
#include "config/unicast.hpp"
#include "config/value.hpp"
#include "config/virtual_mac.hpp"

namespace config {
namespace {

constexpr std::int64_t newest_version = 1;
constexpr base::Duration one_second = vrrp::AdvertInterval::one_second().value();

// FNV-1a, 32 bits: tells nodes whose files differ apart, and is no protection against anybody.
std::string hash_of(const std::vector<Source>& sources) {
    std::uint32_t hash = 2166136261U;
    for (const Source& source : sources) {
        if (!source.text) continue;
        for (const char octet : *source.text)
            hash = (hash ^ static_cast<unsigned char>(octet)) * 16777619U;
    }
    return fmt::format("{:08x}", hash);
}

// Some editors put one before the first line; libconfig calls it a syntax error.
void remove_byte_order_mark(std::string& text) {
    constexpr std::string_view mark = "\xef\xbb\xbf";
    if (text.starts_with(mark)) text.erase(0, mark.size());
}

Value read_source(const Source& source, int file, Problems& problems) {
    if (!source.text) {
        problems.error({file, 0, 0}, source.text.error().text());
        Value nothing;
        nothing.is_incomplete = true;
        return nothing;
    }
    const std::size_t errors_before = problems.error_count();
    const Entry outline = outline_of(*source.text, file, problems);
    const bool is_clean = problems.error_count() == errors_before;
    return read_text(is_clean ? *source.text : mended_text(outline), outline, problems);
}

// Whether this tandem knows the format that the file says it has.
bool is_known_version(const Value& file, Problems& problems) {
    const Value* version = file.find("version");
    if (version == nullptr) return true;
    if (version->kind == Kind::integer && version->integer() > newest_version) {
        problems.error(version->at,
                       fmt::format("this tandem is too old for version {} of the format; it knows "
                                   "up to {}",
                                   version->integer(), newest_version),
                       "upgrade tandem");
        return false;
    }
    if (version->kind != Kind::integer || version->integer() < 1)
        problems.error(version->at, "'version' is 1", "write version = 1;");
    return true;
}

template <typename T>
T value_or(const Maybe<T>& stated, T otherwise) {
    return stated ? stated->value : std::move(otherwise);
}

// Only what the router's versions have.
vrrp::Authentication authentication_of(const RouterSettings& stated) {
    if (!stated.auth || !speaks_version2(versions_of(stated))) return {};
    return stated.auth->value;
}

Checksum checksum_of(const RouterSettings& stated) {
    if (!stated.checksum || versions_of(stated) == Versions::v2) return Checksum::automatic;
    return stated.checksum->value;
}

std::uint8_t least_ttl_of(const RouterSettings& stated) {
    if (!stated.ttl || transport_of(stated) == Transport::multicast) return 255;
    return stated.ttl->value;
}

Sources sources_of(const RouterSettings& stated) {
    Sources sources;
    if (stated.sources.ipv4) sources.ipv4 = stated.sources.ipv4->value;
    if (stated.sources.ipv6) sources.ipv6 = stated.sources.ipv6->value;
    return sources;
}

Announcement announcement_of(const RouterSettings& stated) {
    const Announcement usual;
    return {.count = value_or(stated.garp_count, usual.count),
            .again_after = value_or(stated.garp_again_after, usual.again_after),
            .refresh = value_or(stated.garp_refresh, usual.refresh),
            .refresh_count = value_or(stated.garp_refresh_count, usual.refresh_count),
            .gap = value_or(stated.garp_gap, usual.gap),
            .rate = value_or(stated.garp_rate, usual.rate),
            .form = value_or(stated.garp_form, usual.form)};
}

std::vector<std::string> names_of(const StatedNames& stated) {
    std::vector<std::string> names;
    for (const auto& name : stated) names.push_back(name.value);
    return names;
}

// Of a draft that has no error: everything that is required is there, and fits its version.
Router router_of(const Draft& draft, Seat seat) {
    const RouterDraft& router = draft.routers[seat.node][seat.router];
    const RouterSettings& stated = router.settings;
    const Versions versions = versions_of(stated);
    const auto advertise = value_or<base::Duration>(stated.advertise, one_second);
    Router made{
        .name = router.name,
        .interface = stated.interface->value,
        .vrid = stated.vrid->value,
        .version = version_of(versions),
        .speaks_v2_too = versions == Versions::both,
        .authentication = authentication_of(stated),
        .priority = priority_of(stated),
        .advertise = *interval_of(advertise, versions),
        .preempt = value_or(stated.preempt, Preempt{}),
        .checksum = checksum_of(stated),
        .announcement = announcement_of(stated),
        .transport = transport_of(stated),
        .peers = peers_of(draft, seat),
        .least_ttl = least_ttl_of(stated),
        .requires_link_local_first = value_or(stated.link_local_first, true),
        .accepts = accepts(stated),
        .sources = sources_of(stated),
        .virtual_mac = virtual_mac_of(stated),
        .addresses = {},
        .routes = routes_of(stated),
        .rules = rules_of(stated),
    };
    made.has_target = value_or(stated.target, false);
    made.lease = value_or(stated.lease, Lease{});
    made.up_for = value_or<base::Duration>(stated.up_for, {});
    if (stated.checks) made.checks = names_of(stated.checks->value);
    if (stated.notify) made.notify = stated.notify->value.value;
    made.damping = value_or<std::optional<Damping>>(stated.damping, Damping{});
    made.families = value_or(stated.families, Router::Families::together);
    const auto take = [&](const StatedAddresses& list, std::vector<base::InterfaceAddress>& into) {
        for (const StatedAddress& address : list) {
            into.push_back(address.value);
            if (address.placement != Placement{})
                made.placements.emplace(address.value, address.placement);
        }
    };
    take(stated.addresses->value, made.addresses);
    if (stated.more_addresses) take(stated.more_addresses->value, made.more_addresses);
    return made;
}

Group group_of(const GroupDraft& draft) {
    Group group{.name = draft.name, .members = names_of(draft.members->value)};
    if (draft.checks) group.checks = names_of(draft.checks->value);
    if (draft.notify) group.notify = draft.notify->value.value;
    if (draft.conntrackd) group.conntrackd = draft.conntrackd->value;
    return group;
}

std::map<std::string, vrrp::Priority> priorities_of(const Draft& draft, std::size_t router) {
    std::map<std::string, vrrp::Priority> priorities;
    for (std::size_t node = 0; node < draft.nodes.size(); ++node)
        priorities.emplace(draft.nodes[node].name,
                           priority_of(draft.routers[node][router].settings));
    return priorities;
}

Config config_of(const Draft& draft, const Request& request, std::string hash) {
    Config config;
    config.file = request.file;
    config.hash = std::move(hash);
    config.node = draft.nodes[*draft.here].name;
    for (const NodeDraft& node : draft.nodes)
        config.nodes.push_back({node.name, hostname_of(node)});
    for (std::size_t router = 0; router < draft.routers[*draft.here].size(); ++router) {
        config.routers.push_back(router_of(draft, {*draft.here, router}));
        config.priorities.emplace(config.routers.back().name, priorities_of(draft, router));
    }
    for (const GroupDraft& group : draft.groups[*draft.here])
        if (group.members && !group.members->value.empty())
            config.groups.push_back(group_of(group));
    for (const CheckDraft& check : used_checks(draft, *draft.here))
        config.checks.push_back(*check.value);
    return config;
}

enum class Reach : std::uint8_t { files_only, machine_too };

Outcome judged(std::vector<Source> sources, const Request& request, Reach reach) {
    std::string hash = hash_of(sources);
    for (Source& source : sources)
        if (source.text) remove_byte_order_mark(*source.text);

    Problems problems{sources};
    std::vector<Value> files;
    bool is_known = true;
    for (const Source& source : sources) {
        files.push_back(read_source(source, static_cast<int>(files.size()), problems));
        is_known = is_known_version(files.back(), problems) && is_known;
    }
    // The settings of a later format would only be called unknown.
    if (!is_known) return {std::nullopt, problems.diagnostics(), {}};

    Draft draft = read_draft(merged(std::move(files), problems), request, problems);
    lead_with_link_local(draft, problems);
    check_rules(draft, problems);
    if (reach == Reach::machine_too) check_programs(draft, problems);
    Outcome outcome{std::nullopt, problems.diagnostics(), {}};
    if (problems.has_errors()) return outcome;
    outcome.config = config_of(draft, request, std::move(hash));
    outcome.units = units_of(draft);
    return outcome;
}

}  // namespace

Outcome load(const Request& request) { return load(read_files(request.file), request); }

Outcome load(std::vector<Source> sources, const Request& request) {
    return judged(std::move(sources), request, Reach::machine_too);
}

Outcome load_sources(std::vector<Source> sources, const Request& request) {
    return judged(std::move(sources), request, Reach::files_only);
}

}  // namespace config
