// What the user asked for, as a value. The one place that knows CLI11.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "ctl/outcome.hpp"

namespace ctl {

enum class Verb { status, is_active, check, diff, events, version };
enum class Format { text, json };
enum class Detail { overview, everything };
enum class ColorChoice { automatic, always, never };

struct Options {
    Verb verb = Verb::status;
    std::string run_dir = "/run/tandem";
    Format format = Format::text;
    Detail detail = Detail::overview;
    ColorChoice color = ColorChoice::automatic;
    std::optional<std::string> router;       // status, is-active
    std::optional<std::string> config_file;  // check
    std::optional<std::string> record_file;  // events
};

// The options, or how to end at once: help, or a usage error of one line.
std::expected<Options, Outcome> parse_options(const std::vector<std::string>& arguments);

}  // namespace ctl
