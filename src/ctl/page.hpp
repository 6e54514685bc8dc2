// `tandemctl status -v`: everything the daemon tells, a page for the node and one a session.
#pragma once

#include <string>

#include "ctl/status.hpp"
#include "ctl/text.hpp"

namespace ctl {

std::string node_page(const Status& status, const Style& style);
std::string session_page(const Session& session, const Status& status, const Style& style);

}  // namespace ctl
