// Many walks, what to say about one that failed, and the walks that failed once.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <vector>

#include "scene.hpp"

namespace sim {

// What did not hold in this scene; empty when all is well.
std::string violation_in(const Scene& scene);
// The same violation with as few actions as a bounded number of attempts leaves.
Scene shortened(Scene scene);
// For people: the violation, the scene, and the last of its trace.
std::string report_on(const Scene& scene);

// Something that failed once, and why.
struct Regression {
    std::string name;
    std::string reason;
    Scene scene;
};
// Blocks of "scene NAME", "because REASON" and the lines of a scene. The error names the place.
std::expected<std::vector<Regression>, std::string> regressions(const std::string& file);

// The command line behind "walk"; gives the exit status.
//   --seeds N   so many (1000)          --first N   beginning with this one (1)
//   --show N    print the scene of a seed and walk it, with the last of its trace
//   --replay F  walk the scene in file F ("-" for standard input), likewise
int walk_command(const std::vector<std::string>& arguments);

}  // namespace sim
