// What -v shows of the routers that are elected as one: what is decided for all of them.
#pragma once

#include "ctl/status.hpp"
#include "ctl/text.hpp"

namespace ctl {

std::string unit_lines(const Unit& unit, const Status& status, const Style& style);

}  // namespace ctl
