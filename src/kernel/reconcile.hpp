// From what should be in the kernel and what is, the requests that close the gap.
//
// A level, not an edge: the plan depends on the two alone, so it does not matter who removed an
// address, in which order events came, or whether some were lost.
#pragma once

#include <limits>
#include <vector>

#include "kernel/request.hpp"
#include "kernel/view.hpp"

namespace kernel {

struct Desired {
    std::vector<AddressWish> addresses;  // by key, each key once
    std::vector<RouteWish> routes{};     // by route, each place once
    std::vector<RuleWish> rules{};       // by rule, each rule once
    // Sorts, and lets one wish for each key stand, that of the first owner.
    void put_in_order();
    [[nodiscard]] const AddressWish* find(const AddressKey& key) const;
    // Who wants it; none when nobody does.
    [[nodiscard]] std::optional<std::size_t> owner_of(const Object& object) const;
};

struct Plan {
    std::vector<Request> requests;  // in the order in which they have to be carried out
    bool is_complete = true;        // false when the limit cut it off
    bool operator==(const Plan&) const = default;
};

inline constexpr std::size_t no_limit = std::numeric_limits<std::size_t>::max();

// What is not marked as ours is never touched: a desired address that somebody else has configured
// counts as present. Removals come first, so that an address can move between interfaces. At most
// `limit` requests.
Plan reconcile(const Desired& desired, const View& actual, std::size_t limit = no_limit);

}  // namespace kernel
