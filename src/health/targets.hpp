// Starts and stops units of systemd, over the system's D-Bus; nothing waits for an answer.
//
// The targets that follow a router or a group. Orders of one unit are carried out in their order,
// and a later one replaces an earlier one that has not been carried out yet.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "health/bus_line.hpp"
#include "health/message.hpp"

namespace health {

class Targets {
public:
    explicit Targets(Waker& waker);
    ~Targets();
    Targets(const Targets&) = delete;
    Targets& operator=(const Targets&) = delete;

    // The answer is among take_ended() one day, an error too.
    void order(const TargetMessage& target);
    std::vector<TargetEnded> take_ended();

private:
    struct Question;
    base::Result<void> ask(const TargetMessage& target);
    void close(const std::string& error);

    BusLine line_;
    std::vector<std::unique_ptr<Question>> questions_;
    std::vector<TargetEnded> ended_;
};

}  // namespace health
