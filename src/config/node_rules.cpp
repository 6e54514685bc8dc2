#include "config/node_rules.hpp"

#include <fmt/format.h>

#include <array>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "config/effective.hpp"
#include "config/nodes.hpp"

namespace config {
namespace {

void check_hostnames(const std::vector<NodeDraft>& nodes, Problems& problems) {
    std::map<std::string, const NodeDraft*> first_uses;
    for (const NodeDraft& node : nodes) {
        const auto [first, is_new] = first_uses.try_emplace(hostname_of(node), &node);
        if (is_new) continue;
        problems.error(node.hostname ? node.hostname->at : node.name_at,
                       fmt::format("nodes '{}' and '{}' have the same host name '{}'",
                                   first->second->name, node.name, hostname_of(node)),
                       "no machine could tell which one it is");
    }
}

const RouterDraft& router_at(const Draft& draft, Seat seat) {
    return draft.routers[seat.node][seat.router];
}

using Relation = bool (*)(const RouterSettings&, const RouterSettings&);

// The first node before this one whose settings of the same router have this relation to its own.
const NodeDraft* earlier_node(const Draft& draft, Seat seat, Relation holds) {
    const RouterSettings& settings = router_at(draft, seat).settings;
    for (std::size_t node = 0; node < seat.node; ++node) {
        if (draft.nodes[node].is_doubtful) continue;
        if (holds(router_at(draft, {node, seat.router}).settings, settings))
            return &draft.nodes[node];
    }
    return nullptr;
}

// ---- who is the active router ---------------------------------------------------------------

bool has_same_priority(const RouterSettings& a, const RouterSettings& b) {
    return priority_of(a) == priority_of(b);
}

void report_second_owner(const Draft& draft, Seat seat, const NodeDraft& other,
                         Problems& problems) {
    const RouterDraft& router = router_at(draft, seat);
    problems.error(router.settings.owner->at,
                   fmt::format("nodes '{}' and '{}' are both the owner of router '{}'", other.name,
                               draft.nodes[seat.node].name, router.name),
                   fmt::format("there is one at most: owner = {{ {} = true; }};", other.name));
}

void check_equal_priorities(const Draft& draft, Seat seat, Problems& problems) {
    const NodeDraft* other = earlier_node(draft, seat, has_same_priority);
    if (other == nullptr) return;
    const NodeDraft& node = draft.nodes[seat.node];
    const RouterDraft& router = router_at(draft, seat);
    if (is_owner(router.settings)) return report_second_owner(draft, seat, *other, problems);
    const Maybe<vrrp::Priority>& stated = router.settings.priority;
    const bool is_own = stated && stated->layer == Layer::router;
    const std::string where = is_own ? fmt::format(" in router '{}'", router.name) : "";
    problems.warning(
        stated ? stated->at : node.name_at,
        fmt::format("nodes '{}' and '{}' have the same priority {}{}; give one a higher one, or "
                    "the greater source address wins",
                    other->name, node.name, priority_of(router.settings).wire(), where));
}

// ---- who hears whom -------------------------------------------------------------------------

template <base::Family family>
bool has_same_source(const RouterSettings& a, const RouterSettings& b) {
    const auto& first = a.sources.of(family);
    const auto& second = b.sources.of(family);
    return first && second && first->value == second->value;
}

// Each would take the other's adverts for its own that came back; with unicast it would even send
// them to itself.
template <base::Family family>
void check_equal_sources(const Draft& draft, Seat seat, Problems& problems) {
    const NodeDraft* other = earlier_node(draft, seat, has_same_source<family>);
    if (other == nullptr) return;
    const NodeDraft& node = draft.nodes[seat.node];
    const RouterSettings& settings = router_at(draft, seat).settings;
    const Stated<base::IpAddress>& source = *settings.sources.of(family);
    const std::string text = fmt::format("nodes '{}' and '{}' have the same source {}", other->name,
                                         node.name, source.value.text());
    const std::string cure = fmt::format(
        R"(give each its own: source = {{ {} = "..."; {} = "..."; }};)", other->name, node.name);
    if (transport_of(settings) == Transport::unicast)
        problems.error(source.at, text, cure);
    else
        problems.warning(source.at, fmt::format("{}; {}", text, cure));
}

bool has_other_transport(const RouterSettings& a, const RouterSettings& b) {
    return transport_of(a) != transport_of(b);
}

// A version that both speak is enough.
bool has_other_version(const RouterSettings& a, const RouterSettings& b) {
    const Versions first = versions_of(a);
    const Versions second = versions_of(b);
    return first != second && first != Versions::both && second != Versions::both;
}

bool has_other_password(const RouterSettings& a, const RouterSettings& b) {
    if (!speaks_version2(versions_of(a)) || !speaks_version2(versions_of(b))) return false;
    const auto authentication = [](const RouterSettings& settings) {
        return settings.auth ? settings.auth->value : vrrp::Authentication{};
    };
    return authentication(a) != authentication(b);
}

struct Disagreement {
    Relation holds;
    std::string_view setting;
    std::string_view text;
};

constexpr std::array<Disagreement, 3> disagreements{{
    {has_other_transport, "transport", "one has unicast and the other multicast"},
    {has_other_version, "vrrp", "one speaks VRRP version 2 and the other version 3"},
    {has_other_password, "auth", "their version 2 passwords are different"},
}};

void check_agreement(const Draft& draft, Seat seat, Problems& problems) {
    const RouterDraft& router = router_at(draft, seat);
    for (const Disagreement& disagreement : disagreements) {
        if (!router.settings.is_known(disagreement.setting)) continue;
        const NodeDraft* other = earlier_node(draft, seat, disagreement.holds);
        if (other == nullptr) continue;
        problems.warning(
            router.name_at,
            fmt::format("nodes '{}' and '{}' do not hear each other in router '{}': {}",
                        other->name, draft.nodes[seat.node].name, router.name, disagreement.text));
    }
}

}  // namespace

void check_between_nodes(const Draft& draft, Problems& problems) {
    check_hostnames(draft.nodes, problems);
    for (std::size_t node = 1; node < draft.nodes.size(); ++node) {
        if (draft.nodes[node].is_doubtful) continue;
        for (std::size_t router = 0; router < draft.routers[node].size(); ++router) {
            const Seat seat{node, router};
            check_equal_priorities(draft, seat, problems);
            check_equal_sources<base::Family::ipv4>(draft, seat, problems);
            check_equal_sources<base::Family::ipv6>(draft, seat, problems);
            check_agreement(draft, seat, problems);
        }
    }
}

}  // namespace config
