// `tandemctl reload`, `confirm`, `rollback` and `diff FILE`: the configuration of a daemon that
// runs.
#pragma once

#include <functional>
#include <string>

#include "ctl/options.hpp"
#include "ctl/outcome.hpp"
#include "ctl/verbs.hpp"

namespace ctl {

// Asks the daemon one thing; sleeps until it is worth asking again.
struct Talk {
    std::function<Answer(const std::string& request)> ask;
    std::function<void()> wait;
};

// Begins a reload (or only a look at a file), and waits until it is over: an outcome after a
// bounded number of questions. A daemon that goes on in another program is not there for a moment.
Outcome reload(const Options& options, const Talk& talk);
Outcome preview(const Options& options, const Talk& talk);
Outcome confirm(const Options& options, const Answer& answer);
Outcome roll_back(const Options& options, const Answer& answer);

}  // namespace ctl
