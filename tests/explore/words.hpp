// A path through a scenario, told so that a person can follow it.
#pragma once

#include <string>

#include "model.hpp"
#include "search.hpp"

namespace explore {

// The path, a line an event, and how it goes on when everything is left alone.
[[nodiscard]] std::string story_of(const Model& model, const Violation<Move>& violation);

}  // namespace explore
