// `tandemctl check`: tandemd --check, so that the file is judged by the code that will load it.
#pragma once

#include <string>
#include <vector>

#include "ctl/options.hpp"
#include "ctl/outcome.hpp"

namespace ctl {

std::vector<std::string> check_arguments(const Options& options);

// The tandemd in the directory of this program: what was built or installed together belongs
// together. Only the name, to be searched in PATH, when there is none.
std::string tandemd_beside(const std::string& own_program);

// Replaces this process by tandemd, whose exit code then is ours. Returns only when it cannot.
Failure run_check(const Options& options);

}  // namespace ctl
