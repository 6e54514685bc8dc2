#include "config/nodes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "config/schema.hpp"
#include "config/spelling.hpp"
#include "config/values.hpp"

namespace config {
namespace {

// Each value is checked for each node, so the work grows with their number.
constexpr std::size_t most_nodes = 64;

constexpr std::array<Setting<NodeDraft>, 2> node_settings{{
    {"hostname", store<&NodeDraft::hostname, read_hostname>},
    {"priority", store<&NodeDraft::priority, read_priority>},
}};

std::string_view first_label(std::string_view hostname) {
    return hostname.substr(0, hostname.find('.'));
}

std::vector<std::string_view> names_of(const std::vector<NodeDraft>& nodes) {
    std::vector<std::string_view> names;
    names.reserve(nodes.size());
    for (const NodeDraft& node : nodes) names.emplace_back(node.name);
    return names;
}

// How a host name may fit a node's, best first. The last: machines mostly call themselves by the
// first label alone, also when the file gives the whole name.
bool is_whole_name(std::string_view host, std::string_view node) { return host == node; }
bool is_host_label(std::string_view host, std::string_view node) {
    return first_label(host) == node;
}
bool is_node_label(std::string_view host, std::string_view node) {
    return host == first_label(node);
}

std::vector<std::size_t> nodes_of_host(const std::vector<NodeDraft>& nodes, std::string_view host) {
    for (const auto fits : {is_whole_name, is_host_label, is_node_label}) {
        std::vector<std::size_t> found;
        for (std::size_t i = 0; i < nodes.size(); ++i)
            if (fits(host, hostname_of(nodes[i]))) found.push_back(i);
        if (!found.empty()) return found;
    }
    return {};
}

}  // namespace

const std::string& hostname_of(const NodeDraft& node) {
    return node.hostname ? node.hostname->value : node.name;
}

std::vector<NodeDraft> read_nodes(const Value& section, Problems& problems) {
    std::vector<NodeDraft> nodes;
    for (const Value& entry : section.children) {
        const std::string where = fmt::format("nodes.{}", entry.name);
        const Context context{problems, {}, Home::anywhere, Layer::node, Keys::plain, where, where};
        const std::size_t errors_before = problems.error_count();
        NodeDraft node{entry.name, entry.name_at, {}, {}, false};
        if (entry.kind == Kind::group)
            read_group(entry, node_settings, context, node);
        else
            report_type(entry, "a group { }", context);
        node.is_doubtful = entry.is_incomplete || problems.error_count() > errors_before;
        nodes.push_back(std::move(node));
    }
    if (nodes.size() > most_nodes) {
        problems.error(nodes[most_nodes].name_at, fmt::format("more than {} nodes", most_nodes));
        nodes.erase(nodes.begin() + most_nodes, nodes.end());
    }
    return nodes;
}

std::optional<std::size_t> this_node(const std::vector<NodeDraft>& nodes, const Request& request,
                                     const Place& at, Problems& problems) {
    const std::vector<std::string_view> names = names_of(nodes);
    const std::string list = fmt::format("{}", fmt::join(names, ", "));
    if (!request.node.empty()) {
        const auto found = std::ranges::find(names, request.node);
        if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
        problems.error(at, fmt::format("no node is called '{}' as --node says{}; the nodes are {}",
                                       request.node, did_you_mean(request.node, names), list));
        return std::nullopt;
    }
    const auto found = nodes_of_host(nodes, request.hostname);
    if (found.size() == 1) return found.front();
    if (found.empty())
        problems.error(at, fmt::format("no node is this machine, whose host name is '{}'; the "
                                       "nodes are {}: give one of them hostname = \"{}\", or "
                                       "start with --node NAME",
                                       request.hostname, list, request.hostname));
    else
        problems.error(at, fmt::format("nodes '{}' and '{}' both fit the host name '{}': start "
                                       "with --node NAME",
                                       names[found[0]], names[found[1]], request.hostname));
    return std::nullopt;
}

}  // namespace config
