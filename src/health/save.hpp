// A small file that is written as a whole.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace health {

// The file has this text when this returns, also after a loss of power; whoever reads it meanwhile,
// and whoever finds it after a failure, sees the old text or the new one. Its directory is made
// when it is missing. Waits for the disk.
base::Result<void> save_file(const std::string& path, std::string_view text);

// The text follows what is in the file; when there is no room for it, the file becomes PATH.1, in
// the place of an older one, and begins anew. A line that was cut short by a failure stays one of
// its own. Waits for the disk.
base::Result<void> append_to_file(const std::string& path, std::string_view text,
                                  std::uint64_t room);

}  // namespace health
