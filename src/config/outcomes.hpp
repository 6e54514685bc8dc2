// Who becomes Active when checks fail: the election of a router or a group, played on paper.
//
// Knows priorities and what each check does on each node, and nothing of files. A node starts as
// Active by its priority alone; who is in fault is out; an Active router that has become the weaker
// one hands over, whatever `preempt` says; of equals the Active one stays.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace config {

// Routers that are elected as one, as all nodes have them.
struct Unit {
    // What a failed check does on a node.
    struct Effect {
        enum class Kind : std::uint8_t {
            nothing,  // it is not asked there, or only warns
            fault,
            penalty,
            up_to,  // a penalty that a file holds: `points` at most
        };
        Kind kind = Kind::nothing;
        int points = 0;
        bool operator==(const Effect&) const = default;
    };
    struct Check {
        std::string name;
        std::vector<Effect> effects;  // by node
        bool operator==(const Check&) const = default;
    };
    std::string name;  // "router 'lan'", "group 'edge'"
    std::vector<std::string> nodes;
    std::vector<std::string> members;
    std::vector<std::vector<int>> priorities;  // by member, then by node; 255 is an owner's
    std::vector<Check> checks;                 // those that do something on some node
};

// A check that fails on a node; both count from 0.
struct Failure {
    std::size_t node;
    std::size_t check;
};

// Who is Active then.
struct Verdict {
    enum class Kind : std::uint8_t {
        one,
        nobody,
        tie,    // whoever has the greater source address
        split,  // not all members on the same node
    };
    Kind kind;
    std::size_t node = 0;  // of one
    bool operator==(const Verdict&) const = default;
};

// A check may be named twice for two checks that do the same.
Verdict verdict_on(const Unit& unit, const std::vector<Failure>& failures);

// Whether some combination of failures, of other checks and of whole nodes, ends in another way
// when this check fails too. A check that can put a node into fault always counts.
bool can_change_something(const Unit& unit, std::size_t check);

// What a table of all single failures and pairs comes to.
struct Outlook {
    struct Line {
        std::vector<Failure> failures;
        Verdict verdict;
    };
    // Checks that do the same everywhere stand for each other. Failures name the first.
    std::vector<std::vector<std::size_t>> alike;
    Verdict at_rest;
    std::vector<Line> single{};  // those that change something
    std::vector<Line> pairs{};   // those that do not end as one of the two failures alone would
    std::size_t other_pairs = 0;
};
// Nothing when there are so many checks and nodes that nobody could read it.
std::optional<Outlook> outlook_of(const Unit& unit);

// The table for people, for those units where something can fail; units with the same outlook
// share one. Empty when there is none.
std::string outlook_text(const std::vector<Unit>& units);

}  // namespace config
