// From what should be in the kernel and what is, the requests that close the gap.
//
// A level, not an edge: the plan depends on the two sets alone, so it does not matter who removed
// an address, in which order events came, or whether some were lost.
#pragma once

#include <set>
#include <vector>

#include "kernel/view.hpp"

namespace kernel {

using Desired = std::set<AddressKey>;

// Removing the primary address of a subnet takes its secondaries along unless the interface's
// promote_secondaries is set (Linux, net/ipv4/devinet.c): then the next one is promoted.
enum class Secondaries { none_at_risk, promote };

struct Removal {
    AddressKey key;
    Secondaries secondaries = Secondaries::none_at_risk;
    bool operator==(const Removal&) const = default;
};

struct Plan {
    std::vector<Removal> remove;  // marked as ours and not desired
    std::vector<AddressKey> add;  // desired and not there
    [[nodiscard]] bool is_empty() const { return remove.empty() && add.empty(); }
    bool operator==(const Plan&) const = default;
};

// What is not marked as ours is never touched: a desired address that somebody else has configured
// counts as present. Removals come first, so that an address can move between interfaces.
Plan reconcile(const Desired& desired, const View& actual);

}  // namespace kernel
