// The command line of tandemd.
#pragma once

#include <string>
#include <variant>

#include "base/log.hpp"
#include "config/load.hpp"

namespace app {

struct Options {
    config::Request config;
    bool only_check = false;
    std::string deliver_to;  // with only_check: a file for whoever asked; see delivery.hpp
    int continue_from = -1;  // what a program before this one has left; see passage.hpp
    std::string run_directory = "/run/tandem";
    std::string state_directory = "/var/lib/tandem";
    base::log::Level log_level = base::log::Level::info;
};

// The options, or the exit status when there is nothing left to do (--help, --version, a mistake);
// what there was to say has been printed then.
std::variant<Options, int> parse_options(int argc, const char* const* argv);

}  // namespace app
