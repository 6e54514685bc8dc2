// The completion scripts as texts. Pure functions of the verbs and options that there are.
#pragma once

#include <string>

#include "ctl/options.hpp"

namespace ctl {

std::string bash_script(const VerbShape& all);
std::string zsh_script(const VerbShape& all);
std::string fish_script(const VerbShape& all);

}  // namespace ctl
