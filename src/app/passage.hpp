// From one program to the next in the same process: what the old one knows, on its way through
// execve().
//
// Descriptors stay open, and a sealed piece of memory says which is which and what the old program
// knew. Its first line is the same in every version, so that whoever cannot read the rest still has
// the descriptors.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "app/fd_store.hpp"
#include "base/fd.hpp"
#include "base/result.hpp"
#include "health/keeper.hpp"

namespace app {

// What goes along.
struct Luggage {
    int runner;
    int keeper_end;  // -1: none
    int control;
    std::map<std::string, int> sockets;  // as FdStore names them
    std::string body;
};

// Goes on as this program, with these arguments and one more: --continue DESCRIPTOR. Returns only
// when that fails, and everything is as it was.
base::Error go_on_as(const std::string& program, std::vector<std::string> arguments,
                     const Luggage& luggage);

// What has come along.
struct Arrival {
    health::StartedRunner runner;
    base::Fd control;
    std::vector<FdStore::Kept> sockets;
    std::string body;
};
// Reads and closes the descriptor. What is in it is closed at the next execve() again.
base::Result<Arrival> arrive(int descriptor);

}  // namespace app
