// `tandemctl events`: what has happened, each thing with its cause, and what happens from now on.
#pragma once

#include <functional>
#include <string>

#include "ctl/moment.hpp"
#include "ctl/options.hpp"
#include "ctl/outcome.hpp"
#include "ctl/text.hpp"
#include "ctl/verbs.hpp"

namespace ctl {

// What goes on while events are read: questions and answers, output, and the end by a signal.
struct EventTalk {
    std::function<Answer(const std::string& request)> ask;
    enum class Writing { done, failed };
    std::function<Writing(const std::string& text)> write;
    std::function<void(const std::string& text)> complain;
    enum class Wait { over, interrupted };
    std::function<Wait()> wait;
};

// Prints what there is and, when it is to follow, what comes until it is interrupted. A daemon that
// is gone for a moment is waited for.
Outcome show_events(const Options& options, const Style& style, Moment now, const EventTalk& talk);

}  // namespace ctl
