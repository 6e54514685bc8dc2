// What operators have asked for: units that are drained, units that have handed over, and orders
// that are still under way.
//
// All by the name of a unit, so that it outlives units that are made anew. Knows no session and
// does nothing itself: engine_maintenance.cpp does, and says here what became of it.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/clock.hpp"
#include "base/time.hpp"

namespace app {

// What an operator asks for.
struct Instruction {
    enum class Verb : std::uint8_t { drain, undrain, handover };
    enum class Force : std::uint8_t { no, yes };
    Verb verb;
    std::string name{};                    // of a router or a group; empty: every unit
    std::string reason{};                  // of a drain, in the operator's words
    std::optional<base::Duration> span{};  // for how long; none: until it is ended
    Force force = Force::no;               // drained also when nobody takes over
};
std::string_view name_of(Instruction::Verb verb);

// A unit that takes no part in the election until somebody says so, or its time is over.
struct Drain {
    std::string reason;
    WallClock since;
    std::optional<WallClock> until{};        // kept over a reboot
    std::optional<base::Instant> ends_at{};  // the same on our own time line, which counts
};
// "drained since 2026-03-05T11:40:02Z (new kernel); ended by: tandemctl undrain lan"
std::string text_of(const Drain& drain, std::string_view unit);

// A unit that has handed over: it does not preempt until it has been Active again.
struct Hold {
    WallClock since;
    std::string successor;
};

// A drain or a hand-over of one unit that is not over.
struct Errand {
    enum class Stage : std::uint8_t {
        asked,      // the next turn looks at it
        offering,   // hooks run, or a successor is waited for
        releasing,  // it is done, and the kernel still has addresses
    };
    Instruction instruction;
    base::Instant begun;
    std::vector<std::uint64_t> operations{};  // who wait for it
    Stage stage = Stage::asked;
    base::Instant released_at{};
    std::string outcome{};
    std::string successor{};
    std::optional<base::Duration> took{};
};

// One instruction, and what has become of it in each unit.
struct Operation {
    enum class State : std::uint8_t { pending, done, refused };
    struct Part {
        std::string unit;
        State state = State::pending;
        std::string text{};
        std::string successor{};
        std::optional<base::Duration> took{};
    };
    std::uint64_t id;
    Instruction::Verb verb;
    std::vector<Part> parts{};
    [[nodiscard]] bool is_pending() const;
};
std::string_view name_of(Operation::State state);

class Maintenance {
public:
    // --- what holds ---

    [[nodiscard]] const std::map<std::string, Drain>& drains() const { return drains_; }
    [[nodiscard]] const Drain* drain_of(const std::string& unit) const;
    void drain(const std::string& unit, Drain drain);
    // False when it was not drained.
    bool end_drain(const std::string& unit);
    // Those whose time is over.
    [[nodiscard]] std::vector<std::string> expired(base::Instant now) const;

    [[nodiscard]] const std::map<std::string, Hold>& holds() const { return holds_; }
    [[nodiscard]] const Hold* hold_of(const std::string& unit) const;
    void hold(const std::string& unit, Hold hold) { holds_.insert_or_assign(unit, hold); }
    bool end_hold(const std::string& unit) { return holds_.erase(unit) > 0; }

    // --- what is under way ---

    // A new operation, by its number. Few are remembered after their end.
    std::uint64_t open(Instruction::Verb verb);
    [[nodiscard]] const Operation* operation(std::uint64_t id) const;
    [[nodiscard]] std::uint64_t last_operation() const { return last_operation_; }
    // Those up to this one were a process's before us.
    void go_on_after(std::uint64_t operation) { last_operation_ = operation; }
    // At once, without an errand.
    void answer(std::uint64_t id, Operation::Part part);

    // The latest instruction counts; all operations of the unit get its end.
    void begin(const std::string& unit, const Instruction& instruction, std::uint64_t operation,
               base::Instant now);
    [[nodiscard]] Errand* errand_of(const std::string& unit);
    [[nodiscard]] const Errand* errand_of(const std::string& unit) const;
    [[nodiscard]] std::vector<std::string> errands() const;
    void finish(const std::string& unit, Operation::State state, const std::string& text);

    // What runs out first.
    [[nodiscard]] std::optional<base::Instant> deadline() const;
    // How long the kernel is given to release addresses.
    static constexpr base::Duration patience = std::chrono::seconds{2};

private:
    std::map<std::string, Drain> drains_;
    std::map<std::string, Hold> holds_;
    std::map<std::string, Errand> errands_;
    std::deque<Operation> operations_;
    std::uint64_t last_operation_ = 0;
};

}  // namespace app
