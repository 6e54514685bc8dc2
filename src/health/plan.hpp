// The checks of the current plan: which there are, when they look, and what that has come to.
//
// Knows the probes only by their interface, and nothing of how messages travel.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "health/instruments.hpp"
#include "health/message.hpp"
#include "health/reactor.hpp"
#include "health/schedule.hpp"
#include "health/tally.hpp"

namespace health {

class Plan {
public:
    Plan(Reactor& reactor, Instruments& instruments)
        : reactor_{reactor}, instruments_{instruments} {}
    Plan(const Plan&) = delete;
    Plan& operator=(const Plan&) = delete;
    ~Plan();

    // These checks, and no others. One that looks at the same thing as before goes on as it was.
    void replace(std::uint64_t number, std::vector<CheckMessage> checks, base::Instant now);

    // A probe's descriptor is ready.
    void on_ready(Probe& probe, int descriptor, base::Instant now);
    // Begins the looks that are due, while there is room for their children, and ends those whose
    // time is over.
    void work(std::size_t children_at_most, base::Instant now);
    [[nodiscard]] std::optional<base::Instant> deadline() const { return schedule_.deadline(); }

    // What is to be told since the last call.
    std::vector<ResultMessage> take_results() { return std::exchange(results_, {}); }
    [[nodiscard]] std::uint64_t number() const { return number_; }
    [[nodiscard]] std::size_t queued() const { return schedule_.queued(); }

private:
    struct Check {
        CheckMessage message;
        std::unique_ptr<Probe> probe;  // none: it can never run
        std::string why_not;
        Tally tally;
        base::Instant began{};
    };

    void add(CheckMessage message, base::Instant now);
    void keep(CheckId id, Check& check, CheckMessage message, base::Instant now);
    void drop(CheckId id);
    [[nodiscard]] std::optional<CheckId> same_as(const CheckMessage& message) const;
    void begin(CheckId id, base::Instant now);
    void conclude(CheckId id, Outcome outcome, base::Instant now);
    void hear_probes(base::Instant now);

    Reactor& reactor_;
    Instruments& instruments_;
    std::uint64_t number_ = 0;
    std::uint32_t made_ = 0;
    Schedule schedule_;
    std::map<CheckId, Check> checks_;
    std::unordered_map<std::string, CheckId> ids_by_name_;
    std::unordered_map<const Probe*, CheckId> ids_by_probe_;
    std::vector<ResultMessage> results_;
};

}  // namespace health
