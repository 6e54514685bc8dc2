// Which files make up a configuration, and their text. With programs.cpp the only code of this
// room that touches a file system.
#pragma once

#include <string>
#include <vector>

#include "config/problems.hpp"

namespace config {

// The main file, then `conf.d/*.conf` beside it in the order of strverscmp(3). A file that cannot
// be read is there too, with the reason.
std::vector<Source> read_files(const std::string& main_file);

}  // namespace config
