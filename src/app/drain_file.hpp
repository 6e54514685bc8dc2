// What is drained, as it is kept over a restart and a reboot: drained.json in the state directory.
//
// Read once, before the daemon gives up its privileges; written by the runner (ledger.hpp).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/clock.hpp"
#include "base/log.hpp"
#include "base/result.hpp"

namespace app {

struct KeptDrain {
    std::string unit;
    std::string reason;
    WallClock since;  // to the second
    std::optional<WallClock> until;
    bool operator==(const KeptDrain&) const = default;
};

std::string text_of(const std::vector<KeptDrain>& drains);
base::Result<std::vector<KeptDrain>> drains_in(std::string_view text);

struct KeptDrains {
    std::string path{};
    std::vector<KeptDrain> drains{};
    std::vector<base::log::Record> records{};  // what there is to tell
};
// Never fails: a file that makes no sense is put aside under another name, and told.
KeptDrains read_drains(const std::string& state_directory);

}  // namespace app
