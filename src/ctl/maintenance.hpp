// drain, undrain, handover: an order to the daemon, and the wait for its end.
#pragma once

#include <functional>
#include <string>

#include "ctl/options.hpp"
#include "ctl/outcome.hpp"
#include "ctl/verbs.hpp"

namespace ctl {

// What is sent first.
std::string maintenance_request(const Options& options);

struct Conversation {
    std::function<Answer(const std::string& request)> ask;
    std::function<void()> pause;  // between two questions
};
// Asks until the order has come to its end. An interrupted tandemctl does not take it back.
Outcome carry_out(const Options& options, const Conversation& conversation);

}  // namespace ctl
