#include "config/schema.hpp"

#include <fmt/format.h>

#include <utility>

#include "config/spelling.hpp"

namespace config {
namespace {

// What people who come from keepalived or iproute2 write, and what it is called here.
struct Foreign {
    std::string_view name;
    std::string_view cure;
};
constexpr std::array<Foreign, 43> foreign_names{{
    {"state", "there is none: the priorities decide"},
    {"virtual_router_id", "write vrid = N;"},
    {"advert_int", "write advertise = \"1s\";"},
    {"virtual_ipaddress", "write addresses = [ \"192.0.2.1/24\" ];"},
    {"virtual_ipaddress_excluded", "write more_addresses = [ \"192.0.2.9/24\" ];"},
    {"nopreempt", "write preempt = false;"},
    {"preempt_delay", "write preempt = { after = \"30s\"; };"},
    {"mcast_src_ip", "write source = \"192.0.2.2\";"},
    {"unicast_src_ip", "write source = \"192.0.2.2\";"},
    {"unicast_peer", "write transport = \"unicast\"; peers are the other nodes' source"},
    {"vrrp_version", "write vrrp = 3;"},
    {"authentication", "write auth = { type = \"text\"; password = \"...\"; }; for version 2"},
    {"dev", "write interface = \"eth0\";"},
    {"lookup", "write table = 100;"},
    {"pref", "write priority = 1000;"},
    {"vrrp_instance", "write routers: { NAME: { ... }; };"},
    {"vrrp_sync_group", "write groups: { NAME: { members = [ \"lan\", \"wan\" ]; }; };"},
    {"sync_group", "write groups: { NAME: { members = [ \"lan\", \"wan\" ]; }; };"},
    {"group", "write members = [ \"lan\", \"wan\" ];"},
    {"global_tracking", "write checks = [ \"NAME\" ]; in the group: its members share them"},
    {"sync_group_tracking_weight", "there is none: a group sums the penalties of its checks"},
    {"vrrp_script", "write checks: { NAME: { type = \"exec\"; command = \"/path\"; ... }; };"},
    {"vrrp_track_process", "write checks: { NAME: { type = \"process\"; name = \"...\"; ... }; };"},
    {"vrrp_track_file", "write checks: { NAME: { type = \"file\"; want = \"penalty\"; ... }; };"},
    {"bfd_instance", "there is none: a ping check, or a file that the BFD daemon writes"},
    {"track_script", "write checks = [ \"NAME\" ];"},
    {"track_process", "write checks = [ \"NAME\" ];"},
    {"track_file", "write checks = [ \"NAME\" ];"},
    {"track_bfd", "write checks = [ \"NAME\" ];"},
    {"track_interface",
     "write checks: { NAME: { type = \"interface\"; interface = \"eth0\"; ... }; };"},
    {"track_src_ip", "nothing is needed: a router waits for its source address"},
    {"script", "write command = [ \"/path\", \"argument\" ]; or shell = \"...\";"},
    {"interval", "write every = \"1s\";"},
    {"weight", "write on_fail = { penalty = N; }; there are penalties only, no rewards"},
    {"init_fail", "write start = \"failed\";"},
    {"script_user", "write user = \"...\"; in each check and each notify"},
    {"enable_script_security", "remove it: programs that others could change are always refused"},
    {"notify_master", "write notify = \"/path\"; for all states: it is told which"},
    {"notify_backup", "write notify = \"/path\"; for all states: it is told which"},
    {"notify_fault", "write notify = \"/path\"; for all states: it is told which"},
    {"notify_stop", "write notify = \"/path\"; for all states: it is told which"},
    {"notify_fifo", "there is none: notify = \"/path\"; runs a program"},
    {"smtp_alert", "there is none: a program of notify can send mail"},
}};

std::string cure_for_foreign(std::string_view name) {
    const auto found = std::ranges::find(foreign_names, name, &Foreign::name);
    return found == foreign_names.end() ? "" : std::string{found->cure};
}

bool holds(std::span<const std::string_view> names, std::string_view name) {
    return std::ranges::find(names, name) != names.end();
}

// "routers.lan.vrid".
std::string path_of(const Context& context, std::string_view name) {
    return context.where.empty() ? std::string{name} : fmt::format("{}.{}", context.where, name);
}

// Whether a group is the value itself, with its own names inside, and not a value for each node.
// Its own names win where a node has the same name.
bool is_own_group(const Value& setting, std::span<const std::string_view> own_keys,
                  const Context& context) {
    if (own_keys.empty()) return false;
    const auto is_own = [&](const Value& child) { return holds(own_keys, child.name); };
    const auto is_node = [&](const Value& child) { return holds(context.nodes.all, child.name); };
    if (std::ranges::all_of(setting.children, is_own)) return true;
    const bool nodes_are_known = context.nodes.is_complete && !context.nodes.all.empty();
    if (!nodes_are_known) return std::ranges::any_of(setting.children, is_own);
    return std::ranges::none_of(setting.children, is_node);
}

void report_no_nodes(const Value& setting, const Context& context) {
    for (const Value& child : setting.children) {
        if (holds(context.nodes.all, child.name)) continue;
        const std::string guess = did_you_mean(child.name, context.nodes.all);
        const std::string list =
            guess.empty() ? fmt::format("; the nodes are {}", fmt::join(context.nodes.all, ", "))
                          : guess;
        context.problems.error(child.name_at, fmt::format("'{}' is not a node{}", child.name, list),
                               "a group here gives each node its own value");
    }
}

}  // namespace

// This machine cannot run without the value. Another one could not either, but it must not keep
// this one from running.
void report_no_value_on_node(const Value& setting, const Context& context) {
    const std::string text = fmt::format("{} has no value for node '{}'",
                                         path_of(context, setting.name), context.nodes.wanted);
    if (context.nodes.wanted == context.nodes.here)
        context.problems.error(setting.at, text,
                               fmt::format("add {} = ...;", context.nodes.wanted));
    else
        context.problems.warning(setting.at, text);
}

const Value* value_on_node(const Value& setting, std::span<const std::string_view> own_keys,
                           Need need, const Context& context) {
    if (setting.kind != Kind::group || context.keys == Keys::plain) return &setting;
    if (is_own_group(setting, own_keys, context)) return &setting;
    // Without the whole list of nodes nobody can tell which keys are right.
    if (!context.nodes.is_complete || context.nodes.all.empty())
        return setting.find(context.nodes.wanted);
    if (setting.children.empty() && !setting.is_incomplete)
        context.problems.error(setting.at, fmt::format("the group of '{}' is empty", setting.name),
                               "give a value, or one for each node");
    report_no_nodes(setting, context);
    const Value* value = setting.find(context.nodes.wanted);
    const bool is_missing = value == nullptr && need == Need::required;
    if (is_missing && !setting.is_incomplete && !setting.children.empty())
        report_no_value_on_node(setting, context);
    return value;
}

void report_unknown(const Value& setting, std::span<const std::string_view> known,
                    const Context& context) {
    const std::string where = context.where.empty() ? "" : fmt::format(" in {}", context.where);
    context.problems.error(setting.name_at,
                           fmt::format("unknown setting '{}'{}{}", setting.name, where,
                                       did_you_mean(setting.name, known)),
                           cure_for_foreign(setting.name));
}

void report_misplaced(const Value& setting, const Context& context) {
    const bool is_in_defaults = context.home == Home::defaults;
    context.problems.error(setting.name_at,
                           fmt::format("'{}' belongs into {}, not into {}", setting.name,
                                       is_in_defaults ? "a router" : "'defaults'", context.where));
}

void report_later(const Value& setting, const Context& context) {
    context.problems.error(setting.name_at,
                           fmt::format("'{}' is not supported yet", path_of(context, setting.name)),
                           "remove it for now");
}

void report_missing(const Value& group, std::string_view name, const Context& context) {
    context.problems.error(group.name_at, fmt::format("{} has no '{}'", context.where, name),
                           fmt::format("add {} = ...;", name));
}

void report_type(const Value& value, std::string_view wanted, const Context& context) {
    context.problems.error(value.at, fmt::format("'{}' is {}, not {}", context.setting, wanted,
                                                 description_of(value.kind)));
}

}  // namespace config
