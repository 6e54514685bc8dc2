// Words and lines that the overview and the detailed pages of `tandemctl status` share.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ctl/status.hpp"
#include "ctl/text.hpp"

namespace ctl {

// ASCII letters only: state names are.
std::string upper(std::string_view text);
Paint paint_of_state(std::string_view state);
// "v4", "v6"
std::string short_family(const Session& session);
// Who was heard last, and its priority.
std::string peer_text(const Session& session);

// "2026-03-02T09:14:07Z": microseconds are for machines.
std::string instant_text(const std::string& instant);
// All of them, "none", or "-" when the daemon does not say.
std::string list_text(const std::optional<std::vector<std::string>>& texts);

// "gw1  * healthy   config 7c1e04a2   up 3d 02h"
std::string headline(const Status& status, const Style& style);

// Why the session cannot take part, one line a reason.
std::string blocked_lines(const Session& session, const Style& style);
// What is not as wanted with the addresses, one line a kind.
std::string address_trouble(const Session& session, const Style& style);
// The first text after the prefix, the others under it; nothing when there are none.
std::string list_lines(std::string_view prefix, const std::vector<std::string>& texts,
                       const Style& style);

}  // namespace ctl
