// The flight recorder's content as JSON, schema 1: what `tandemctl events --record` saves.
//
// Enough to compute every state again with the state machine alone; instants are nanoseconds since
// boot.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "app/clock.hpp"
#include "app/engine.hpp"

namespace app {

// A state as the record has it.
nlohmann::ordered_json json_of(const vrrp::State& state);

// One line.
std::string record_json(const Engine& engine, Time time);

}  // namespace app
