// What the process before has left in the run directory, and where this one leaves the same.
#pragma once

#include <optional>
#include <vector>

#include "app/log_sink.hpp"
#include "app/memory.hpp"
#include "app/run_directory.hpp"
#include "app/state_file.hpp"

namespace app {

struct Inheritance {
    std::vector<Memory> memories;
    std::optional<StateFile> file;  // none: the next process will know nothing
};

// To be called while files may still be made. What goes wrong is told, and keeps nobody from
// starting.
Inheritance inherit(const RunDirectory& directory, std::size_t sessions, LogSink& log);

}  // namespace app
