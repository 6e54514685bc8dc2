// Randomness that is the same everywhere, and that can be asked about a thing by its name.
//
// A generator that everybody draws from in turn makes everything depend on everything: one packet
// less, and another packet is lost. Dice that are made of facts (seed, sender, instant) fall the
// same way whatever else happens, so a scenario stays what it is when a fault is taken out of it.
#pragma once

#include <cstdint>
#include <initializer_list>

#include "base/time.hpp"

namespace sim {

class Dice {
public:
    explicit Dice(std::uint64_t seed) : state_{seed} {}
    static Dice of(std::initializer_list<std::uint64_t> facts) {
        Dice dice{0};
        for (const std::uint64_t fact : facts) dice.state_ = dice.next() ^ fact;
        return dice;
    }

    // Both ends included. A hair uneven, which does not matter here.
    std::int64_t between(std::int64_t low, std::int64_t high) {
        const auto sides = static_cast<std::uint64_t>(high - low) + 1;
        return low + static_cast<std::int64_t>(next() % sides);
    }
    int between(int low, int high) {
        return static_cast<int>(between(std::int64_t{low}, std::int64_t{high}));
    }
    base::Duration between(base::Duration low, base::Duration high) {
        return base::Duration{between(std::int64_t{low.count()}, std::int64_t{high.count()})};
    }
    bool chance(double probability) {
        constexpr double whole = 1ULL << 53;
        return probability > 0 && static_cast<double>(next() >> 11) < probability * whole;
    }

private:
    // SplitMix64 (Steele, Lea, Flood 2014).
    std::uint64_t next() {
        state_ += 0x9e3779b97f4a7c15;
        std::uint64_t mixed = state_;
        mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
        return mixed ^ (mixed >> 31);
    }
    std::uint64_t state_;
};

}  // namespace sim
