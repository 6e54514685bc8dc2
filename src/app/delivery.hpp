// A configuration as one process hands it to another: what `tandemd --check --deliver FILE` has
// read and found, for the daemon that asked for it.
//
// Files, users and programs are looked at by that process: each may be on a disk that does not
// answer, and a daemon that waits sends no advert.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "config/load.hpp"

namespace app {

struct Delivery {
    bool is_valid = false;
    std::string diagnostics{};              // errors and warnings, as text
    std::vector<config::Source> sources{};  // of a valid one
    std::string hash{};                     // of the same
    std::string program{};                  // which one has checked it: see program_identity()
};

std::string encode(const Delivery& delivery);
base::Result<Delivery> decode_delivery(std::string_view text);

// What this process runs: another one after its file was replaced, whatever its version says.
std::string program_identity();

}  // namespace app
