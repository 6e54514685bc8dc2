// What should be in the kernel against what is, as JSON, schema 1: what `tandemctl diff` shows.
#pragma once

#include <string>

#include "app/engine.hpp"

namespace app {

// `actual` as the kernel gives it now, not as notifications have told it. One line.
std::string diff_json(const Engine& engine, const kernel::View& actual);

}  // namespace app
