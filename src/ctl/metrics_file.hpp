// The verb `metrics`: to standard output, or into a file for node_exporter's textfile collector.
#pragma once

#include <string>
#include <string_view>

#include "ctl/options.hpp"
#include "ctl/outcome.hpp"

namespace ctl {

// To standard output nothing goes when the daemon does not answer. The file says tandem_up 0 then:
// what was in it is not true any more. Either way the exit code says why.
Outcome show_metrics(const Options& options, const Expected<std::string>& answer);

// Whoever reads the file sees the old text or the whole new one, also after a crash of the machine.
Expected<void> replace_file(const std::string& path, std::string_view text);

}  // namespace ctl
