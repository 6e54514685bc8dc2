// Every World that a scenario can come to with its number of disturbances, and what becomes of each
// one when it is left alone.
//
// Left alone, a World runs into a cycle, because there are finitely many. Judged are the cycle and
// the way to it, so "for good" means for good, and not for as long as somebody looked:
//   - while any router runs, exactly one is Active, always the same, and none when none runs;
//   - no running router that preempts is stronger than the Active one;
//   - it takes no longer than Model::bound(), and no longer than Model::handover_bound() after a
//     stop of the only Active router;
//   - where all that run are Active, the one with the highest priority goes on, and of equal ones
//     that with the greatest address;
//   - where one router is Active, nothing is on the wire, no Backup's timer runs out before it will
//     have heard it, and no stronger router preempts, that router stays Active all along.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model.hpp"

namespace explore {

struct Violation {
    std::string what;
    std::vector<Move> path;  // from the beginning; the fewest disturbances, then the fewest moves
};

struct Findings {
    std::size_t worlds = 0;
    Duration longest{};  // that it took until one router was Active for good
    std::optional<Violation> violation{};
};

[[nodiscard]] Findings explore(const Model& model, int depth);

}  // namespace explore
