// Why a session is in its state, whether that is right, and what would change it.
#pragma once

#include <string>

#include "app/clock.hpp"
#include "app/engine.hpp"

namespace app {

// One line of JSON, of the sessions of a router or of a group, or of all (""); an error when nobody
// has this name.
std::string explain_json(const Engine& engine, std::string_view name, Time time);

}  // namespace app
