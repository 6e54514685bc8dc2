// A scene by a seed.
#pragma once

#include "scene.hpp"

namespace sim {

Scene drawn(std::uint64_t seed);

}  // namespace sim
