// Replays a flight record through the state machine: prints each transition, and fails when one
// differs from what the daemon did.
//
//   build/replay FILE
#include <fmt/format.h>

#include <fstream>
#include <iostream>
#include <sstream>

#include "causes.hpp"

namespace {

int replay_text(const std::string& text) {
    const app::Record record = app::read_record(text);
    const auto recorded = replay::recorded_causes(text);
    const auto replayed = replay::replayed_causes(record);
    int differences = 0;
    int transitions = 0;
    for (std::size_t i = 0; i < replayed.size(); ++i) {
        if (replayed[i].empty() && recorded[i].empty()) continue;
        const vrrp::Occurrence& occurrence = record.occurrences[i];
        const bool is_same = replayed[i] == recorded[i];
        fmt::print("{:.6f} {} {}{}\n", base::milliseconds(occurrence.at.time_since_epoch()) / 1000,
                   record.names[occurrence.session], replayed[i],
                   is_same ? "" : fmt::format("  BUT THE DAEMON: {}", recorded[i]));
        ++transitions;
        differences += is_same ? 0 : 1;
    }
    fmt::print("{} events, {} transitions, {} different\n", replayed.size(), transitions,
               differences);
    return differences == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    std::ifstream file{argc == 2 ? argv[1] : ""};
    std::ostringstream text;
    text << file.rdbuf();
    if (!file) {
        std::cerr << "usage: replay FILE (of tandemctl events --record FILE)\n";
        return 2;
    }
    try {
        return replay_text(text.str());
    } catch (const std::exception& error) {
        std::cerr << "replay: this is no flight record: " << error.what() << "\n";
        return 2;
    }
}
