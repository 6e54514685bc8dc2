// A problem in a configuration file, with the place where somebody can mend it.
#pragma once

#include <string>
#include <vector>

namespace config {

enum class Severity { error, warning };

struct Diagnostic {
    Severity severity = Severity::error;
    std::string file;
    int line = 0;    // from 1; 0 when the problem has no line (a file that cannot be read)
    int column = 0;  // from 1, in octets; 0 when there is none
    std::string text;
    std::string source_line;  // the text of that line, for the caret
    std::string hint;         // shown beside the caret; may be empty
    bool operator==(const Diagnostic&) const = default;
};

// gcc's form, so that editors jump to it; without a newline at its end:
//   FILE:LINE:COL: error: TEXT
//      24 |   addresses = [ "10.20.0.1/24" "10.20.1.1/24" ];
//         |                                ^ HINT
std::string text_of(const Diagnostic& diagnostic);

// All of them in the given order (load() gives them in order of place), then a summary ("2 errors,
// 1 warning"), each ended by a newline. Nothing when there are none.
std::string text_of(const std::vector<Diagnostic>& diagnostics);

bool has_errors(const std::vector<Diagnostic>& diagnostics);

}  // namespace config
