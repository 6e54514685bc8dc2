#include "app/options.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>

#include "base/version.hpp"

namespace app {

namespace {

constexpr int usage_error = 2;

std::string host_name() {
    std::array<char, 256> name{};
    if (::gethostname(name.data(), name.size() - 1) < 0) return {};
    return name.data();
}

}  // namespace

std::variant<Options, int> parse_options(int argc, const char* const* argv) {
    Options options;
    std::string level{name_of(options.log_level)};
    CLI::App command{"tandemd, the VRRP failover daemon. It stays in the foreground.", "tandemd"};
    command.set_version_flag("--version", fmt::format("tandemd {}", base::version));
    command.add_option("--config", options.config.file, "Configuration file")
        ->capture_default_str();
    command.add_option("--node", options.config.node,
                       "This node's name in the file (default: found by the host name)");
    command.add_flag("--check", options.only_check,
                     "Only check the configuration; exit 1 when it has errors. Needs no root");
    // For the daemon itself, which has its configuration read by another process.
    command.add_option("--deliver", options.deliver_to)->group("");
    command.add_option("--continue", options.continue_from)->group("");
    command.add_option("--run-dir", options.run_directory, "Lock and control socket")
        ->capture_default_str();
    command.add_option("--state-dir", options.state_directory, "State kept across reboots")
        ->capture_default_str();
    command.add_option("--log-level", level, "error, warning, notice, info or debug")
        ->capture_default_str()
        ->check(CLI::IsMember({"error", "warning", "notice", "info", "debug"}));
    try {
        command.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return command.exit(error) == 0 ? 0 : usage_error;
    }
    options.log_level = *base::log::parse_level(level);
    options.config.hostname = host_name();
    return options;
}

}  // namespace app
