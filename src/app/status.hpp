// The daemon's state as JSON, schema 1: what `tandemctl status` shows.
//
// Within a schema there are only additions. A pure function of the engine, so it can be asked at
// any moment between two turns.
#pragma once

#include <string>

#include "app/clock.hpp"
#include "app/engine.hpp"
#include "app/privilege.hpp"
#include "app/reloader.hpp"

namespace app {

// What the engine does not know about the process that it runs in.
struct ProcessFacts {
    int pid;
    Time started;
    Standing standing;
    std::uint64_t log_dropped;
    base::Instant config_loaded{};  // when the one in force was put in force
    std::optional<base::Instant> unconfirmed_until{};
    Reloader::Tally reloads{};
};

// One line.
std::string status_json(const Engine& engine, const ProcessFacts& process, Time time);

// "1 active, 1 backup", with what is wrong: the STATUS= line of `systemctl status`.
std::string status_line(const Engine& engine);

}  // namespace app
