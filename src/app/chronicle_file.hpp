// The events as they are kept over a restart and a reboot: events.jsonl in the state directory, and
// beside it the file before that.
//
// Read once, before the daemon gives up its privileges; written by the runner (chronicle.hpp).
#pragma once

#include <string>
#include <vector>

#include "app/chronicle.hpp"

namespace app {

struct KeptEvents {
    std::string path{};
    std::vector<Event> events{};
    std::vector<base::log::Record> records{};  // what there is to tell
};
KeptEvents events_file(const std::string& state_directory);
// Never fails: lines that make no sense are left out, and told.
KeptEvents read_events(const std::string& state_directory);

}  // namespace app
