// Asks systemd, over the system's D-Bus, which job a unit has now; nothing waits for an answer.
#pragma once

#include <systemd/sd-bus.h>

#include <vector>

#include "base/result.hpp"
#include "health/bus_line.hpp"
#include "health/message.hpp"

namespace health {

class Jobs {
public:
    explicit Jobs(Waker& waker);
    ~Jobs();
    Jobs(const Jobs&) = delete;
    Jobs& operator=(const Jobs&) = delete;

    // The answer is among take_answers() one day, an error too. One question at a time: another
    // one takes its place.
    void ask(const JobQuestion& question);
    std::vector<JobAnswer> take_answers();

private:
    struct Steps;
    base::Result<void> begin(const JobQuestion& question);
    void answer(JobAnswer answer);

    BusLine line_;
    sd_bus_slot* slot_ = nullptr;
    std::vector<JobAnswer> answers_;
};

}  // namespace health
