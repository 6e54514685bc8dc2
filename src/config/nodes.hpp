// The section `nodes`: who takes part, and which of them this machine is.
#pragma once

#include <optional>
#include <vector>

#include "config/draft.hpp"
#include "config/load.hpp"
#include "config/value.hpp"

namespace config {

std::vector<NodeDraft> read_nodes(const Value& section, Problems& problems);

// The index of the node that the request names, or whose host name is the request's. A problem at
// `at` when there is none.
std::optional<std::size_t> this_node(const std::vector<NodeDraft>& nodes, const Request& request,
                                     const Place& at, Problems& problems);

// The host name that a node answers to.
const std::string& hostname_of(const NodeDraft& node);

}  // namespace config
