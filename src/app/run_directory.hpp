// The run directory: one daemon each. Holds the lock here, the control socket next to it.
#pragma once

#include <string>
#include <string_view>

#include "base/fd.hpp"
#include "base/result.hpp"

namespace app {

class RunDirectory {
public:
    // Makes the directory (mode 0755) when it is missing and takes its lock. When another process
    // holds it, the error names that program and its pid.
    static base::Result<RunDirectory> claim(const std::string& path);

    [[nodiscard]] std::string file(const std::string& name) const { return path_ + "/" + name; }
    // Makes a file that everybody may read, or makes it anew; returns its path.
    [[nodiscard]] base::Result<std::string> write(const std::string& name,
                                                  std::string_view text) const;

private:
    RunDirectory(std::string path, base::Fd lock)
        : path_{std::move(path)}, lock_{std::move(lock)} {}
    std::string path_;
    base::Fd lock_;
};

}  // namespace app
