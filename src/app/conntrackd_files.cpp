#include "app/conntrackd_files.hpp"

#include <fmt/format.h>

namespace app {

base::Result<void> name_conntrackd_sockets(config::Config& config,
                                           const RunDirectory& run_directory) {
    for (config::Group& group : config.groups) {
        if (!group.conntrackd || group.conntrackd->socket.empty()) continue;
        TRY(group.conntrackd->config,
            run_directory.write(
                fmt::format("conntrackd-{}.conf", group.name),
                fmt::format("General {{\n    UNIX {{\n        Path {}\n    }}\n}}\n",
                            group.conntrackd->socket)));
    }
    return {};
}

}  // namespace app
