// `tandemctl doctor`: looks at this router and its pair, and names what is wrong with its cure.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "ctl/findings.hpp"
#include "ctl/options.hpp"
#include "ctl/outcome.hpp"
#include "ctl/text.hpp"
#include "ctl/verbs.hpp"

namespace ctl {

// What was gathered, and what could not be.
struct Examination {
    Facts facts;
    std::vector<std::string> looked_at;
    std::vector<std::string> skipped;
};

// Asks the daemon, listens, and looks around. 0 without a problem, 1 with one; else the code of
// what kept it from looking.
Outcome run_doctor(const Options& options, const Style& style,
                   const std::function<Answer()>& ask_status);

// What was found, as text or as JSON.
Outcome show_findings(const Options& options, const Examination& examination, const Style& style);

}  // namespace ctl
