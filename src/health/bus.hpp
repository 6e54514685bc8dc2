// What systemd says of its units, over the system's D-Bus; nothing waits for an answer.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "health/bus_line.hpp"

namespace health {

// Asks about one unit.
class UnitListener {
public:
    virtual ~UnitListener() = default;
    // "active", "failed", ...; or why that is not known.
    virtual void on_state(const base::Result<std::string>& state) = 0;
    // It has perhaps another state now.
    virtual void on_change() = 0;
};

class Bus;

// The interest in a unit. Ends the question that is open, and the subscription.
class UnitQuestion {
public:
    UnitQuestion(Bus& bus, std::string unit, UnitListener& listener);
    ~UnitQuestion();
    UnitQuestion(const UnitQuestion&) = delete;
    UnitQuestion& operator=(const UnitQuestion&) = delete;

    // The answer is the listener's on_state(). One question at a time.
    base::Result<void> ask();
    void cancel();

private:
    friend class Bus;
    struct Slots;

    Bus& bus_;
    std::string unit_;
    std::string path_;
    UnitListener& listener_;
    std::unique_ptr<Slots> slots_;
};

class Bus {
public:
    explicit Bus(Waker& waker);
    ~Bus();
    Bus(const Bus&) = delete;
    Bus& operator=(const Bus&) = delete;

private:
    friend class UnitQuestion;
    base::Result<void> open();
    void close();
    void on_loss(const base::Error& error);

    BusLine line_;
    std::vector<UnitQuestion*> questions_;
};

}  // namespace health
