// What it means to put one configuration in another's place, in words, before it is done.
#pragma once

#include <string>
#include <vector>

#include "config/config.hpp"

namespace config {

// What one change leads to for the traffic.
enum class Consequence : std::uint8_t {
    none,       // whoever is Active stays
    election,   // the routers compare anew; who is Active may be another one afterwards
    departure,  // a virtual router is left, or joined
};

struct Change {
    std::string subject;  // "lan", "group edge", "check web"
    std::string text;     // "adds address 192.0.2.9/24"
    Consequence consequence = Consequence::none;
    bool operator==(const Change&) const = default;
};

// In the order of the newer files; empty when both do the same. A virtual router is the same one
// while its interface, its VRID and its family are.
std::vector<Change> difference(const Config& before, const Config& after);

// "lan: adds address 192.0.2.9/24; no failover"
std::string text_of(const Change& change);

}  // namespace config
