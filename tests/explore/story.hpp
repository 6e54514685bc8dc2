// How a violation is told: what led to it, and what follows from it by itself.
#pragma once

#include <optional>
#include <string>

#include "search.hpp"

namespace explore {

// `teller` goes through Moves and writes each down: go(move), natural_move(), say(line), text().
template <class Teller, class Move>
std::string told(Teller teller, const Violation<Move>& violation, int moves_afterwards) {
    for (const Move& move : violation.path) teller.go(move);
    teller.say("    ... and from here nothing is lost and nobody interferes:\n");
    for (int i = 0; i < moves_afterwards; ++i)
        if (const auto move = teller.natural_move()) teller.go(*move);
    return teller.text();
}

}  // namespace explore
