// A program that is about to be run with privileges, looked at before.
//
// Whoever may write the file, or a directory on the way to it, decides what runs. Promises that
// only root and one named user can: every component of the path is looked at, those that its
// symbolic links lead through too, each by its own descriptor.
#pragma once

#include <sys/types.h>

#include <string>

#include "base/fd.hpp"
#include "base/result.hpp"

namespace base {

// Root is always trusted, and this user with it.
struct Trust {
    uid_t user = 0;
};

// The program, opened with O_PATH. An error names the component that others may write, and the
// command that mends it. A sticky directory is not enough: whoever may put a file beside the
// program may put it there before the program is installed.
Result<Fd> open_trusted(const std::string& path, Trust trust);

}  // namespace base
