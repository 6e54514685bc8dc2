// What the user of tandemctl asked for, as a value.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "ctl/outcome.hpp"

namespace ctl {

enum class Verb {
    status,
    is_active,
    explain,
    health,
    doctor,
    watch,
    completion,
    check,
    diff,
    reload,
    confirm,
    rollback,
    drain,
    undrain,
    handover,
    events,
    rerun_hooks,
    metrics,
    version,
};
enum class Force { no, yes };
enum class Format { text, json };
enum class Detail { overview, everything };
enum class ColorChoice { automatic, always, never };

struct Options {
    Verb verb = Verb::status;
    std::string run_dir = "/run/tandem";
    Format format = Format::text;
    Detail detail = Detail::overview;
    ColorChoice color = ColorChoice::automatic;
    std::optional<std::string> router;          // or a group, where the verb takes one
    std::optional<std::string> config_file;     // check, diff
    std::optional<std::string> confirm_within;  // reload: as it was written
    bool executes = false;                      // reload
    bool waits = false;                         // reload
    std::optional<std::string> record_file;     // events
    std::optional<std::string> metrics_file;    // metrics
    std::optional<std::string> since;           // events: as it was written
    bool follows = false;                       // events
    std::optional<std::string> reason;          // drain
    std::optional<std::string> span;            // drain: for how long, as it was written
    Force force = Force::no;                    // drain
    bool is_plugin = false;                     // health: a line for Nagios
    std::optional<std::string> expectation;     // health: "preferred"
    std::optional<std::string> other_file;      // doctor
    std::optional<double> listen_seconds;       // doctor
    std::string shell;                          // completion; or "names"
};

// The options, or how to end at once: help, or a usage error of one line.
std::expected<Options, Outcome> parse_options(const std::vector<std::string>& arguments);

// What a verb is followed by, or the whole command when it has no name: as parse_options() takes
// it.
struct OptionShape {
    std::vector<std::string> spellings;  // "-v", "--verbose"
    std::string value;                   // "DIR", "TIME"; empty for a flag
    std::vector<std::string> choices;    // the only values there are; empty when there are others
};
struct VerbShape {
    std::string name;
    std::vector<OptionShape> options;
    std::vector<OptionShape> arguments;  // without spellings
    std::vector<VerbShape> verbs;
};
VerbShape shape_of_options();

}  // namespace ctl
