// `tandemctl status`: is everything fine, a table with one line a session, what is not as wanted.
//
// A status goes in, a text comes out, nothing else happens.
#pragma once

#include <string>

#include "ctl/status.hpp"
#include "ctl/text.hpp"

namespace ctl {

std::string overview(const Status& status, const Style& style);

}  // namespace ctl
