// What conntrackd's command line needs to find the control socket of its daemon.
#pragma once

#include "app/run_directory.hpp"
#include "base/result.hpp"
#include "config/config.hpp"

namespace app {

// conntrackd's command line learns of the control socket from a configuration file only, and needs
// no more of it than that: makes one for each group that names a socket.
base::Result<void> name_conntrackd_sockets(config::Config& config,
                                           const RunDirectory& run_directory);

}  // namespace app
