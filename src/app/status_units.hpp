// The part of status that is about units: checks, what speaks against them, hooks.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "app/clock.hpp"
#include "app/engine.hpp"

namespace app {

// Every check of this node, by name.
nlohmann::ordered_json checks_json(const Engine& engine, Time time);
// What became of the process that runs them.
nlohmann::ordered_json runner_json(const Engine& engine);
// Routers that are elected as one.
nlohmann::ordered_json unit_json(const Engine& engine, const Unit& unit, Time time);

}  // namespace app
