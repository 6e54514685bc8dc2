// What control clients ask of a reload: to begin one, what has come of it, to confirm it, to take
// it back, and what a file would change.
#pragma once

#include <optional>
#include <string>

#include "app/control.hpp"
#include "app/engine.hpp"
#include "app/reloader.hpp"

namespace app {

// The answer; nothing for a request that is about something else.
std::optional<std::string> answer_reload(Reloader& reloader, const Engine& engine,
                                         const Control::Request& request);

}  // namespace app
