// From files to a Config: the one way in, used by start, reload and --check alike.
//
// Looks at files and users and nothing else; logs nothing and never ends the process, whatever the
// files hold.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/config.hpp"
#include "config/diagnostic.hpp"
#include "config/outcomes.hpp"
#include "config/problems.hpp"

namespace config {

struct Request {
    std::string file = "/etc/tandem/tandem.conf";
    // This node's name; empty means: the node whose hostname (default: its name) is `hostname`.
    std::string node;
    // The host's name, with or without domain.
    std::string hostname;
};

struct Outcome {
    std::optional<Config> config;  // set exactly when no diagnostic is an error
    std::vector<Diagnostic> diagnostics;
    std::vector<Unit> units{};  // what outlook_text() tells of; with a config only
};

// Reads the file and the drop-ins `conf.d/*.conf` beside it, and looks for the programs and users
// that they name. All problems are found in one run.
Outcome load(const Request& request);

// The same with files that the caller has read, the main file first.
Outcome load(std::vector<Source> sources, const Request& request);

// The same without a look at this machine.
Outcome load_sources(std::vector<Source> sources, const Request& request);

}  // namespace config
